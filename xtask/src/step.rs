//! One named check of the test run.

use std::io::{self, IsTerminal, Read};
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::thread;

use anyhow::{Context, Result};

use crate::run;
use crate::tally::Tally;

/// A check, and the steps that must have passed for it to make sense.
pub(crate) struct Step {
    pub(crate) name: &'static str,
    pub(crate) needs: &'static [&'static str],
    pub(crate) run: fn() -> Result<Outcome>,
}

/// How a step ended.
pub(crate) struct Outcome {
    pub(crate) tally: Tally,
    /// Shown behind the status: a size, a reason.
    pub(crate) note: String,
    /// Shown only if the step failed.
    pub(crate) output: String,
}

impl Outcome {
    pub(crate) fn passed(note: impl Into<String>) -> Self {
        Self {
            tally: Tally::PASSED,
            note: note.into(),
            output: String::new(),
        }
    }

    pub(crate) fn failed(note: impl Into<String>) -> Self {
        Self {
            tally: Tally::FAILED,
            note: note.into(),
            output: String::new(),
        }
    }

    pub(crate) fn skipped(reason: impl Into<String>) -> Self {
        Self {
            tally: Tally::SKIPPED,
            note: reason.into(),
            output: String::new(),
        }
    }
}

/// What a finished command said.
pub(crate) struct Finished {
    pub(crate) success: bool,
    pub(crate) output: String,
}

/// Runs a command as a check of its own: its exit status is the result.
pub(crate) fn check(command: &mut Command) -> Result<Outcome> {
    let Finished { success, output } = capture(command)?;
    let tally = if success {
        Tally::PASSED
    } else {
        Tally::FAILED
    };
    Ok(Outcome {
        tally,
        note: String::new(),
        output,
    })
}

/// Runs a command and keeps what it prints. On a terminal its stderr goes there, because that is
/// where cargo shows its progress; elsewhere both streams are kept, in the order they came.
pub(crate) fn capture(command: &mut Command) -> Result<Finished> {
    let live = io::stderr().is_terminal();
    let stderr = if live {
        Stdio::inherit()
    } else {
        Stdio::piped()
    };
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(stderr)
        .spawn()
        .with_context(|| format!("cannot start {}", run::line(command)))?;
    let kept = Mutex::new(Vec::new());
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    thread::scope(|scope| {
        scope.spawn(|| keep(stdout, &kept));
        scope.spawn(|| keep(stderr, &kept));
    });
    let status = child
        .wait()
        .with_context(|| format!("lost {}", run::line(command)))?;
    let bytes = kept.into_inner().unwrap_or_else(PoisonError::into_inner);
    let mut output = String::from_utf8_lossy(&bytes).into_owned();
    if !status.success() {
        output.push_str(&format!("{} ended with {status}\n", run::line(command)));
    }
    Ok(Finished {
        success: status.success(),
        output,
    })
}

/// Ends when the stream does.
fn keep(stream: Option<impl Read>, kept: &Mutex<Vec<u8>>) {
    let Some(mut stream) = stream else { return };
    let mut chunk = [0; 8192];
    while let Ok(length) = stream.read(&mut chunk) {
        let Some(read) = chunk.get(..length).filter(|read| !read.is_empty()) else {
            return;
        };
        kept.lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend_from_slice(read);
    }
}
