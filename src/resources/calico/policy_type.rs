//! Which directions a policy governs (calico.md 1.5).

use crate::decode::{Field, Fields};
use crate::limits;

/// One entry of `types`; rules are listed under it in lower case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PolicyType {
    Ingress,
    Egress,
}

impl PolicyType {
    /// The field that holds its rules.
    pub(super) fn field(self) -> &'static str {
        match self {
            Self::Ingress => "ingress",
            Self::Egress => "egress",
        }
    }
}

/// The directions a policy governs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PolicyTypes {
    pub(super) ingress: bool,
    pub(super) egress: bool,
}

impl PolicyTypes {
    /// Reads `types`. Where it is missing or empty, the rule of Calico's client decides: a
    /// direction without rules is left out, and Ingress stays if both are.
    pub(super) fn decode(spec: &Fields<'_, '_>) -> Self {
        match spec.get("types") {
            Some(field) if field.value().as_array().is_none_or(|list| !list.is_empty()) => {
                Self::given(&field)
            }
            _ => Self::guessed(spec),
        }
    }

    fn given(field: &Field<'_, '_>) -> Self {
        const WORDS: [(&str, PolicyType); 2] = [
            ("Ingress", PolicyType::Ingress),
            ("Egress", PolicyType::Egress),
        ];
        let mut types = Self {
            ingress: false,
            egress: false,
        };
        for entry in field.list(limits::RULES) {
            let Some(word) = entry.one_of(&WORDS) else {
                continue;
            };
            let listed = match word {
                PolicyType::Ingress => &mut types.ingress,
                PolicyType::Egress => &mut types.egress,
            };
            if std::mem::replace(listed, true) {
                entry.error("repeated-value", format!("{word:?} is listed twice"), "");
            }
        }
        types
    }

    fn guessed(spec: &Fields<'_, '_>) -> Self {
        let has_rules = |direction: PolicyType| {
            let rules = spec.get(direction.field());
            rules.and_then(|rules| rules.value().as_array().map(|list| !list.is_empty()))
                == Some(true)
        };
        let egress = has_rules(PolicyType::Egress);
        let ingress = !egress || has_rules(PolicyType::Ingress);
        let (taken, list) = match (ingress, egress) {
            (true, true) => ("Ingress and Egress", "[Ingress, Egress]"),
            (_, false) => ("Ingress", "[Ingress]"),
            (false, true) => ("Egress", "[Egress]"),
        };
        let message = format!("`types` is missing and taken as {taken}");
        spec.here()
            .warn("missing-types", message, &format!("write `types: {list}`"));
        Self { ingress, egress }
    }
}
