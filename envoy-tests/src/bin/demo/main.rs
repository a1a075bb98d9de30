//! YAO Bank on real Envoy sidecars: every request of the story, and what came back beside what
//! should.

mod bank;
mod hand;
mod manifest;
mod mesh;
mod report;
mod row;
mod sidecar;
mod steady;
mod story;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::Result;
use clap::Parser;
use tokio::runtime;
use tokio::signal::unix::{SignalKind, signal};

use manifest::Cast;
use mesh::Mesh;
use report::Report;

/// YAO Bank on real Envoy sidecars: sends every request of the story and compares.
#[derive(Debug, Parser)]
#[command(name = "demo")]
struct Arguments {
    /// Leave the bank running afterwards, policy in force, and print how to try it by hand
    #[arg(long)]
    keep: bool,
    /// Leave the filter out, and see what the policy is for: its rows will not come out
    #[arg(long)]
    without_filter: bool,
    /// Read policy.yaml and workloads.yaml from this folder instead of policies/yao-bank
    #[arg(long, value_name = "FOLDER")]
    policies: Option<PathBuf>,
}

/// 0: every row came out as it should; 1: some did not; 4: the story could not be told.
fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let told = runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Into::into)
        .and_then(|runtime| runtime.block_on(tell_or_stop(&arguments)));
    match told {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(4)
        }
    }
}

/// Being told to stop drops everything, and with it every process that was started.
async fn tell_or_stop(arguments: &Arguments) -> Result<bool> {
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        // Where the story waits for Ctrl-C itself, that is its end and not an interruption.
        biased;
        told = tell(arguments) => told,
        _ = tokio::signal::ctrl_c() => anyhow::bail!("interrupted"),
        _ = terminate.recv() => anyhow::bail!("told to stop"),
    }
}

async fn tell(arguments: &Arguments) -> Result<bool> {
    let started = Instant::now();
    let cast = Cast::read(arguments.policies.as_deref())?;
    let mut mesh = Mesh::start(cast, !arguments.without_filter).await?;
    let mut report = Report::new(!arguments.without_filter);
    story::tell(&mut mesh, &mut report).await?;
    let well = report.close(started.elapsed());
    if arguments.keep {
        mesh.set_policy(true).await?;
        hand::explain(&mesh)?;
        tokio::signal::ctrl_c().await?;
        eprintln!("\nstopped");
    }
    Ok(well)
}
