//! Learns from the system when files change. It only makes the server faster: whatever is missed
//! here is seen at the next poll.

use super::limits;
use notify::event::{AccessKind, AccessMode, EventKind, ModifyKind};
use notify::{Event, RecommendedWatcher, RecursiveMode, Watcher};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf, absolute};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

/// Watches folders and files.
#[derive(Debug)]
pub(super) struct Watch {
    /// None where the system has no watches left, or none at all.
    watcher: Option<RecommendedWatcher>,
    events: Receiver<notify::Result<Event>>,
    roots: Vec<Root>,
    /// What is watched now, and which inode it was when the watch began.
    watched: BTreeMap<PathBuf, Option<(u64, u64)>>,
}

#[derive(Debug)]
struct Root {
    given: PathBuf,
    full: PathBuf,
}

impl Watch {
    /// Watches folders with all that is in them, and files.
    pub(super) fn new(roots: &[PathBuf]) -> Self {
        let (sender, events) = channel();
        let watcher = notify::recommended_watcher(move |event| {
            // Nobody listens any more when the server stops.
            let _stopped = sender.send(event);
        });
        let watcher = watcher.inspect_err(|error| {
            tracing::warn!(%error, "cannot watch for changes; looking at the source every now and then instead");
        });
        let root = |given: &PathBuf| Root {
            full: absolute(given).unwrap_or_else(|_| given.clone()),
            given: given.clone(),
        };
        let mut watch = Self {
            watcher: watcher.ok(),
            events,
            roots: roots.iter().map(root).collect(),
            watched: BTreeMap::new(),
        };
        watch.refresh();
        watch
    }

    /// Waits until something changed and it is quiet again, or for `most`. Gives the files that
    /// were named.
    pub(super) fn wait(&mut self, most: Duration) -> BTreeSet<PathBuf> {
        let mut news = News::default();
        let start = Instant::now();
        // Other files may change next to a watched one; they do not end the wait.
        while news.first.is_none() {
            let left = most.saturating_sub(start.elapsed());
            match self.events.recv_timeout(left) {
                Ok(event) => news.add(&self.roots, event),
                Err(RecvTimeoutError::Timeout) => break,
                Err(RecvTimeoutError::Disconnected) => {
                    thread::sleep(left);
                    break;
                }
            }
        }
        while let Some(left) = news.unrest() {
            match self.events.recv_timeout(left.min(limits::QUIET)) {
                Ok(event) => news.add(&self.roots, event),
                Err(RecvTimeoutError::Timeout) if news.written.is_empty() => break,
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        self.refresh();
        news.named
    }

    /// Watches what is now at the paths: a folder may have been put in the place of another.
    fn refresh(&mut self) {
        let Some(watcher) = &mut self.watcher else {
            return;
        };
        for root in &self.roots {
            let parent = root.full.parent().unwrap_or(&root.full);
            for (path, mode) in [
                (root.full.as_path(), RecursiveMode::Recursive),
                (parent, RecursiveMode::NonRecursive),
            ] {
                // A parent may be watched whole already, as another root.
                let is_root = self.roots.iter().any(|root| root.full == path);
                if is_root && mode == RecursiveMode::NonRecursive {
                    continue;
                }
                let now = fs::metadata(path).ok().map(|data| (data.dev(), data.ino()));
                if self.watched.get(path) == Some(&now) {
                    continue;
                }
                let _was_not_watched = watcher.unwatch(path);
                let is_watched = now.is_some() && begin(watcher, path, mode);
                let inode = now.filter(|_| is_watched);
                self.watched.insert(path.to_path_buf(), inode);
            }
        }
    }
}

fn begin(watcher: &mut RecommendedWatcher, path: &Path, mode: RecursiveMode) -> bool {
    let watched = watcher.watch(path, mode);
    if let Err(error) = &watched {
        tracing::debug!(%error, path = %path.display(), "cannot watch");
    }
    watched.is_ok()
}

/// What has happened since it was quiet.
#[derive(Debug, Default)]
struct News {
    first: Option<Instant>,
    named: BTreeSet<PathBuf>,
    /// Files that were written to and not closed yet.
    written: BTreeSet<PathBuf>,
}

impl News {
    fn add(&mut self, roots: &[Root], event: notify::Result<Event>) {
        // Events that were lost may have been any.
        let Ok(event) = event else {
            self.first.get_or_insert_with(Instant::now);
            return;
        };
        let is_lost = event.need_rescan();
        let is_close = match event.kind {
            EventKind::Access(AccessKind::Close(AccessMode::Write)) => true,
            // Reading the files makes events too.
            EventKind::Access(_) => return,
            EventKind::Any
            | EventKind::Create(_)
            | EventKind::Modify(_)
            | EventKind::Remove(_)
            | EventKind::Other => false,
        };
        let is_data = matches!(event.kind, EventKind::Modify(ModifyKind::Data(_)));
        for path in &event.paths {
            let of_root = |root: &Root| {
                let rest = path.strip_prefix(&root.full).ok()?;
                Some(match rest.as_os_str().is_empty() {
                    true => root.given.clone(),
                    false => root.given.join(rest),
                })
            };
            let named: Vec<PathBuf> = roots.iter().filter_map(of_root).collect();
            if named.is_empty() {
                continue;
            }
            self.first.get_or_insert_with(Instant::now);
            if is_close {
                self.written.remove(path);
            } else if is_data && cfg!(target_os = "linux") {
                // Elsewhere nobody tells when a file is closed.
                self.written.insert(path.clone());
            }
            self.named.extend(named);
        }
        if is_lost {
            self.first.get_or_insert_with(Instant::now);
        }
    }

    /// How long to go on waiting for quiet at most; none if nothing happened, or for too long.
    fn unrest(&self) -> Option<Duration> {
        let left = limits::UNREST.checked_sub(self.first?.elapsed())?;
        (!left.is_zero()).then_some(left)
    }
}
