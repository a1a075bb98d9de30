//! How a VM takes a TCP connection through its callbacks.

use std::cell::RefCell;
use std::mem;
use std::rc::Rc;

use crate::abi::Peer;
use crate::connection::Connection;
use crate::http::Guarded;
use crate::network::{Moment, Network, Way};
use crate::state::Context;
use crate::vm::{Answer, Vm};

impl Vm {
    pub(crate) fn open_network(
        &mut self,
        root: u32,
        connection: Connection,
        guarded: Guarded,
    ) -> Rc<RefCell<Network>> {
        connection.number(|| self.process.borrow_mut().next_connection());
        let id = self.state_mut().map_or(0, |state| state.next_context());
        let network = Rc::new(RefCell::new(Network::new(id, root, connection, guarded)));
        if guarded == Guarded::ByGuest
            && let Some(state) = self.state_mut()
        {
            state
                .contexts
                .insert(id, Context::Network(Rc::clone(&network)));
        }
        network
    }

    pub(crate) fn new_connection(&mut self, network: &Rc<RefCell<Network>>) {
        if !self.guards(network) {
            return;
        }
        let (id, root) = {
            let mut network = network.borrow_mut();
            network.created = true;
            (network.id, network.root)
        };
        self.dispatch(id, "proxy_on_context_create", &[root]);
        let answer = self.dispatch(id, "proxy_on_new_connection", &[]);
        let mut network = network.borrow_mut();
        network.held = !answer.continues();
    }

    /// Shows the guest data. True if it has to wait for `on_new_connection` to be resumed.
    pub(crate) fn network_data(
        &mut self,
        network: &Rc<RefCell<Network>>,
        way: Way,
        bytes: &[u8],
        end_of_stream: bool,
    ) -> bool {
        if !self.guards(network) {
            let mut network = network.borrow_mut();
            if network.guarded == Guarded::No {
                network.half_mut(way).passed.extend(bytes);
            }
            return false;
        }
        let (id, length) = {
            let mut network = network.borrow_mut();
            let (id, held) = (network.id, network.held);
            let half = network.half_mut(way);
            half.data.extend(bytes);
            if held && way == Way::Downstream {
                half.waiting = true;
                half.end_waits |= end_of_stream;
                return true;
            }
            half.visible = true;
            let length = u32::try_from(half.data.len()).unwrap_or(u32::MAX);
            network.moment = Moment::Data;
            (id, length)
        };
        let callback = match way {
            Way::Downstream => "proxy_on_downstream_data",
            Way::Upstream => "proxy_on_upstream_data",
        };
        let answer = self.dispatch(id, callback, &[length, end_of_stream.into()]);
        if answer.continues() {
            pass(network, way);
        }
        if way == Way::Upstream && end_of_stream && answer != Answer::Dead {
            self.upstream_close(network, Peer::Unknown);
        }
        false
    }

    pub(crate) fn upstream_close(&mut self, network: &Rc<RefCell<Network>>, peer: Peer) {
        let (id, closed) = (network.borrow().id, network.borrow().closed);
        if !closed && self.guards(network) {
            self.dispatch(id, "proxy_on_upstream_connection_close", &[peer.code()]);
        }
    }

    /// The end of the connection: close, done, log, delete.
    pub(crate) fn close_network(&mut self, network: &Rc<RefCell<Network>>, peer: Peer) {
        let guards = self.guards(network);
        let (id, created) = {
            let mut network = network.borrow_mut();
            if mem::replace(&mut network.closed, true) || !guards {
                return;
            }
            (network.id, network.created)
        };
        if created {
            self.dispatch(id, "proxy_on_downstream_connection_close", &[peer.code()]);
            self.dispatch(id, "proxy_on_done", &[]);
            self.dispatch(id, "proxy_on_log", &[]);
            self.dispatch(id, "proxy_on_delete", &[]);
        }
        if let Some(state) = self.state_mut() {
            state.contexts.remove(&id);
        }
        self.collect_roots();
    }

    pub(crate) fn close_network_context(&mut self, id: u32) {
        if let Some(network) = self.network(id) {
            self.close_network(&network, Peer::Local);
        }
    }

    /// Reading goes on: data that waited is shown, data that a callback paused on goes out.
    pub(crate) fn resume_network(&mut self, id: u32) {
        let Some(network) = self.network(id) else {
            return;
        };
        let (waiting, end) = {
            let mut network = network.borrow_mut();
            network.held = false;
            let half = &mut network.downstream;
            (mem::take(&mut half.waiting), mem::take(&mut half.end_waits))
        };
        if waiting {
            self.network_data(&network, Way::Downstream, &[], end);
        } else {
            pass(&network, Way::Downstream);
        }
    }

    /// Whether a live guest sees the connection; a dead one closes it.
    fn guards(&self, network: &Rc<RefCell<Network>>) -> bool {
        let mut network = network.borrow_mut();
        match network.guarded {
            Guarded::ByGuest => !network.closed && self.state().is_some(),
            Guarded::ByFailure => {
                network.closed = true;
                false
            }
            Guarded::No => false,
        }
    }

    fn network(&self, id: u32) -> Option<Rc<RefCell<Network>>> {
        match self.state()?.contexts.get(&id)? {
            Context::Network(network) => Some(Rc::clone(network)),
            Context::Root(_) | Context::Http(_) => None,
        }
    }
}

fn pass(network: &Rc<RefCell<Network>>, way: Way) {
    let mut network = network.borrow_mut();
    if network.closed {
        return;
    }
    let half = network.half_mut(way);
    half.visible = false;
    let data = mem::take(&mut half.data);
    half.passed.extend(data);
}
