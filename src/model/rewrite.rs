//! What a rule does to the headers of a request (kubernetes-cilium.md 3.6).

#[cfg(feature = "compiled")]
use crate::reader::{Read, Reader};
use crate::terms::Mismatch;

/// A header that the rule expects, and what to do where it is not as expected.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "compiler", derive(serde::Serialize))]
pub struct HeaderRewrite {
    /// The name of the header, in lower case.
    pub name: String,
    /// The value it should have; none where it only should be there.
    pub value: Option<String>,
    /// What to do otherwise.
    pub mismatch: Mismatch,
}

#[cfg(feature = "compiled")]
impl Read for HeaderRewrite {
    fn read(from: &mut Reader<'_>) -> Self {
        Self {
            name: from.read(),
            value: from.read(),
            mismatch: from.read(),
        }
    }
}
