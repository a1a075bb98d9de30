//! What a decision costs on real Envoy, beside what others cost: `cargo xtask bench`.

mod authorizer;
mod cores;
mod figures;
mod filters;
mod load;
mod mesh;
mod modules;
mod race;
mod rules;
mod section;
mod sections;
mod setup;
mod spread;
mod table;
mod usage;

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::{Parser, Subcommand};
use heliast_envoy_tests::install;
use regex::Regex;
use serde_json::json;

use crate::cores::{Cores, Role};
use crate::mesh::Mesh;
use crate::modules::Modules;
use crate::race::Pace;
use crate::section::Laboratory;

/// Measures what a decision costs on real Envoy. Needs Linux; best on a machine that does nothing
/// else.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask bench")]
struct Arguments {
    #[command(subcommand)]
    command: Option<Hidden>,
    /// A run of about three minutes, with wider spreads.
    #[arg(long)]
    quick: bool,
    /// Only the lanes whose name this regular expression matches, as in `heliast, 1 rule, HTTP/2`.
    #[arg(long)]
    only: Option<Regex>,
    /// Only the sections with these keys.
    #[arg(long, value_delimiter = ',')]
    sections: Vec<String>,
    /// Times that each lane is measured.
    #[arg(long)]
    rounds: Option<usize>,
    /// Where the JSON goes.
    #[arg(long)]
    output: Option<PathBuf>,
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

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let done = match &arguments.command {
        Some(Hidden::Authorizer { socket }) => authorizer::serve(socket).await,
        None => bench(&arguments).await,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn bench(arguments: &Arguments) -> Result<()> {
    let laboratory = Laboratory {
        mesh: Mesh::new()?,
        modules: Modules::find(),
        cores: Cores::find(),
        pace: arguments.pace(),
        only: arguments.only.clone(),
    };
    laboratory.cores.take(Role::Client)?;
    let output = match &arguments.output {
        Some(folder) => folder.clone(),
        None => install::root().join("target").join("bench"),
    };
    fs::create_dir_all(&output).with_context(|| format!("cannot create {}", output.display()))?;
    for section in [
        sections::filters(),
        sections::paths(),
        sections::identities(),
    ] {
        if !arguments.sections.is_empty()
            && !arguments.sections.iter().any(|key| key == section.key)
        {
            continue;
        }
        let measured = section.measure(&laboratory).await?;
        print!("{}", table::text(&measured));
        let lanes: Vec<_> = measured
            .lanes
            .iter()
            .map(|(_, _, figures)| figures.json())
            .collect();
        let file = output.join(format!("{}.json", measured.key));
        let text = serde_json::to_string_pretty(&json!({"title": measured.title, "lanes": lanes}))?;
        fs::write(&file, text).with_context(|| format!("cannot write {}", file.display()))?;
    }
    Ok(())
}

impl Arguments {
    fn pace(&self) -> Pace {
        let (rounds, window) = if self.quick { (8, 150) } else { (40, 250) };
        Pace {
            rounds: self.rounds.unwrap_or(rounds).max(1),
            window: Duration::from_millis(window),
            warm_up: Duration::from_millis(40),
        }
    }
}
