//! The simulated Envoy process.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::rc::{Rc, Weak};
use std::time::Duration;

use crate::abi::{LogLevel, MetricKind, Status};
use crate::callouts::{CallResult, Cluster, PendingCall};
use crate::config::{HostOptions, PluginConfig};
use crate::error::HostError;
use crate::metrics::Metric;
use crate::module::Module;
use crate::plugin::Plugin;
use crate::process::{LogLine, Process};
use crate::run::{Run, VmRole};
use crate::schedule;
use crate::vm::Vm;

/// One Envoy process that has loaded one module: its clock, log, statistics, shared data and clusters, and the VMs of
/// its threads.
///
/// Clones are the same process. Everything happens in the calling thread, in the order of the calls.
#[derive(Clone)]
pub struct Host {
    pub(crate) inner: Rc<HostInner>,
}

pub(crate) struct HostInner {
    module: Module,
    pub(crate) process: Rc<RefCell<Process>>,
    /// The serving configuration of each plugin name.
    current: RefCell<BTreeMap<String, Plugin>>,
    /// VM keys that Envoy refuses for ever after a worker failed to configure.
    poisoned: RefCell<BTreeSet<(String, Vec<u8>)>>,
    vms: RefCell<Vec<Weak<RefCell<Vm>>>>,
    plugins: Cell<u64>,
}

/// The VMs of one VM key: the main thread's and one per worker.
pub(crate) struct VmSet {
    pub(crate) main: Rc<RefCell<Vm>>,
    pub(crate) workers: Vec<Rc<RefCell<Vm>>>,
}

impl VmSet {
    pub(crate) fn all(&self) -> impl Iterator<Item = &Rc<RefCell<Vm>>> {
        std::iter::once(&self.main).chain(&self.workers)
    }
}

impl Host {
    /// A process with one worker and the default options.
    #[must_use]
    pub fn new(module: &Module) -> Self {
        Self::with_options(module, HostOptions::default())
    }

    /// A process with those options.
    #[must_use]
    pub fn with_options(module: &Module, options: HostOptions) -> Self {
        Self {
            inner: Rc::new(HostInner {
                module: module.clone(),
                process: Rc::new(RefCell::new(Process::new(options))),
                current: RefCell::default(),
                poisoned: RefCell::default(),
                vms: RefCell::default(),
                plugins: Cell::new(0),
            }),
        }
    }

    /// Pushes a configuration, as the control plane would: canary first, then the main thread, then each worker.
    ///
    /// The same configuration again changes nothing. Another one for the same name gives every VM a new root; new
    /// streams go there, while the old root lives until its last stream has ended. If `vm_id` or the VM
    /// configuration differ, it gets VMs of its own.
    ///
    /// As in Envoy, a failure on the main thread or a worker **is not an error**: look at [`crate::Worker::bypassed`].
    ///
    /// # Errors
    /// If the canary refuses it, a VM does not start, or an earlier configuration has poisoned the VM key. What
    /// served before keeps serving.
    pub fn configure(&self, config: PluginConfig) -> Result<Plugin, HostError> {
        let previous = self.inner.current.borrow().get(&config.name).cloned();
        if let Some(previous) = &previous
            && *previous.config() == config
        {
            return Ok(previous.clone());
        }
        let key = config.vm_key();
        if self.inner.poisoned.borrow().contains(&key) {
            return Err(HostError::Poisoned);
        }
        let config = Rc::new(config);
        let mut runs = self.try_in_canary(&config)?;
        let set = self.vm_set(&config)?;
        let number = self.inner.plugins.get() + 1;
        self.inner.plugins.set(number);
        for vm in set.all() {
            let mut vm = vm.borrow_mut();
            if vm.failure.is_some() {
                // A trap has killed it before; a configuration does not bring it back, and is no failure there.
                continue;
            }
            if vm.configure(number, &config).is_err() {
                vm.bypassed.insert(number);
                self.inner.poisoned.borrow_mut().insert(key.clone());
            }
            runs.extend(vm.take_runs());
        }
        let plugin = Plugin::new(self, number, config, set, runs);
        if let Some(previous) = previous {
            previous.retire();
        }
        self.inner
            .current
            .borrow_mut()
            .insert(plugin.config().name.clone(), plugin.clone());
        Ok(plugin)
    }

    /// The canary is killed without a word to the guest; what it counted and shared stays.
    fn try_in_canary(&self, config: &Rc<PluginConfig>) -> Result<Vec<Run>, HostError> {
        let inner = &self.inner;
        let mut canary = Vm::start(&inner.module, &inner.process, VmRole::Canary, config)?;
        let number = canary.number();
        let outcome = canary.configure(0, config);
        if let Some(number) = number {
            inner.process.borrow_mut().callouts.cancel(number, None);
        }
        match outcome {
            Ok(()) => Ok(canary.take_runs()),
            Err(refusal) => Err(HostError::Rejected {
                callback: refusal.callback,
                cause: refusal.cause,
            }),
        }
    }

    fn vm_set(&self, config: &Rc<PluginConfig>) -> Result<Rc<VmSet>, HostError> {
        let key = config.vm_key();
        let current = self.inner.current.borrow();
        if let Some(plugin) = current
            .values()
            .find(|plugin| plugin.config().vm_key() == key)
        {
            return Ok(plugin.vms());
        }
        let start = |role| {
            let vm = Vm::start(&self.inner.module, &self.inner.process, role, config)?;
            let vm = Rc::new(RefCell::new(vm));
            self.inner.vms.borrow_mut().push(Rc::downgrade(&vm));
            Ok::<_, HostError>(vm)
        };
        let workers = self.inner.process.borrow().options.workers;
        let set = VmSet {
            main: start(VmRole::Main)?,
            workers: (0..workers)
                .map(|index| start(VmRole::Worker(index)))
                .collect::<Result<_, _>>()?,
        };
        Ok(Rc::new(set))
    }

