//! Compiled programs: what one workload needs of a bundle, for modules that take no objects.
//!
//! ```text
//! magic, format     which program this is
//! length, head      digest of the payload, revision, epoch and number, for whom; signatures
//! payload           the policy model after pruning: tiers, rules, expressions, directory
//! ```
//!
//! A program is a policy model, spelt out and pruned, and not yet settled for a configuration: what
//! the operator sets (`trustDomains`, `cilium.policyEnforcement` and the like) is applied where it is
//! loaded, by the code that a module of objects has too. So one program serves every configuration
//! that a pruned bundle would, and one that it would not is refused by the same check.
//!
//! Nothing is read of the payload before its digest is right and, where keys are configured, one of
//! them has signed it. Even so it may say anything: reading it does not recurse, but for the parts
//! of expressions, whose depth is bounded; it allocates in proportion to its length, and ends in a
//! program or a refusal.

mod head;
#[cfg(test)]
#[cfg(feature = "compiler")]
mod tests;
#[cfg(feature = "compiler")]
mod write;

pub use self::head::{Head, MEDIA_TYPE, is_one};
#[cfg(feature = "compiler")]
pub use self::write::{compile, seal};

use crate::bundle::Bundle;
use crate::model::Model;
use crate::problem::Problems;
use crate::reader::Reader;
use sha2::{Digest, Sha256};
use std::ops::Range;
use std::sync::Arc;

/// A program that was opened, over the bytes it came in: it is known what it says of itself, and
/// that this is what it says it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    /// What it says of itself.
    pub head: Head,
    payload: Range<usize>,
}

impl Opened {
    /// Opens a program, and reads none of its policy.
    ///
    /// # Errors
    ///
    /// Why it is none, or none of this version.
    pub fn new(bytes: &[u8]) -> Result<Self, String> {
        let (head, start) = Head::read(bytes)?;
        let payload = start..bytes.len();
        let digest: [u8; 32] =
            Sha256::digest(bytes.get(payload.clone()).unwrap_or_default()).into();
        if digest != head.digest {
            return Err("its digest is not that of its policy: it was cut or changed".to_owned());
        }
        Ok(Self { head, payload })
    }

    /// The bytes of its policy.
    #[must_use]
    pub fn payload<'b>(&self, bytes: &'b [u8]) -> &'b [u8] {
        bytes.get(self.payload.clone()).unwrap_or_default()
    }

    /// The bundle in it.
    ///
    /// # Errors
    ///
    /// If its policy cannot be read: it was made by a version that says things differently.
    pub fn load(&self, bytes: &[u8]) -> Result<Bundle, String> {
        const WRONG: &str =
            "its policy cannot be read: make it with the `heliast` of this module's version";
        let model: Model = Reader::whole(self.payload(bytes)).ok_or(WRONG)?;
        Ok(Bundle {
            revision: self.head.statement.revision,
            audience: self.head.statement.audience.clone(),
            model: Arc::new(model),
            warnings: Problems::default(),
        })
    }
}
