//! What must come of a case.

use heliast::decode::Field;
use heliast::verdict::Decision;
use regex::Regex;

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
    },
    /// The input is refused, with a message that matches.
    Error(Regex),
}

impl Expect {
    pub(super) fn decode(field: &Field<'_, '_>) -> Option<Self> {
        let fields = field.object(&["verdict", "staged", "rule", "error"])?;
        let words = [("Allow", Decision::Allow), ("Deny", Decision::Deny)];
        if let Some(error) = fields.get("error") {
            for other in ["verdict", "staged", "rule"] {
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
        })
    }
}
