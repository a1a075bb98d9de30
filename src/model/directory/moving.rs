//! Pods move in and out.

use super::classes::ClassId;
use super::pods::PodEntry;
use super::{Directory, There};
use std::net::IpAddr;

impl Directory {
    pub(super) fn put(&mut self, namespace: &str, name: &str, entry: PodEntry) -> bool {
        for address in entry.addresses.as_slice() {
            self.settle(*address, entry.class);
        }
        let replaced = self.pods.insert(namespace, name, entry);
        let is_new = replaced.is_none();
        if let Some(replaced) = replaced {
            self.forget(&replaced);
        }
        is_new
    }

    /// Takes a pod out.
    pub(super) fn remove_pod(&mut self, namespace: &str, name: &str) {
        if let Some(removed) = self.pods.remove(namespace, name) {
            self.forget(&removed);
        }
    }

    /// Takes out what a pod that is gone has left.
    fn forget(&mut self, gone: &PodEntry) {
        for address in gone.addresses.as_slice() {
            self.vacate(*address, gone.class);
        }
        self.classes.leave(gone.class);
    }

    pub(super) fn settle(&mut self, address: IpAddr, class: ClassId) {
        match self.by_address.get_mut(&address) {
            None => drop(self.by_address.insert(address, There::One(class))),
            Some(there) => there.add(class),
        }
    }

    /// Undoes [`Self::settle`] once.
    fn vacate(&mut self, address: IpAddr, class: ClassId) {
        let there = self.by_address.get_mut(&address);
        if there.is_some_and(|there| there.take(class)) {
            self.by_address.remove(&address);
        }
    }
}
