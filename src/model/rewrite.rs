//! What a rule does to the headers of a request (kubernetes-cilium.md 3.6).

/// A header that the rule expects, and what to do where it is not as expected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeaderRewrite {
    /// The name of the header, in lower case.
    pub name: String,
    /// The value it should have; none where it only should be there.
    pub value: Option<String>,
    /// What to do otherwise.
    pub mismatch: Mismatch,
}

/// What to do with a header that is not as expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mismatch {
    /// Note it.
    Log,
    /// Add the expected value.
    Add,
    /// Remove the header.
    Delete,
    /// Give it the expected value, and no other.
    Replace,
}
