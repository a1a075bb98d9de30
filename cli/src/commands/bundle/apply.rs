//! `heliast bundle apply`: a bundle and a delta in, the next bundle out.

use super::source;
use super::target::Target;
use crate::commands::{Answer, Stop};
use crate::terminal::Terminal;
use clap::Args;
use heliast_cli::bundles::Opened;
use heliast_cli::manifests::display;
use std::path::PathBuf;

const EXAMPLES: &str = "Examples:
  heliast bundle apply bundle.json delta.json --out next.json";

/// Apply a delta to the bundle that it is for.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// The bundle that the delta is for; `-` is standard input.
    base: PathBuf,
    /// The delta; `-` is standard input.
    delta: PathBuf,
    #[command(flatten)]
    target: Target,
}

pub(super) fn run(arguments: &Arguments, terminal: Terminal) -> Result<Answer, Stop> {
    let Arguments {
        base,
        delta,
        target,
    } = arguments;
    source::only_one_is_stdin(base, delta)?;
    let whole = source::whole(base, terminal)?.whole;
    let Opened::Delta(opened) = source::open(delta, terminal)? else {
        let name = display(delta);
        return Err(Stop::Usage(format!(
            "{name}: this is a whole bundle, not a delta"
        )));
    };
    let next = opened
        .apply(whole)
        .map_err(|misfit| Stop::Usage(format!("{}: {misfit}", display(delta))))?;
    target.write(&next.text(), terminal)?;
    terminal.say(&format!("revision {}\n", next.content()));
    Ok(Answer::Yes)
}
