//! `heliast bundle`: bundles as files.

mod apply;
mod build;
mod diff;
mod inspect;
mod keygen;
mod order;
mod pruned;
mod public_keys;
mod sign;
mod source;
mod target;
mod verify;

use super::{Answer, Stop};
use crate::terminal::Terminal;
use clap::{Args, Subcommand, ValueEnum};

/// Build, look into, compare, sign and verify bundles.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Make a bundle of manifests.
    Build(build::Arguments),
    /// Show what is in a bundle, a delta or a compiled program.
    Inspect(inspect::Arguments),
    /// Show how two bundles differ, object by object; exit 1 if they do.
    Diff(diff::Arguments),
    /// Apply a delta to the bundle that it is for.
    Apply(apply::Arguments),
    /// Sign a bundle.
    Sign(sign::Arguments),
    /// Check the content, the policy and the signatures of a bundle.
    Verify(verify::Arguments),
    /// Make a key to sign bundles with.
    Keygen(keygen::Arguments),
}

/// How data is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Output {
    /// For people.
    Pretty,
    /// One JSON document.
    Json,
}

pub(super) fn run(arguments: &Arguments, terminal: Terminal) -> Result<Answer, Stop> {
    match &arguments.verb {
        Verb::Build(arguments) => build::run(arguments, terminal),
        Verb::Inspect(arguments) => inspect::run(arguments, terminal),
        Verb::Diff(arguments) => diff::run(arguments, terminal),
        Verb::Apply(arguments) => apply::run(arguments, terminal),
        Verb::Sign(arguments) => sign::run(arguments, terminal),
        Verb::Verify(arguments) => verify::run(arguments, terminal),
        Verb::Keygen(arguments) => keygen::run(arguments, terminal),
    }
}

/// Such as `1 address`, `2 policies`.
fn counted(count: usize, word: &str) -> String {
    match (count, word.strip_suffix('y')) {
        (1, _) => format!("1 {word}"),
        (_, Some(stem)) => format!("{count} {stem}ies"),
        (_, None) if word.ends_with("ss") => format!("{count} {word}es"),
        (_, None) => format!("{count} {word}s"),
    }
}
