//! Taking in bundles and deltas of objects.
//!
//! A document is gone through twice: once to see who says what, and for whom, before any object of
//! it is looked at; and once for the objects, of which never more than one is held as text. What is
//! kept of pods is their entry in the directory.

mod build;
mod delta;
mod reading;
mod whole;

use self::delta::delta;
use self::whole::whole;
use super::{Enforcing, Gate, New, Outcome, PROGRAM, Received, Taken, Trust};
use crate::bundle::{Body, Bundle, Document, Revision, Statement, Store, Text, TextError};
use crate::fetch::held::{Held, HeldObjects};
use crate::fetch::refusal::{Refusal, RefusalKind};
use crate::model::Model;
use crate::pace::Pace;
use crate::problem::Problems;
use std::rc::Rc;
use std::sync::Arc;

impl Received {
    fn text(&self) -> Text<'_> {
        Text::new(&self.body, self.is_gzip)
    }
}

/// Takes a document in.
pub(super) async fn take_in(
    held: Option<Held>,
    received: &Received,
    trust: &Trust,
    enforcing: &Enforcing,
    gate: &Gate,
    pace: &Pace,
) -> Taken {
    if received.body.starts_with(&PROGRAM) {
        let why = "it is a compiled program, and this module takes objects: ask for a bundle, or load heliast-runtime.wasm";
        return (held, Err(Refusal::new(RefusalKind::Document, why)));
    }
    let revision = held.as_ref().map(|held| held.statement.revision);
    let document = match open(received, trust, revision, pace).await {
        Ok(document) => document,
        Err(refusal) => return (held, Err(refusal)),
    };
    if revision == Some(document.statement.revision) {
        let mut held = held;
        if let Some(held) = &mut held {
            held.said_again(document.statement.order);
        }
        return (held, Ok(None));
    }
    if let Err(refusal) = gate.pass(document.statement.revision, pace).await {
        return (held, Err(refusal));
    }
    take(held, received, &document, enforcing, pace).await
}

/// Builds what is held anew, for those who enforce now.
pub(in crate::fetch) async fn again(held: Held, enforcing: Enforcing, pace: &Pace) -> Outcome {
    let (held, taken) = match held.into_objects() {
        Ok(held) => rebuild(held, &enforcing, pace).await,
        Err(held) => (Some(*held), Ok(None)),
    };
    Outcome {
        held,
        taken,
        body: Vec::new(),
    }
}

async fn rebuild(held: HeldObjects, enforcing: &Enforcing, pace: &Pace) -> Taken {
    let directory = build::Base::Kept(held.bundle.model.directory.clone());
    match build::build(directory, &held.store, enforcing, pace).await {
        Ok(model) => {
            let bundle = Bundle {
                model: Arc::new(model),
                ..Bundle::clone(&held.bundle)
            };
            let held = HeldObjects {
                bundle: Rc::new(bundle),
                ..held
            };
            let held = held.into();
            (None, Ok(Some(New { held, from: None })))
        }
        Err(refusal) => (Some(held.into()), Err(refusal)),
    }
}

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
                        before.release(pace).await;
                    }
                    let from = None;
                    let held = new.into();
                    (None, Ok(Some(New { held, from })))
                }
                Err(refusal) => (held, Err(refusal)),
            }
        }
        Body::Delta {
            from,
            upsert,
            remove,
        } => {
            let change = delta::Delta {
                received,
                document,
                upsert,
                remove,
                enforcing,
            };
            let base = held.map(Held::into_objects);
            match base {
                Some(Ok(base)) if base.statement.revision == *from => {
                    match delta(base, &change, pace).await {
                        Ok(held) => {
                            let (held, from) = (held.into(), Some(*from));
                            (None, Ok(Some(New { held, from })))
                        }
                        Err((base, refusal)) => (Some(Held::from(*base)), Err(refusal)),
                    }
                }
                other => {
                    let held = other.map(|other| other.map_or_else(|held| *held, Held::from));
                    let why = format!(
                        "it is a delta on {}, which is not what we have",
                        from.short()
                    );
                    (held, Err(Refusal::new(RefusalKind::Base, why)))
                }
            }
        }
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
    let Document {
        statement,
        signatures,
        ..
    } = &document;
    trust.check(statement, statement, signatures, now)?;
    Ok(document)
}

fn unreadable(error: TextError) -> Refusal {
    match error {
        TextError::Encoding(why) => Refusal::new(RefusalKind::Encoding, why),
        TextError::TooLong(why) => Refusal::new(RefusalKind::TooLarge, why),
        TextError::Document(why) => Refusal::new(RefusalKind::Document, why),
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

fn held(store: Store, model: Arc<Model>, document: &Document) -> HeldObjects {
    let Statement {
        revision, audience, ..
    } = &document.statement;
    HeldObjects {
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
