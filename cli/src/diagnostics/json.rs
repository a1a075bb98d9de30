//! Problems for programs.

use super::documented::documented;
use super::{Diagnostic, Diagnostics};
use crate::manifests::Manifests;
use heliast::problem::Severity;
use serde_json::{Value, json};

/// One JSON document, and a line break.
pub(super) fn render(diagnostics: &Diagnostics, manifests: &Manifests) -> String {
    format!("{:#}\n", document(diagnostics, manifests))
}

/// The document as a value.
pub(super) fn document(diagnostics: &Diagnostics, manifests: &Manifests) -> Value {
    let problems: Vec<Value> = diagnostics
        .list()
        .iter()
        .map(|diagnostic| one(diagnostic, manifests))
        .collect();
    json!({
        "apiVersion": "heliast.dev/v1alpha1",
        "kind": "Diagnostics",
        "errors": diagnostics.errors(),
        "warnings": diagnostics.warnings(),
        "omitted": diagnostics.omitted,
        "problems": problems,
    })
}

fn one(diagnostic: &Diagnostic, manifests: &Manifests) -> Value {
    let place = diagnostic.location.map(|location| {
        let file = manifests
            .files()
            .get(location.file)
            .map(|file| file.name.as_str());
        let span = location.span;
        json!({
            "file": file,
            "line": span.start.line,
            "column": span.start.column,
            "endLine": span.end.line,
            "endColumn": span.end.column,
        })
    });
    let page = (diagnostic.severity == Severity::Warning).then(|| documented(diagnostic.code));
    json!({
        "documentation": page,
        "severity": diagnostic.severity.to_string(),
        "code": diagnostic.code,
        "location": place,
        "object": diagnostic.object,
        "path": diagnostic.path,
        "message": diagnostic.message,
        "help": diagnostic.help,
    })
}
