//! Figures for people.

use crate::deltas::Deltas;
use crate::section::Measured;
use crate::starts::Start;
use crate::targets::Target;

/// Filters against each other.
pub(crate) fn section(measured: &Measured) -> String {
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

/// Policy that changes.
pub(crate) fn deltas(deltas: &Deltas) -> String {
    let mut text = format!(
        "\nPolicy that changes: {} workloads, 10 deltas of one pod a second, {:.1} bundles in force\n{:40} {:>26} {:>26} {:>26}\n",
        deltas.workloads, deltas.rate, "", "p50 us", "p99 us", "slowest us"
    );
    for (name, latency) in [("no change", deltas.quiet), ("deltas", deltas.changing)] {
        let (p50, p99) = (format!("{:.0}", latency.p50), format!("{:.0}", latency.p99));
        let slowest = format!("{:.0}", latency.slowest);
        text.push_str(&format!("{name:40} {p50:>26} {p99:>26} {slowest:>26}\n"));
    }
    text
}

/// Starts of Envoy.
pub(crate) fn starts(starts: &[Start]) -> String {
    let mut text = format!(
        "\nStart and memory\n{:40} {:>9} {:>22} {:>22} {:>22} {:>22}\n",
        "", "KiB", "ready ms", "added", "resident MiB", "added"
    );
    for start in starts {
        text.push_str(&format!(
            "{:40} {:>9.0} {:>22} {:>22} {:>22} {:>22}\n",
            start.module.name(),
            start.kibibytes(),
            format!("{:.0}", start.ready),
            format!("{:.0}", start.ready_added),
            format!("{:.1}", start.resident),
            format!("{:.1}", start.resident_added),
        ));
    }
    text
}

/// Target, figure, met.
pub(crate) fn targets(targets: &[Target]) -> String {
    let mut text = String::from("\ntarget | figure | met\n");
    for target in targets {
        let (figure, met) = target.outcome();
        text.push_str(&format!("{} | {figure} | {met}\n", target.what));
    }
    text
}
