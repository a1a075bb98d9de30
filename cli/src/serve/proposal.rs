//! What the files say and the served bundle does not yet: a change, held against what stays.

use super::sources::{Found, Reading, read_objects};
use super::trouble::Trouble;
use crate::diagnostics::{Diagnostic, Diagnostics};
use crate::manifests::{Manifests, Origin, display};
use heliast::bundle::{Object, ObjectKey};
use heliast::problem::{FieldPath, Problem, Problems, Segment, Severity};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A change of the bundle that is served.
#[derive(Debug)]
pub(super) struct Proposal<'s> {
    /// Objects that are new or changed.
    pub(super) upsert: Vec<Object>,
    /// Objects that are gone.
    pub(super) remove: Vec<ObjectKey>,
    /// Where each object of `upsert` stands: a file, and the place in it.
    places: Vec<(&'s Reading, &'s Origin)>,
}

impl Proposal<'_> {
    /// Whether nothing changes: the files were written anew, and say the same.
    pub(super) fn is_empty(&self) -> bool {
        self.upsert.is_empty() && self.remove.is_empty()
    }

    /// What the engine finds wrong with it, as one of the files.
    pub(super) fn trouble(&self, problems: &Problems) -> Trouble {
        let mut lines = Lines::default();
        let mut diagnostics = Diagnostics::default();
        for problem in &problems.list {
            diagnostics.push(match self.places.get(problem.document) {
                Some((reading, origin)) => lines.diagnose(problem, reading, origin),
                None => Diagnostic::of_problem(problem, None),
            });
        }
        diagnostics.extend([], problems.omitted);
        Trouble::new(&lines.manifests, &diagnostics)
    }
}

/// A proposal in the making.
#[derive(Debug, Default)]
pub(super) struct Draft<'s> {
    readings: Vec<&'s Reading>,
    found: BTreeMap<&'s ObjectKey, (&'s Reading, &'s Found)>,
    lost: BTreeSet<&'s ObjectKey>,
    twice: Vec<(&'s Reading, &'s Found, &'s Reading, &'s Found)>,
}

impl<'s> Draft<'s> {
    /// These objects are in a file that has changed or is gone.
    pub(super) fn lose(&mut self, keys: &'s [Arc<ObjectKey>]) {
        self.lost.extend(keys.iter().map(|key| &**key));
    }

    /// This is what is in it now.
    pub(super) fn read(&mut self, reading: &'s Reading) {
        self.readings.push(reading);
        for found in &reading.objects {
            if let Some((first, one)) = self.found.insert(&found.object.key, (reading, found)) {
                self.twice.push((first, one, reading, found));
            }
        }
    }

    /// How many objects were in the files that have changed.
    pub(super) fn lost(&self) -> usize {
        self.lost.len()
    }

    /// How many objects are in them now.
    pub(super) fn found(&self) -> usize {
        self.found.len()
    }

    /// The change, unless something is wrong with it. `owner` knows the files that did not
    /// change; `empty_roots` is given where nothing would be left.
    pub(super) fn finish(
        self,
        owner: impl Fn(&ObjectKey) -> Option<&'s Path>,
        is_served: impl Fn(&Object) -> bool,
        empty_roots: Option<&[PathBuf]>,
    ) -> Result<Proposal<'s>, Trouble> {
        let mut lines = Lines::default();
        let mut diagnostics = Diagnostics::default();
        for reading in self.readings.iter().filter(|reading| reading.is_refused) {
            let list = lines.problems(reading);
            diagnostics.extend(list, 0);
        }
        for (first, one, reading, found) in &self.twice {
            let other = lines.place(first, one);
            diagnostics.push(lines.duplicate(reading, found, &other));
        }
        for (reading, found) in self.found.values() {
            if let Some(owner) = owner(&found.object.key) {
                let other = owner.display().to_string();
                diagnostics.push(lines.duplicate(reading, found, &other));
            }
        }
        if diagnostics.errors() == 0
            && let Some(roots) = empty_roots.filter(|roots| !roots.is_empty())
        {
            diagnostics.push(nothing(roots));
        }
        if diagnostics.errors() > 0 {
            diagnostics.sort();
            return Err(Trouble::new(&lines.manifests, &diagnostics));
        }
        let gone = |key: &&&ObjectKey| !self.found.contains_key(**key);
        let remove = self.lost.iter().filter(gone);
        let remove = remove.map(|key| (*key).clone()).collect();
        let news = self.found.values();
        let news: Vec<_> = news
            .filter(|(_, found)| !is_served(&found.object))
            .collect();
        Ok(Proposal {
            remove,
            upsert: news.iter().map(|(_, found)| found.object.clone()).collect(),
            places: news
                .iter()
                .map(|(reading, found)| (*reading, &found.origin))
                .collect(),
        })
    }
}

