//! From the bytes of an answer to a bundle that can be enforced, in slices; or to the reason why
//! not, with nothing changed.

#[cfg(feature = "objects")]
mod objects;
#[cfg(feature = "compiled")]
mod program;

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

/// A bundle that was not there before.
#[derive(Debug)]
pub(super) struct New {
    /// It.
    pub(super) held: Held,
    /// The document or program it came in, decompressed.
    pub(super) text: Vec<u8>,
    /// The revision it was applied on, if it was a delta.
    pub(super) from: Option<Revision>,
}

/// What was held before, unless there is something new; and what is new, if it is not the same.
pub(super) type Outcome = (Option<Held>, Result<Option<New>, Refusal>);

/// Takes in a document or a compiled program, whichever it is; a module of one kind refuses the
/// other.
pub(super) async fn take_in(
    held: Option<Held>,
    body: Vec<u8>,
    is_gzip: bool,
    trust: Trust,
    pace: &Pace,
) -> Outcome {
    if body.starts_with(&PROGRAM) {
        take_in_program(held, body, is_gzip, trust, pace).await
    } else {
        take_in_objects(held, body, is_gzip, trust, pace).await
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
