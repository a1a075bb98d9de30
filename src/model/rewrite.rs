//! What a rule does to the headers of a request (kubernetes-cilium.md 3.6).

use crate::terms::Mismatch;

/// A header that the rule expects, and what to do where it is not as expected.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "compiled", derive(serde::Serialize, serde::Deserialize))]
pub struct HeaderRewrite {
    /// The name of the header, in lower case.
    pub name: String,
    /// The value it should have; none where it only should be there.
    pub value: Option<String>,
    /// What to do otherwise.
    pub mismatch: Mismatch,
}
