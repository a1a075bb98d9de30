//! From the bytes of an answer to a bundle that can be enforced, in slices; or to the reason why
//! not, with nothing changed.

mod enforcing;
#[cfg(feature = "objects")]
mod objects;
#[cfg(feature = "compiled")]
mod program;

pub(super) use self::enforcing::Enforcing;
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
use crate::bundle::{PublicKey, Revision, Signature, Statement};
use crate::pace::Pace;
use std::fmt;

/// Whom to believe, and what not to take again.
#[derive(Debug, Clone, Default)]
pub(super) struct Trust {
    /// The keys of which one must have signed; empty believes anyone.
    pub(super) keys: Vec<PublicKey>,
    /// The sequence number of what was taken last, by any worker.
    pub(super) sequence: Option<u64>,
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
    pace: &Pace,
) -> Outcome {
    let (held, taken) = if received.body.starts_with(&PROGRAM) {
        take_in_program(held, &received, &trust, &enforcing, pace).await
    } else {
        take_in_objects(held, &received, &trust, &enforcing, pace).await
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
        if self.keys.is_empty() {
            return Ok(());
        }
        let is_signed = signatures.iter().any(|signature| {
            let has_signed = |key: &PublicKey| key.has_signed(said, signature);
            self.keys.iter().any(has_signed)
        });
        if !is_signed {
            let ids: Vec<&str> = self.keys.iter().map(PublicKey::id).collect();
            let why = format!(
                "it has {} signatures, and none is valid and of a configured key ({})",
                signatures.len(),
                ids.join(", ")
            );
            return Err(Refusal::new(RefusalKind::Signature, why));
        }
        self.check_sequence(statement, now)
    }

    /// Once a signed bundle had a number, none without one, and none with a lower one, is taken:
    /// whoever can answer for the server could otherwise bring back any policy there ever was.
    fn check_sequence(&self, statement: &Statement, now: Option<Revision>) -> Result<(), Refusal> {
        let Some(last) = self.sequence else {
            return Ok(());
        };
        let is_same = now == Some(statement.revision);
        let why = match statement.sequence {
            Some(sequence) if sequence > last || is_same => return Ok(()),
            Some(sequence) => {
                format!("its sequence number is {sequence}; {last} was there already")
            }
            None if is_same => return Ok(()),
            None => format!("it has no sequence number; {last} was there already"),
        };
        Err(Refusal::new(RefusalKind::Replay, why))
    }
}
