//! Every case of a folder, each under a name of its own, for runners that make a test of each.

use super::{Case, LoadFailure, load};
use crate::manifests::{FileError, find};
use std::path::Path;

/// A case, or a file that cannot be loaded.
#[derive(Debug)]
pub struct Entry {
    /// `file::case`, with the name of the policy test between them where a file has several.
    pub title: String,
    /// The case.
    pub case: Result<Case, LoadFailure>,
}

impl Entry {
    /// Why the case is left out for a runner of that name, if it says so.
    #[must_use]
    pub fn skip(&self, runner: &str) -> Option<&str> {
        let case = self.case.as_ref().ok()?;
        case.skip.get(runner).map(String::as_str)
    }
}

/// All cases under a folder, in the order of their files. A file that cannot be loaded is an entry
/// that fails: it must not go missing.
///
/// # Errors
///
/// If the folder is not there or cannot be read.
pub fn corpus(folder: &Path) -> Result<Vec<Entry>, FileError> {
    let entries = find(folder)?.into_iter().flat_map(|file| {
        let name = file
            .strip_prefix(folder)
            .unwrap_or(&file)
            .display()
            .to_string();
        entries(&name, load(&file))
    });
    Ok(entries.collect())
}

fn entries(file: &str, loaded: Result<Vec<super::Suite>, LoadFailure>) -> Vec<Entry> {
    let suites = match loaded {
        Ok(suites) => suites,
        Err(failure) => {
            return vec![Entry {
                title: format!("{file}::load"),
                case: Err(failure),
            }];
        }
    };
    let several = suites.len() > 1;
    let of_suite = |suite: super::Suite| {
        let prefix = if several {
            format!("{file}::{}", suite.name)
        } else {
            file.to_owned()
        };
        let entry = move |case: Case| Entry {
            title: format!("{prefix}::{}", case.name),
            case: Ok(case),
        };
        suite.cases.into_iter().map(entry).collect::<Vec<_>>()
    };
    suites.into_iter().flat_map(of_suite).collect()
}
