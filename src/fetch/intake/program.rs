//! Taking in compiled programs.

use super::{Enforcing, New, Received, Taken, Trust};
use crate::compiled::{Opened, is_one};
use crate::fetch::held::{Held, Kept};
use crate::fetch::refusal::{Refusal, RefusalKind};
use crate::pace::Pace;
use std::rc::Rc;

/// Takes a program in, at once: what one workload needs is small.
pub(super) async fn take_in(
    held: Option<Held>,
    received: &Received,
    trust: &Trust,
    _enforcing: &Enforcing,
    pace: &Pace,
) -> Taken {
    match open(held.as_ref(), received, trust) {
        Ok(Some(new)) => {
            if let Some(before) = held {
                before.release(pace).await;
            }
            (None, Ok(Some(new)))
        }
        unchanged => (held, unchanged),
    }
}

fn open(held: Option<&Held>, received: &Received, trust: &Trust) -> Result<Option<New>, Refusal> {
    let bytes = received.body.as_slice();
    if received.is_gzip {
        let why = "it is compressed, and compiled programs are not";
        return Err(Refusal::new(RefusalKind::Encoding, why));
    }
    if !is_one(bytes) {
        let why = "it is no compiled program, and this module takes nothing else: ask a server that makes them for `/v1/bundle/<namespace>/<pod>`, or load heliast.wasm, which takes objects";
        return Err(Refusal::new(RefusalKind::Document, why));
    }
    let refuse = |why| Refusal::new(RefusalKind::Document, why);
    let opened = Opened::new(bytes).map_err(refuse)?;
    let head = &opened.head;
    let now = held.map(|held| held.statement.revision);
    trust.check(head, &head.statement, &head.signatures, now)?;
    if now == Some(head.statement.revision) {
        return Ok(None);
    }
    let bundle = opened.load(bytes).map_err(refuse)?;
    let held = Held {
        statement: head.statement.clone(),
        kept: Kept::Program(bytes.len()),
        bundle: Rc::new(bundle),
    };
    Ok(Some(New { held, from: None }))
}
