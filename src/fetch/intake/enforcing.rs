//! Who enforces in this VM.

use crate::config::WorkloadConfig;
use crate::model::{Directory, Interest, Workload};
use crate::program::{Local, Node};
use std::cell::RefCell;
use std::rc::Rc;

/// The workloads that enforce in this VM: nearly always one.
#[derive(Debug, Clone, Default)]
pub(in crate::fetch) struct Enforcing(Rc<RefCell<Vec<Place>>>);

/// Where a workload says who it is.
#[derive(Debug, PartialEq, Eq)]
struct Place {
    workload: WorkloadConfig,
    node: Rc<Node>,
}

impl Enforcing {
    /// Another workload enforces.
    pub(in crate::fetch) fn add(&self, workload: &WorkloadConfig, node: &Rc<Node>) {
        let place = Place {
            workload: workload.clone(),
            node: Rc::clone(node),
        };
        let mut places = self.0.borrow_mut();
        if !places.contains(&place) {
            places.push(place);
        }
    }

    /// How many there are.
    pub(in crate::fetch) fn len(&self) -> usize {
        self.0.borrow().len()
    }

    #[cfg(feature = "objects")]
    /// Whether a pod of this name enforces, so that its program depends on it.
    pub(super) fn is_at(&self, namespace: &str, name: &str) -> bool {
        let places = self.0.borrow();
        places.iter().any(|Place { workload, node }| {
            let in_namespace = workload.namespace.as_ref().or(node.namespace.as_ref());
            let named = workload.name.as_ref().or(node.name.as_ref());
            in_namespace.is_some_and(|one| one == namespace) && named.is_some_and(|one| one == name)
        })
    }

    #[cfg(feature = "objects")]
    /// The addresses of those who enforce: their programs depend on who else is there.
    pub(super) fn addresses(&self, directory: &Directory) -> Vec<std::net::IpAddr> {
        let places = self.0.borrow();
        let locals = places.iter().filter_map(|Place { workload, node }| {
            Some(Local::resolve_in(workload, node, directory)?.addresses)
        });
        locals.flatten().collect()
    }

    /// For whom policy is needed; for everyone where nobody has said who enforces.
    pub(in crate::fetch) fn interest(&self, directory: &Directory) -> Interest {
        let places = self.0.borrow();
        if places.is_empty() {
            return Interest::Everyone;
        }
        let workloads = places.iter().filter_map(|Place { workload, node }| {
            let local = Local::resolve_in(workload, node, directory)?;
            Some(local.workload)
        });
        Interest::Only(workloads.collect::<Vec<Workload>>())
    }
}
