//! `heliast bundle keygen`: a new key to sign bundles with.

use crate::commands::{Answer, Stop};
use crate::terminal::Terminal;
use clap::Args;
use heliast_cli::signing_key::SigningKey;
use std::fs::{self, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

const EXAMPLES: &str = "Examples:
  heliast bundle keygen --out key.pem > key.pub

Standard output gets the public key twice: in base64 on the first line, for `publicKeys` of the
filter's configuration, and in PEM.";

/// Make a key to sign bundles with.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// The file for the private key: readable by its owner alone, and never written over.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

pub(super) fn run(arguments: &Arguments, terminal: Terminal) -> Result<Answer, Stop> {
    let environment = |error: io::Error| Stop::Environment(format!("no key was made: {error}"));
    let path = &arguments.out;
    let key = SigningKey::generate().map_err(environment)?;
    let private = key.private_pem().map_err(environment)?;
    let public = key.public_pem().map_err(environment)?;
    create(path, private.as_bytes()).map_err(|error| {
        let name = path.display();
        let kind = error.kind();
        if kind == ErrorKind::AlreadyExists {
            Stop::Usage(format!(
                "{name}: is there already, and a key is never written over: name another file, or \
                 remove it"
            ))
        } else if kind == ErrorKind::NotFound {
            Stop::Usage(format!("{name}: there is no such folder"))
        } else {
            Stop::Environment(format!("{name}: cannot be written: {error}"))
        }
    })?;
    terminal.data(&format!("{}\n{public}", key.public().encode()))?;
    terminal.say(&format!(
        "wrote {}, key {}: keep it secret\n",
        path.display(),
        key.public().id()
    ));
    Ok(Answer::Yes)
}

fn create(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(0o600);
    let mut file = options.open(path)?;
    let written = file.write_all(bytes).and_then(|()| file.sync_all());
    if written.is_err() {
        // Half a key is in the way of the next attempt.
        let _as_good_as_it_gets = fs::remove_file(path);
    }
    written
}
