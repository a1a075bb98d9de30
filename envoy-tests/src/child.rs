//! Processes that end with us.

use std::process::{Child, Command, ExitStatus, Stdio};

use anyhow::{Context, Result};

/// A child that does not outlive us, however we end.
#[derive(Debug)]
pub(crate) struct Owned {
    child: Child,
    watchdog: Option<Child>,
}

impl Owned {
    pub(crate) fn spawn(command: &mut Command) -> Result<Self> {
        let program = command.get_program().to_os_string();
        let child = command
            .spawn()
            .with_context(|| format!("cannot start {}", program.display()))?;
        let watchdog = watch(child.id());
        Ok(Self { child, watchdog })
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn child(&mut self) -> &mut Child {
        &mut self.child
    }

    pub(crate) fn ended(&mut self) -> Result<Option<ExitStatus>> {
        self.child.try_wait().context("lost a process")
    }
}

impl Drop for Owned {
    fn drop(&mut self) {
        // The watchdog first: a process id means nothing once it has been waited for. Errors mean
        // that a process has ended already.
        for child in self.watchdog.iter_mut().chain([&mut self.child]) {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// A shell that waits for us to end, which closes its standard input, and then ends the child: for
/// the ends that run no destructor. Without a shell we do without.
fn watch(child: u32) -> Option<Child> {
    let script = format!("read -r _; kill -9 {child}");
    Command::new("sh")
        .args(["-c", &script])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .ok()
}
