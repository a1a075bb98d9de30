//! Reading what a command line names, and sorting it.

use super::Stop;
use heliast_cli::manifests::{FileError, Manifests};
use heliast_cli::policy_test::is_policy_test;
use std::path::PathBuf;

/// What the documents of an input are, by their positions.
#[derive(Debug, Default)]
pub(super) struct Sorted {
    /// Objects for a bundle.
    pub(super) objects: Vec<usize>,
    /// Plugin configurations (design 6.1).
    pub(super) configurations: Vec<usize>,
    /// Policy tests.
    pub(super) tests: Vec<usize>,
}

/// Reads all paths, and reports every one that cannot be read.
pub(super) fn read(manifests: &mut Manifests, paths: &[PathBuf]) -> Result<Sorted, Stop> {
    let mut sorted = Sorted::default();
    let mut failures: Vec<FileError> = Vec::new();
    for path in paths {
        match manifests.read(path) {
            Ok(documents) => sorted.add(manifests, &documents),
            Err(error) => failures.push(error),
        }
    }
    let texts: Vec<String> = failures.iter().map(ToString::to_string).collect();
    match failures.first() {
        None => Ok(sorted),
        Some(_) if failures.iter().all(|failure| failure.is_missing) => {
            Err(Stop::Usage(texts.join("\n")))
        }
        Some(_) => Err(Stop::Environment(texts.join("\n"))),
    }
}

impl Sorted {
    /// Takes documents, each to what it is.
    pub(super) fn add(&mut self, manifests: &Manifests, documents: &[usize]) {
        for index in documents {
            let Some(document) = manifests.documents().get(*index) else {
                continue;
            };
            let into = if is_policy_test(document) {
                &mut self.tests
            } else if document.has("bundle") && !document.has("kind") {
                &mut self.configurations
            } else {
                &mut self.objects
            };
            // The same file may be named twice, as itself and in its folder.
            if !into.contains(index) {
                into.push(*index);
            }
        }
    }
}
