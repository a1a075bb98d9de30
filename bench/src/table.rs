//! Figures for people.

use crate::section::Measured;

/// A table for a terminal.
pub(crate) fn text(measured: &Measured) -> String {
    let mut text = format!(
        "\n{}\n{:40} {:10} {:>22} {:>6} {:>22} {:>8} {:>8} {:>8} {:>8} {:>8} {:>6} {:>6}\n",
        measured.title,
        "",
        "",
        "CPU us/request",
        "best",
        "added",
        "server",
        "1000/s",
        "p50 us",
        "p99 us",
        "p99.9",
        "MiB",
        "peak"
    );
    for (_, _, figures) in &measured.lanes {
        let server = figures.server.map(|server| format!("{:.1}", server.median));
        text.push_str(&format!(
            "{:40} {:10} {:>22} {:>6.1} {:>22} {:>8} {:>8.1} {:>8.0} {:>8.0} {:>8.0} {:>6} {:>6}\n",
            figures.name,
            figures.wire,
            format!("{:.1}", figures.cpu),
            figures.best,
            format!("{:.1}", figures.added),
            server.unwrap_or_default(),
            figures.throughput.median,
            figures.p50.median,
            figures.p99.median,
            figures.p999,
            figures.memory.resident >> 20,
            figures.memory.peak >> 20,
        ));
    }
    text
}
