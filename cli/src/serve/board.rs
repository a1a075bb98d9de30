//! How the server is doing, for those who ask: `/readyz`, `/v1/status`, metrics.

use super::hub::Taken;
use super::sync::lock;
use super::trouble::Trouble;
use humantime::format_rfc3339_millis;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::sync::Mutex;
use std::time::SystemTime;

/// How the server is doing.
#[derive(Debug)]
pub(super) struct Board {
    roots: Vec<PathBuf>,
    started: SystemTime,
    state: Mutex<State>,
}

#[derive(Debug, Default, Clone)]
pub(super) struct State {
    /// What is served, and since when.
    pub(super) taken: Option<(Taken, SystemTime)>,
    /// What is wrong with the source, and since when.
    pub(super) trouble: Option<(Trouble, SystemTime)>,
    /// Warnings of what is served; none where nobody has looked for them.
    pub(super) warnings: Option<Warnings>,
    /// How many files there are.
    pub(super) files: usize,
}

/// What in a bundle has no effect, or not the expected one.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Warnings {
    /// Some of them.
    pub(super) list: Vec<Value>,
    /// How many there are, listed or not.
    pub(super) count: usize,
}

impl Board {
    pub(super) fn new(roots: Vec<PathBuf>) -> Self {
        Self {
            roots,
            started: SystemTime::now(),
            state: Mutex::default(),
        }
    }

    /// All of it, as it is now.
    pub(super) fn state(&self) -> State {
        lock(&self.state).clone()
    }

    /// Notes what is served from now on.
    pub(super) fn serve(&self, taken: Taken, files: usize) {
        let mut state = lock(&self.state);
        let since = match &state.taken {
            Some((old, since)) if old.to == taken.to => *since,
            Some(_) | None => SystemTime::now(),
        };
        state.taken = Some((taken, since));
        state.files = files;
        state.trouble = None;
    }

    /// Notes the warnings of what is served; whether they are news.
    pub(super) fn warn(&self, warnings: Option<Warnings>) -> bool {
        let mut state = lock(&self.state);
        let is_news = state.warnings != warnings;
        state.warnings = warnings;
        is_news
    }

    /// Notes what is wrong with the source; whether that is news.
    pub(super) fn trouble(&self, trouble: Trouble) -> bool {
        let mut state = lock(&self.state);
        if let Some((known, _)) = &state.trouble
            && *known == trouble
        {
            return false;
        }
        let since = state.trouble.as_ref().map(|(_, since)| *since);
        state.trouble = Some((trouble, since.unwrap_or_else(SystemTime::now)));
        true
    }

    /// Notes that the source is as it is served; whether that is news.
    pub(super) fn mend(&self) -> bool {
        lock(&self.state).trouble.take().is_some()
    }

    /// Whether a bundle is served, and the one sentence that says so.
    pub(super) fn ready(&self) -> (bool, String) {
        let state = lock(&self.state);
        let trouble = state.trouble.as_ref();
        let trouble = trouble
            .map(|(trouble, since)| (&trouble.summary, format_rfc3339_millis(*since).to_string()));
        match (&state.taken, trouble) {
            (Some((taken, _)), None) => (true, format!("serving revision {}\n", taken.to)),
            (Some((taken, _)), Some((summary, since))) => (
                true,
                format!(
                    "serving revision {}; the source has been in error since {since}: {summary}; \
                     see /v1/status\n",
                    taken.to
                ),
            ),
            (None, Some((summary, since))) => (
                false,
                format!(
                    "no bundle yet: the source has been in error since {since}: {summary}; see \
                     /v1/status\n"
                ),
            ),
            (None, None) => (
                false,
                "no bundle yet: the source is being read\n".to_owned(),
            ),
        }
    }

    /// The document at `/v1/status`.
    pub(super) fn status(&self, views: usize, waiting: usize) -> Value {
        let state = self.state();
        let time = |time: SystemTime| format_rfc3339_millis(time).to_string();
        let roots: Vec<String> = self
            .roots
            .iter()
            .map(|root| root.display().to_string())
            .collect();
        let bundle = state.taken.as_ref().map(|(taken, since)| {
            json!({
                "revision": taken.to.to_string(),
                "epoch": taken.order.epoch,
                "sequence": taken.order.number,
                "since": time(*since),
                "objects": taken.objects,
            })
        });
        let trouble = state.trouble.as_ref().map(|(trouble, since)| {
            let mut error = trouble.json.clone();
            if let Some(fields) = error.as_object_mut() {
                fields.remove("apiVersion");
                fields.remove("kind");
                fields.insert("since".to_owned(), time(*since).into());
            }
            error
        });
        let warnings = state.warnings.as_ref();
        json!({
            "apiVersion": "heliast.dev/v1alpha1",
            "kind": "ServerStatus",
            "version": env!("CARGO_PKG_VERSION"),
            "started": time(self.started),
            "ready": state.taken.is_some(),
            "bundle": bundle,
            "source": {
                "paths": roots,
                "files": state.files,
                "error": trouble,
                "warnings": warnings.map(|warnings| &warnings.list),
                "warningCount": warnings.map(|warnings| warnings.count),
            },
            "prunedBundles": views,
            "waitingPolls": waiting,
        })
    }
}
