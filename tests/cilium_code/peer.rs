//! The program that asks Cilium's own code.

use crate::worlds::World;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// What it says of a world.
#[derive(Debug)]
pub(crate) struct Answer {
    /// Why it takes the objects for none.
    pub(crate) error: Option<String>,
    /// Whether each request passes.
    pub(crate) allowed: Vec<bool>,
}

impl Answer {
    pub(crate) fn of(value: &Value) -> Self {
        let allowed = value["allowed"].as_array().into_iter().flatten();
        Self {
            error: value["error"].as_str().map(str::to_owned),
            allowed: allowed.map(|one| one.as_bool().unwrap()).collect(),
        }
    }

    pub(crate) fn to_value(&self) -> Value {
        json!({"allowed": self.allowed})
    }
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
            // `cargo xtask peers` builds it.
            .unwrap();
        Self {
            input: child.stdin.take().unwrap(),
            output: BufReader::new(child.stdout.take().unwrap()),
            child,
        }
    }

    pub(crate) fn ask(&mut self, world: &World) -> Answer {
        writeln!(self.input, "{}", world.to_value()).unwrap();
        self.input.flush().unwrap();
        let mut answer = String::new();
        self.output.read_line(&mut answer).unwrap();
        Answer::of(&serde_json::from_str(&answer).unwrap())
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // It ends by itself with its input; a test that fails does not wait for it.
        let _ended = self.child.kill();
        let _status = self.child.wait();
    }
}
