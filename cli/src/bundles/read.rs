//! Bundles and deltas from files.

use super::delta::Delta;
use super::program::Program;
use super::refusal::{Refusal, Unread};
use super::whole::Whole;
use crate::gzip;
use crate::manifests;
use heliast::bundle::{Body, Document, Object, Store};
use heliast::compiled;
use heliast::limits;
use heliast::pace::{Pace, at_once};
use heliast::problem::{Problems, Segment};
use heliast::resources::{self, Loaded, Strictness};
use serde_json::Value;
use std::ops::Range;
use std::path::Path;

/// A document that was read.
#[derive(Debug)]
pub enum Opened {
    /// A whole bundle.
    Whole(Box<WholeFile>),
    /// What to change in another bundle.
    Delta(Box<Delta>),
    /// A compiled program.
    Program(Box<Program>),
}

/// A whole bundle and the file it came from.
#[derive(Debug)]
pub struct WholeFile {
    /// The file as messages show it.
    pub name: String,
    /// The bundle.
    pub whole: Whole,
    /// Its objects in the order of the file.
    objects: Vec<Object>,
    bytes: Vec<u8>,
}

/// Reads the document in a file, or on standard input where the path is `-`; gzip is unpacked.
///
/// # Errors
///
/// If there is no file, or no bundle and no delta in it.
pub fn read(path: &Path) -> Result<Opened, Unread> {
    let bytes = manifests::read(path, limits::BUNDLE_BYTES)?;
    open(&manifests::display(path), bytes)
}

/// Reads the document in these bytes; gzip is unpacked. Messages call it by the name.
///
/// # Errors
///
/// If they are no bundle and no delta.
pub fn open(name: &str, bytes: Vec<u8>) -> Result<Opened, Unread> {
    if compiled::is_one(&bytes) {
        let help = "`heliast bundle build --compile --for namespace/pod` makes programs";
        let refuse = |why| {
            let message = format!("this is no compiled program: {why}");
            Unread::from(Refusal::of_file(name, &message, help))
        };
        let program = Program::read(&bytes).map_err(refuse)?;
        return Ok(Opened::Program(Box::new(program)));
    }
    let most = limits::BUNDLE_BYTES;
    let bytes =
        gzip::unpack(bytes, most).map_err(|error| Unread::from(Refusal::of_gzip(name, &error)))?;
    if bytes.len() > most {
        let message = format!("the bundle has more than {most} bytes, and no filter takes it");
        let help = "prune it for one workload: `heliast bundle build --for namespace/pod`";
        return Err(Refusal::of_file(name, &message, help).into());
    }
    let document = match at_once(Document::open(&bytes, &Pace::unbounded())) {
        Ok(document) => document,
        Err(why) => {
            // The field, where the reason names one.
            let field = why.split('`').nth(1).map(key).into_iter().collect();
            let message = format!("this is no bundle: {why}");
            return Err(Refusal::at(name, bytes, field, message, HELP).into());
        }
    };
    let reader = Reader {
        name,
        bytes: &bytes,
    };
    match document.body {
        Body::Whole { resources } => {
            let (objects, store) = reader.store("resources", &resources)?;
            let whole = Whole::new(document.statement, document.signatures, store);
            let name = name.to_owned();
            Ok(Opened::Whole(Box::new(WholeFile {
                name,
                whole,
                objects,
                bytes,
            })))
        }
        Body::Delta {
            from,
            upsert,
            remove,
        } => {
            let (upsert, _) = reader.store("upsert", &upsert)?;
            Ok(Opened::Delta(Box::new(Delta {
                from,
                statement: document.statement,
                signatures: document.signatures,
                upsert,
                remove,
            })))
        }
    }
}

const HELP: &str = "`heliast bundle build` makes bundles";

/// Reads the objects of one document.
struct Reader<'b> {
    name: &'b str,
    bytes: &'b [u8],
}

impl Reader<'_> {
    /// The objects of a list, as they stand and by key.
    fn store(&self, list: &str, ranges: &[Range<usize>]) -> Result<(Vec<Object>, Store), Unread> {
        let mut store = Store::default();
        let mut objects = Vec::new();
        for (index, range) in ranges.iter().enumerate() {
            let refuse = |message: String| {
                let path = vec![key(list), Segment::Index(index)];
                Unread::from(Refusal::at(
                    self.name,
                    self.bytes.to_vec(),
                    path,
                    message,
                    HELP,
                ))
            };
            let object = Document::object(self.bytes, range).map_err(|why| {
                let why = why.replace("an object of it", "this object");
                refuse(format!("this is no bundle: {why}"))
            })?;
            if store.insert(object.clone()).is_some() {
                return Err(refuse(format!("{} is in it twice", object.key)));
            }
            objects.push(object);
        }
        Ok((objects, store))
    }
}

fn key(name: &str) -> Segment {
    Segment::Key(name.to_owned())
}

impl WholeFile {
    /// How many bytes the document has, unpacked.
    #[must_use]
    pub fn size(&self) -> usize {
        self.bytes.len()
    }

    /// Its objects as they stand in the file, and as a filter would load them.
    ///
    /// # Errors
    ///
    /// Every mistake in them.
    pub fn load(&self) -> Result<Loaded, Problems> {
        let values: Vec<Value> = self
            .objects
            .iter()
            // It was written from a value a moment ago.
            .map(|object| serde_json::from_str(&object.text).unwrap_or_default())
            .collect();
        resources::decode(&values, Strictness::Heliast)
    }

    /// Its objects, in the order of the file: the positions of problems and policies.
    #[must_use]
    pub fn objects(&self) -> &[Object] {
        &self.objects
    }

    /// Problems that [`Self::load`] gave, where they stand in the file.
    #[must_use]
    pub fn locate(&self, problems: &Problems) -> Refusal {
        Refusal::of_resources(&self.name, self.bytes.clone(), problems)
    }
}
