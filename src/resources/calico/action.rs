//! Reads what rules do (calico.md 1.2).

use crate::decode::Field;
use crate::resources::Strictness;
use crate::resources::name::shorten;
use crate::terms::Action;

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
