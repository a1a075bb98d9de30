//! A whole bundle in memory.

use crate::signing_key::SigningKey;
use heliast::bundle::{
    Audience, Object, Order, Revision, Signature, Statement, Store, write_bundle,
};

/// A whole bundle: what it claims to be, who says so, and what it holds.
#[derive(Debug, Clone)]
pub struct Whole {
    /// What it claims to be.
    pub statement: Statement,
    /// Who says so.
    pub signatures: Vec<Signature>,
    store: Store,
    content: Revision,
}

impl Whole {
    /// A bundle that claims what its statement says.
    #[must_use]
    pub fn new(statement: Statement, signatures: Vec<Signature>, mut store: Store) -> Self {
        let content = store.revision();
        Self {
            statement,
            signatures,
            store,
            content,
        }
    }

    /// A bundle of these objects that claims no more than to hold them.
    #[must_use]
    pub fn of(mut store: Store, audience: Option<Audience>) -> Self {
        let statement = Statement {
            revision: store.revision(),
            order: None,
            audience,
        };
        Self::new(statement, Vec::new(), store)
    }

    /// What it holds.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.store
    }

    pub(super) fn into_store(self) -> Store {
        self.store
    }

    /// The revision that its objects hash to; another than the one it claims if the bundle was
    /// changed by hand, or on its way.
    #[must_use]
    pub fn content(&self) -> Revision {
        self.content
    }

    /// Whether it holds what it claims to.
    #[must_use]
    pub fn is_intact(&self) -> bool {
        self.content == self.statement.revision
    }

    /// Signs it under a place in the order of bundles; `None` leaves the place that it has.
    ///
    /// Gives the signatures that had to go: those under another place, for they say nothing of this
    /// one. An older signature of the same key is replaced and not among them.
    pub fn sign(&mut self, key: &SigningKey, order: Option<Order>) -> Vec<Signature> {
        let mut gone = Vec::new();
        if order.is_some() && order != self.statement.order {
            self.statement.order = order;
            gone = std::mem::take(&mut self.signatures);
        }
        let is_other = |signature: &Signature| signature.key != key.public().id();
        gone.retain(is_other);
        self.signatures.retain(is_other);
        self.signatures.push(key.sign(&self.statement));
        gone
    }

    /// The document, objects in the order of their keys: equal bundles have equal bytes.
    #[must_use]
    pub fn text(&self) -> String {
        let objects: Vec<&Object> = self.store.objects().collect();
        write_bundle(&self.statement, &self.signatures, objects.into_iter())
    }
}
