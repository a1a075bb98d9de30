//! A certificate for every set of names that a case shows.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Result;
use heliast_envoy_tests::{Authority, Identity, Leaf};

/// Certificates of one authority, made when first asked for.
#[derive(Debug)]
pub(crate) struct Certificates {
    authority: Authority,
    made: Mutex<BTreeMap<Vec<String>, Arc<Identity>>>,
}

impl Certificates {
    pub(crate) fn new() -> Result<Self> {
        Ok(Self {
            authority: Authority::new("corpus")?,
            made: Mutex::default(),
        })
    }

    pub(crate) fn authority(&self) -> &Authority {
        &self.authority
    }

    /// The certificate with these URI names, whatever trust domain they are in.
    pub(crate) fn with_uris(&self, uris: &[String]) -> Result<Arc<Identity>> {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(identity) = made.get(uris) {
            return Ok(Arc::clone(identity));
        }
        let leaf = Leaf::with_uris(uris.to_vec());
        let name = format!("leaf-{}", made.len());
        let identity = Arc::new(self.authority.sign(&name, &leaf)?);
        made.insert(uris.to_vec(), Arc::clone(&identity));
        Ok(identity)
    }
}
