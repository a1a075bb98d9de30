//! `heliast bundle sign`: a bundle in, the same bundle with one more signature out.

use super::order::Place;
use super::source;
use super::target::Target;
use crate::commands::{Answer, Stop};
use crate::terminal::Terminal;
use clap::Args;
use heliast::bundle::Signature;
use heliast_cli::bundles::{Misfit, Opened, Program};
use heliast_cli::signing_key::SigningKey;
use std::path::PathBuf;

const EXAMPLES: &str = "Examples:
  heliast bundle sign bundle.json --key key.pem --sequence $(git rev-list --count HEAD) --out bundle.json

A signature is over the revision, the place in the order of bundles and the workload that the bundle
is for. It holds for every delta that leads to this bundle as well. Under another place than before,
older signatures are dropped.";

/// Sign a bundle or a compiled program.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// The bundle or program; `-` is standard input.
    bundle: PathBuf,
    /// The file with the private key (ed25519, PEM).
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    target: Target,
}

pub(super) fn run(arguments: &Arguments, terminal: Terminal) -> Result<Answer, Stop> {
    let key = SigningKey::read(&arguments.key)?;
    let file = match source::open(&arguments.bundle, terminal)? {
        Opened::Program(program) => return sign_program(*program, &key, arguments, terminal),
        Opened::Whole(file) => file,
        Opened::Delta(_) => return Err(source::is_delta(&arguments.bundle)),
    };
    let mut whole = file.whole;
    if !whole.is_intact() {
        let misfit = Misfit::NotIntact(whole.content());
        return Err(Stop::Usage(format!("{}: {misfit}", file.name)));
    }
    tell_dropped(&whole.sign(&key, arguments.place.order()), terminal);
    arguments.target.write(&whole.text(), terminal)?;
    terminal.say(&format!("signed by key {}\n", key.public().id()));
    Ok(Answer::Yes)
}

fn sign_program(
    mut program: Program,
    key: &SigningKey,
    arguments: &Arguments,
    terminal: Terminal,
) -> Result<Answer, Stop> {
    tell_dropped(&program.sign(key, arguments.place.order()), terminal);
    let bytes = program.bytes().map_err(Stop::Environment)?;
    arguments.target.write_program(&bytes, terminal)?;
    terminal.say(&format!("signed by key {}\n", key.public().id()));
    Ok(Answer::Yes)
}

fn tell_dropped(dropped: &[Signature], terminal: Terminal) {
    for signature in dropped {
        terminal.say(&format!(
            "dropped the signature of key {}: it is for another place in the order of bundles\n",
            signature.key
        ));
    }
}
