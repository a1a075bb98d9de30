//! Keeps what is served as the source says, in a thread of its own. Whatever is wrong with the
//! source, what was served goes on being served.

use super::board::{Board, Warnings};
use super::http::Server;
use super::hub::{Hub, Taken};
use super::limits;
use super::log::Log;
use super::metrics::Metrics;
use super::numbering::Numbering;
use super::sources::Sources;
use super::trouble::Trouble;
use super::watch::Watch;
use heliast::problem::Problem;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

/// Keeps what is served as the source says.
#[derive(Debug)]
pub(super) struct Keeper {
    sources: Sources,
    numbering: Numbering,
    hub: Arc<Hub>,
    board: Arc<Board>,
    metrics: Arc<Metrics>,
    log: Log,
    /// Whether what is pending was found wanting, and nothing has changed since.
    is_judged: bool,
    /// Whether the warnings on the board are of another revision than is served.
    has_stale_warnings: bool,
}

/// How often a source that cannot be read is tried again before that is said: folders are replaced
/// by being removed and made anew.
const ATTEMPTS: usize = 4;

impl Keeper {
    /// Keeps what this server serves as these sources say.
    pub(super) fn new(sources: Sources, numbering: Numbering, server: &Server, log: Log) -> Self {
        Self {
            sources,
            numbering,
            hub: Arc::clone(&server.hub),
            board: Arc::clone(&server.board),
            metrics: Arc::clone(&server.metrics),
            log,
            is_judged: false,
            has_stale_warnings: false,
        }
    }

    /// Reads the source, now and whenever it changes. Does not return.
    pub(super) fn run(mut self) {
        let mut watch = Watch::new(self.sources.roots());
        let mut named = BTreeSet::new();
        loop {
            self.round(&named);
            named = watch.wait(limits::POLL);
            if named.is_empty() && std::mem::take(&mut self.has_stale_warnings) {
                // Nothing else is to be done just now.
                self.warn();
            }
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
        let next = match self.numbering.next() {
            Ok(next) => next,
            Err((message, help)) => {
                // The number may stand where nobody tells of changes.
                self.is_judged = false;
                return self.refuse(Trouble::unnumbered(message, help));
            }
        };
        let upsert = std::mem::take(&mut proposal.upsert);
        let remove = std::mem::take(&mut proposal.remove);
        let files = self.sources.len();
        let announce = |taken: &Taken| self.board.serve(taken.clone(), files);
        let numbering = &mut self.numbering;
        let place = |revision| numbering.place(revision, next);
        match self.hub.take(upsert, remove, place, announce) {
            Ok(taken) => {
                self.sources.taken();
                self.serve(&taken, begin.elapsed());
            }
            Err(problems) => {
                let trouble = proposal.trouble(&problems);
                self.refuse(trouble);
            }
        }
    }

    fn serve(&mut self, taken: &Taken, took: Duration) {
        self.metrics.taken(took);
        if taken.from != Some(taken.to) {
            let from = taken.from.map(|from| from.short()).unwrap_or_default();
            tracing::info!(
                revision = %taken.to,
                from,
                epoch = taken.order.epoch,
                sequence = taken.order.number,
                objects = taken.objects,
                pruned = taken.views,
                took = ?took,
                "serving a new revision"
            );
        }
        self.has_stale_warnings = true;
    }

    /// Tells what in the bundle has no effect. All of it must be read for that, so of a large one
    /// that is left to `heliast check`.
    fn warn(&self) {
        let objects = self.hub.objects();
        if objects > limits::WARNED_OBJECTS {
            self.board.warn(None);
            return;
        }
        let warnings = self.hub.warnings();
        let labels: BTreeSet<&str> = warnings
            .list
            .iter()
            .map(|problem| problem.object.as_str())
            .collect();
        let files = self.sources.owners(&labels);
        let entry = |problem: &Problem| {
            let file = files.get(&problem.object);
            let file = file.map(|path| path.display().to_string());
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
        if self.board.warn(Some(Warnings { list, count })) && count > 0 {
            tracing::warn!(
                warnings = count,
                "the bundle has warnings; they are at /v1/status"
            );
            for problem in warnings.warnings() {
                tracing::debug!(code = problem.code, "{problem}");
            }
        }
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
