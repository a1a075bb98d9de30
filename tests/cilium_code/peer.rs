//! The program that asks Cilium's own code.

use crate::worlds::World;
use serde::{Deserialize, Serialize};
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// What it says of a world.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Answer {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) error: Option<String>,
    #[serde(default, deserialize_with = "perhaps")]
    pub(crate) allowed: Vec<bool>,
}

fn perhaps<'d, D: serde::Deserializer<'d>>(from: D) -> Result<Vec<bool>, D::Error> {
    Ok(Option::deserialize(from)?.unwrap_or_default())
}

/// The running program.
pub(crate) struct Peer {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Peer {
    pub(crate) fn start() -> Self {
        let mut child = Command::new("target/peers/cilium")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("`cargo xtask peers` builds target/peers/cilium");
        Self {
            input: child.stdin.take().unwrap(),
            output: BufReader::new(child.stdout.take().unwrap()),
            child,
        }
    }

    pub(crate) fn ask(&mut self, world: &World) -> Answer {
        let line = serde_json::to_string(world).unwrap();
        writeln!(self.input, "{line}").unwrap();
        self.input.flush().unwrap();
        let mut answer = String::new();
        self.output.read_line(&mut answer).unwrap();
        serde_json::from_str(&answer).unwrap()
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // It ends by itself with its input; a test that fails does not wait for it.
        let _ended = self.child.kill();
        let _status = self.child.wait();
    }
}