/// The lines of the files that something is wrong with, read anew for it.
#[derive(Default)]
struct Lines {
    manifests: Manifests,
    /// The first document of each file.
    first: BTreeMap<PathBuf, usize>,
}

impl Lines {
    /// Reads a file, unless it was read; gives its first document.
    fn open(&mut self, reading: &Reading) -> usize {
        if let Some(first) = self.first.get(&reading.path) {
            return *first;
        }
        let range = self
            .manifests
            .read_bytes(&display(&reading.path), reading.bytes.clone());
        self.first.insert(reading.path.clone(), range.start);
        range.start
    }

    /// What is wrong with the file itself.
    fn problems(&mut self, reading: &Reading) -> Vec<Diagnostic> {
        let first = self.manifests.documents().len();
        self.first.insert(reading.path.clone(), first);
        read_objects(&mut self.manifests, &reading.path, reading.bytes.clone()).1
    }

    fn diagnose(&mut self, problem: &Problem, reading: &Reading, origin: &Origin) -> Diagnostic {
        let document = origin.document.saturating_add(self.open(reading));
        let origin = Origin {
            document,
            ..origin.clone()
        };
        self.manifests.diagnose_at(problem, &origin)
    }

    fn duplicate(&mut self, reading: &Reading, found: &Found, other: &str) -> Diagnostic {
        let problem = Problem {
            object: label(&found.object.key),
            path: FieldPath(name_path()),
            ..problem(
                "duplicate-object",
                format!("defined twice: here and in {other}"),
                "remove one of them",
            )
        };
        self.diagnose(&problem, reading, &found.origin)
    }

    /// `file:line` of an object.
    fn place(&mut self, reading: &Reading, found: &Found) -> String {
        let document = found.origin.document.saturating_add(self.open(reading));
        let path = found.origin.path(&FieldPath(name_path()));
        let name = reading.path.display();
        match self.manifests.locate(document, &path) {
            Some(location) => format!("{name}:{}", location.span.start.line),
            None => name.to_string(),
        }
    }
}

fn name_path() -> Vec<Segment> {
    ["metadata", "name"]
        .into_iter()
        .map(|key| Segment::Key(key.to_owned()))
        .collect()
}

fn problem(code: &'static str, message: String, help: &str) -> Problem {
    Problem {
        severity: Severity::Error,
        code,
        document: 0,
        object: String::new(),
        path: FieldPath::default(),
        message,
        help: Some(help.to_owned()),
    }
}

/// No policy at all is far more often a mistake than a wish.
fn nothing(roots: &[PathBuf]) -> Diagnostic {
    let names: Vec<String> = roots
        .iter()
        .map(|root| root.display().to_string())
        .collect();
    let message = format!("there is no object in {}", names.join(", "));
    let help = "with `--allow-empty` an empty bundle is served";
    Diagnostic::of_problem(&problem("no-objects", message, help), None)
}

/// What the owner of an object calls it, as the engine does.
pub(super) fn label(key: &ObjectKey) -> String {
    key.to_string()
}
