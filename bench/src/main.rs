//! What a decision costs on real Envoy, beside what others cost: `cargo xtask bench`.

mod authorizer;
mod call;
mod conditions;
mod cores;
mod deltas;
mod figures;
mod filters;
mod laboratory;
mod load;
mod mesh;
mod modules;
mod page;
mod plot;
mod race;
mod report;
mod rules;
mod run;
mod runtime;
mod section;
mod sections;
mod setup;
mod sidecar;
mod spread;
mod starts;
mod table;
mod targets;
mod usage;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};
use regex::Regex;

/// Measures what a decision costs on real Envoy. Needs Linux; on a machine that does other things at
/// the same time spreads are wide.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask bench")]
struct Arguments {
    #[command(subcommand)]
    command: Option<Hidden>,
    /// About three minutes in place of fifteen, with wider spreads.
    #[arg(long)]
    quick: bool,
    /// Only lanes whose name matches this regular expression, such as `heliast, 1 rule, HTTP/2`.
    #[arg(long, value_name = "REGEX")]
    only: Option<Regex>,
    /// Only these sections.
    #[arg(long, value_delimiter = ',', value_name = "NAME,..")]
    sections: Vec<Part>,
    /// Times that each lane is measured.
    #[arg(long, value_name = "N")]
    rounds: Option<usize>,
    /// Where the JSON goes; target/bench otherwise.
    #[arg(long, value_name = "FOLDER")]
    output: Option<PathBuf>,
    /// Write docs/performance.md and its plots.
    #[arg(long)]
    page: bool,
}

#[derive(Debug, Subcommand)]
enum Hidden {
    /// Runs an external authorization server that says yes.
    #[command(hide = true)]
    Authorizer {
        /// Where it listens.
        socket: PathBuf,
    },
}

/// A section.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Part {
    /// Every kind of filter with one rule.
    Filters,
    /// What calls from a wasm filter to Envoy cost.
    Calls,
    /// More and more rules by path, and a fleet.
    Paths,
    /// More and more rules by identity.
    Identities,
    /// Policy that changes.
    Deltas,
    /// Start and memory.
    Starts,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let done = match &arguments.command {
        Some(Hidden::Authorizer { socket }) => authorizer::serve(socket).await.map(|()| true),
        None => run::run(&arguments).await,
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
