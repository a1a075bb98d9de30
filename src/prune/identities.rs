//! Every workload of a fleet, by identity and by address.

use super::place::Placed;
use crate::bundle::ObjectKey;
use crate::model::{Directory, Workload};
use litemap::LiteMap;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::Arc;

/// A namespace and service account of the fleet, never given twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct IdentityId(u64);

/// The workloads of one namespace and service account.
#[derive(Debug)]
pub(super) struct Identity {
    bare: Workload,
    /// The objects of each sort of workload, with their addresses.
    workloads: BTreeMap<Arc<Workload>, Objects>,
}

/// The objects that describe workloads that are alike, and the addresses of each.
type Objects = BTreeMap<Arc<ObjectKey>, Box<[IpAddr]>>;

/// The identities of a fleet.
#[derive(Debug, Default)]
pub(super) struct Identities {
    next: u64,
    /// By namespace, then service account.
    ids: BTreeMap<String, BTreeMap<String, IdentityId>>,
    all: BTreeMap<IdentityId, Identity>,
    /// Who is at an address; an identity is there once for each object.
    at: BTreeMap<IpAddr, Vec<IdentityId>>,
    /// At how many addresses two identities meet.
    links: BTreeMap<(IdentityId, IdentityId), usize>,
}

impl Identity {
    /// Its namespace.
    pub(super) fn namespace(&self) -> &str {
        &self.bare.namespace
    }

    /// Its service account.
    pub(super) fn service_account(&self) -> &str {
        &self.bare.service_account
    }

    /// What follows from the identity alone: a workload without labels of its own.
    pub(super) fn bare(&self) -> &Workload {
        &self.bare
    }

    /// Its workloads, each with all addresses of its kind.
    pub(super) fn workloads(
        &self,
    ) -> impl Iterator<Item = (&Workload, impl Iterator<Item = IpAddr> + '_)> {
        self.workloads
            .iter()
            .map(|(workload, objects)| (&**workload, objects.values().flatten().copied()))
    }

    /// Its addresses; one may come more than once.
    pub(super) fn addresses(&self) -> impl Iterator<Item = IpAddr> + '_ {
        let objects = self.workloads.values().flat_map(BTreeMap::values);
        objects.flatten().copied()
    }

    /// The workload that an object describes, and its addresses.
    pub(super) fn of_object(&self, key: &ObjectKey) -> Option<(&Workload, &[IpAddr])> {
        self.workloads.iter().find_map(|(workload, objects)| {
            let addresses = objects.get(key)?;
            Some((&**workload, &**addresses))
        })
    }
}

impl Identities {
    /// The identity.
    pub(super) fn get(&self, id: IdentityId) -> Option<&Identity> {
        self.all.get(&id)
    }

    /// The identity of that name.
    pub(super) fn find(&self, namespace: &str, service_account: &str) -> Option<IdentityId> {
        self.ids.get(namespace)?.get(service_account).copied()
    }

    /// The identities of a namespace, or all of them, in the order of their names.
    pub(super) fn of_namespace(
        &self,
        namespace: Option<&str>,
    ) -> impl Iterator<Item = (IdentityId, &Identity)> {
        let one = namespace.map(|namespace| self.ids.get(namespace));
        let (one, all) = match one {
            Some(one) => (one, None),
            None => (None, Some(self.ids.values())),
        };
        one.into_iter()
            .chain(all.into_iter().flatten())
            .flat_map(BTreeMap::values)
            .filter_map(|id| Some((*id, self.all.get(id)?)))
    }

    /// Puts the workloads of an object in.
    pub(super) fn insert(
        &mut self,
        key: &Arc<ObjectKey>,
        placed: &Placed,
        directory: &Directory,
    ) -> IdentityId {
        let Placed {
            namespace,
            service_account,
            ..
        } = placed;
        let id = self.id_of(namespace, service_account, directory);
        for address in &placed.addresses {
            self.settle(id, *address);
        }
        let workload = directory.workload(
            namespace,
            service_account,
            &placed.labels,
            placed.named_ports.clone(),
        );
        if let Some(identity) = self.all.get_mut(&id) {
            let objects = identity.workloads.entry(Arc::new(workload)).or_default();
            objects.insert(Arc::clone(key), placed.addresses.clone());
        }
        id
    }

