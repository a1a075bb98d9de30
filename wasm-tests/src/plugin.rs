//! A configured plugin and its workers.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::rc::{Rc, Weak};

use crate::config::PluginConfig;
use crate::connection::Connection;
use crate::host::{Host, HostInner, VmSet};
use crate::http::Guarded;
use crate::run::{Run, VmRole};
use crate::stream::Stream;
use crate::tcp::TcpStream;
use crate::vm::Vm;

/// One configuration of a plugin, in the VMs of all threads. Clones are the same.
#[derive(Clone)]
pub struct Plugin {
    inner: Rc<PluginInner>,
}

struct PluginInner {
    host: Weak<HostInner>,
    number: u64,
    config: Rc<PluginConfig>,
    vms: Rc<VmSet>,
    startup: Vec<Run>,
    retired: Cell<bool>,
}

impl Plugin {
    pub(crate) fn new(
        host: &Host,
        number: u64,
        config: Rc<PluginConfig>,
        vms: Rc<VmSet>,
        startup: Vec<Run>,
    ) -> Self {
        let host = Rc::downgrade(&host.inner);
        let retired = Cell::new(false);
        Self {
            inner: Rc::new(PluginInner {
                host,
                number,
                config,
                vms,
                startup,
                retired,
            }),
        }
    }

    /// What was configured.
    #[must_use]
    pub fn config(&self) -> &PluginConfig {
        &self.inner.config
    }

    /// Every call into a guest that configuring took: canary, main thread, workers.
    #[must_use]
    pub fn startup(&self) -> &[Run] {
        &self.inner.startup
    }

    /// The worker thread of that number; numbers beyond the last wrap around.
    #[must_use]
    pub fn worker(&self, index: usize) -> Worker {
        let workers = &self.inner.vms.workers;
        let wrapped = index.checked_rem(workers.len()).unwrap_or_default();
        let vm = workers.get(wrapped).unwrap_or(&self.inner.vms.main);
        Worker {
            plugin: self.clone(),
            vm: Rc::clone(vm),
        }
    }

    /// The main thread: it ticks and calls out.
    #[must_use]
    pub fn main(&self) -> Worker {
        Worker {
            plugin: self.clone(),
            vm: Rc::clone(&self.inner.vms.main),
        }
    }

    /// Whether a newer configuration has taken over.
    #[must_use]
    pub fn is_retired(&self) -> bool {
        self.inner.retired.get()
    }

    pub(crate) fn vms(&self) -> Rc<VmSet> {
        Rc::clone(&self.inner.vms)
    }

    pub(crate) fn retire(&self) {
        self.inner.retired.set(true);
        for vm in self.inner.vms.all() {
            vm.borrow_mut().retire(self.inner.number);
        }
    }

    /// A listener never gives a new stream to an old configuration.
    fn serving(&self) -> Self {
        let host = self.inner.host.upgrade().filter(|_| self.is_retired());
        host.and_then(|host| host.current(&self.config().name))
            .unwrap_or_else(|| self.clone())
    }
}

impl fmt::Debug for Plugin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Plugin")
            .field("name", &self.config().name)
            .field("retired", &self.is_retired())
            .finish_non_exhaustive()
    }
}

/// A plugin on one thread.
#[derive(Clone)]
pub struct Worker {
    plugin: Plugin,
    vm: Rc<RefCell<Vm>>,
}

impl Worker {
    /// Opens an HTTP stream on a connection. On an old configuration's worker the stream goes to the new one, and a
    /// dead VM whose backoff is over is brought back here.
    #[must_use]
    pub fn open_stream(&self, connection: impl Into<Connection>) -> Stream {
        let (worker, guarded, root) = self.access();
        let http = worker
            .vm
            .borrow_mut()
            .open_http(root, connection.into(), guarded);
        Stream::new(http, worker.vm, worker.plugin.inner.config.clone())
    }

    /// Opens the network filter on a connection; the guest hears of it in [`TcpStream::new_connection`].
    #[must_use]
    pub fn open_tcp(&self, connection: impl Into<Connection>) -> TcpStream {
        let (worker, guarded, root) = self.access();
        let network = worker
            .vm
            .borrow_mut()
            .open_network(root, connection.into(), guarded);
        TcpStream::new(network, worker.vm, worker.plugin.inner.config.clone())
    }

    fn access(&self) -> (Self, Guarded, u32) {
        let worker = self.serving();
        let inner = &worker.plugin.inner;
        let (guarded, root) = worker.vm.borrow_mut().access(inner.number, &inner.config);
        (worker, guarded, root)
    }

    fn serving(&self) -> Self {
        let plugin = self.plugin.serving();
        match self.role() {
            VmRole::Worker(index) if !Rc::ptr_eq(&plugin.inner, &self.plugin.inner) => {
                plugin.worker(index)
            }
            VmRole::Worker(_) | VmRole::Main | VmRole::Canary => self.clone(),
        }
    }

    /// Fires the plugin's tick now, whatever its period.
    pub fn tick(&self) -> Vec<Run> {
        let mut vm = self.vm.borrow_mut();
        if let Some(root) = vm.roots.get(&self.plugin.inner.number).copied() {
            vm.tick(root);
        }
        vm.take_runs()
    }

    /// Which thread this is.
    #[must_use]
    pub fn role(&self) -> VmRole {
        self.vm.borrow().role
    }

    /// Why the VM is dead, if it is.
    #[must_use]
    pub fn failure(&self) -> Option<String> {
        self.vm
            .borrow()
            .failure
            .as_ref()
            .map(|failure| failure.message.clone())
    }

    /// Whether the plugin failed to configure on this thread after the canary had taken the configuration: Envoy then
    /// **lets requests past the filter**.
    #[must_use]
    pub fn bypassed(&self) -> bool {
        self.vm
            .borrow()
            .bypassed
            .contains(&self.plugin.inner.number)
    }

    /// Linear memory in pages of 64 KiB.
    #[must_use]
    pub fn memory_pages(&self) -> u64 {
        self.vm.borrow_mut().memory_pages()
    }

    /// Contexts that live in this VM: roots of every plugin and configuration, and streams.
    #[must_use]
    pub fn contexts(&self) -> usize {
        self.vm
            .borrow()
            .state()
            .map_or(0, |state| state.contexts.len())
    }

    /// Roots that live in this VM, retired ones with open streams included.
    #[must_use]
    pub fn roots(&self) -> usize {
        self.vm
            .borrow()
            .state()
            .map_or(0, |state| state.roots().count())
    }
}

impl fmt::Debug for Worker {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Worker")
            .field("role", &self.role())
            .field("plugin", &self.plugin)
            .finish_non_exhaustive()
    }
}
