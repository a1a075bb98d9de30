//! Bundles that a command line names: documents, or manifests to make them of.

use super::counted;
use crate::commands::Stop;
use crate::commands::load::{self, Sorted};
use crate::terminal::Terminal;
use heliast::bundle::{Document, Store};
use heliast::compiled;
use heliast::pace::{Pace, at_once};
use heliast::resources::Resources;
use heliast_cli::bundles::{self, Opened, Refusal, Unread, Whole, WholeFile, gather};
use heliast_cli::gzip;
use heliast_cli::manifests::limits::FILE_BYTES;
use heliast_cli::manifests::{self, Manifests, Objects};
use serde_json::Value;
use std::path::{Path, PathBuf};

/// The document in a file; what is wrong with it was shown.
pub(super) fn open(path: &Path, terminal: Terminal) -> Result<Opened, Stop> {
    bundles::read(path).map_err(|unread| stop(unread, terminal))
}

/// The whole bundle in a file.
pub(super) fn whole(path: &Path, terminal: Terminal) -> Result<Box<WholeFile>, Stop> {
    match open(path, terminal)? {
        Opened::Whole(file) => Ok(file),
        Opened::Delta(_) => Err(is_delta(path)),
        Opened::Program(_) => Err(is_program(path)),
    }
}

/// The bundle in a file, or of the manifests in a file or folder.
pub(super) fn whole_or_manifests(path: &Path, terminal: Terminal) -> Result<Whole, Stop> {
    if path.is_dir() {
        let made = Made::read(&[path.to_path_buf()], terminal)?;
        return Ok(Whole::of(made.store, None));
    }
    let bytes = manifests::read(path, FILE_BYTES)?;
    let name = manifests::display(path);
    let bytes = gzip::unpack(bytes, FILE_BYTES)
        .map_err(|error| stop(Refusal::of_gzip(&name, &error).into(), terminal))?;
    if compiled::is_one(&bytes) {
        return Err(is_program(path));
    }
    if !is_document(&bytes) {
        let mut manifests = Manifests::new();
        let documents: Vec<usize> = manifests.read_bytes(&name, bytes).collect();
        let mut sorted = Sorted::default();
        sorted.add(&manifests, &documents);
        let made = Made::of(&manifests, &sorted, terminal)?;
        return Ok(Whole::of(made.store, None));
    }
    match bundles::open(&name, bytes).map_err(|unread| stop(unread, terminal))? {
        Opened::Whole(file) => Ok(file.whole),
        Opened::Delta(_) => Err(is_delta(path)),
        Opened::Program(_) => Err(is_program(path)),
    }
}

/// Whether the bytes are a document of ours, if perhaps a broken one, and no manifest. A list of
/// resources that calls itself a Bundle and has no revision is a manifest.
fn is_document(bytes: &[u8]) -> bool {
    if at_once(Document::open(bytes, &Pace::unbounded())).is_ok() {
        return true;
    }
    let Ok(value) = serde_json::from_slice::<Value>(bytes) else {
        return false;
    };
    match value.get("kind").and_then(Value::as_str) {
        Some("Bundle") => value.get("revision").is_some(),
        Some("BundleDelta") => true,
        Some(_) | None => false,
    }
}

pub(super) fn is_delta(path: &Path) -> Stop {
    let name = manifests::display(path);
    Stop::Usage(format!(
        "{name}: this is a delta: make it whole by `heliast bundle apply BASE DELTA` first"
    ))
}

fn is_program(path: &Path) -> Stop {
    let name = manifests::display(path);
    Stop::Usage(format!(
        "{name}: this is a compiled program, and its objects cannot be had back: name the bundle that it was made of"
    ))
}

/// Standard input can be read once.
pub(super) fn only_one_is_stdin(one: &Path, other: &Path) -> Result<(), Stop> {
    let stdin = Path::new("-");
    if one == stdin && other == stdin {
        let message = "only one of the two can be `-`, standard input";
        return Err(Stop::Usage(message.to_owned()));
    }
    Ok(())
}

/// Shows what is wrong with a file, or says why it was not read.
pub(super) fn stop(unread: Unread, terminal: Terminal) -> Stop {
    match unread {
        Unread::File(error) => error.into(),
        Unread::Refused(refusal) => {
            terminal.show(&refusal.diagnostics, &refusal.manifests);
            Stop::Told
        }
    }
}

/// A bundle that was pruned says nothing of other workloads: what is made of it would pass for a
/// bundle for everyone.
fn not_pruned(manifests: &Manifests, index: usize) -> Result<(), Stop> {
    let document = manifests.documents().get(index);
    let pruned = document
        .filter(|document| document.text("kind") == Some("Bundle") && document.has("for"))
        .and_then(|document| manifests.files().get(document.file()));
    pruned.map_or(Ok(()), |file| {
        Err(Stop::Usage(format!(
            "{}: this bundle was pruned for one workload: build from the manifests instead",
            file.name
        )))
    })
}

/// What was made of manifests.
pub(super) struct Made {
    pub(super) store: Store,
    pub(super) resources: Resources,
}

impl Made {
    /// The bundle of all manifests in these files and folders.
    pub(super) fn read(paths: &[PathBuf], terminal: Terminal) -> Result<Self, Stop> {
        let mut manifests = Manifests::new();
        let sorted = load::read(&mut manifests, paths)?;
        Self::of(&manifests, &sorted, terminal)
    }

    fn of(manifests: &Manifests, sorted: &Sorted, terminal: Terminal) -> Result<Self, Stop> {
        let mut objects = Objects::default();
        for index in &sorted.objects {
            not_pruned(manifests, *index)?;
            objects.push_document(manifests, *index);
        }
        let gathered = gather(manifests, &objects);
        let (Ok((_, _, diagnostics)) | Err(diagnostics)) = &gathered;
        terminal.show(diagnostics, manifests);
        let Ok((store, resources, _)) = gathered else {
            return Err(Stop::Told);
        };
        if store.is_empty() {
            let message = "there is no object for a bundle in these paths";
            return Err(Stop::Usage(message.to_owned()));
        }
        for (left_out, word) in [
            (sorted.tests.len(), "policy test"),
            (sorted.configurations.len(), "plugin configuration"),
        ] {
            if left_out > 0 {
                terminal.say(&format!("left out {}\n", counted(left_out, word)));
            }
        }
        Ok(Self { store, resources })
    }
}