    /// Takes the workloads of an object out.
    pub(super) fn remove(&mut self, key: &ObjectKey, id: IdentityId) {
        let Some(identity) = self.all.get_mut(&id) else {
            return;
        };
        let mut addresses = None;
        identity.workloads.retain(|_, objects| {
            let removed = objects.remove(key);
            addresses = addresses.take().or(removed);
            !objects.is_empty()
        });
        if identity.workloads.is_empty() {
            let (namespace, account) = (
                identity.bare.namespace.clone(),
                identity.bare.service_account.clone(),
            );
            self.all.remove(&id);
            if let Some(accounts) = self.ids.get_mut(&namespace) {
                accounts.remove(&account);
                if accounts.is_empty() {
                    self.ids.remove(&namespace);
                }
            }
        }
        for address in addresses.iter().flatten() {
            self.leave(id, *address);
        }
    }

    /// Gives the workloads of an identity the labels that the directory has by now.
    pub(super) fn relabel(&mut self, id: IdentityId, directory: &Directory) {
        let Some(identity) = self.all.get_mut(&id) else {
            return;
        };
        let again = |workload: &Workload| {
            directory.workload(
                &workload.namespace,
                &workload.service_account,
                &workload.labels.own,
                workload.named_ports.clone(),
            )
        };
        identity.bare = again(&identity.bare);
        let workloads = std::mem::take(&mut identity.workloads);
        identity.workloads = workloads
            .into_iter()
            .map(|(workload, objects)| (Arc::new(again(&workload)), objects))
            .collect();
    }

    /// The identities that share an address with this one, or with one that does, itself included.
    pub(super) fn company(&self, id: IdentityId) -> BTreeSet<IdentityId> {
        let mut company = BTreeSet::from([id]);
        let mut unasked = vec![id];
        while let Some(next) = unasked.pop() {
            let (first, last) = ((next, IdentityId(0)), (next, IdentityId(u64::MAX)));
            for ((_, other), _) in self.links.range(first..=last) {
                if company.insert(*other) {
                    unasked.push(*other);
                }
            }
        }
        company
    }

    /// Whether more than one object describes a workload at this address.
    pub(super) fn is_crowded(&self, address: IpAddr) -> bool {
        self.at.get(&address).is_some_and(|there| there.len() > 1)
    }

    /// The first identity, in the order of their names, that has an address.
    pub(super) fn first_with_address(&self) -> Option<IdentityId> {
        self.of_namespace(None)
            .find(|(_, identity)| identity.addresses().next().is_some())
            .map(|(id, _)| id)
    }

    fn id_of(&mut self, namespace: &str, account: &str, directory: &Directory) -> IdentityId {
        if let Some(id) = self.find(namespace, account) {
            return id;
        }
        let id = IdentityId(self.next);
        self.next = self.next.saturating_add(1);
        let accounts = self.ids.entry(namespace.to_owned()).or_default();
        accounts.insert(account.to_owned(), id);
        let bare = directory.workload(namespace, account, &LiteMap::new_vec(), Vec::new());
        let identity = Identity {
            bare,
            workloads: BTreeMap::new(),
        };
        self.all.insert(id, identity);
        id
    }

    fn settle(&mut self, id: IdentityId, address: IpAddr) {
        let there = self.at.entry(address).or_default();
        if !there.contains(&id) {
            let others: BTreeSet<IdentityId> = there.iter().copied().collect();
            for other in others {
                for pair in [(id, other), (other, id)] {
                    let count = self.links.entry(pair).or_default();
                    *count = count.saturating_add(1);
                }
            }
        }
        there.push(id);
    }

    fn leave(&mut self, id: IdentityId, address: IpAddr) {
        let Some(there) = self.at.get_mut(&address) else {
            return;
        };
        if let Some(position) = there.iter().position(|other| *other == id) {
            there.remove(position);
        }
        if there.contains(&id) {
            return;
        }
        let others: BTreeSet<IdentityId> = there.iter().copied().collect();
        if others.is_empty() {
            self.at.remove(&address);
        }
        for other in others {
            for pair in [(id, other), (other, id)] {
                if let Some(count) = self.links.get_mut(&pair) {
                    *count = count.saturating_sub(1);
                    if *count == 0 {
                        self.links.remove(&pair);
                    }
                }
            }
        }
    }
}
