//! What the documents show, and where they lead.

mod examples;
mod links;
mod markdown;

use std::path::PathBuf;

use anyhow::Result;
use heliast_envoy_tests::install;

use crate::tree;
use markdown::Page;

/// Every page of the repository, with its file.
pub(crate) fn pages() -> Result<Vec<(PathBuf, Page)>> {
    let files = tree::files(&install::root(), ".md")?;
    anyhow::ensure!(files.len() >= 10, "only {} pages", files.len());
    files
        .into_iter()
        .map(|file| {
            let text = std::fs::read_to_string(&file)?;
            Ok((file, Page::parse(&text)))
        })
        .collect()
}
