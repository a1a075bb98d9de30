//! From the bytes of an answer to a bundle that can be enforced, in slices; or to the reason why
//! not, with nothing changed.

mod enforcing;
mod gate;
#[cfg(feature = "objects")]
mod objects;
#[cfg(feature = "compiled")]
mod program;

pub(super) use self::enforcing::Enforcing;
pub(super) use self::gate::Gate;
#[cfg(feature = "objects")]
pub(super) use self::objects::again;

#[cfg(feature = "objects")]
use self::objects::take_in as take_in_objects;
#[cfg(not(feature = "compiled"))]
use self::objects::take_in as take_in_program;
#[cfg(not(feature = "objects"))]
use self::program::take_in as take_in_objects;
#[cfg(feature = "compiled")]
use self::program::take_in as take_in_program;
use super::held::Held;
use super::refusal::{Refusal, RefusalKind};
use crate::bundle::{Order, PublicKey, Revision, Signature, Statement};
use crate::pace::Pace;
use std::fmt;

/// Whom to believe, and what not to take again.
#[derive(Debug, Clone, Default)]
pub(super) struct Trust {
    /// The keys of which one must have signed; empty believes anyone.
    pub(super) keys: Vec<PublicKey>,
    /// The newest that was taken.
    pub(super) newest: Option<Newest>,
}

/// The bundle with the highest place in the order of bundles that was taken so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Newest {
    order: Order,
    revision: Revision,
}

impl Newest {
    /// A bundle, if it has a place in the order.
    pub(super) fn of(order: Option<Order>, revision: Revision) -> Option<Self> {
        order.map(|order| Self { order, revision })
    }

    /// The newer of two; the first if they have the same place.
    pub(super) fn later(one: Option<Self>, other: Option<Self>) -> Option<Self> {
        match (one, other) {
            (Some(one), Some(other)) if other.order > one.order => Some(other),
            (None, other) => other,
            (one, _) => one,
        }
    }
}

/// An answer, as it came.
#[derive(Debug)]
pub(super) struct Received {
    /// Its bytes.
    pub(super) body: Vec<u8>,
    /// Whether they are compressed by gzip.
    pub(super) is_gzip: bool,
}

/// A bundle that was not there before.
#[derive(Debug)]
pub(super) struct New {
    /// It.
    pub(super) held: Held,
    /// The revision it was applied on, if it was a delta.
    pub(super) from: Option<Revision>,
}

/// What became of an answer.
#[derive(Debug)]
pub(super) struct Outcome {
    /// What was held before, unless there is something new.
    pub(super) held: Option<Held>,
    /// What is new, if it is not the same.
    pub(super) taken: Result<Option<New>, Refusal>,
    /// The bytes that came, for others.
    pub(super) body: Vec<u8>,
}

/// What is held on with, and what is new.
type Taken = (Option<Held>, Result<Option<New>, Refusal>);

/// Takes in a document or a compiled program, whichever it is; a module of one kind refuses the
/// other.
pub(super) async fn take_in(
    held: Option<Held>,
    received: Received,
    trust: Trust,
    enforcing: Enforcing,
    gate: Gate,
    pace: &Pace,
) -> Outcome {
    let (held, taken) = if received.body.starts_with(&PROGRAM) {
        take_in_program(held, &received, &trust, &enforcing, &gate, pace).await
    } else {
        take_in_objects(held, &received, &trust, &enforcing, &gate, pace).await
    };
    Outcome {
        held,
        taken,
        body: received.body,
    }
}

/// What compiled programs begin with.
pub(crate) const PROGRAM: [u8; 8] = *b"\x00heliast";

impl Trust {
    /// Whether to believe a document, by what it says of itself, in the words that are signed.
    fn check(
        &self,
        said: &dyn fmt::Display,
        statement: &Statement,
        signatures: &[Signature],
        now: Option<Revision>,
    ) -> Result<(), Refusal> {
        let is_signed = signatures.iter().any(|signature| {
            let has_signed = |key: &PublicKey| key.has_signed(said, signature);
            self.keys.iter().any(has_signed)
        });
        if !self.keys.is_empty() && !is_signed {
            let ids: Vec<&str> = self.keys.iter().map(PublicKey::id).collect();
            let why = format!(
                "it has {} signatures, and none is valid and of a configured key ({})",
                signatures.len(),
                ids.join(", ")
            );
            return Err(Refusal::new(RefusalKind::Signature, why));
        }
        self.check_order(statement, now)
    }

    /// Once a bundle had a place in the order of bundles, none without one, and none with a lower
    /// one, is taken, signed or not: a server that lags, or was restored, would otherwise bring
    /// back old policy, and whoever can answer for the server any policy there ever was.
    fn check_order(&self, statement: &Statement, now: Option<Revision>) -> Result<(), Refusal> {
        let Some(newest) = self.newest else {
            return Ok(());
        };
        let Statement {
            revision, order, ..
        } = statement;
        let says = match order {
            // What is held does not go back by being said again.
            _ if now == Some(*revision) => return Ok(()),
            Some(order) if *order > newest.order => return Ok(()),
            // Another worker has taken it, and this one has still to.
            Some(order) if *order == newest.order && *revision == newest.revision => return Ok(()),
            Some(order) => format!("its sequence number is {order}"),
            None => "it has no sequence number".to_owned(),
        };
        let why = format!(
            "{says}; {} was there already, as {}. Where two servers differ for a while, the one that is behind catches up by itself; if this is the policy that is meant, raise the epoch of its server (`heliast serve --epoch`) or of its file (`heliast bundle sign --epoch --sequence`)",
            newest.order,
            newest.revision.short()
        );
        Err(Refusal::new(RefusalKind::Replay, why))
    }
}
