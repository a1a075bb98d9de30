//! Taking in compiled programs.

use super::{Enforcing, Gate, New, Received, Taken, Trust};
use crate::compiled::{Opened, is_one};
use crate::fetch::held::{Held, Kept};
use crate::fetch::refusal::{Refusal, RefusalKind};
use crate::pace::Pace;
use std::rc::Rc;

/// Takes a program in, at once: what one workload needs is small.
pub(super) async fn take_in(
    mut held: Option<Held>,
    received: &Received,
    trust: &Trust,
    _enforcing: &Enforcing,
    gate: &Gate,
    pace: &Pace,
) -> Taken {
    let opened = match open(held.as_mut(), received, trust) {
        Ok(Some(opened)) => opened,
        Ok(None) => return (held, Ok(None)),
        Err(refusal) => return (held, Err(refusal)),
    };
    if let Err(refusal) = gate.pass(opened.head.statement.revision, pace).await {
        return (held, Err(refusal));
    }
    let bytes = received.body.as_slice();
    match opened.load(bytes) {
        Ok(bundle) => {
            if let Some(before) = held {
                before.release(pace).await;
            }
            let held = Held {
                statement: opened.head.statement,
                kept: Kept::Program(bytes.len()),
                bundle: Rc::new(bundle),
            };
            (None, Ok(Some(New { held, from: None })))
        }
        Err(why) => (held, Err(Refusal::new(RefusalKind::Document, why))),
    }
}

/// Opens a program, and believes or refuses it, before any policy of it is read; none if it is what
/// is held.
fn open(
    held: Option<&mut Held>,
    received: &Received,
    trust: &Trust,
) -> Result<Option<Opened>, Refusal> {
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
    let now = held.as_ref().map(|held| held.statement.revision);
    trust.check(head, &head.statement, &head.signatures, now)?;
    if now == Some(head.statement.revision) {
        if let Some(held) = held {
            held.said_again(head.statement.order);
        }
        return Ok(None);
    }
    Ok(Some(opened))
}
