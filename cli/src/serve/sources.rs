//! The files that a bundle is made of: which there are, what is in them, and what has changed
//! since the bundle that is served was made of them.

mod read;
mod stamp;

use self::stamp::{Digest, Stamp};
use super::proposal::{Draft, Proposal, label};
use super::trouble::Trouble;
use crate::manifests::{FileError, find};
use heliast::bundle::{Object, ObjectKey};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub(super) use self::read::{Found, Reading, read_objects};

/// Folders and files, and what was read of them.
#[derive(Debug)]
pub(super) struct Sources {
    roots: Vec<PathBuf>,
    allow_empty: bool,
    files: BTreeMap<PathBuf, SourceFile>,
    /// Which file each object that is served came from.
    owners: BTreeMap<Arc<ObjectKey>, Arc<Path>>,
}

/// One file.
#[derive(Debug, Default)]
struct SourceFile {
    stamp: Option<Stamp>,
    /// What is served of it.
    served: Vec<Arc<ObjectKey>>,
    served_digest: Option<Digest>,
    /// What is in it now, where that is not what is served.
    pending: Option<Pending>,
}

#[derive(Debug)]
enum Pending {
    Read(Box<Reading>),
    Gone,
}

/// What became of a file since it was looked at last.
enum Noted {
    /// Nothing.
    Same,
    /// It is again what is served of it.
    Reverted,
    /// It says something that was not read yet.
    New,
}

/// What a look at the sources found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Scanned {
    /// Whether any file is other than it was at the last look.
    pub(super) has_news: bool,
    /// Whether files changed while they were read: what was read may be half of the old and half
    /// of the new.
    pub(super) is_restless: bool,
}

impl Sources {
    pub(super) fn new(roots: Vec<PathBuf>, allow_empty: bool) -> Self {
        Self {
            roots,
            allow_empty,
            files: BTreeMap::new(),
            owners: BTreeMap::new(),
        }
    }

    /// Folders and files as they were given.
    pub(super) fn roots(&self) -> &[PathBuf] {
        &self.roots
    }

    /// How many files there are.
    pub(super) fn len(&self) -> usize {
        let gone = |file: &&SourceFile| !matches!(file.pending, Some(Pending::Gone));
        self.files.values().filter(gone).count()
    }

    /// Looks at every file, and reads those that are other than at the last look, and those that
    /// are named. Where anything cannot be read, what was known of it stays.
    pub(super) fn scan(&mut self, named: &BTreeSet<PathBuf>) -> Result<Scanned, Vec<FileError>> {
        let before = self.survey()?;
        let mut errors = Vec::new();
        let mut contents = Vec::new();
        for (path, stamp) in &before {
            let known = self.files.get(path).and_then(|file| file.stamp.as_ref());
            if known.is_some_and(|known| known.is_sure(stamp)) && !named.contains(path) {
                continue;
            }
            match stamp.read(path) {
                Ok((bytes, digest)) => contents.push((path.clone(), stamp.clone(), bytes, digest)),
                Err(error) => errors.push(error),
            }
        }
        let mut has_news = false;
        let mut unread = Vec::new();
        for (path, stamp, bytes, digest) in contents {
            match self.note(&path, stamp, digest) {
                Noted::Same => {}
                Noted::Reverted => has_news = true,
                Noted::New => {
                    has_news = true;
                    unread.push((path, bytes, digest));
                }
            }
        }
        for reading in read::read_all(unread) {
            let path = reading.path.clone();
            let file = self.files.entry(path).or_default();
            file.pending = Some(Pending::Read(Box::new(reading)));
        }
        has_news |= self.miss(&before);
        if !errors.is_empty() {
            return Err(errors);
        }
        let is_restless = self.survey().is_ok_and(|after| after != before);
        Ok(Scanned {
            has_news,
            is_restless,
        })
    }

    /// Notes what a file looks like now.
    fn note(&mut self, path: &Path, stamp: Stamp, digest: Digest) -> Noted {
        let file = self.files.entry(path.to_path_buf()).or_default();
        file.stamp = Some(stamp);
        let known = match &file.pending {
            Some(Pending::Read(reading)) => Some(reading.digest),
            Some(Pending::Gone) => None,
            None => file.served_digest,
        };
        if known == Some(digest) {
            return Noted::Same;
        }
        if file.served_digest == Some(digest) {
            file.pending = None;
            return Noted::Reverted;
        }
        Noted::New
    }

