//! What all VMs of one Envoy process share.

use std::collections::BTreeMap;
use std::fmt;
use std::rc::Rc;
use std::time::Duration;

use crate::abi::{LogLevel, Status};
use crate::callouts::Callouts;
use crate::config::{HostOptions, START_OF_TIME};
use crate::metrics::MetricStore;
use crate::run::VmRole;
use crate::shared_data::{SharedData, SharedQueues};

/// A line in the log of the proxy.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LogLine {
    /// Its severity.
    pub level: LogLevel,
    /// The VM that wrote it.
    pub vm: VmRole,
    /// The context it was written for.
    pub context: u32,
    /// The text.
    pub message: String,
}

/// A foreign function: argument bytes in, result bytes out.
pub(crate) type ForeignFunction = Rc<dyn Fn(&[u8]) -> Result<Vec<u8>, Status>>;

pub(crate) struct Process {
    pub(crate) options: HostOptions,
    pub(crate) now: Duration,
    pub(crate) log_level: LogLevel,
    pub(crate) logs: Vec<LogLine>,
    pub(crate) shared_data: SharedData,
    pub(crate) queues: SharedQueues,
    pub(crate) metrics: MetricStore,
    pub(crate) callouts: Callouts,
    pub(crate) foreign: BTreeMap<String, ForeignFunction>,
    vms: u64,
    connections: u64,
}

impl Process {
    pub(crate) fn new(options: HostOptions) -> Self {
        Self {
            options,
            now: START_OF_TIME,
            log_level: LogLevel::Info,
            logs: Vec::new(),
            shared_data: SharedData::default(),
            queues: SharedQueues::default(),
            metrics: MetricStore::default(),
            callouts: Callouts::default(),
            foreign: BTreeMap::new(),
            vms: 0,
            connections: 0,
        }
    }

    /// Only lines the log level lets through are kept, as in Envoy's log.
    pub(crate) fn log(&mut self, line: LogLine) {
        if line.level >= self.log_level {
            self.logs.push(line);
        }
    }

    pub(crate) fn next_vm(&mut self) -> u64 {
        self.vms += 1;
        self.vms
    }

    pub(crate) fn next_connection(&mut self) -> u64 {
        self.connections += 1;
        self.connections
    }
}

impl fmt::Debug for Process {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Process")
            .field("now", &self.now)
            .finish_non_exhaustive()
    }
}
