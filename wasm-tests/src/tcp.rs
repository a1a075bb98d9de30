//! The handle on a TCP connection below a network filter.

use std::cell::RefCell;
use std::fmt;
use std::rc::Rc;

use crate::abi::{Action, Peer};
use crate::config::PluginConfig;
use crate::connection::Connection;
use crate::lookup::{self, Scope};
use crate::network::{Network, Way};
use crate::properties::{Found, PropertyPath};
use crate::run::Outcome;
use crate::vm::Vm;

/// A TCP connection in the network filter chain of one worker. Dropping it is the client leaving.
pub struct TcpStream {
    network: Rc<RefCell<Network>>,
    vm: Rc<RefCell<Vm>>,
    config: Rc<PluginConfig>,
}

impl TcpStream {
    pub(crate) fn new(
        network: Rc<RefCell<Network>>,
        vm: Rc<RefCell<Vm>>,
        config: Rc<PluginConfig>,
    ) -> Self {
        Self {
            network,
            vm,
            config,
        }
    }

    /// The connection was accepted; a TLS handshake has not run. `Pause` holds it: the upstream is not dialled, and
    /// client data waits unseen until something resumes it.
    pub fn new_connection(&mut self) -> Outcome {
        self.hand(|vm, network| {
            vm.new_connection(network);
            false
        })
    }

    /// Bytes from the client.
    pub fn downstream_data(&mut self, data: impl AsRef<[u8]>, end_of_stream: bool) -> Outcome {
        let data = data.as_ref();
        self.hand(|vm, network| vm.network_data(network, Way::Downstream, data, end_of_stream))
    }

    /// Bytes from the server.
    pub fn upstream_data(&mut self, data: impl AsRef<[u8]>, end_of_stream: bool) -> Outcome {
        let data = data.as_ref();
        self.hand(|vm, network| vm.network_data(network, Way::Upstream, data, end_of_stream))
    }

    /// The server side ended.
    pub fn upstream_close(&mut self, peer: Peer) -> Outcome {
        self.hand(|vm, network| {
            vm.upstream_close(network, peer);
            false
        })
    }

    /// The client side ended: close, done, log, delete.
    pub fn downstream_close(&mut self, peer: Peer) -> Outcome {
        self.hand(|vm, network| {
            vm.close_network(network, peer);
            false
        })
    }

    fn hand(&self, event: impl FnOnce(&mut Vm, &Rc<RefCell<Network>>) -> bool) -> Outcome {
        let (held, runs) = {
            let mut vm = self.vm.borrow_mut();
            let held = event(&mut vm, &self.network);
            (held, vm.take_runs())
        };
        Outcome {
            action: self.action(),
            held,
            reply: None,
            runs,
        }
    }

    /// `Pause` while a callback's pause holds or after the connection was closed.
    #[must_use]
    pub fn action(&self) -> Action {
        let network = self.network.borrow();
        let paused = network.held || network.downstream.visible || network.upstream.visible;
        if network.closed || paused {
            Action::Pause
        } else {
            Action::Continue
        }
    }

    /// Whether the connection is closed, by whomever.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.network.borrow().closed
    }

    /// What has reached the server.
    #[must_use]
    pub fn sent_upstream(&self) -> Vec<u8> {
        self.network.borrow().half(Way::Downstream).passed.clone()
    }

    /// What has reached the client.
    #[must_use]
    pub fn sent_downstream(&self) -> Vec<u8> {
        self.network.borrow().half(Way::Upstream).passed.clone()
    }

    /// The guest's id of it.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.network.borrow().id
    }

    /// The connection, for HTTP streams on it.
    #[must_use]
    pub fn connection(&self) -> Connection {
        self.network.borrow().connection.clone()
    }

    /// The bytes under a property, as the guest would read them in its next callback.
    #[must_use]
    pub fn property(&self, path: impl Into<PropertyPath>) -> Option<Vec<u8>> {
        let network = self.network.borrow();
        match lookup::property(&self.config, Scope::Network(&network), path.into().parts()) {
            Found::Value(value) => value.encode().ok(),
            Found::Container | Found::Missing => None,
        }
    }
}

impl Drop for TcpStream {
    fn drop(&mut self) {
        if let Ok(mut vm) = self.vm.try_borrow_mut() {
            vm.close_network(&self.network, Peer::Remote);
            vm.take_runs();
        }
    }
}

impl fmt::Debug for TcpStream {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let network = self.network.borrow();
        formatter
            .debug_struct("TcpStream")
            .field("id", &network.id)
            .field("closed", &network.closed)
            .finish_non_exhaustive()
    }
}
