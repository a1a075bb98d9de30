//! The authority of a request, and the name that an outgoing request asks for.

use super::TextCondition;
use crate::authority::{self, without_port};
use crate::case::Case;
use crate::program::Context;
use crate::settings::Readings;
use crate::truth::Truth;

impl TextCondition {
    /// The authority as it is, in any case, decides an Allow; what else may be the host in it may
    /// mean the same to others (istio.md section 9 row 3). An empty one is there as well.
    pub(super) fn judge_host(&self, authority: Option<&[u8]>, readings: &Readings) -> Truth {
        let Some(authority) = authority else {
            return Truth::Unknown;
        };
        // What is excluded must be no reading at all.
        self.both(|matchers| {
            let holds = |text: &[u8]| {
                let mut all = matchers.iter();
                all.any(|one| one.matches_line(text, Case::Ignored))
            };
            if holds(authority) {
                Truth::True
            } else if readings.quirks.host_forms {
                authority::judge_others(authority, holds).and(Truth::Unknown)
            } else {
                Truth::False
            }
        })
    }

    pub(super) fn judge_domain(&self, context: &Context<'_>) -> Truth {
        let request = context.request;
        let authority = request.http.and_then(|http| http.authority);
        let asked = request
            .server_name
            .or(authority)
            .map(<[u8]>::to_ascii_lowercase);
        let Some(asked) = asked.filter(|_| request.trusts_domain) else {
            return Truth::Unknown;
        };
        let bare = without_port(&asked);
        self.judge_plain(Some(bare.strip_suffix(b".").unwrap_or(bare)), context)
    }
}
