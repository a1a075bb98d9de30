//! What filters ahead of ours wrote.

use super::{Matcher, TextCondition};
use crate::model::MetadataShape;
use crate::program::Context;
use crate::request::Found;
use crate::truth::Truth;

impl TextCondition {
    /// Of a list one element is enough, for values and for their `not` twins.
    pub(super) fn judge_metadata(
        &self,
        path: &[String],
        shape: MetadataShape,
        context: &Context<'_>,
    ) -> Truth {
        let of_token = path.first().is_some_and(|filter| filter == TOKEN_FILTER);
        if of_token && context.request.http.is_none() {
            return Truth::Unknown;
        }
        let texts = match (context.request.metadata.at(path), shape) {
            (Found::Other, _) => return Truth::Unknown,
            (Found::Text(text), MetadataShape::Text | MetadataShape::TextOrList) => {
                std::slice::from_ref(text)
            }
            (Found::List(items), MetadataShape::List | MetadataShape::TextOrList) => items,
            (Found::Nothing, _)
            | (Found::Text(_), MetadataShape::List)
            | (Found::List(_), MetadataShape::Text) => &[],
        };
        self.both_judged(|matchers| {
            let of_text = |text: &Vec<u8>| {
                let judged = matchers
                    .iter()
                    .map(|one: &Matcher| one.judge(text, &context.work));
                judged.fold(Truth::False, Truth::or)
            };
            texts.iter().map(of_text).fold(Truth::False, Truth::or)
        })
    }
}

/// The filter of Envoy that verifies tokens, and the name of what it writes.
pub(in crate::program) const TOKEN_FILTER: &str = "envoy.filters.http.jwt_authn";
