//! Every pod by its name: where it is, and what it looks like.

use super::classes::ClassId;
use crate::pace::Pace;
use std::collections::BTreeMap;
use std::net::IpAddr;

/// The pods of all namespaces.
#[derive(Default)]
pub(super) struct Pods {
    /// By namespace and name, with a slash between them: one text takes less room than two.
    by_name: BTreeMap<Box<str>, PodEntry>,
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
    pub(super) node_addresses: Addresses,
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
        self.by_name.get(&*key(namespace, name))
    }

    /// Every pod, with its namespace and name.
    #[cfg(feature = "objects")]
    pub(super) fn all(&self) -> impl Iterator<Item = (&str, &str, &PodEntry)> {
        self.by_name.iter().map(|(key, entry)| {
            let (namespace, name) = key.split_once('/').unwrap_or_default();
            (namespace, name, entry)
        })
    }

    /// Puts a pod in; gives back the one it replaces.
    pub(super) fn insert(
        &mut self,
        namespace: &str,
        name: &str,
        entry: PodEntry,
    ) -> Option<PodEntry> {
        self.by_name.insert(key(namespace, name), entry)
    }

    /// Takes a pod out.
    #[cfg(feature = "objects")]
    pub(super) fn remove(&mut self, namespace: &str, name: &str) -> Option<PodEntry> {
        self.by_name.remove(&*key(namespace, name))
    }

    /// Frees them in slices.
    pub(super) fn release(self, units: usize, pace: &Pace) -> impl Future<Output = ()> {
        pace.free(self.by_name, units)
    }
}

/// No namespace has a slash in it.
fn key(namespace: &str, name: &str) -> Box<str> {
    [namespace, "/", name].concat().into()
}
