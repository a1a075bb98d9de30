//! What an origin serves: objects under a statement, signed or not, true or not.

use std::path::Path;

use anyhow::{Context, Result};
use heliast::bundle::{
    Audience, Object, ObjectKey, Order, Revision, Signature, Statement, Store, flatten,
    write_bundle, write_delta,
};
use serde_json::Value;

use super::response::Response;
use super::signer::Signer;
use crate::manifests;

/// A bundle as it is served. What it states follows from its objects, until a test says otherwise.
#[derive(Clone, Debug)]
pub struct Edition {
    store: Store,
    statement: Statement,
    signers: Vec<Signer>,
}

/// What leads from one revision to another, or does not.
#[derive(Clone, Debug)]
pub struct Delta {
    from: Revision,
    statement: Statement,
    signatures: Vec<Signature>,
    upsert: Vec<Object>,
    remove: Vec<ObjectKey>,
}

impl Edition {
    /// The bundle of these objects: for everyone, without sequence or signature.
    ///
    /// # Errors
    /// When one has no kind or name.
    pub fn new(objects: &[Value]) -> Result<Self> {
        let mut store = Store::default();
        for object in objects.iter().cloned().flat_map(flatten) {
            let object = Object::new(object).map_err(anyhow::Error::msg)?;
            store.insert(object);
        }
        let statement = Statement {
            revision: store.revision(),
            order: None,
            audience: None,
        };
        Ok(Self {
            store,
            statement,
            signers: Vec::new(),
        })
    }

    /// The bundle of the objects in these files of manifests.
    ///
    /// # Errors
    /// When a file cannot be read, or an object in it has no kind or name.
    pub fn read(files: &[&Path]) -> Result<Self> {
        let mut objects = Vec::new();
        for file in files {
            let read = manifests::read(file);
            objects.extend(read.with_context(|| format!("in {}", file.display()))?);
        }
        Self::new(&objects)
    }

    /// Gives it a place in the order of bundles.
    #[must_use]
    pub fn sequence(mut self, sequence: u64) -> Self {
        self.statement.order = Some(Order::of_number(sequence));
        self
    }

    /// Gives it a place in the order of bundles, in this epoch.
    #[must_use]
    pub fn order(mut self, epoch: u64, number: u64) -> Self {
        self.statement.order = Some(Order { epoch, number });
        self
    }

    /// Makes it one for this pod alone.
    #[must_use]
    pub fn only_for(mut self, namespace: &str, pod: &str, by_principal: bool) -> Self {
        self.statement.audience = Some(Audience {
            namespace: namespace.to_owned(),
            pod: pod.to_owned(),
            by_principal,
        });
        self
    }

    /// Signs what it states.
    #[must_use]
    pub fn signed(mut self, signer: &Signer) -> Self {
        self.signers.push(signer.clone());
        self
    }

    /// States the revision of another bundle.
    #[must_use]
    pub fn claiming(mut self, revision: Revision) -> Self {
        self.statement.revision = revision;
        self
    }

    /// The revision that it states.
    #[must_use]
    pub fn revision(&self) -> Revision {
        self.statement.revision
    }

    /// The whole of it.
    #[must_use]
    pub fn text(&self) -> String {
        write_bundle(&self.statement, &self.signatures(), self.store.objects())
    }

    /// The whole of it, as a good server answers.
    #[must_use]
    pub fn response(&self) -> Response {
        let etag = format!("\"{}\"", self.revision());
        Response::json(self.text())
            .header("etag", &etag)
            .header("cache-control", "no-cache")
            .header("vary", "accept, accept-encoding")
    }

    /// What leads here from another bundle.
    #[must_use]
    pub fn since(&self, before: &Self) -> Delta {
        let changed = |object: &&Object| {
            let known = before.store.get(&object.key);
            known.is_none_or(|known| known.leaf != object.leaf)
        };
        let gone = |object: &&Object| self.store.get(&object.key).is_none();
        Delta {
            from: before.revision(),
            statement: self.statement.clone(),
            signatures: self.signatures(),
            upsert: self.store.objects().filter(changed).cloned().collect(),
            remove: before
                .store
                .objects()
                .filter(gone)
                .map(|object| ObjectKey::clone(&object.key))
                .collect(),
        }
    }

    fn signatures(&self) -> Vec<Signature> {
        let sign = |signer: &Signer| signer.sign(&self.statement);
        self.signers.iter().map(sign).collect()
    }
}

impl Delta {
    /// Leaves everything out that would have changed: what it promises does not come about.
    #[must_use]
    pub fn emptied(mut self) -> Self {
        self.upsert.clear();
        self.remove.clear();
        self
    }

    /// As a document.
    #[must_use]
    pub fn text(&self) -> String {
        let (upsert, remove) = (self.upsert.iter(), self.remove.iter());
        write_delta(self.from, &self.statement, &self.signatures, upsert, remove)
    }

    /// As a good server answers.
    #[must_use]
    pub fn response(&self) -> Response {
        let etag = format!("\"{}\"", self.statement.revision);
        Response::new(200)
            .header("content-type", heliast::bundle::DELTA_MEDIA_TYPE)
            .header("etag", &etag)
            .body(self.text())
    }
}
