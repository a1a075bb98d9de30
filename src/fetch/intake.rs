//! From the bytes of an answer to a bundle that can be enforced, in slices; or to the reason why
//! not, with nothing changed.
//!
//! A document is gone through twice: once to see who says what, and for whom, before any object of
//! it is looked at; and once for the objects, of which never more than one is held as text. What is
//! kept of pods is their entry in the directory.

mod build;
mod delta;
mod enforcing;
mod reading;
mod whole;

pub(super) use self::enforcing::Enforcing;

use self::delta::delta;
use self::whole::whole;
use super::held::Held;
use super::refusal::{Refusal, RefusalKind};
use crate::bundle::{
    Body, Bundle, Document, PublicKey, Revision, Statement, Store, Text, TextError,
};
use crate::model::Model;
use crate::pace::Pace;
use crate::problem::Problems;
use std::rc::Rc;
use std::sync::Arc;

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

impl Received {
    fn text(&self) -> Text<'_> {
        Text::new(&self.body, self.is_gzip)
    }
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
    /// Whether they are a whole bundle.
    pub(super) is_whole: bool,
}

/// Takes a document in.
pub(super) async fn take_in(
    held: Option<Held>,
    received: Received,
    trust: Trust,
    enforcing: Enforcing,
    pace: &Pace,
) -> Outcome {
    let revision = held.as_ref().map(|held| held.statement.revision);
    let document = match open(&received, &trust, revision, pace).await {
        Ok(document) => document,
        Err(refusal) => {
            return Outcome {
                held,
                taken: Err(refusal),
                body: received.body,
                is_whole: false,
            };
        }
    };
    let is_whole = matches!(document.body, Body::Whole { .. });
    let (held, taken) = if revision == Some(document.statement.revision) {
        (held, Ok(None))
    } else {
        take(held, &received, &document, &enforcing, pace).await
    };
    Outcome {
        held,
        taken,
        body: received.body,
        is_whole,
    }
}

/// Builds what is held anew, for those who enforce now.
pub(super) async fn again(held: Held, enforcing: Enforcing, pace: &Pace) -> Outcome {
    let directory = build::Base::Kept(held.bundle.model.directory.clone());
    let (held, taken) = match build::build(directory, &held.store, &enforcing, pace).await {
        Ok(model) => {
            let bundle = Bundle {
                model: Arc::new(model),
                ..Bundle::clone(&held.bundle)
            };
            let held = Held {
                bundle: Rc::new(bundle),
                ..held
            };
            (None, Ok(Some(New { held, from: None })))
        }
        Err(refusal) => (Some(held), Err(refusal)),
    };
    Outcome {
        held,
        taken,
        body: Vec::new(),
        is_whole: false,
    }
}

/// What is held on with, and what is new.
type Taken = (Option<Held>, Result<Option<New>, Refusal>);

async fn take(
    held: Option<Held>,
    received: &Received,
    document: &Document,
    enforcing: &Enforcing,
    pace: &Pace,
) -> Taken {
    match &document.body {
        Body::Whole { resources } => {
            match whole(received, resources, document, enforcing, pace).await {
                Ok(new) => {
                    if let Some(before) = held {
                        before.store.release(pace).await;
                    }
                    let from = None;
                    (None, Ok(Some(New { held: new, from })))
                }
                Err(refusal) => (held, Err(refusal)),
            }
        }
        Body::Delta {
            from,
            upsert,
            remove,
        } => match held {
            Some(base) if base.statement.revision == *from => {
                let change = delta::Delta {
                    received,
                    document,
                    upsert,
                    remove,
                    enforcing,
                };
                match delta(base, &change, pace).await {
                    Ok(held) => {
                        let from = Some(*from);
                        (None, Ok(Some(New { held, from })))
                    }
                    Err((base, refusal)) => (Some(*base), Err(refusal)),
                }
            }
            other => {
                let why = format!(
                    "it is a delta on {}, which is not what we have",
                    from.short()
                );
                (other, Err(Refusal::new(RefusalKind::Base, why)))
            }
        },
    }
}

/// Opens a document, and believes or refuses it, before any object is read.
async fn open(
    received: &Received,
    trust: &Trust,
    now: Option<Revision>,
    pace: &Pace,
) -> Result<Document, Refusal> {
    let document = Document::read(&mut received.text(), pace)
        .await
        .map_err(unreadable)?;
    trust.check(&document, now)?;
    Ok(document)
}

fn unreadable(error: TextError) -> Refusal {
    match error {
        TextError::Encoding(why) => Refusal::new(RefusalKind::Encoding, why),
        TextError::TooLong(why) => Refusal::new(RefusalKind::TooLarge, why),
        TextError::Document(why) => Refusal::new(RefusalKind::Document, why),
    }
}

impl Trust {
    /// Whether to believe a document, by what it says of itself.
    fn check(&self, document: &Document, now: Option<Revision>) -> Result<(), Refusal> {
        if self.keys.is_empty() {
            return Ok(());
        }
        let Document {
            statement,
            signatures,
            ..
        } = document;
        let is_signed = signatures.iter().any(|signature| {
            let has_signed = |key: &PublicKey| key.has_signed(statement, signature);
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

fn refused(problems: &Problems) -> Refusal {
    Refusal::new(RefusalKind::Policy, errors(problems))
}

/// A line for each error; warnings refuse nothing.
fn errors(problems: &Problems) -> String {
    let lines: Vec<String> = problems.errors().map(ToString::to_string).collect();
    lines.join("\n")
}

fn held(store: Store, model: Arc<Model>, document: &Document) -> Held {
    let Statement {
        revision, audience, ..
    } = &document.statement;
    Held {
        statement: document.statement.clone(),
        store,
        bundle: Rc::new(Bundle {
            revision: *revision,
            audience: audience.clone(),
            model,
            warnings: Problems::default(),
        }),
    }
}

fn not_as_promised(result: Revision, document: &Document) -> Refusal {
    let promised = document.statement.revision.short();
    let why = format!(
        "it says that it is {promised}, and it is {}",
        result.short()
    );
    Refusal::new(RefusalKind::Revision, why)
}
