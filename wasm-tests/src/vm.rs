//! One VM: a store and an instance, entered one callback at a time.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::mem;
use std::rc::Rc;
use std::time::Duration;

use wasmtime::{Error, Extern, Instance, Store, Val};

use crate::HostError;
use crate::abi::{LogLevel, StreamKind};
use crate::config::PluginConfig;
use crate::module::Module;
use crate::process::{LogLine, Process};
use crate::run::{Run, VmRole};
use crate::state::{Context, Current, Deferred, VmState};

pub(crate) struct Vm {
    pub(crate) role: VmRole,
    pub(crate) process: Rc<RefCell<Process>>,
    module: Module,
    live: Option<Live>,
    pub(crate) failure: Option<Failure>,
    /// The root of each plugin that is configured here.
    pub(crate) roots: BTreeMap<u64, u32>,
    /// Plugins that failed to configure here; Envoy lets their requests pass.
    pub(crate) bypassed: BTreeSet<u64>,
    pub(crate) configuring: Option<Rc<PluginConfig>>,
    runs: Vec<Run>,
}

struct Live {
    store: Store<VmState>,
    instance: Instance,
}

#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) message: String,
    pub(crate) since: Duration,
}

/// What came back from the guest.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Answer {
    /// The callback's number, 0 where it has none; `stopped` if it sent a local reply.
    Value { value: u32, stopped: bool },
    /// The guest has no such export, or may not be called there.
    Absent,
    /// The VM is dead, by this call or before.
    Dead,
}

impl Answer {
    pub(crate) fn continues(self) -> bool {
        matches!(
            self,
            Self::Absent
                | Self::Value {
                    value: 0,
                    stopped: false
                }
        )
    }

    pub(crate) fn is_false(self) -> bool {
        matches!(self, Self::Value { value: 0, .. })
    }
}

impl Vm {
    pub(crate) fn start(
        module: &Module,
        process: &Rc<RefCell<Process>>,
        role: VmRole,
        config: &Rc<PluginConfig>,
    ) -> Result<Self, HostError> {
        let mut vm = Self {
            role,
            process: Rc::clone(process),
            module: module.clone(),
            live: None,
            failure: None,
            roots: BTreeMap::new(),
            bypassed: BTreeSet::new(),
            configuring: None,
            runs: Vec::new(),
        };
        vm.restart(config)?;
        Ok(vm)
    }

    /// Puts a fresh instance in place of a dead one.
    pub(crate) fn restart(&mut self, config: &Rc<PluginConfig>) -> Result<(), HostError> {
        let start_error = |error: &Error| HostError::Start {
            role: self.role,
            cause: format!("{error:?}"),
        };
        let state = VmState::new(Rc::clone(&self.process), self.role, Rc::clone(config));
        let mut store = Store::new(self.module.engine(), state);
        store.limiter(|state| &mut state.limits);
        let live = self
            .instantiate(store)
            .map_err(|error| start_error(&error))?;
        self.live = Some(live);
        self.failure = None;
        Ok(())
    }

    fn instantiate(&self, mut store: Store<VmState>) -> Result<Live, Error> {
        let fuel = self.process.borrow().options.fuel_per_callback;
        store.set_fuel(fuel)?;
        store.data_mut().current.restricted = true;
        let mut linker = self.module.linker()?;
        linker.define_unknown_imports_as_traps(self.module.code())?;
        let instance = linker.instantiate(&mut store, self.module.code())?;
        let has_initialize = instance.get_func(&mut store, "_initialize").is_some();
        let starts: &[&str] = if has_initialize {
            &["_initialize", "main"]
        } else {
            &["_start"]
        };
        for name in starts {
            let Some(function) = instance.get_func(&mut store, name) else {
                continue;
            };
            let kind = function.ty(&store);
            let zeros = vec![Val::I32(0); kind.params().len()];
            let mut results = vec![Val::I32(0); kind.results().len()];
            function.call(&mut store, &zeros, &mut results)?;
        }
        store.data_mut().current = Current::default();
        Ok(Live { store, instance })
    }

    /// Calls the guest, then does what it asked for meanwhile.
    pub(crate) fn dispatch(
        &mut self,
        context: u32,
        callback: &'static str,
        args: &[u32],
    ) -> Answer {
        let answer = match self.enter(context, callback, args) {
            Ok(answer) => answer,
            Err(trap) => {
                self.fail(format!("{trap:?}"));
                return Answer::Dead;
            }
        };
        self.settle();
        if self.live.is_some() {
            answer
        } else {
            Answer::Dead
        }
    }

