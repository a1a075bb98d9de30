//! What must come of a case.

use heliast::decode::Field;
use heliast::verdict::Decision;
use regex::Regex;
use std::collections::BTreeMap;

/// What must come of a case.
#[derive(Debug, Clone)]
pub enum Expect {
    /// The request is decided.
    Verdict {
        /// What is enforced.
        verdict: Decision,
        /// What would be, were the staged policies enforced.
        staged: Option<Decision>,
        /// The rule that decides, as a `RuleId` prints.
        rule: Option<String>,
        /// The values of these headers as the upstream sees them, in order; empty for none.
        upstream: BTreeMap<String, Vec<String>>,
    },
    /// The input is refused, with a message that matches.
    Error(Regex),
}

impl Expect {
    pub(super) fn decode(field: &Field<'_, '_>) -> Option<Self> {
        let fields = field.object(&["verdict", "staged", "rule", "upstream", "error"])?;
        let words = [("Allow", Decision::Allow), ("Deny", Decision::Deny)];
        if let Some(error) = fields.get("error") {
            for other in ["verdict", "staged", "rule", "upstream"] {
                if let Some(field) = fields.get(other) {
                    let message = format!("`{other}` cannot be expected together with `error`");
                    field.error(
                        "expect",
                        message,
                        "an input that is refused decides nothing",
                    );
                }
            }
            let text = error.string()?;
            return match Regex::new(text) {
                Ok(regex) => Some(Self::Error(regex)),
                Err(wrong) => {
                    let message = format!("is not a regular expression: {wrong}");
                    error.error("regex", message, "");
                    None
                }
            };
        }
        if fields.get("verdict").is_none() {
            field.error("missing-field", "`verdict` or `error` is required", "");
            return None;
        }
        Some(Self::Verdict {
            verdict: fields.get("verdict")?.one_of(&words)?,
            staged: fields
                .get("staged")
                .and_then(|staged| staged.one_of(&words)),
            rule: fields.string("rule").map(str::to_owned),
            upstream: fields
                .get("upstream")
                .map(|headers| upstream(&headers))
                .unwrap_or_default(),
        })
    }
}

/// Most values of a header that can be expected.
const VALUES: usize = 100;

fn upstream(field: &Field<'_, '_>) -> BTreeMap<String, Vec<String>> {
    let Some(headers) = field.open_object() else {
        return BTreeMap::new();
    };
    let values = |name: &str| headers.get(name).map(|values| values.strings(VALUES));
    headers
        .keys()
        .map(|name| (name.to_ascii_lowercase(), values(name).unwrap_or_default()))
        .collect()
}
