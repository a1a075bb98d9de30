//! What rules do (calico.md 1.2).

use crate::decode::Field;
use crate::resources::Strictness;
use crate::resources::name::shorten;

/// What a rule does with a request it matches (calico.md 1.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// Let it pass; no later rule is asked.
    Allow,
    /// Refuse it; no later rule is asked.
    Deny,
    /// Note it, and go on with the next rule.
    Log,
    /// Leave the tier, and go on with the next one.
    Pass,
}

/// The spellings, the proper ones first (calico.md 6, C24).
const WORDS: [(&str, Action); 5] = [
    ("Allow", Action::Allow),
    ("Deny", Action::Deny),
    ("Log", Action::Log),
    ("Pass", Action::Pass),
    ("next-tier", Action::Pass),
];

impl Action {
    pub(super) fn decode(field: &Field<'_, '_>, strictness: Strictness) -> Option<Self> {
        let text = field.string()?;
        let spelt = |word: &&(&str, Self)| word.0.eq_ignore_ascii_case(text);
        let Some((_, action)) = WORDS.iter().find(spelt).copied() else {
            let help = crate::suggest::did_you_mean(text, WORDS.map(|(word, _)| word));
            let message = format!("`{}` is none of Allow, Deny, Log, Pass", shorten(text));
            field.error("unknown-value", message, &help);
            return None;
        };
        let proper = action.to_string();
        if strictness == Strictness::CalicoCompatible && text != proper {
            let message = format!("Calico does not take the spelling `{text}`");
            field.error("not-in-calico", message, &format!("write `{proper}`"));
        }
        Some(action)
    }
}

impl std::fmt::Display for Action {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Allow => "Allow",
            Self::Deny => "Deny",
            Self::Log => "Log",
            Self::Pass => "Pass",
        })
    }
}
