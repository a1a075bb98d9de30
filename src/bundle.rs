//! A bundle: all policy of a mesh, taken whole or refused whole (design 6.2).

use crate::model::Model;
use crate::problem::Problems;
use crate::resources::{self, Strictness};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// A bundle that can be enforced.
#[derive(Debug, Clone)]
pub struct Bundle {
    /// What it says, in one word: equal resources have equal revisions.
    pub revision: String,
    /// Its policy.
    pub model: Arc<Model>,
    /// What in it has no effect, or not the expected one.
    pub warnings: Problems,
}

impl Bundle {
    /// The bundle of these objects.
    ///
    /// # Errors
    ///
    /// Every mistake in them.
    pub fn load(objects: &[Value]) -> Result<Self, Problems> {
        let loaded = resources::decode(objects, Strictness::Heliast)?;
        Ok(Self {
            revision: revision(objects),
            model: Arc::new(Model::build(&loaded.resources)),
            warnings: loaded.warnings,
        })
    }
}

/// SHA-256, in hexadecimal, of the canonical form: one object a line, compact, keys sorted, the
/// lines sorted, `metadata.managedFields` left out.
#[must_use]
pub fn revision(objects: &[Value]) -> String {
    let mut lines: Vec<String> = objects.iter().map(canonical).collect();
    lines.sort_unstable();
    let mut hash = Sha256::new();
    for line in lines {
        hash.update(line.as_bytes());
        hash.update(b"\n");
    }
    hex(&hash.finalize())
}

fn canonical(object: &Value) -> String {
    let mut object = object.clone();
    if let Some(Value::Object(metadata)) = object.get_mut("metadata") {
        metadata.remove("managedFields");
    }
    object.to_string()
}

/// Bytes in lower-case hexadecimal.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
