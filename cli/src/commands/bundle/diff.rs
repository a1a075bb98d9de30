//! `heliast bundle diff`: how one bundle became another.

mod json;
mod pretty;

use super::target::Target;
use super::{Output, source};
use crate::commands::{Answer, Stop};
use crate::terminal::Terminal;
use clap::Args;
use heliast_cli::bundles::{Delta, Difference, Whole};
use std::path::PathBuf;

const EXAMPLES: &str = "Examples:
  heliast bundle diff old.json new.json
  heliast bundle diff bundle.json policies/
  heliast bundle diff old.json new.json --delta --out delta.json

Exit codes: 0 the two hold the same, or --delta was written; 1 they differ.";

/// Show how two bundles differ, object by object; exit 1 if they do.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// The older: a bundle, or a file or folder of manifests; `-` is standard input.
    old: PathBuf,
    /// The newer: a bundle, or a file or folder of manifests; `-` is standard input.
    new: PathBuf,
    /// How to show the difference.
    #[arg(
        long,
        short,
        value_name = "FORM",
        default_value = "pretty",
        conflicts_with = "delta"
    )]
    output: Output,
    /// Write the delta that leads from the one to the other.
    #[arg(long)]
    delta: bool,
    #[command(flatten)]
    target: Target,
}

/// The two, and how they differ.
struct Compared {
    old: Whole,
    new: Whole,
    difference: Difference,
}

pub(super) fn run(arguments: &Arguments, terminal: Terminal) -> Result<Answer, Stop> {
    source::only_one_is_stdin(&arguments.old, &arguments.new)?;
    let old = source::whole_or_manifests(&arguments.old, terminal)?;
    let new = source::whole_or_manifests(&arguments.new, terminal)?;
    let difference = Difference::between(old.store(), new.store());
    // A delta is a document and no question.
    let answer = if difference.is_empty() || arguments.delta {
        Answer::Yes
    } else {
        Answer::No
    };
    let compared = Compared {
        old,
        new,
        difference,
    };
    let text = if arguments.delta {
        let delta = Delta::between(&compared.old, &compared.new);
        delta
            .map_err(|misfit| Stop::Usage(format!("there is no delta: {misfit}")))?
            .text()
    } else {
        match arguments.output {
            Output::Pretty => pretty::render(&compared, terminal.colour),
            Output::Json => format!("{:#}\n", json::document(&compared)),
        }
    };
    arguments.target.write(&text, terminal)?;
    Ok(answer)
}
