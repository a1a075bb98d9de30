//! A downstream connection: what its streams have in common.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::fmt;
use std::rc::Rc;

use crate::properties::{Properties, PropertyPath};
use crate::value::Value;

/// A downstream connection. Clones are the same connection; streams opened on it share its properties, its id and
/// the filter state that network filters leave on it.
#[derive(Clone)]
pub struct Connection {
    inner: Rc<Inner>,
}

#[derive(Default)]
struct Inner {
    id: Cell<Option<u64>>,
    use_remote_address: Cell<bool>,
    properties: RefCell<Properties>,
    /// What a guest set in a network context; HTTP streams of this connection see it.
    filter_state: RefCell<BTreeMap<String, Vec<u8>>>,
}

impl Connection {
    /// A plaintext connection between two `address:port` texts, on an inbound listener.
    #[must_use]
    pub fn new(source: &str, destination: &str) -> Self {
        let connection = Self {
            inner: Rc::new(Inner::default()),
        };
        connection
            .endpoint("source", source)
            .endpoint("destination", destination)
            .property("connection.mtls", false)
            .property("xds.listener_direction", 1_i64)
    }

    /// A connection on which the peer showed a certificate; `uri_san` is its first URI SAN, or empty for none.
    #[must_use]
    pub fn mtls(source: &str, destination: &str, uri_san: &str) -> Self {
        let connection = Self::new(source, destination)
            .property("connection.mtls", true)
            .property("connection.tls_version", "TLSv1.3");
        if uri_san.is_empty() {
            return connection;
        }
        connection.property("connection.uri_san_peer_certificate", uri_san)
    }

    /// The connection with one property more: `connection.*`, `source.*`, `xds.listener_*`, ...
    #[must_use]
    pub fn property(self, path: impl Into<PropertyPath>, value: impl Into<Value>) -> Self {
        self.inner.properties.borrow_mut().set(path, value);
        self
    }

    /// The connection without a property.
    #[must_use]
    pub fn without(self, path: impl Into<PropertyPath>) -> Self {
        self.inner.properties.borrow_mut().remove(path);
        self
    }

    /// The connection with a filter state object, as `envoy.filters.network.set_filter_state` writes it.
    #[must_use]
    pub fn filter_state(self, key: &str, value: impl Into<Value>) -> Self {
        self.property(["filter_state", key], value)
    }

    /// The connection on a listener whose connection manager has `use_remote_address` on: then `source.address` is
    /// the direct peer. Off, the default, the last address in `x-forwarded-for` takes its place in HTTP.
    #[must_use]
    pub fn use_remote_address(self, on: bool) -> Self {
        self.inner.use_remote_address.set(on);
        self
    }

    /// The connection with an id of the test's choice; by default the host numbers connections as they are used.
    #[must_use]
    pub fn with_id(self, id: u64) -> Self {
        self.inner.id.set(Some(id));
        self
    }

    /// The id, once a stream was opened or one was chosen.
    #[must_use]
    pub fn id(&self) -> Option<u64> {
        self.inner.id.get()
    }

    fn endpoint(self, side: &str, address: &str) -> Self {
        let connection = self.property([side, "address"], address);
        match address
            .rsplit_once(':')
            .and_then(|(_, port)| port.parse::<i64>().ok())
        {
            Some(port) => connection.property([side, "port"], port),
            None => connection,
        }
    }

    pub(crate) fn number(&self, next: impl FnOnce() -> u64) {
        if self.inner.id.get().is_none() {
            self.inner.id.set(Some(next()));
        }
    }

    pub(crate) fn uses_remote_address(&self) -> bool {
        self.inner.use_remote_address.get()
    }

    pub(crate) fn properties(&self) -> Properties {
        self.inner.properties.borrow().clone()
    }

    pub(crate) fn with_properties<T>(&self, read: impl FnOnce(&Properties) -> T) -> T {
        read(&self.inner.properties.borrow())
    }

    pub(crate) fn state(&self, key: &str) -> Option<Vec<u8>> {
        self.inner.filter_state.borrow().get(key).cloned()
    }

    pub(crate) fn set_state(&self, key: &str, value: &[u8]) {
        self.inner
            .filter_state
            .borrow_mut()
            .insert(key.to_owned(), value.to_vec());
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Connection")
            .field("id", &self.id())
            .field("properties", &self.properties())
            .finish_non_exhaustive()
    }
}

impl From<&Self> for Connection {
    fn from(connection: &Self) -> Self {
        connection.clone()
    }
}
