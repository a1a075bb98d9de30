//! Where a document goes.

use crate::commands::Stop;
use crate::terminal::Terminal;
use clap::Args;
use heliast_cli::{bundles, gzip};
use std::io::{self, ErrorKind, IsTerminal};
use std::path::{Path, PathBuf};

/// Where a document goes.
#[derive(Debug, Args)]
pub(super) struct Target {
    /// The file to write, whole or not at all; `-` is standard output.
    #[arg(long, value_name = "FILE", default_value = "-")]
    out: PathBuf,
    /// Pack it with gzip.
    #[arg(long)]
    gzip: bool,
}

impl Target {
    /// Writes a compiled program, which is not packed: a filter that takes one takes it as it is.
    pub(super) fn write_program(&self, bytes: &[u8], terminal: Terminal) -> Result<(), Stop> {
        if self.gzip {
            let message = "a compiled program is not packed: leave out --gzip";
            return Err(Stop::Usage(message.to_owned()));
        }
        if self.out == Path::new("-") && io::stdout().is_terminal() {
            let message = "a compiled program is nothing to read on a terminal: give --out FILE";
            return Err(Stop::Usage(message.to_owned()));
        }
        self.write_bytes(bytes, terminal)
    }

    /// Writes a document.
    pub(super) fn write(&self, text: &str, terminal: Terminal) -> Result<(), Stop> {
        let packed = if self.gzip {
            let packed = gzip::pack(text.as_bytes());
            Some(packed.map_err(|error| Stop::Environment(error.to_string()))?)
        } else {
            None
        };
        let bytes = packed.as_deref().unwrap_or(text.as_bytes());
        if self.out == Path::new("-") && self.gzip && io::stdout().is_terminal() {
            let message = "gzip is nothing to read on a terminal: give --out FILE";
            return Err(Stop::Usage(message.to_owned()));
        }
        self.write_bytes(bytes, terminal)
    }

    fn write_bytes(&self, bytes: &[u8], terminal: Terminal) -> Result<(), Stop> {
        if self.out == Path::new("-") {
            return Ok(terminal.bytes(bytes)?);
        }
        let name = self.out.display();
        bundles::save(&self.out, bytes).map_err(|error| {
            if error.kind() == ErrorKind::NotFound {
                Stop::Usage(format!("{name}: there is no such folder"))
            } else {
                Stop::Environment(format!("{name}: cannot be written: {error}"))
            }
        })
    }
}