    /// Marks the files that are no longer there; whether there are any.
    fn miss(&mut self, present: &BTreeMap<PathBuf, Stamp>) -> bool {
        let mut has_news = false;
        self.files.retain(|path, file| {
            if present.contains_key(path) || matches!(file.pending, Some(Pending::Gone)) {
                return true;
            }
            has_news = true;
            file.pending = Some(Pending::Gone);
            file.stamp = None;
            file.served_digest.is_some()
        });
        has_news
    }

    /// Every file, and what it looks like from outside.
    fn survey(&self) -> Result<BTreeMap<PathBuf, Stamp>, Vec<FileError>> {
        let mut files = BTreeMap::new();
        let mut inodes = BTreeSet::new();
        let mut errors = Vec::new();
        for root in &self.roots {
            match find(root) {
                Ok(found) => {
                    for path in found {
                        match Stamp::of(&path) {
                            // A file may be named twice, as itself and in its folder.
                            Ok(stamp) if !inodes.insert(stamp.inode()) => {}
                            Ok(stamp) => drop(files.insert(path, stamp)),
                            Err(error) => errors.push(error),
                        }
                    }
                }
                Err(error) => errors.push(error),
            }
        }
        let known = self.files.keys().filter(|path| !files.contains_key(*path));
        errors.extend(known.filter_map(|path| turned(path, &inodes)));
        if errors.is_empty() {
            Ok(files)
        } else {
            Err(errors)
        }
    }

    /// Whether anything is other than what is served.
    pub(super) fn has_pending(&self) -> bool {
        self.files.values().any(|file| file.pending.is_some())
    }

    /// What must change in the bundle that is served to be that of the files.
    ///
    /// # Errors
    ///
    /// What can be seen to be wrong without the engine.
    pub(super) fn propose(
        &self,
        is_served: impl Fn(&Object) -> bool,
    ) -> Result<Proposal<'_>, Trouble> {
        let mut draft = Draft::default();
        for file in self.files.values() {
            let Some(pending) = &file.pending else {
                continue;
            };
            draft.lose(&file.served);
            if let Pending::Read(reading) = pending {
                draft.read(reading);
            }
        }
        let owner = |key: &ObjectKey| {
            let owner = self.owners.get(key)?;
            let file = self.files.get(&**owner)?;
            file.pending.is_none().then_some(&**owner)
        };
        let total = self
            .owners
            .len()
            .saturating_sub(draft.lost())
            .saturating_add(draft.found());
        let wanted: &[PathBuf] = if self.allow_empty { &[] } else { &self.roots };
        draft.finish(owner, is_served, (total == 0).then_some(wanted))
    }

    /// Notes that everything pending is served now.
    pub(super) fn taken(&mut self) {
        let owners = &mut self.owners;
        self.files.retain(|_, file| {
            if file.pending.is_some() {
                for key in file.served.drain(..) {
                    owners.remove(&key);
                }
            }
            !matches!(file.pending, Some(Pending::Gone))
        });
        for (path, file) in &mut self.files {
            let Some(Pending::Read(reading)) = file.pending.take() else {
                continue;
            };
            let path: Arc<Path> = path.as_path().into();
            let found = reading.objects.iter();
            file.served = found.map(|found| Arc::clone(&found.object.key)).collect();
            file.served_digest = Some(reading.digest);
            let owned = file
                .served
                .iter()
                .map(|key| (Arc::clone(key), Arc::clone(&path)));
            self.owners.extend(owned);
        }
    }

    /// The files that objects which are served came from, by what their owners call them.
    pub(super) fn owners(&self, labels: &BTreeSet<&str>) -> BTreeMap<String, &Path> {
        let mut found = BTreeMap::new();
        if labels.is_empty() {
            return found;
        }
        for (key, owner) in &self.owners {
            let label = label(key);
            if labels.contains(label.as_str()) {
                found.insert(label, &**owner);
            }
        }
        found
    }
}

/// What a file that was read before, and is none now, has turned into; none if it is deleted. Only
/// a path that is not there any more takes its objects out of the bundle.
fn turned(path: &Path, found: &BTreeSet<(u64, u64)>) -> Option<FileError> {
    match fs::metadata(path) {
        // It is read under another of its names.
        Ok(data) if found.contains(&(data.dev(), data.ino())) => None,
        Ok(data) if data.is_file() => Some(FileError {
            path: path.to_path_buf(),
            message: "it is behind a link to a folder now, and such links are not followed"
                .to_owned(),
            is_missing: false,
        }),
        Ok(data) => Some(FileError::no_file(path, data.file_type())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => Some(FileError::new(path, &error)),
    }
}
