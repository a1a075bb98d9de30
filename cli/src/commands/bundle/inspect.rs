//! `heliast bundle inspect`: what is in a document.

mod json;
mod pretty;
mod program;

use super::{Output, source};
use crate::commands::{Answer, Stop};
use crate::terminal::Terminal;
use clap::Args;
use heliast_cli::bundles::{Opened, Summary};
use std::path::PathBuf;

const EXAMPLES: &str = "Examples:
  heliast bundle inspect bundle.json
  curl http://localhost:8080/v1/bundle | heliast bundle inspect - --output json

Exit codes: 0 it is what it says it is, 1 its content has another revision, or a filter refuses it.";

/// Show what is in a bundle, a delta or a compiled program.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// The bundle, delta or program; `-` is standard input.
    bundle: PathBuf,
    /// How to show it.
    #[arg(long, short, value_name = "FORM", default_value = "pretty")]
    output: Output,
}

pub(super) fn run(arguments: &Arguments, terminal: Terminal) -> Result<Answer, Stop> {
    match source::open(&arguments.bundle, terminal)? {
        Opened::Whole(file) => {
            let summary = Summary::of(&file);
            let summary = summary.map_err(|error| Stop::Environment(error.to_string()))?;
            let text = match arguments.output {
                Output::Pretty => pretty::whole(&file, &summary, terminal.colour),
                Output::Json => format!("{:#}\n", json::whole(&file, &summary)),
            };
            terminal.data(&text)?;
            let is_good = file.whole.is_intact() && summary.policy.is_ok();
            Ok(if is_good { Answer::Yes } else { Answer::No })
        }
        Opened::Program(program) => {
            let bundle = program.bundle();
            let text = match arguments.output {
                Output::Pretty => program::pretty(&program, &bundle),
                Output::Json => format!("{:#}\n", program::json(&program, &bundle)),
            };
            terminal.data(&text)?;
            Ok(if bundle.is_ok() {
                Answer::Yes
            } else {
                Answer::No
            })
        }
        Opened::Delta(delta) => {
            let text = match arguments.output {
                Output::Pretty => pretty::delta(&delta),
                Output::Json => format!("{:#}\n", json::delta(&delta)),
            };
            terminal.data(&text)?;
            Ok(Answer::Yes)
        }
    }
}
