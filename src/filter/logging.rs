//! Envoy's log, as the log of the `log` crate.

use super::hostcalls::{self, LogLevel};
use log::{Level, LevelFilter, Log, Metadata, Record};

struct EnvoyLog;

static LOG: EnvoyLog = EnvoyLog;

/// Has everything from `info` on, and a panic, written to Envoy's log.
pub(super) fn install() {
    if log::set_logger(&LOG).is_ok() {
        log::set_max_level(LevelFilter::Info);
    }
    std::panic::set_hook(Box::new(|panic| {
        hostcalls::log(LogLevel::Critical, &panic.to_string());
    }));
}

impl Log for EnvoyLog {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.level() <= log::max_level()
    }

    fn log(&self, record: &Record<'_>) {
        let level = match record.level() {
            Level::Trace => LogLevel::Trace,
            Level::Debug => LogLevel::Debug,
            Level::Info => LogLevel::Info,
            Level::Warn => LogLevel::Warn,
            Level::Error => LogLevel::Error,
        };
        hostcalls::log(level, &record.args().to_string());
    }

    fn flush(&self) {}
}
