//! Taking in bundles and deltas of objects.

use super::{New, Outcome, PROGRAM, Trust};
use crate::bundle::{Body, Bundle, Document, Object, Revision, Statement, Store};
use crate::fetch::held::{Held, Kept};
use crate::fetch::refusal::{Refusal, RefusalKind};
use crate::limits;
use crate::pace::Pace;
use crate::problem::Problems;
use flate2::read::GzDecoder;
use std::io::Read;
use std::ops::Range;
use std::rc::Rc;

/// Takes a document in.
pub(super) async fn take_in(
    held: Option<Held>,
    body: Vec<u8>,
    is_gzip: bool,
    trust: Trust,
    pace: &Pace,
) -> Outcome {
    if body.starts_with(&PROGRAM) {
        let why = "it is a compiled program, and this module takes objects: ask for a bundle, or load heliast-runtime.wasm";
        return (held, Err(Refusal::new(RefusalKind::Document, why)));
    }
    let revision = held.as_ref().map(|held| held.statement.revision);
    let (text, document) = match open(body, is_gzip, &trust, revision, pace).await {
        Ok(opened) => opened,
        Err(refusal) => return (held, Err(refusal)),
    };
    if revision == Some(document.statement.revision) {
        return (held, Ok(None));
    }
    match &document.body {
        Body::Whole { resources } => match whole(&text, resources, &document, pace).await {
            Ok(new) => {
                if let Some(before) = held {
                    before.release(pace).await;
                }
                let from = None;
                let held = new;
                (None, Ok(Some(New { held, text, from })))
            }
            Err(refusal) => (held, Err(refusal)),
        },
        Body::Delta { from, .. } => match held {
            Some(base) if revision == Some(*from) => delta(base, text, &document, pace).await,
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

/// Decompresses and opens a document, and believes or refuses it, before any object is read.
async fn open(
    body: Vec<u8>,
    is_gzip: bool,
    trust: &Trust,
    now: Option<Revision>,
    pace: &Pace,
) -> Result<(Vec<u8>, Document), Refusal> {
    let text = if is_gzip {
        decompress(&body, pace).await?
    } else {
        body
    };
    let document = Document::open(&text, pace)
        .await
        .map_err(|why| Refusal::new(RefusalKind::Document, why))?;
    let Document {
        statement,
        signatures,
        ..
    } = &document;
    trust.check(statement, statement, signatures, now)?;
    Ok((text, document))
}

/// What is decompressed in one go, in bytes.
const CHUNK: usize = 64 * 1024;

async fn decompress(body: &[u8], pace: &Pace) -> Result<Vec<u8>, Refusal> {
    let mut decoder = GzDecoder::new(body);
    let mut text = Vec::new();
    let mut chunk = vec![0; CHUNK];
    loop {
        let read = decoder.read(&mut chunk).map_err(|error| {
            Refusal::new(RefusalKind::Encoding, format!("it is not gzip: {error}"))
        })?;
        let Some(bytes) = chunk.get(..read).filter(|bytes| !bytes.is_empty()) else {
            return Ok(text);
        };
        if text.len().saturating_add(read) > limits::BUNDLE_BYTES {
            let why = format!(
                "it has more than {} bytes once it is decompressed",
                limits::BUNDLE_BYTES
            );
            return Err(Refusal::new(RefusalKind::TooLarge, why));
        }
        text.extend_from_slice(bytes);
        pace.spend(read / 16).await;
    }
}

async fn whole(
    text: &[u8],
    resources: &[Range<usize>],
    document: &Document,
    pace: &Pace,
) -> Result<Held, Refusal> {
    let mut store = Store::default();
    for range in resources {
        let object = read(text, range)?;
        let key = object.key.to_string();
        if store.insert(object).is_some() {
            let why = format!("{key} is in it twice");
            return Err(Refusal::new(RefusalKind::Document, why));
        }
        pace.spend(range.len()).await;
    }
    store.settle(pace).await;
    let result = store.revision();
    if result != document.statement.revision {
        return Err(not_as_promised(result, document));
    }
    let bundle = build(&store, document, pace).await?;
    Ok(held(store, bundle, document))
}

async fn delta(mut base: Held, text: Vec<u8>, document: &Document, pace: &Pace) -> Outcome {
    let Body::Delta {
        from,
        upsert,
        remove,
    } = &document.body
    else {
        return (Some(base), Ok(None));
    };
    let mut objects = Vec::with_capacity(upsert.len());
    for range in upsert {
        match read(&text, range) {
            Ok(object) => objects.push(object),
            Err(refusal) => return (Some(base), Err(refusal)),
        }
        pace.spend(range.len()).await;
    }
    let to = document.statement.revision;
    let store = match &mut base.kept {
        Kept::Objects(store) => store,
        #[cfg(feature = "compiled")]
        Kept::Program(_) => {
            let why = "it is a delta, and what we have is a compiled program";
            return (Some(base), Err(Refusal::new(RefusalKind::Base, why)));
        }
    };
    let undo = match store.apply(objects, remove, to, pace).await {
        Ok(undo) => undo,
        Err(result) => return (Some(base), Err(not_as_promised(result, document))),
    };
    match build(store, document, pace).await {
        Ok(bundle) => {
            let held = Held {
                statement: document.statement.clone(),
                signatures: document.signatures.clone(),
                kept: base.kept,
                bundle: Rc::new(bundle),
            };
            let from = Some(*from);
            (None, Ok(Some(New { held, text, from })))
        }
        Err(refusal) => {
            store.revert(undo, pace).await;
            (Some(base), Err(refusal))
        }
    }
}

fn read(text: &[u8], range: &Range<usize>) -> Result<Object, Refusal> {
    Document::object(text, range).map_err(|why| Refusal::new(RefusalKind::Document, why))
}

async fn build(store: &Store, document: &Document, pace: &Pace) -> Result<Bundle, Refusal> {
    let Statement {
        revision, audience, ..
    } = &document.statement;
    Bundle::build(store, *revision, audience.clone(), pace)
        .await
        .map_err(|problems| Refusal::new(RefusalKind::Policy, errors(&problems)))
}

/// A line for each error; warnings refuse nothing.
fn errors(problems: &Problems) -> String {
    let lines: Vec<String> = problems.errors().map(ToString::to_string).collect();
    lines.join("\n")
}

fn held(store: Store, bundle: Bundle, document: &Document) -> Held {
    Held {
        statement: document.statement.clone(),
        signatures: document.signatures.clone(),
        kept: Kept::Objects(store),
        bundle: Rc::new(bundle),
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