    /// The plugin of that name as it serves now.
    #[must_use]
    pub fn plugin(&self, name: &str) -> Option<Plugin> {
        self.inner.current.borrow().get(name).cloned()
    }

    /// The time on the clock, since 1970.
    #[must_use]
    pub fn now(&self) -> Duration {
        self.inner.process.borrow().now
    }

    /// Puts the clock forward without anything else happening.
    pub fn skip(&self, duration: Duration) {
        self.inner.process.borrow_mut().now += duration;
    }

    /// Lets time pass: ticks fire and callouts time out, each at its moment, main thread before workers.
    pub fn advance(&self, duration: Duration) -> Vec<Run> {
        schedule::advance(&self.inner, duration)
    }

    /// Defines a cluster, or changes how it answers. Calls to any other name are a `BadArgument`.
    pub fn set_cluster(&self, name: &str, cluster: Cluster) {
        self.inner
            .process
            .borrow_mut()
            .callouts
            .set_cluster(name, cluster);
    }

    /// The callouts that wait for an answer, oldest first.
    #[must_use]
    pub fn pending_calls(&self) -> Vec<PendingCall> {
        self.inner.process.borrow().callouts.pending()
    }

    /// Answers a callout.
    ///
    /// # Errors
    /// If no callout of that number waits.
    pub fn deliver(&self, call: u64, result: impl Into<CallResult>) -> Result<Vec<Run>, HostError> {
        let pending = self.inner.process.borrow_mut().callouts.take(call);
        let pending = pending.ok_or(HostError::NoSuchCall(call))?;
        Ok(schedule::answer(&self.inner, &pending, result.into()))
    }

    /// Answers every callout for whose cluster there is an answer, and those that follow from the answers.
    /// A cluster that always answers and a guest that always calls make this endless; the clock then is the better tool.
    pub fn deliver_all(&self) -> Vec<Run> {
        schedule::answer_scripted(&self.inner)
    }

    /// Tells the roots that registered shared queues of the items that came in.
    pub fn deliver_queues(&self) -> Vec<Run> {
        schedule::queues(&self.inner)
    }

    /// A shared value of a `vm_id`, and its CAS number.
    #[must_use]
    pub fn shared_data(&self, vm_id: &str, key: impl AsRef<[u8]>) -> Option<(Vec<u8>, u32)> {
        self.inner
            .process
            .borrow()
            .shared_data
            .get(vm_id, key.as_ref())
    }

    /// Writes a shared value, as another plugin with the same `vm_id` could.
    pub fn set_shared_data(&self, vm_id: &str, key: impl AsRef<[u8]>, value: impl AsRef<[u8]>) {
        let mut process = self.inner.process.borrow_mut();
        let unconditional = process
            .shared_data
            .set(vm_id, key.as_ref(), value.as_ref(), 0);
        debug_assert_eq!(unconditional, Ok(()), "CAS 0 always writes");
    }

    /// A counter or gauge by the name the guest gave it; `None` if nobody defined it.
    #[must_use]
    pub fn metric(&self, name: &str) -> Option<u64> {
        let process = self.inner.process.borrow();
        let kinds = [MetricKind::Counter, MetricKind::Gauge];
        kinds
            .iter()
            .find_map(|kind| process.metrics.get(*kind, name))
            .map(|metric| metric.value)
    }

    /// What a histogram has recorded.
    #[must_use]
    pub fn samples(&self, name: &str) -> Vec<u64> {
        let process = self.inner.process.borrow();
        let metric = process.metrics.get(MetricKind::Histogram, name);
        metric
            .map(|metric| metric.samples.clone())
            .unwrap_or_default()
    }

    /// Every statistic by name.
    #[must_use]
    pub fn metrics(&self) -> BTreeMap<String, Metric> {
        self.inner.process.borrow().metrics.all()
    }

    /// The log so far.
    #[must_use]
    pub fn logs(&self) -> Vec<LogLine> {
        self.inner.process.borrow().logs.clone()
    }

    /// The log since the last time it was taken.
    pub fn take_logs(&self) -> Vec<LogLine> {
        std::mem::take(&mut self.inner.process.borrow_mut().logs)
    }

    /// Changes the log level, like `/logging?wasm=debug`; at first it is info.
    pub fn set_log_level(&self, level: LogLevel) {
        self.inner.process.borrow_mut().log_level = level;
    }

    /// Registers a foreign function. Without, every name is `NotFound`.
    pub fn set_foreign_function(
        &self,
        name: &str,
        function: impl Fn(&[u8]) -> Result<Vec<u8>, Status> + 'static,
    ) {
        let mut process = self.inner.process.borrow_mut();
        process.foreign.insert(name.to_owned(), Rc::new(function));
    }
}

impl HostInner {
    /// Every VM that still exists, oldest first.
    pub(crate) fn vms(&self) -> Vec<Rc<RefCell<Vm>>> {
        self.vms.borrow().iter().filter_map(Weak::upgrade).collect()
    }

    pub(crate) fn current(&self, name: &str) -> Option<Plugin> {
        self.current.borrow().get(name).cloned()
    }
}

impl fmt::Debug for Host {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Host")
            .field("now", &self.now())
            .finish_non_exhaustive()
    }
}
