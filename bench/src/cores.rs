//! Who runs on which processor core: Envoy on one, the client on another.

use anyhow::Result;

/// The cores this process may use, shared out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cores {
    /// `None` where there are no two cores, or no way to choose: then the kernel does.
    pinned: Option<(usize, usize)>,
}

/// Who is to run next: this thread, and what it starts from now on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// Envoy, with all of its threads.
    Envoy,
    /// The client that asks it.
    Client,
    /// Anything else, on any core.
    Other,
}

#[cfg(target_os = "linux")]
impl Cores {
    /// Finds the first two cores that we may use.
    pub(crate) fn find() -> Self {
        let Ok(allowed) = rustix::thread::sched_getaffinity(None) else {
            return Self { pinned: None };
        };
        let mut free = (0..rustix::thread::CpuSet::MAX_CPU).filter(|core| allowed.is_set(*core));
        Self {
            pinned: free.next().zip(free.next()),
        }
    }

    /// Moves this thread, and with it what it starts, to where the role runs.
    ///
    /// # Errors
    /// When the kernel forbids what it allowed before.
    pub(crate) fn take(self, role: Role) -> Result<()> {
        let Some((envoy, client)) = self.pinned else {
            return Ok(());
        };
        let mut set = rustix::thread::CpuSet::new();
        if role != Role::Client {
            set.set(envoy);
        }
        if role != Role::Envoy {
            set.set(client);
        }
        Ok(rustix::thread::sched_setaffinity(None, &set)?)
    }
}

#[cfg(not(target_os = "linux"))]
impl Cores {
    /// Leaves it to the system.
    pub(crate) fn find() -> Self {
        Self { pinned: None }
    }

    /// Leaves it to the system.
    pub(crate) fn take(self, _role: Role) -> Result<()> {
        Ok(())
    }
}

impl Cores {
    /// As one says it in a report.
    pub(crate) fn describe(self) -> String {
        match self.pinned {
            Some((envoy, client)) => format!("Envoy on core {envoy}, the client on core {client}"),
            None => "cores as the kernel chooses".into(),
        }
    }
}
