//! `heliast bundle sign`: a bundle in, the same bundle with one more signature out.

use super::source;
use super::target::Target;
use crate::commands::{Answer, Stop};
use crate::terminal::Terminal;
use clap::Args;
use heliast_cli::bundles::Misfit;
use heliast_cli::signing_key::SigningKey;
use std::path::PathBuf;

const EXAMPLES: &str = "Examples:
  heliast bundle sign bundle.json --key key.pem --sequence $(date +%s%3N) --out bundle.json

A signature is over the revision, the sequence and the workload that the bundle is for. It holds for
every delta that leads to this bundle as well.";

/// Sign a bundle.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// The bundle; `-` is standard input.
    bundle: PathBuf,
    /// The file with the private key (ed25519, PEM).
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// Its place in the order of bundles; signatures under another place are dropped.
    #[arg(long, value_name = "N")]
    sequence: Option<u64>,
    #[command(flatten)]
    target: Target,
}

pub(super) fn run(arguments: &Arguments, terminal: Terminal) -> Result<Answer, Stop> {
    let key = SigningKey::read(&arguments.key)?;
    let file = source::whole(&arguments.bundle, terminal)?;
    let mut whole = file.whole;
    if !whole.is_intact() {
        let misfit = Misfit::NotIntact(whole.content());
        return Err(Stop::Usage(format!("{}: {misfit}", file.name)));
    }
    for signature in whole.sign(&key, arguments.sequence) {
        terminal.say(&format!(
            "dropped the signature of key {}: it is for another sequence\n",
            signature.key
        ));
    }
    arguments.target.write(&whole.text(), terminal)?;
    terminal.say(&format!("signed by key {}\n", key.public().id()));
    Ok(Answer::Yes)
}
