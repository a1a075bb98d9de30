//! Root contexts: configure, tick, callout answers, retirement.

use std::rc::Rc;

use crate::abi::LogLevel;
use crate::callouts::CallResponse;
use crate::config::{FailurePolicy, PluginConfig};
use crate::http::Guarded;
use crate::shared_data::QueueReady;
use crate::state::{Context, Root};
use crate::vm::{Answer, Vm};

/// Which callback refused a configuration, and how.
pub(crate) struct Refusal {
    pub(crate) callback: &'static str,
    pub(crate) cause: String,
}

impl Vm {
    /// Gives the plugin a new root in this VM. `vm_start` runs for every root, as in Envoy.
    pub(crate) fn configure(
        &mut self,
        plugin: u64,
        config: &Rc<PluginConfig>,
    ) -> Result<(), Refusal> {
        let Some(state) = self.state_mut() else {
            return Err(self.refusal("proxy_on_configure"));
        };
        let root = state.next_context();
        state
            .contexts
            .insert(root, Context::Root(Root::new(Rc::clone(config))));
        self.configuring = Some(Rc::clone(config));
        let outcome = self.run_configuration(root, config);
        self.configuring = None;
        if let Err(refusal) = outcome {
            self.log(
                LogLevel::Error,
                format!("{} failed: {}", refusal.callback, refusal.cause),
            );
            self.fail(refusal.cause.clone());
            return Err(refusal);
        }
        self.roots.insert(plugin, root);
        Ok(())
    }

    fn run_configuration(&mut self, root: u32, config: &PluginConfig) -> Result<(), Refusal> {
        self.ask(root, "proxy_on_context_create", 0)?;
        let length = |bytes: &[u8]| u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        if self
            .ask(root, "proxy_on_vm_start", length(&config.vm_configuration))?
            .is_false()
        {
            return Err(answered_false("proxy_on_vm_start"));
        }
        if self
            .ask(root, "proxy_on_configure", length(&config.configuration))?
            .is_false()
        {
            return Err(answered_false("proxy_on_configure"));
        }
        Ok(())
    }

    fn ask(&mut self, root: u32, callback: &'static str, arg: u32) -> Result<Answer, Refusal> {
        match self.dispatch(root, callback, &[arg]) {
            Answer::Dead => Err(self.refusal(callback)),
            answer @ (Answer::Value { .. } | Answer::Absent) => Ok(answer),
        }
    }

    fn refusal(&self, callback: &'static str) -> Refusal {
        let cause = self.failure.as_ref().map(|failure| failure.message.clone());
        Refusal {
            callback,
            cause: cause.unwrap_or_else(|| "the VM is dead".to_owned()),
        }
    }

    /// What a new stream of the plugin finds here; the moment at which Envoy brings a dead VM back.
    pub(crate) fn access(&mut self, plugin: u64, config: &Rc<PluginConfig>) -> (Guarded, u32) {
        if self.bypassed.contains(&plugin) {
            return (Guarded::No, 0);
        }
        if let Some(since) = self.failure.as_ref().map(|failure| failure.since) {
            match config.failure_policy {
                FailurePolicy::FailClosed => return (Guarded::ByFailure, 0),
                FailurePolicy::FailOpen => return (Guarded::No, 0),
                FailurePolicy::FailReload { backoff } => {
                    if self.process.borrow().now < since + backoff {
                        return (Guarded::ByFailure, 0);
                    }
                    self.reload(config);
                }
            }
        }
        if self.failure.is_none() && !self.roots.contains_key(&plugin) {
            // Another plugin's stream has reloaded this VM, or this one just did.
            let _refused = self.configure(plugin, config);
        }
        match self.roots.get(&plugin) {
            Some(root) => (Guarded::ByGuest, *root),
            None => (Guarded::ByFailure, 0),
        }
    }

    fn reload(&mut self, config: &Rc<PluginConfig>) {
        if let Err(error) = self.restart(config) {
            self.log(LogLevel::Error, error.to_string());
            let now = self.process.borrow().now;
            if let Some(failure) = &mut self.failure {
                failure.since = now;
            }
        }
    }

    pub(crate) fn tick(&mut self, root: u32) {
        self.dispatch(root, "proxy_on_tick", &[]);
        let now = self.process.borrow().now;
        if let Some(root) = self.state_mut().and_then(|state| state.root_mut(root)) {
            root.next_tick = root.tick_period.map(|period| now + period);
        }
    }

    /// Nothing is shown of a broken stream: no headers, no body.
    pub(crate) fn answer_call(&mut self, root: u32, token: u32, response: Option<CallResponse>) {
        let count = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
        let sizes = response.as_ref().map_or([0; 3], |response| {
            [
                count(response.headers.len()),
                count(response.body.len()),
                count(response.trailers.len()),
            ]
        });
        let Some(context) = self.state_mut().and_then(|state| state.root_mut(root)) else {
            return;
        };
        context.response = response;
        let [headers, body, trailers] = sizes;
        self.dispatch(
            root,
            "proxy_on_http_call_response",
            &[token, headers, body, trailers],
        );
        if let Some(context) = self.state_mut().and_then(|state| state.root_mut(root)) {
            context.response = None;
        }
    }

    pub(crate) fn queue_ready(&mut self, ready: QueueReady) {
        if self
            .state()
            .is_some_and(|state| state.root(ready.root).is_some())
        {
            self.dispatch(ready.root, "proxy_on_queue_ready", &[ready.token]);
        }
    }

    /// A newer configuration has taken over; the root lives on until its last stream has ended.
    pub(crate) fn retire(&mut self, plugin: u64) {
        self.bypassed.remove(&plugin);
        let Some(root) = self.roots.remove(&plugin) else {
            return;
        };
        if let Some(root) = self.state_mut().and_then(|state| state.root_mut(root)) {
            root.retired = true;
        }
        self.collect_roots();
    }

    pub(crate) fn collect_roots(&mut self) {
        let Some(state) = self.state() else { return };
        let idle: Vec<u32> = state
            .roots()
            .filter(|(id, root)| root.retired && !root.waits_for_done && !state.has_streams(*id))
            .map(|(id, _)| id)
            .collect();
        for id in idle {
            if !self.dispatch(id, "proxy_on_done", &[]).is_false() {
                self.delete_root(id);
            } else if let Some(root) = self.state_mut().and_then(|state| state.root_mut(id)) {
                root.waits_for_done = true;
            }
        }
    }

    pub(crate) fn delete_root(&mut self, id: u32) {
        self.dispatch(id, "proxy_on_delete", &[]);
        let Some(state) = self.state_mut() else {
            return;
        };
        state.contexts.remove(&id);
        let number = state.number;
        self.process.borrow_mut().callouts.cancel(number, Some(id));
    }
}

fn answered_false(callback: &'static str) -> Refusal {
    Refusal {
        callback,
        cause: "it answered false".to_owned(),
    }
}
