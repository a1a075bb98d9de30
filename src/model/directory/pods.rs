//! Every pod by its name: where it is, and what it looks like.

use super::classes::ClassId;
use crate::pace::Pace;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::Arc;

/// The pods of all namespaces.
#[derive(Default)]
pub(super) struct Pods {
    by_name: BTreeMap<String, BTreeMap<Box<str>, PodEntry>>,
    /// The addresses of nodes, each list once.
    hosts: BTreeSet<Arc<[IpAddr]>>,
}

/// What a document says of an object, for whoever has to know it again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stamp {
    /// The digest of its canonical form.
    pub digest: [u8; 32],
    /// The length of that form.
    pub bytes: u32,
    /// Whether it names its namespace, or is in `default` for want of one.
    pub names_namespace: bool,
}

/// The pod of a name.
pub(super) struct PodEntry {
    pub(super) class: ClassId,
    pub(super) host_network: bool,
    /// None for one that came in a list: it goes and comes with the list.
    #[cfg_attr(
        not(feature = "objects"),
        allow(dead_code, reason = "what was compiled is never changed")
    )]
    pub(super) stamp: Option<Stamp>,
    pub(super) addresses: Addresses,
    pub(super) node_addresses: Arc<[IpAddr]>,
}

/// Nearly every pod has one address.
#[derive(Clone)]
pub(super) enum Addresses {
    One(IpAddr),
    Many(Box<[IpAddr]>),
}

impl Addresses {
    pub(super) fn new(addresses: &[IpAddr]) -> Self {
        match addresses {
            [address] => Self::One(*address),
            several => Self::Many(several.into()),
        }
    }

    pub(super) fn as_slice(&self) -> &[IpAddr] {
        match self {
            Self::One(address) => std::slice::from_ref(address),
            Self::Many(addresses) => addresses,
        }
    }
}

impl Pods {
    pub(super) fn get(&self, namespace: &str, name: &str) -> Option<&PodEntry> {
        self.by_name.get(namespace)?.get(name)
    }

    /// Every pod, with its namespace and name.
    pub(super) fn all(&self) -> impl Iterator<Item = (&str, &str, &PodEntry)> {
        let named = |(namespace, pods)| Self::named(namespace, pods);
        self.by_name.iter().flat_map(named)
    }

    fn named<'p>(
        namespace: &'p String,
        pods: &'p BTreeMap<Box<str>, PodEntry>,
    ) -> impl Iterator<Item = (&'p str, &'p str, &'p PodEntry)> {
        pods.iter()
            .map(move |(name, entry)| (namespace.as_str(), &**name, entry))
    }

    /// Puts a pod in; gives back the one it replaces.
    pub(super) fn insert(
        &mut self,
        namespace: &str,
        name: &str,
        entry: PodEntry,
    ) -> Option<PodEntry> {
        if !self.by_name.contains_key(namespace) {
            self.by_name.insert(namespace.to_owned(), BTreeMap::new());
        }
        let pods = self.by_name.get_mut(namespace)?;
        pods.insert(name.into(), entry)
    }

    /// The addresses of a node, shared with all others on it.
    pub(super) fn host(&mut self, addresses: &[IpAddr]) -> Arc<[IpAddr]> {
        if let Some(known) = self.hosts.get(addresses) {
            return Arc::clone(known);
        }
        let new: Arc<[IpAddr]> = addresses.into();
        self.hosts.insert(Arc::clone(&new));
        new
    }

    /// Frees them in slices.
    pub(super) async fn release(self, units: usize, pace: &Pace) {
        for pods in self.by_name.into_values() {
            pace.free(pods, units).await;
        }
        pace.free(self.hosts, units).await;
    }
}

#[cfg(feature = "objects")]
impl Pods {
    /// Takes a pod out.
    pub(super) fn remove(&mut self, namespace: &str, name: &str) -> Option<PodEntry> {
        let pods = self.by_name.get_mut(namespace)?;
        let removed = pods.remove(name);
        if pods.is_empty() {
            self.by_name.remove(namespace);
        }
        removed
    }

    /// Forgets a node if it was the last pod's on it.
    pub(super) fn leave_host(&mut self, host: &Arc<[IpAddr]>) {
        // Ours, and the one of the pod that leaves.
        if Arc::strong_count(host) <= 2 {
            self.hosts.remove(host);
        }
    }
}
