//! What happens by itself: ticks, timeouts, answers, queue items.

use std::time::Duration;

use crate::callouts::{CallResult, PendingCall};
use crate::host::HostInner;
use crate::run::Run;

/// What is due first, in the order of moments, then VMs, then roots; callouts after ticks.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Due {
    Tick { vm: usize, root: u32 },
    Timeout { call: u64 },
}

pub(crate) fn advance(host: &HostInner, duration: Duration) -> Vec<Run> {
    let end = host.process.borrow().now + duration;
    let mut runs = Vec::new();
    while let Some((moment, due)) = next_due(host).filter(|(moment, _)| *moment <= end) {
        {
            let mut process = host.process.borrow_mut();
            process.now = process.now.max(moment);
        }
        runs.extend(fire(host, due));
    }
    host.process.borrow_mut().now = end;
    runs
}

fn next_due(host: &HostInner) -> Option<(Duration, Due)> {
    let mut due = Vec::new();
    for (index, vm) in host.vms().iter().enumerate() {
        let vm = vm.borrow();
        let Some(state) = vm.state() else { continue };
        let ticks = state
            .roots()
            .filter_map(|(id, root)| Some((root.next_tick?, id)));
        due.extend(ticks.map(|(moment, root)| (moment, Due::Tick { vm: index, root })));
    }
    let deadline = host.process.borrow().callouts.next_deadline();
    due.extend(deadline.map(|(moment, call)| (moment, Due::Timeout { call })));
    due.into_iter().min()
}

fn fire(host: &HostInner, due: Due) -> Vec<Run> {
    match due {
        Due::Tick { vm, root } => {
            let vms = host.vms();
            let Some(vm) = vms.get(vm) else {
                return Vec::new();
            };
            let mut vm = vm.borrow_mut();
            vm.tick(root);
            vm.take_runs()
        }
        Due::Timeout { call } => {
            let pending = host.process.borrow_mut().callouts.take(call);
            pending
                .map(|call| answer(host, &call, CallResult::Timeout))
                .unwrap_or_default()
        }
    }
}

/// The answer goes to the VM that called, if it is still the same.
pub(crate) fn answer(host: &HostInner, call: &PendingCall, result: CallResult) -> Vec<Run> {
    let owner = call.owner;
    let vms = host.vms();
    let caller = vms.iter().find(|vm| vm.borrow().number() == Some(owner.vm));
    let Some(vm) = caller else { return Vec::new() };
    let mut vm = vm.borrow_mut();
    vm.answer_call(owner.root, owner.token, result.shown());
    vm.take_runs()
}

pub(crate) fn answer_scripted(host: &HostInner) -> Vec<Run> {
    let mut runs = Vec::new();
    loop {
        let next = host.process.borrow_mut().callouts.take_scripted();
        let Some((call, result)) = next else {
            return runs;
        };
        runs.extend(answer(host, &call, result));
    }
}

pub(crate) fn queues(host: &HostInner) -> Vec<Run> {
    let mut runs = Vec::new();
    loop {
        let next = host.process.borrow_mut().queues.next_ready();
        let Some(ready) = next else { return runs };
        let vms = host.vms();
        if let Some(vm) = vms.iter().find(|vm| vm.borrow().number() == Some(ready.vm)) {
            let mut vm = vm.borrow_mut();
            vm.queue_ready(ready);
            runs.extend(vm.take_runs());
        }
    }
}
