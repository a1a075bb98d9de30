//! A delta: applied whole or not at all.

use super::build::{Base, build, is_surroundings};
use super::reading::{Read, counted, defined_twice, is_pod, place, read};
use super::{Enforcing, Received, held, not_as_promised, refused};
use crate::bundle::{Document, Object, ObjectKey, Store};
use crate::fetch::held::HeldObjects;
use crate::fetch::refusal::Refusal;
use crate::model::{Change, Changes, Model, SharedDirectory, Stamp};
use crate::pace::Pace;
use crate::problem::Report;
use std::ops::Range;
use std::sync::Arc;

/// A delta, and what it is applied for.
pub(super) struct Delta<'d> {
    pub(super) received: &'d Received,
    pub(super) document: &'d Document,
    pub(super) upsert: &'d [Range<usize>],
    pub(super) remove: &'d [ObjectKey],
    pub(super) enforcing: &'d Enforcing,
}

/// Most pods that are changed in place, in one go; more make a directory of their own, in slices.
const IN_PLACE: usize = 64;
/// How often to look whether the directory is free for a change, before another is made.
const PATIENCE: usize = 1_000;

/// What a delta says, object by object.
#[derive(Default)]
struct Said {
    pods: Changes,
    upsert: Vec<Object>,
    remove: Vec<ObjectKey>,
}

/// What a delta changes in the store.
struct Struck(Vec<(Option<Stamp>, Option<Stamp>)>);

/// Applies a delta; or tells why not, with what there was before.
pub(super) async fn delta(
    mut base: HeldObjects,
    delta: &Delta<'_>,
    pace: &Pace,
) -> Result<HeldObjects, (Box<HeldObjects>, Refusal)> {
    let said = match read_all(&base, delta, pace).await {
        Ok(said) => said,
        Err(refusal) => return Err((Box::new(base), refusal)),
    };
    let Said {
        pods,
        upsert,
        remove,
    } = said;
    let only_pods = upsert.is_empty() && remove.is_empty();
    let touched = upsert.iter().map(|object| &*object.key).chain(&remove);
    let surroundings = touched.into_iter().any(is_surroundings);
    let struck = strike(&mut base, &pods);
    let to = delta.document.statement.revision;
    let undo = match base.store.apply(upsert, &remove, to, pace).await {
        Ok(undo) => undo,
        Err(result) => {
            unstrike(&mut base.store, &struck);
            return Err((Box::new(base), not_as_promised(result, delta.document)));
        }
    };
    let model = &base.bundle.model;
    if only_pods && is_small(&pods, model, delta) && in_place(&model.directory, &pods, pace).await {
        let model = Arc::clone(model);
        return Ok(held(base.store, model, delta.document));
    }
    let kept = !surroundings && pods.is_empty();
    let directory = &base.bundle.model.directory;
    let directory = if kept {
        Base::Kept(directory.clone())
    } else {
        Base::Changed(directory, &pods)
    };
    match build(directory, &base.store, delta.enforcing, pace).await {
        Ok(model) => Ok(held(base.store, Arc::new(model), delta.document)),
        Err(refusal) => {
            base.store.revert(undo, pace).await;
            unstrike(&mut base.store, &struck);
            Err((Box::new(base), refusal))
        }
    }
}

async fn read_all(base: &HeldObjects, delta: &Delta<'_>, pace: &Pace) -> Result<Said, Refusal> {
    let mut said = Said::default();
    let directory = &base.bundle.model.directory;
    let stamp = |key: &ObjectKey| {
        let (namespace, name) = place(key);
        let stamp = directory.read().stamp(namespace, name);
        stamp.map(|stamp| (stamp.names_namespace == key.namespace.is_some(), stamp))
    };
    let owned = |(namespace, name): (&str, &str)| (namespace.to_owned(), name.to_owned());
    for key in delta.remove {
        if !is_pod(key) {
            said.remove.push(key.clone());
        } else if stamp(key).is_some_and(|(is_it, _)| is_it) {
            said.pods.insert(owned(place(key)), Change::Gone);
        }
        pace.spend(KEY_UNITS).await;
    }
    let report = Report::default();
    let mut text = delta.received.text();
    for (position, range) in delta.upsert.iter().enumerate() {
        match read(&mut text, position, range, &report)? {
            Read::Other(object) => said.upsert.push(object),
            Read::Pod(None, ..) => {}
            Read::Pod(Some(pod), new, key) => {
                let name = owned(place(&key));
                let other = match said.pods.get(&name) {
                    Some(Change::Gone) => false,
                    Some(Change::There(_, other)) => other.names_namespace != new.names_namespace,
                    None => match stamp(&key) {
                        Some((is_it, _)) => !is_it,
                        // One that came in a list.
                        None => directory.read().pod(&name.0, &name.1).is_some(),
                    },
                };
                if other {
                    return Err(refused(&defined_twice(&pod)));
                }
                said.pods.insert(name, Change::There(pod, new));
            }
        }
        pace.spend(range.len().saturating_add(text.units())).await;
    }
    if report.is_refused() {
        return Err(refused(&report.into_problems()));
    }
    Ok(said)
}

/// What it costs to look at a key.
const KEY_UNITS: usize = 128;

/// Counts the pods as they are to be.
fn strike(base: &mut HeldObjects, pods: &Changes) -> Struck {
    let directory = base.bundle.model.directory.read();
    let mut struck = Vec::new();
    for ((namespace, name), change) in pods {
        let before = directory.stamp(namespace, name);
        let after = match change {
            Change::There(_, stamp) => Some(*stamp),
            Change::Gone => None,
        };
        recount(&mut base.store, before, after);
        struck.push((before, after));
    }
    Struck(struck)
}

fn unstrike(store: &mut Store, struck: &Struck) {
    for (before, after) in &struck.0 {
        recount(store, *after, *before);
    }
}

fn recount(store: &mut Store, from: Option<Stamp>, to: Option<Stamp>) {
    if let Some(stamp) = from {
        let (leaf, bytes) = counted(&stamp);
        store.strike(leaf, bytes);
    }
    if let Some(stamp) = to {
        let (leaf, bytes) = counted(&stamp);
        store.note(leaf, bytes);
    }
}

/// Whether the pods may change in place: few of them, none of which enforces here, or is or was at
/// an address of who does, and others stay.
fn is_small(pods: &Changes, model: &Model, delta: &Delta<'_>) -> bool {
    let enforces = |(namespace, name): &(String, String)| delta.enforcing.is_at(namespace, name);
    if pods.len() > IN_PLACE || pods.keys().any(enforces) {
        return false;
    }
    let directory = model.directory.read();
    let own = delta.enforcing.addresses(&directory);
    directory.outlasts(pods) && !directory.touches(pods, &own)
}

/// Changes pods in place, once nobody compiles a program over them and no other model has them.
async fn in_place(directory: &SharedDirectory, pods: &Changes, pace: &Pace) -> bool {
    for _ in 0..PATIENCE {
        if directory.change(|directory| directory.apply(pods)) {
            return true;
        }
        pace.pause().await;
    }
    false
}
