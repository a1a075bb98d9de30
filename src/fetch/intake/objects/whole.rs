//! A whole bundle.

use super::build::{Base, build};
use super::reading::{Read, counted, defined_twice, place, read};
use super::{Enforcing, Received, held, not_as_promised, refused};
use crate::bundle::{Document, Store};
use crate::fetch::held::HeldObjects;
use crate::fetch::refusal::{Refusal, RefusalKind};
use crate::model::{Directory, Inherited};
use crate::pace::Pace;
use crate::problem::Report;
use std::ops::Range;
use std::sync::Arc;

/// Takes a whole bundle in.
pub(super) async fn whole(
    received: &Received,
    resources: &[Range<usize>],
    document: &Document,
    enforcing: &Enforcing,
    pace: &Pace,
) -> Result<HeldObjects, Refusal> {
    let mut text = received.text();
    let mut store = Store::default();
    let mut directory: Box<Directory> = Box::default();
    let report = Report::default();
    let bare = Inherited::default();
    let mut twice = None;
    for (position, range) in resources.iter().enumerate() {
        let in_it_twice = |key: &dyn ToString| {
            let why = format!("{} is in it twice", key.to_string());
            Err(Refusal::new(RefusalKind::Document, why))
        };
        match read(&mut text, position, range, &report)? {
            Read::Other(object) => {
                let key = Arc::clone(&object.key);
                if store.insert(object).is_some() {
                    return in_it_twice(&key);
                }
            }
            Read::Pod(pod, stamp, key) => {
                let (namespace, name) = place(&key);
                let before = directory.stamp(namespace, name);
                if before.is_some_and(|before| before.names_namespace == stamp.names_namespace) {
                    return in_it_twice(&key);
                }
                let (leaf, bytes) = counted(&stamp);
                store.note(leaf, bytes);
                if let Some(pod) = pod
                    && !directory.take(&pod, stamp, &bare)
                {
                    twice = Some(pod);
                }
            }
        }
        let units = range.len().saturating_mul(READ_SHARE);
        pace.spend(units.saturating_add(text.units())).await;
    }
    store.settle(pace).await;
    let result = store.revision();
    if result != document.statement.revision {
        return Err(not_as_promised(result, document));
    }
    if report.is_refused() {
        return Err(refused(&report.into_problems()));
    }
    if let Some(pod) = twice {
        return Err(refused(&defined_twice(&pod)));
    }
    let model = build(Base::New(directory), &store, enforcing, pace).await?;
    Ok(held(store, Arc::new(model), document))
}

/// To parse an object, write it anew, hash it and decode it costs so much for each byte of it.
const READ_SHARE: usize = 2;
