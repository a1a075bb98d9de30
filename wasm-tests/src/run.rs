//! What a callback did and what it cost.

use std::collections::BTreeMap;
use std::fmt;

use crate::abi::Action;
use crate::reply::LocalReply;

/// Which of Envoy's VMs.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum VmRole {
    /// Lives for one configuration, on the main thread, to try it.
    Canary,
    /// The main thread: ticks and calls out, never sees a request.
    Main,
    /// A worker thread.
    Worker(usize),
}

impl fmt::Display for VmRole {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Canary => formatter.write_str("canary"),
            Self::Main => formatter.write_str("main"),
            Self::Worker(index) => write!(formatter, "worker {index}"),
        }
    }
}

/// How often each host call was made.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct HostCalls {
    counts: BTreeMap<&'static str, u64>,
    allocations: u64,
}

/// Measured on Envoy 1.40: a host call that returns no bytes.
const NANOSECONDS_PER_CALL: u64 = 100;
/// Measured on Envoy 1.40: what handing bytes to the guest adds.
const NANOSECONDS_PER_ALLOCATION: u64 = 800;

impl HostCalls {
    /// How often that call was made, by its import name.
    #[must_use]
    pub fn count(&self, name: &str) -> u64 {
        self.counts.get(name).copied().unwrap_or_default()
    }

    /// All calls.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.counts.values().sum()
    }

    /// Calls by name, in the order of names.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, u64)> {
        self.counts.iter().map(|(name, count)| (*name, *count))
    }

    /// How often the host had to enter the guest again for memory to put an answer in.
    #[must_use]
    pub fn allocations(&self) -> u64 {
        self.allocations
    }

    /// A rough price in Envoy, from its measured costs per call.
    #[must_use]
    pub fn nanoseconds(&self) -> u64 {
        self.total() * NANOSECONDS_PER_CALL + self.allocations * NANOSECONDS_PER_ALLOCATION
    }

    pub(crate) fn record(&mut self, name: &'static str) {
        *self.counts.entry(name).or_default() += 1;
    }

    pub(crate) fn record_allocation(&mut self) {
        self.allocations += 1;
    }

    fn add(&mut self, other: &Self) {
        for (name, count) in &other.counts {
            *self.counts.entry(name).or_default() += count;
        }
        self.allocations += other.allocations;
    }
}

/// One call into the guest.
#[derive(Clone, Debug)]
pub struct Run {
    /// Where.
    pub vm: VmRole,
    /// For which context.
    pub context: u32,
    /// The export that was called.
    pub callback: &'static str,
    /// What it burned; instructions of the guest only, the same for the same input.
    pub fuel: u64,
    /// What it asked the host.
    pub calls: HostCalls,
    /// Linear memory afterwards, in pages of 64 KiB; it never shrinks.
    pub memory_pages: u64,
    /// The trap that ended it, with the guest's backtrace.
    pub trap: Option<String>,
}

/// What came of handing the guest one event, with everything that followed at once.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// What the filter chain does: `Pause` also after a local reply.
    pub action: Action,
    /// The event waits in the proxy, because an earlier callback paused the stream; the guest has not seen it.
    pub held: bool,
    /// The local reply of this stream, if there is one by now.
    pub reply: Option<LocalReply>,
    /// Every call into the guest, in order: the event's own callback, and for a local reply also response headers,
    /// done, log and delete.
    pub runs: Vec<Run>,
}

impl Outcome {
    /// Fuel of all calls.
    #[must_use]
    pub fn fuel(&self) -> u64 {
        self.runs.iter().map(|run| run.fuel).sum()
    }

    /// Host calls of all calls.
    #[must_use]
    pub fn calls(&self) -> HostCalls {
        total_calls(&self.runs)
    }

    /// The calls of one callback, if the guest has it and it was called.
    #[must_use]
    pub fn run(&self, callback: &str) -> Option<&Run> {
        self.runs.iter().find(|run| run.callback == callback)
    }

    /// The trap that killed the VM, if one did.
    #[must_use]
    pub fn trap(&self) -> Option<&str> {
        self.runs.iter().find_map(|run| run.trap.as_deref())
    }
}

/// The host calls of several runs together.
#[must_use]
pub fn total_calls(runs: &[Run]) -> HostCalls {
    let mut calls = HostCalls::default();
    for run in runs {
        calls.add(&run.calls);
    }
    calls
}
