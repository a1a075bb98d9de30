//! What the server needs of a fleet, on whole bundles: pruning is still to come.

use heliast::bundle::{Audience, Object, ObjectKey, Revision, Store};
use heliast::problem::Problems;
use heliast::resources::{self, Strictness};
use serde_json::Value;

/// Every object of a mesh.
#[derive(Debug)]
pub(super) struct Fleet {
    store: Store,
    warnings: Problems,
}

/// What a change of the fleet did.
#[derive(Debug)]
pub(super) struct Effect {
    upsert: Vec<Object>,
    remove: Vec<ObjectKey>,
}

/// The bundle of one workload.
#[derive(Debug)]
pub(super) struct View {
    audience: Audience,
    store: Store,
}

/// What a view gained and lost.
#[derive(Debug)]
pub(super) struct Change {
    pub(super) upsert: Vec<Object>,
    pub(super) remove: Vec<ObjectKey>,
}

/// What became of a view.
#[derive(Debug)]
pub(super) enum Followed {
    /// Nothing changed for it.
    Unchanged,
    /// It changed.
    Changed(Change),
    /// Its pod is gone.
    Gone,
}

impl Fleet {
    pub(super) fn load(objects: impl IntoIterator<Item = Object>) -> Result<Self, Problems> {
        let objects: Vec<Object> = objects.into_iter().collect();
        let warnings = decode(objects.iter())?;
        let mut store = Store::default();
        for object in objects {
            store.insert(object);
        }
        Ok(Self { store, warnings })
    }

    pub(super) fn warnings(&self) -> &Problems {
        &self.warnings
    }

    pub(super) fn store(&self) -> &Store {
        &self.store
    }

    pub(super) fn revision(&mut self) -> Revision {
        self.store.revision()
    }

    pub(super) fn apply(
        &mut self,
        upsert: Vec<Object>,
        remove: Vec<ObjectKey>,
    ) -> Result<Effect, Problems> {
        let mut store = self.store.clone();
        for key in &remove {
            store.remove(key);
        }
        for object in &upsert {
            store.remove(&object.key);
        }
        let mut problems = decode(upsert.iter().chain(store.objects()));
        if let Ok(warnings) = &mut problems {
            self.warnings = std::mem::take(warnings);
        }
        problems?;
        for object in upsert.iter().cloned() {
            store.insert(object);
        }
        self.store = store;
        Ok(Effect { upsert, remove })
    }

    pub(super) fn view(&self, audience: &Audience) -> Option<View> {
        self.store.get(&pod_key(audience))?;
        let store = self.store.clone();
        let audience = audience.clone();
        Some(View { audience, store })
    }
}

impl View {
    pub(super) fn store(&self) -> &Store {
        &self.store
    }

    pub(super) fn revision(&mut self) -> Revision {
        self.store.revision()
    }

    pub(super) fn follow(&mut self, fleet: &Fleet, effect: &Effect) -> Followed {
        if fleet.store.get(&pod_key(&self.audience)).is_none() {
            return Followed::Gone;
        }
        for key in &effect.remove {
            self.store.remove(key);
        }
        for object in effect.upsert.iter().cloned() {
            self.store.insert(object);
        }
        if effect.remove.is_empty() && effect.upsert.is_empty() {
            return Followed::Unchanged;
        }
        Followed::Changed(Change {
            upsert: effect.upsert.clone(),
            remove: effect.remove.clone(),
        })
    }
}

/// The key of a pod.
pub(super) fn pod_key(audience: &Audience) -> ObjectKey {
    ObjectKey {
        api_version: "v1".to_owned(),
        kind: "Pod".to_owned(),
        namespace: Some(audience.namespace.clone()),
        name: audience.pod.clone(),
    }
}

fn decode<'o>(objects: impl Iterator<Item = &'o Object>) -> Result<Problems, Problems> {
    let parse = |object: &Object| serde_json::from_str(&object.text).unwrap_or(Value::Null);
    let values: Vec<Value> = objects.map(parse).collect();
    resources::decode(&values, Strictness::Heliast).map(|loaded| loaded.warnings)
}
