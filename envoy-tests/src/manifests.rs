//! Reading the users' own manifests, as the `heliast` command does.

use std::path::Path;

use anyhow::{Result, bail};
use heliast_cli::diagnostics::{Colour, Diagnostics, Form};
use heliast_cli::manifests::{Document, Manifests};
use serde_json::Value;

/// Every object in a file of one or more YAML documents.
///
/// # Errors
/// When the file cannot be read or is not YAML, with the place of every mistake.
pub fn read(file: &Path) -> Result<Vec<Value>> {
    let mut manifests = Manifests::new();
    let read = manifests.read(file)?;
    let mut diagnostics = Diagnostics::default();
    diagnostics.extend(manifests.diagnostics().iter().cloned(), 0);
    if diagnostics.errors() > 0 {
        bail!(
            "{}",
            diagnostics.render(&manifests, Form::Pretty, Colour::NONE)
        );
    }
    let documents = manifests.documents();
    let objects = read
        .iter()
        .filter_map(|index| documents.get(*index))
        .map(Document::to_value);
    Ok(objects.collect())
}
