//! The two sides of an RBAC policy, and how each says and, or and not.

use serde_json::{Value, json};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    /// Who asks.
    Principals,
    /// What is asked for.
    Permissions,
}

impl Side {
    pub(super) fn any(self) -> Value {
        json!({"any": true})
    }

    pub(super) fn all_of(self, items: &[Value]) -> Value {
        match self {
            Self::Principals => json!({"and_ids": {"ids": items}}),
            Self::Permissions => json!({"and_rules": {"rules": items}}),
        }
    }

    pub(super) fn one_of(self, items: &[Value]) -> Value {
        match self {
            Self::Principals => json!({"or_ids": {"ids": items}}),
            Self::Permissions => json!({"or_rules": {"rules": items}}),
        }
    }

    pub(super) fn not(self, item: &Value) -> Value {
        match self {
            Self::Principals => json!({"not_id": item}),
            Self::Permissions => json!({"not_rule": item}),
        }
    }
}
