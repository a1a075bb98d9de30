//! Workloads that are alike: one entry for any number of pods.

use crate::model::labels::Inherited;
use crate::model::workload::Workload;
use crate::pace::Pace;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Which class of workloads; numbers of classes that are gone are given again.
pub(super) type ClassId = u32;

/// The different workloads there are, each once.
#[derive(Default)]
pub(super) struct Classes {
    list: Vec<Class>,
    known: BTreeMap<Arc<Workload>, ClassId>,
    /// The numbers of classes that are gone.
    free: Vec<ClassId>,
}

struct Class {
    /// None once nobody is left in it.
    workload: Option<Arc<Workload>>,
    /// How many objects are in it.
    members: usize,
}

impl Classes {
    /// The workload of a class.
    pub(super) fn get(&self, id: ClassId) -> Option<&Workload> {
        self.shared(id).map(Arc::as_ref)
    }

    /// The same, to be kept.
    pub(super) fn shared(&self, id: ClassId) -> Option<&Arc<Workload>> {
        self.list.get(index(id))?.workload.as_ref()
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.known.len()
    }

    /// All of them, in an order that depends on nothing else.
    #[cfg(feature = "compiler")]
    pub(super) fn all(&self) -> impl Iterator<Item = (ClassId, &Workload)> {
        let all = self.known.iter();
        all.map(|(workload, id)| (*id, workload.as_ref()))
    }

    /// Those of an identity. Workloads compare by namespace and service account first.
    pub(super) fn of(&self, namespace: &str, service_account: &str) -> Vec<&Workload> {
        let least = Workload {
            namespace: namespace.to_owned(),
            service_account: service_account.to_owned(),
            labels: Inherited::default(),
            named_ports: Vec::new(),
        };
        let is_same = |workload: &&Workload| {
            workload.namespace == namespace && workload.service_account == service_account
        };
        let from = self.known.range::<Workload, _>(&least..);
        let workloads = from.map(|(workload, _)| workload.as_ref());
        workloads.take_while(is_same).collect()
    }

    /// Puts another object into the class of these workloads.
    pub(super) fn join(&mut self, workload: Workload) -> ClassId {
        match self.known.get(&workload) {
            Some(id) => {
                let id = *id;
                if let Some(class) = self.list.get_mut(index(id)) {
                    class.members = class.members.saturating_add(1);
                }
                id
            }
            None => self.add(Arc::new(workload)),
        }
    }

    fn add(&mut self, workload: Arc<Workload>) -> ClassId {
        let class = Class {
            workload: Some(Arc::clone(&workload)),
            members: 1,
        };
        let last = ClassId::try_from(self.list.len()).unwrap_or(ClassId::MAX);
        let id = self.free.pop().unwrap_or(last);
        match self.list.get_mut(index(id)) {
            Some(free) => *free = class,
            None => self.list.push(class),
        }
        self.known.insert(workload, id);
        id
    }

    /// Frees them in slices.
    pub(super) async fn release(self, units: usize, pace: &Pace) {
        pace.free(self.known, units).await;
        pace.free(self.list, units).await;
    }
}

#[cfg(feature = "objects")]
impl Classes {
    /// The same for a class of another directory.
    pub(super) fn join_shared(&mut self, workload: &Arc<Workload>) -> ClassId {
        match self.known.get(workload).copied() {
            Some(id) => {
                if let Some(class) = self.list.get_mut(index(id)) {
                    class.members = class.members.saturating_add(1);
                }
                id
            }
            None => self.add(Arc::clone(workload)),
        }
    }

    /// Takes an object out of a class, and the class with the last of them.
    pub(super) fn leave(&mut self, id: ClassId) {
        let Some(class) = self.list.get_mut(index(id)) else {
            return;
        };
        class.members = class.members.saturating_sub(1);
        if class.members > 0 {
            return;
        }
        let Some(workload) = class.workload.take() else {
            return;
        };
        self.free.push(id);
        self.known.remove(&workload);
    }

    /// Changes every workload in place; what is changed must follow from namespace and service
    /// account, so that none becomes like another and their order stays.
    pub(super) async fn dress(&mut self, dress: impl Fn(&mut Workload), units: usize, pace: &Pace) {
        for (mut workload, id) in std::mem::take(&mut self.known) {
            if let Some(class) = self.list.get_mut(index(id)) {
                class.workload = None;
                dress(Arc::make_mut(&mut workload));
                class.workload = Some(Arc::clone(&workload));
            }
            self.known.insert(workload, id);
            pace.spend(units).await;
        }
    }
}

fn index(id: ClassId) -> usize {
    usize::try_from(id).unwrap_or(usize::MAX)
}
