//! Keeps what is served as the source says, in a thread of its own. Whatever is wrong with the
//! source, what was served goes on being served.

use super::board::Board;
use super::hub::{Hub, Taken};
use super::limits;
use super::log::Log;
use super::metrics::Metrics;
use super::sources::Sources;
use super::trouble::Trouble;
use super::watch::Watch;
use heliast::problem::{Problem, Problems};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

/// Keeps what is served as the source says.
#[derive(Debug)]
pub(super) struct Keeper {
    pub(super) sources: Sources,
    pub(super) hub: Arc<Hub>,
    pub(super) board: Arc<Board>,
    pub(super) metrics: Arc<Metrics>,
    pub(super) log: Log,
    /// Whether what is pending was found wanting, and nothing has changed since.
    pub(super) is_judged: bool,
    pub(super) warnings: Problems,
}

/// How often a source that cannot be read is tried again before that is said: folders are replaced
/// by being removed and made anew.
const ATTEMPTS: usize = 4;

impl Keeper {
    /// Reads the source, now and whenever it changes. Does not return.
    pub(super) fn run(mut self) {
        let mut watch = Watch::new(self.sources.roots());
        let mut named = BTreeSet::new();
        loop {
            self.round(&named);
            named = watch.wait(limits::POLL);
        }
    }

    fn round(&mut self, named: &BTreeSet<PathBuf>) {
        let begin = Instant::now();
        match self.read(named) {
            Err(trouble) => {
                self.is_judged = false;
                self.refuse(trouble);
            }
            Ok(has_news) if has_news || !self.is_judged => self.judge(begin),
            Ok(_) => {}
        }
    }

    /// Reads what has changed, until the files stand still.
    fn read(&mut self, named: &BTreeSet<PathBuf>) -> Result<bool, Trouble> {
        let begin = Instant::now();
        let mut has_news = false;
        let mut attempt = 1;
        loop {
            match self.sources.scan(named) {
                Ok(scanned) => {
                    has_news |= scanned.has_news;
                    if !scanned.is_restless || begin.elapsed() > limits::UNREST {
                        return Ok(has_news);
                    }
                }
                Err(errors) if attempt == ATTEMPTS => return Err(Trouble::unreadable(&errors)),
                Err(_) => attempt = attempt.saturating_add(1),
            }
            thread::sleep(limits::QUIET / 2);
        }
    }

    /// Serves what was read, if it is in order.
    fn judge(&mut self, begin: Instant) {
        self.is_judged = true;
        let is_first = self.hub.whole().is_none();
        if !is_first && !self.sources.has_pending() {
            return self.mend();
        }
        let mut proposal = match self.sources.propose(|object| self.hub.has(object)) {
            Ok(proposal) => proposal,
            Err(trouble) => return self.refuse(trouble),
        };
        if !is_first && proposal.is_empty() {
            self.sources.taken();
            return self.mend();
        }
        let upsert = std::mem::take(&mut proposal.upsert);
        let remove = std::mem::take(&mut proposal.remove);
        match self.hub.take(upsert, remove) {
            Ok(taken) => {
                self.sources.taken();
                self.serve(taken, begin.elapsed());
            }
            Err(problems) => {
                let trouble = proposal.trouble(&problems);
                self.refuse(trouble);
            }
        }
    }

    fn serve(&mut self, taken: Taken, took: Duration) {
        self.metrics.taken(took);
        if taken.from != Some(taken.to) {
            let from = taken.from.map(|from| from.short()).unwrap_or_default();
            tracing::info!(
                revision = %taken.to,
                from,
                sequence = taken.sequence,
                objects = taken.objects,
                pruned = taken.views,
                took = ?took,
                "serving a new revision"
            );
        }
        let warnings = taken.warnings.clone();
        self.board.serve(taken, self.sources.len());
        if warnings != self.warnings {
            self.warn(warnings);
        }
    }

    fn warn(&mut self, warnings: Problems) {
        let labels: BTreeSet<&str> = warnings
            .list
            .iter()
            .map(|problem| problem.object.as_str())
            .collect();
        let files = self.sources.owners(&labels);
        let entry = |problem: &Problem| {
            let file = files.get(&problem.object);
            let file = file.map(|path| path.display().to_string());
            tracing::warn!(code = problem.code, file, "{problem}");
            json!({
                "code": problem.code,
                "file": file,
                "object": problem.object,
                "path": problem.path.to_string(),
                "message": problem.message,
                "help": problem.help,
            })
        };
        let list: Vec<Value> = warnings.warnings().map(entry).collect();
        let count = list.len().saturating_add(warnings.omitted);
        self.board.warn(list, count);
        self.warnings = warnings;
    }

    fn refuse(&self, trouble: Trouble) {
        let told = trouble.clone();
        if self.board.trouble(trouble) {
            self.metrics.refused();
            self.log.trouble(&told, self.hub.whole().is_some());
        }
    }

    fn mend(&self) {
        if self.board.mend() {
            tracing::info!("the source is in order again, and as it is served");
        }
    }
}