    fn enter(
        &mut self,
        context: u32,
        callback: &'static str,
        args: &[u32],
    ) -> Result<Answer, Error> {
        let Some(Live { store, instance }) = &mut self.live else {
            return Ok(Answer::Dead);
        };
        let Some(function) = instance.get_func(&mut *store, callback) else {
            return Ok(Answer::Absent);
        };
        store.data_mut().current = Current {
            context,
            configuring: self.configuring.clone(),
            ..Current::default()
        };
        if !store.data().plugin().allows(callback) {
            return Ok(Answer::Absent);
        }
        let budget = self.process.borrow().options.fuel_per_callback;
        store.set_fuel(budget)?;
        let args = std::iter::once(&context).chain(args);
        let args: Vec<Val> = args.map(|arg| Val::I32(arg.cast_signed())).collect();
        let mut results = vec![Val::I32(0); function.ty(&*store).results().len()];
        let outcome = function.call(&mut *store, &args, &mut results);
        let current = mem::take(&mut store.data_mut().current);
        self.runs.push(Run {
            vm: self.role,
            context,
            callback,
            fuel: budget - store.get_fuel()?,
            calls: current.calls,
            memory_pages: memory_pages(store, instance),
            trap: outcome.as_ref().err().map(|error| format!("{error:?}")),
        });
        outcome?;
        let value = results
            .first()
            .and_then(Val::i32)
            .unwrap_or_default()
            .cast_unsigned();
        Ok(Answer::Value {
            value,
            stopped: current.stop_iteration,
        })
    }

    /// A dead VM takes all its streams with it; nothing of it is ever entered again.
    pub(crate) fn fail(&mut self, message: String) {
        let Some(live) = self.live.take() else { return };
        let state = live.store.into_data();
        {
            let mut process = self.process.borrow_mut();
            process.callouts.cancel(state.number, None);
            process.log(LogLine {
                level: LogLevel::Critical,
                vm: self.role,
                context: 0,
                message: message.clone(),
            });
            self.failure = Some(Failure {
                message,
                since: process.now,
            });
        }
        self.roots.clear();
        for context in state.contexts.into_values() {
            match context {
                Context::Root(_) => {}
                Context::Http(http) => http.borrow_mut().fail(),
                Context::Network(network) => network.borrow_mut().closed = true,
            }
        }
    }

    /// What host calls put off until the callback has returned.
    fn settle(&mut self) {
        while let Some(action) = self
            .state_mut()
            .and_then(|state| state.deferred.pop_front())
        {
            match action {
                Deferred::Reply(id, reply) => {
                    if let Some(http) = self.http(id) {
                        self.reply(&http, reply);
                    }
                }
                Deferred::Continue(id, kind) => self.resume(id, kind),
                Deferred::Close(id, kind) => self.close(id, kind),
                Deferred::RootDone(id) => self.delete_root(id),
            }
        }
    }

    fn resume(&mut self, id: u32, kind: StreamKind) {
        use crate::http::Side;
        match kind {
            StreamKind::Request => self.resume_http(id, Side::Request),
            StreamKind::Response => self.resume_http(id, Side::Response),
            StreamKind::Downstream => self.resume_network(id),
            StreamKind::Upstream => {}
        }
    }

    fn close(&mut self, id: u32, kind: StreamKind) {
        match kind {
            StreamKind::Request | StreamKind::Response => self.reset_http(id),
            StreamKind::Downstream | StreamKind::Upstream => self.close_network_context(id),
        }
    }

    pub(crate) fn state(&self) -> Option<&VmState> {
        self.live.as_ref().map(|live| live.store.data())
    }

    pub(crate) fn state_mut(&mut self) -> Option<&mut VmState> {
        self.live.as_mut().map(|live| live.store.data_mut())
    }

    pub(crate) fn number(&self) -> Option<u64> {
        self.state().map(|state| state.number)
    }

    pub(crate) fn memory_pages(&mut self) -> u64 {
        self.live
            .as_mut()
            .map_or(0, |live| memory_pages(&mut live.store, &live.instance))
    }

    pub(crate) fn take_runs(&mut self) -> Vec<Run> {
        mem::take(&mut self.runs)
    }

    pub(crate) fn log(&self, level: LogLevel, message: String) {
        self.process.borrow_mut().log(LogLine {
            level,
            vm: self.role,
            context: 0,
            message,
        });
    }
}

fn memory_pages(store: &mut Store<VmState>, instance: &Instance) -> u64 {
    match instance.get_export(&mut *store, "memory") {
        Some(Extern::Memory(memory)) => memory.size(&*store),
        Some(_) | None => 0,
    }
}
