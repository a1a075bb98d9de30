//! A compiled program in memory.

use super::whole::Whole;
use crate::signing_key::SigningKey;
use heliast::bundle::{Bundle, Object, Order, PublicKey, Signature, Statement, Store};
use heliast::compiled::{self, Head};
use serde_json::Value;

/// A compiled program: what it says of itself, and its policy as it is sent.
#[derive(Debug, Clone)]
pub struct Program {
    /// What it says of itself.
    pub head: Head,
    payload: Vec<u8>,
}

impl Program {
    /// The program of a bundle.
    ///
    /// # Errors
    ///
    /// What of it cannot be compiled.
    pub fn of(whole: &Whole) -> Result<Self, String> {
        Self::of_store(whole.store(), &whole.statement)
    }

    /// The program of these objects, of which this is said.
    ///
    /// # Errors
    ///
    /// What of them cannot be compiled.
    pub fn of_store(store: &Store, statement: &Statement) -> Result<Self, String> {
        // Every object was written from a value when it was taken in.
        let value = |object: &Object| serde_json::from_str(&object.text).unwrap_or_default();
        let objects: Vec<Value> = store.objects().map(value).collect();
        let mut bundle = Bundle::load(&objects).map_err(|problems| problems.to_string())?;
        bundle.revision = statement.revision;
        bundle.audience.clone_from(&statement.audience);
        let (head, payload) = compiled::compile(&bundle, statement.order)?;
        Ok(Self { head, payload })
    }

    /// Reads a program, and holds its policy to its digest.
    ///
    /// # Errors
    ///
    /// Why it is none.
    pub fn read(bytes: &[u8]) -> Result<Self, String> {
        let opened = compiled::Opened::new(bytes)?;
        let payload = opened.payload(bytes).to_vec();
        let head = opened.head;
        Ok(Self { head, payload })
    }

    /// What it decides by.
    ///
    /// # Errors
    ///
    /// If no filter of this version could read it.
    pub fn bundle(&self) -> Result<Bundle, String> {
        let bytes = self.bytes()?;
        compiled::Opened::new(&bytes)?.load(&bytes)
    }

    /// How many bytes its policy has.
    #[must_use]
    pub fn policy_bytes(&self) -> usize {
        self.payload.len()
    }

    /// Signs it under a place in the order of bundles, as [`Whole::sign`] does.
    pub fn sign(&mut self, key: &SigningKey, order: Option<Order>) -> Vec<Signature> {
        let mut gone = Vec::new();
        if order.is_some() && order != self.head.statement.order {
            self.head.statement.order = order;
            gone = std::mem::take(&mut self.head.signatures);
        }
        let is_other = |signature: &Signature| signature.key != key.public().id();
        gone.retain(is_other);
        self.head.signatures.retain(is_other);
        self.head.signatures.push(key.sign(&self.head));
        gone
    }

    /// Whether a key has signed it.
    #[must_use]
    pub fn is_signed_by(&self, key: &PublicKey) -> bool {
        let mut signatures = self.head.signatures.iter();
        signatures.any(|signature| key.has_signed(&self.head, signature))
    }

    /// The whole of it, as it is sent: equal programs have equal bytes.
    ///
    /// # Errors
    ///
    /// None that a head is known to have.
    pub fn bytes(&self) -> Result<Vec<u8>, String> {
        let signatures = self.head.signatures.clone();
        compiled::seal(self.head.clone(), signatures, &self.payload)
    }
}
