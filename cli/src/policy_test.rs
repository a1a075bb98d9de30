//! PolicyTest: cases that say what policy must decide (design 6.3), and who runs them.
//!
//! Every runner gets the same [`Case`]s. A case knows the plugin configuration to run under
//! ([`Case::configuration`]), the pod that enforces ([`Case::node`]), the request as facts of the
//! wire ([`Case::facts`]), and what must come of it ([`Case::expect`]). [`run`] asks a [`Runner`] and judges what it saw.

mod case;
mod compiled;
mod corpus;
mod engine;
mod expect;
mod facts;
mod input;
pub mod joined_headers;
mod native_host;
mod pruned;
mod request;
mod runner;
mod situation;
mod suite;

pub use self::case::Case;
pub use self::compiled::{CompiledRunner, program};
pub use self::corpus::{Entry, corpus};
pub use self::engine::{EngineRunner, Prepared, prepare};
pub use self::expect::Expect;
pub use self::facts::{Facts, FactsError, HttpFacts};
pub use self::native_host::NativeHost;
pub use self::pruned::PrunedRunner;
pub use self::request::{HttpSpec, PeerSpec, PodName, RequestSpec};
pub use self::runner::{Observed, Outcome, Runner, judge, run};
pub use self::situation::{Situation, WorkloadSpec};
pub use self::suite::Suite;

use crate::diagnostics::{Colour, Diagnostics, Form};
use crate::manifests::{Document, FileError, Manifests};
use std::fmt;
use std::path::Path;

/// What `apiVersion` says of our own kinds.
pub const API_VERSION: &str = "heliast.dev/v1alpha1";
/// What `kind` says of a policy test.
pub const KIND: &str = "PolicyTest";

/// Policy tests that cannot be run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadFailure(String);

impl fmt::Display for LoadFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for LoadFailure {}

/// Loads all policy tests of a file, or of all files under a folder.
///
/// # Errors
///
/// Everything that is wrong with the files, with lines and columns.
pub fn load(path: &Path) -> Result<Vec<Suite>, LoadFailure> {
    let mut manifests = Manifests::new();
    let documents = manifests
        .read(path)
        .map_err(|error| LoadFailure(error.to_string()))?;
    let loaded =
        read(&mut manifests, &documents).map_err(|error| LoadFailure(error.to_string()))?;
    if loaded.diagnostics.errors() > 0 {
        return Err(LoadFailure(loaded.diagnostics.render(
            &manifests,
            Form::Pretty,
            Colour::NONE,
        )));
    }
    Ok(loaded.suites)
}

/// Whether a document is a policy test.
#[must_use]
pub fn is_policy_test(document: &Document) -> bool {
    document.text("kind") == Some(KIND)
        && document
            .text("apiVersion")
            .is_none_or(|version| version.starts_with("heliast.dev/"))
}

/// The policy tests among some documents, and what is wrong with them.
#[derive(Debug, Default)]
pub struct LoadedTests {
    /// The tests that can be run.
    pub suites: Vec<Suite>,
    /// What is wrong with the others, and with the files that were read.
    pub diagnostics: Diagnostics,
}

/// Reads the policy tests among documents that were read already, and the files they name.
///
/// # Errors
///
/// If a file they name is there and cannot be read. One that is not there is a mistake in the test.
pub fn read(manifests: &mut Manifests, documents: &[usize]) -> Result<LoadedTests, FileError> {
    let mut loaded = LoadedTests::default();
    for document in documents {
        if manifests
            .documents()
            .get(*document)
            .is_some_and(is_policy_test)
        {
            loaded
                .suites
                .extend(Suite::read(manifests, *document, &mut loaded.diagnostics)?);
        }
    }
    loaded
        .diagnostics
        .extend(manifests.diagnostics().iter().cloned(), 0);
    loaded.diagnostics.sort();
    Ok(loaded)
}

#[cfg(test)]
mod tests;
