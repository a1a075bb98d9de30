//! What one VM's host calls work on: its contexts and what it has asked for.

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;
use std::time::Duration;

use wasmtime::{StoreLimits, StoreLimitsBuilder};

use crate::abi::{LogLevel, StreamKind};
use crate::callouts::CallResponse;
use crate::config::PluginConfig;
use crate::http::Http;
use crate::lookup::{self, Scope};
use crate::metrics::MetricIds;
use crate::network::Network;
use crate::process::{LogLine, Process};
use crate::properties::{Found, PropertyPath};
use crate::reply::LocalReply;
use crate::run::{HostCalls, VmRole};

/// The store's data.
pub(crate) struct VmState {
    pub(crate) process: Rc<RefCell<Process>>,
    /// Number of this VM in the process; a reloaded VM has a new one.
    pub(crate) number: u64,
    pub(crate) role: VmRole,
    pub(crate) config: Rc<PluginConfig>,
    pub(crate) contexts: BTreeMap<u32, Context>,
    pub(crate) metrics: MetricIds,
    pub(crate) random: u64,
    pub(crate) limits: StoreLimits,
    pub(crate) current: Current,
    pub(crate) deferred: VecDeque<Deferred>,
    last_context: u32,
    last_call: u32,
}

/// The callback that runs now.
#[derive(Debug, Default)]
pub(crate) struct Current {
    pub(crate) context: u32,
    /// Set by `proxy_set_effective_context`, for the rest of this callback.
    pub(crate) effective: Option<u32>,
    pub(crate) calls: HostCalls,
    /// During the module's own start only log and WASI calls work.
    pub(crate) restricted: bool,
    /// The plugin configuration is readable only while it is being configured.
    pub(crate) configuring: Option<Rc<PluginConfig>>,
    /// Any local reply of this callback stops the filter chain.
    pub(crate) stop_iteration: bool,
}

/// What a host call asks for and the host does after the callback has returned.
#[derive(Debug)]
pub(crate) enum Deferred {
    Reply(u32, LocalReply),
    Continue(u32, StreamKind),
    Close(u32, StreamKind),
    RootDone(u32),
}

pub(crate) enum Context {
    Root(Root),
    Http(Rc<RefCell<Http>>),
    Network(Rc<RefCell<Network>>),
}

/// A plugin configuration in a VM.
#[derive(Debug)]
pub(crate) struct Root {
    pub(crate) config: Rc<PluginConfig>,
    pub(crate) tick_period: Option<Duration>,
    pub(crate) next_tick: Option<Duration>,
    /// The answer that is being delivered; readable from every context of this root.
    pub(crate) response: Option<CallResponse>,
    /// A newer configuration has taken over; deleted with its last stream.
    pub(crate) retired: bool,
    /// `on_done` answered false; deleted on `proxy_done`.
    pub(crate) waits_for_done: bool,
}

impl Root {
    pub(crate) fn new(config: Rc<PluginConfig>) -> Self {
        Self {
            config,
            tick_period: None,
            next_tick: None,
            response: None,
            retired: false,
            waits_for_done: false,
        }
    }
}

impl VmState {
    pub(crate) fn new(
        process: Rc<RefCell<Process>>,
        role: VmRole,
        config: Rc<PluginConfig>,
    ) -> Self {
        let (number, seed, memory) = {
            let mut process = process.borrow_mut();
            (
                process.next_vm(),
                process.options.seed,
                process.options.memory_per_vm,
            )
        };
        Self {
            process,
            number,
            role,
            config,
            contexts: BTreeMap::new(),
            metrics: MetricIds::default(),
            random: seed ^ number.rotate_left(32),
            limits: StoreLimitsBuilder::new().memory_size(memory).build(),
            current: Current::default(),
            deferred: VecDeque::new(),
            last_context: 0,
            last_call: 0,
        }
    }

    /// Ids are per VM, common to roots and streams.
    pub(crate) fn next_context(&mut self) -> u32 {
        self.last_context += 1;
        self.last_context
    }

    pub(crate) fn next_call(&mut self) -> u32 {
        self.last_call += 1;
        self.last_call
    }

    /// The context that host calls speak of: the effective one while it exists.
    pub(crate) fn active_id(&self) -> u32 {
        let effective = self
            .current
            .effective
            .filter(|id| self.contexts.contains_key(id));
        effective.unwrap_or(self.current.context)
    }

    pub(crate) fn active_http(&self) -> Option<Rc<RefCell<Http>>> {
        match self.contexts.get(&self.active_id())? {
            Context::Http(http) => Some(Rc::clone(http)),
            Context::Root(_) | Context::Network(_) => None,
        }
    }

    pub(crate) fn active_network(&self) -> Option<Rc<RefCell<Network>>> {
        match self.contexts.get(&self.active_id())? {
            Context::Network(network) => Some(Rc::clone(network)),
            Context::Root(_) | Context::Http(_) => None,
        }
    }

    /// The id of the root that the active context belongs to.
    pub(crate) fn active_root_id(&self) -> u32 {
        let id = self.active_id();
        match self.contexts.get(&id) {
            Some(Context::Http(http)) => http.borrow().root,
            Some(Context::Network(network)) => network.borrow().root,
            Some(Context::Root(_)) | None => id,
        }
    }

    pub(crate) fn root(&self, id: u32) -> Option<&Root> {
        match self.contexts.get(&id)? {
            Context::Root(root) => Some(root),
            Context::Http(_) | Context::Network(_) => None,
        }
    }

    pub(crate) fn root_mut(&mut self, id: u32) -> Option<&mut Root> {
        match self.contexts.get_mut(&id)? {
            Context::Root(root) => Some(root),
            Context::Http(_) | Context::Network(_) => None,
        }
    }

    pub(crate) fn roots(&self) -> impl Iterator<Item = (u32, &Root)> {
        self.contexts
            .iter()
            .filter_map(|(id, context)| match context {
                Context::Root(root) => Some((*id, root)),
                Context::Http(_) | Context::Network(_) => None,
            })
    }

    /// The answer to a call that is being delivered now.
    pub(crate) fn call_response(&self) -> Option<&CallResponse> {
        self.root(self.active_root_id())?.response.as_ref()
    }

    /// The configuration that holds for the active context.
    pub(crate) fn plugin(&self) -> Rc<PluginConfig> {
        let root = self.root(self.active_root_id());
        Rc::clone(root.map_or(&self.config, |root| &root.config))
    }

    pub(crate) fn property(&self, path: &PropertyPath) -> Found {
        let plugin = self.plugin();
        match self.contexts.get(&self.active_id()) {
            Some(Context::Http(http)) => {
                lookup::property(&plugin, Scope::Http(&http.borrow()), path.parts())
            }
            Some(Context::Network(network)) => {
                lookup::property(&plugin, Scope::Network(&network.borrow()), path.parts())
            }
            Some(Context::Root(_)) | None => lookup::property(&plugin, Scope::Root, path.parts()),
        }
    }

    pub(crate) fn log(&self, level: LogLevel, message: String) {
        let line = LogLine {
            level,
            vm: self.role,
            context: self.active_id(),
            message,
        };
        self.process.borrow_mut().log(line);
    }

    pub(crate) fn has_streams(&self, root_id: u32) -> bool {
        self.contexts.values().any(|context| match context {
            Context::Http(http) => http.borrow().root == root_id,
            Context::Network(network) => network.borrow().root == root_id,
            Context::Root(_) => false,
        })
    }

    /// SplitMix64: the same numbers in every run.
    pub(crate) fn random_byte(&mut self) -> u8 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.random;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)).to_le_bytes()[0]
    }
}
