//! Every warning has a section in the documents, and every section a warning.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot read its own repository has nothing to say"
)]

use heliast_cli::diagnostics::documented;
use regex::Regex;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The texts of all files with this ending under a folder.
fn texts(folder: &Path, ending: &str) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(texts(&path, ending));
        } else if path
            .extension()
            .is_some_and(|extension| extension == ending)
        {
            let text = std::fs::read_to_string(&path).unwrap();
            found.push((path, text));
        }
    }
    found
}

/// The codes of warnings, as the source spells them: the text after `.warn(`, or after
/// `Severity::Warning`, or what a function called `warn` is given.
fn codes() -> BTreeSet<String> {
    // A problem of a configuration, which no object is at fault for, is written out.
    let calls = [
        r#"\bwarn\(\s*(?:[^"();]*,\s*)?"([a-z-]+)""#,
        r#"Severity::Warning,\s*"([a-z-]+)""#,
        r#"severity: Severity::Warning,\s*code: "([a-z-]+)""#,
    ]
    .map(|call| Regex::new(call).unwrap());
    let mut codes = BTreeSet::new();
    let folders = ["src/resources", "cli/src/commands"];
    let files = folders.map(|folder| texts(&root().join(folder), "rs"));
    for (file, text) in files.into_iter().flatten() {
        if file.components().any(|part| part.as_os_str() == "tests") {
            continue;
        }
        for call in &calls {
            codes.extend(call.captures_iter(&text).map(|found| found[1].to_owned()));
        }
    }
    codes
}

/// The sections of the pages: file name and heading.
fn sections() -> BTreeSet<String> {
    let pages = texts(&root().join("docs/warnings"), "md");
    let section = |(file, text): &(PathBuf, String)| -> Vec<String> {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        let headings = text.lines().filter_map(|line| line.strip_prefix("## "));
        headings
            .map(|code| format!("docs/warnings/{name}#{code}"))
            .collect()
    };
    pages.iter().flat_map(section).collect()
}

#[test]
fn every_warning_is_explained_and_nothing_else() {
    let codes = codes();
    assert!(codes.len() > 8, "found only {codes:?}");
    let wanted: BTreeSet<String> = codes.iter().map(|code| documented(code)).collect();
    let there = sections();
    let missing: Vec<_> = wanted.difference(&there).collect();
    let stale: Vec<_> = there.difference(&wanted).collect();
    assert!(
        missing.is_empty() && stale.is_empty(),
        "without a section: {missing:#?}\nsections of no code: {stale:#?}"
    );
}
