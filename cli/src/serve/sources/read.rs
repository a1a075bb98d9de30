//! Reading the objects of a file.

use super::stamp::Digest;
use crate::diagnostics::Diagnostic;
use crate::manifests::{Manifests, Objects, Origin, display};
use crate::policy_test::is_policy_test;
use heliast::bundle::{Object, flatten};
use heliast::problem::{FieldPath, Problem, Segment, Severity};
use heliast::resources::{self, Strictness};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::thread;

/// What is in a file.
#[derive(Debug)]
pub(in crate::serve) struct Reading {
    /// The file.
    pub(in crate::serve) path: PathBuf,
    /// Its bytes, kept until they are served, to show the lines that are at fault.
    pub(in crate::serve) bytes: Vec<u8>,
    /// Their digest.
    pub(super) digest: Digest,
    /// The objects in it.
    pub(in crate::serve) objects: Vec<Found>,
    /// Whether something in it is no object at all.
    pub(in crate::serve) is_refused: bool,
}

/// An object, and where it stands in its file.
#[derive(Debug)]
pub(in crate::serve) struct Found {
    /// The object.
    pub(in crate::serve) object: Object,
    /// Where it stands; its document is counted from the first of the file.
    pub(in crate::serve) origin: Origin,
}

impl Reading {
    fn new(path: PathBuf, bytes: Vec<u8>, digest: Digest) -> Self {
        let (objects, problems) = read_objects(&mut Manifests::new(), &path, bytes.clone());
        let is_error = |problem: &Diagnostic| problem.severity == Severity::Error;
        Self {
            is_refused: problems.iter().any(is_error),
            path,
            bytes,
            digest,
            objects,
        }
    }
}

/// Reads files, several at once if there are many.
pub(super) fn read_all(mut files: Vec<(PathBuf, Vec<u8>, Digest)>) -> Vec<Reading> {
    let read = |files: Vec<(PathBuf, Vec<u8>, Digest)>| -> Vec<Reading> {
        let files = files.into_iter();
        files
            .map(|(path, bytes, digest)| Reading::new(path, bytes, digest))
            .collect()
    };
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let share = files.len().div_ceil(threads).max(FEW);
    if files.len() <= share {
        return read(files);
    }
    thread::scope(|scope| {
        let mut workers = Vec::new();
        while !files.is_empty() {
            let rest = files.split_off(files.len().saturating_sub(share));
            workers.push(scope.spawn(move || read(rest)));
        }
        let done = workers.into_iter().filter_map(|worker| worker.join().ok());
        done.flatten().collect()
    })
}

/// Files that are not worth a thread.
const FEW: usize = 16;

/// Reads the objects of a file, and everything that is wrong with the file itself. Policy tests
/// and plugin configurations are no part of a bundle.
pub(in crate::serve) fn read_objects(
    manifests: &mut Manifests,
    path: &Path,
    bytes: Vec<u8>,
) -> (Vec<Found>, Vec<Diagnostic>) {
    let known = manifests.diagnostics().len();
    let is_blank = bytes.iter().all(u8::is_ascii_whitespace);
    let range = manifests.read_bytes(&display(path), bytes);
    let mut problems = manifests.diagnostics().to_vec().split_off(known);
    if is_blank {
        problems.push(blank(manifests));
    }
    let first = range.start;
    let mut objects = Objects::default();
    for index in range {
        let Some(document) = manifests.documents().get(index) else {
            continue;
        };
        let is_configuration = document.has("bundle") && !document.has("kind");
        if !is_policy_test(document) && !is_configuration {
            objects.push_document(manifests, index);
        }
    }
    let mut found = Vec::new();
    for (value, origin) in objects.into_parts() {
        for (item, origin) in items(value, &origin) {
            match name_of(&item) {
                Ok(()) => {}
                Err(mut problem) => {
                    let list = problem.drain(..);
                    problems.extend(list.map(|problem| manifests.diagnose_at(&problem, &origin)));
                    continue;
                }
            }
            if let Ok(object) = Object::new(item) {
                let document = origin.document.saturating_sub(first);
                let origin = Origin { document, ..origin };
                found.push(Found { object, origin });
            }
        }
    }
    (found, problems)
}

/// Why a value cannot be an object of a bundle, in the words of the engine where it has any.
fn name_of(value: &Value) -> Result<(), Vec<Problem>> {
    let Err(why) = heliast::bundle::ObjectKey::decode(value) else {
        return Ok(());
    };
    let of_engine = resources::decode(std::slice::from_ref(value), Strictness::Heliast);
    match of_engine {
        Err(problems) => Err(problems.list),
        Ok(_) => Err(vec![Problem {
            severity: Severity::Error,
            code: "unnamed-object",
            document: 0,
            object: String::new(),
            path: FieldPath::default(),
            message: format!("this cannot be part of a bundle: {why}"),
            help: Some("give it an apiVersion, a kind and a metadata.name".to_owned()),
        }]),
    }
}

/// The objects of a document, each with the way to it.
fn items(value: Value, origin: &Origin) -> Vec<(Value, Origin)> {
    let is_list = value
        .get("kind")
        .and_then(Value::as_str)
        .is_some_and(|kind| kind.ends_with("List"))
        && value.get("items").is_some_and(Value::is_array);
    let of_item = |(position, item): (usize, Value)| {
        let mut prefix = origin.prefix.clone();
        if is_list {
            prefix.push(Segment::Key("items".to_owned()));
            prefix.push(Segment::Index(position));
        }
        let document = origin.document;
        (item, Origin { document, prefix })
    };
    flatten(value)
        .into_iter()
        .enumerate()
        .map(of_item)
        .collect()
}

/// A file without a single letter is one that is about to be written.
fn blank(manifests: &Manifests) -> Diagnostic {
    Diagnostic {
        severity: Severity::Error,
        code: "empty-file",
        location: manifests.start_of_last(),
        object: String::new(),
        path: String::new(),
        message: "the file is empty".to_owned(),
        help: Some("write it whole, or delete it if its objects are to go".to_owned()),
    }
}
