//! What the server says on standard error: lines for people, or one JSON object a line.

use super::trouble::Trouble;
use crate::diagnostics::clean;
use std::io::{self, Write};
use tracing::level_filters::LevelFilter;

/// How the server logs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// The log.
#[derive(Debug, Clone, Copy)]
pub(super) struct Log {
    format: LogFormat,
}

impl Log {
    /// Begins to log everything of this level and above.
    pub(super) fn start(format: LogFormat, level: LevelFilter) -> Self {
        let log = tracing_subscriber::fmt()
            .with_writer(io::stderr)
            .with_max_level(level)
            .with_target(false)
            .with_ansi(false);
        // A process that logs already goes on as it did.
        let _was_started = match format {
            LogFormat::Text => tracing::subscriber::set_global_default(log.finish()),
            LogFormat::Json => {
                tracing::subscriber::set_global_default(log.json().flatten_event(true).finish())
            }
        };
        Self { format }
    }

    /// Says what is wrong with the source.
    pub(super) fn trouble(self, trouble: &Trouble, is_serving: bool) {
        let stays = if is_serving {
            "the last good bundle is served on"
        } else {
            "no bundle is served yet"
        };
        match self.format {
            LogFormat::Text => {
                // There is nobody left to tell if that fails.
                let _nobody_left = io::stderr().lock().write_all(trouble.text.as_bytes());
            }
            LogFormat::Json => {
                for line in &trouble.lines {
                    tracing::error!(problem = clean(line), "the source is in error");
                }
            }
        }
        tracing::error!(
            errors = trouble.errors,
            "the source cannot be served as it is: {stays}"
        );
    }
}
