//! Examples hold: policies and configurations are taken, policy tests pass.

use std::path::PathBuf;

use anyhow::{Context, Result, bail, ensure};
use heliast::config::PluginConfig;
use heliast_cli::manifests::Manifests;
use heliast_cli::policy_test::{self, EngineRunner, Outcome};
use serde_json::{Map, Value, json};

use super::pages;
use crate::engine;
use crate::tree::{self, text_or_empty};

/// Keys of a plugin configuration, which an example may show a few of.
const CONFIGURATION: [&str; 15] = [
    "workload",
    "direction",
    "trustDomains",
    "trustDomainAliases",
    "peerBinding",
    "plaintextPeers",
    "forwardedFor",
    "destinationDomains",
    "istio",
    "cilium",
    "enforcement",
    "bundle",
    "onMissingBundle",
    "deny",
    "exempt",
];

#[test]
fn every_example_of_the_pages_is_taken_as_it_stands() -> Result<()> {
    let (mut policies, mut configurations, mut tests) = (0, 0, 0);
    for (file, page) in pages()? {
        // The pages of warnings show excerpts, of what is to be mended.
        if file
            .parent()
            .is_some_and(|folder| folder.ends_with("docs/warnings"))
        {
            continue;
        }
        for block in page.blocks {
            let place = format!("{}:{}", file.display(), block.line);
            let tagged = ["yaml", "yml", "json"].contains(&block.language.as_str());
            let Some(documents) = documents(&place, &block.text, tagged)? else {
                continue;
            };
            for document in documents {
                let shown = Shown::of(&document);
                match shown {
                    Shown::Test => holds(&block.text).map(|()| tests += 1),
                    Shown::Cases => holds(&with_head(&block.text)).map(|()| tests += 1),
                    Shown::Configuration => is_taken(&document).map(|()| configurations += 1),
                    Shown::Policy => engine::load(&[document]).map(|_| policies += 1),
                    Shown::Other => ensure_known(tagged),
                }
                .with_context(|| place.clone())?;
            }
        }
    }
    let seen = (policies, configurations, tests);
    ensure!(
        policies >= 1 && configurations >= 1 && tests >= 2,
        "saw only {seen:?}"
    );
    Ok(())
}

/// What a document is an example of.
enum Shown {
    Test,
    /// Some cases of a test, without its head.
    Cases,
    /// A plugin configuration, or a few keys of one.
    Configuration,
    Policy,
    Other,
}

impl Shown {
    fn of(document: &Value) -> Self {
        let first = document.pointer("/0/expect");
        match (text_or_empty(document, "/kind"), document.as_object()) {
            ("PolicyTest", _) => Self::Test,
            ("", _) if first.is_some() => Self::Cases,
            ("", Some(members)) if is_configuration(members) => Self::Configuration,
            ("", _) => Self::Other,
            _ => Self::Policy,
        }
    }
}

fn is_configuration(members: &Map<String, Value>) -> bool {
    let known = |key: &String| CONFIGURATION.contains(&key.as_str());
    !members.is_empty() && members.keys().all(known)
}

/// The documents of a block. Without a tag it may be anything: a command, a log.
fn documents(place: &str, text: &str, tagged: bool) -> Result<Option<Vec<Value>>> {
    let folder = tempfile::TempDir::with_prefix("heliast-example-")?;
    let file = folder.path().join("example.yaml");
    std::fs::write(&file, text)?;
    match heliast_envoy_tests::manifests::read(&file) {
        Ok(documents) => Ok(Some(documents)),
        Err(error) if tagged => Err(error.context(place.to_owned())),
        Err(_) => Ok(None),
    }
}

fn ensure_known(tagged: bool) -> Result<()> {
    ensure!(!tagged, "an example of nothing that we know");
    Ok(())
}

/// A configuration of which perhaps only a few keys are shown.
fn is_taken(document: &Value) -> Result<()> {
    if document.pointer("/bundle/inline").is_some() {
        return engine::accepts(document).map(drop);
    }
    let mut whole = document.clone();
    if document.get("bundle").is_none() {
        let nothing = json!({"inline": {"resources": []}});
        tree::set(&mut whole, "", "bundle", nothing)?;
    }
    PluginConfig::from_value(&whole).map_err(|why| anyhow::anyhow!("{why}"))?;
    Ok(())
}

fn with_head(cases: &str) -> String {
    let head = "apiVersion: heliast.dev/v1alpha1\nkind: PolicyTest\nmetadata: {name: example}\n";
    format!("{head}RESOURCES\ncases:\n{cases}")
}

/// A test passes beside one of our stories: on the files it names itself, or else on those that a
/// test of the story names.
fn holds(test: &str) -> Result<()> {
    let mut failures = Vec::new();
    for story in tree::files(&tree::shipped("policies"), ".yaml")? {
        let written = std::fs::read_to_string(&story)?;
        let resources = written
            .lines()
            .find(|line| line.starts_with("resources: ["));
        let (Some(resources), true) = (resources, written.contains("kind: PolicyTest")) else {
            continue;
        };
        match passes(story, &test.replace("RESOURCES", resources)) {
            Ok(()) => return Ok(()),
            Err(why) => failures.push(format!("{why:#}")),
        }
    }
    failures.dedup();
    bail!("holds beside none of the stories:\n{}", failures.join("\n"))
}

/// Runs a test as if it were in this file.
fn passes(file: PathBuf, test: &str) -> Result<()> {
    let mut manifests = Manifests::new();
    let name = file.into_os_string().to_string_lossy().into_owned();
    let documents: Vec<_> = manifests.read_text(&name, test).collect();
    let loaded = policy_test::read(&mut manifests, &documents)?;
    ensure!(loaded.diagnostics.errors() == 0, "{name}: cannot be read");
    let cases = loaded.suites.iter().flat_map(|suite| &suite.cases);
    let mut count = 0;
    for case in cases {
        count += 1;
        match policy_test::run(&mut EngineRunner, case) {
            Outcome::Passed => {}
            Outcome::Failed { why } => bail!("{name}: {}: {why}", case.name),
            Outcome::Skipped { reason } => bail!("{name}: {}: {reason}", case.name),
        }
    }
    ensure!(count > 0, "{name}: no case");
    Ok(())
}
