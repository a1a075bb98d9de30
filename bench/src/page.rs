//! `docs/performance.md`: figures between two marks, and the plots they lead to; the rest of the page
//! is written by hand.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use crate::deltas::{Deltas, Latency};
use crate::plot;
use crate::report::Report;
use crate::section::Measured;
use crate::starts::Start;
use crate::targets::{self, Bound};

const BEGIN: &str = "<!-- figures: written by cargo xtask bench --page -->";
const END: &str = "<!-- end of figures -->";

/// Draws the plots, and puts the figures between the marks.
///
/// # Errors
/// When the page has no marks, or something cannot be written.
pub(crate) fn write(report: &Report, docs: &Path) -> Result<()> {
    let folder = docs.join("performance");
    fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    plot::draw(report, &folder)?;
    let file = docs.join("performance.md");
    let page = fs::read_to_string(&file).with_context(|| format!("no {}", file.display()))?;
    let page = between(&page, &figures(report)?)
        .with_context(|| format!("{} has no lines `{BEGIN}` and `{END}`", file.display()))?;
    fs::write(&file, page).with_context(|| format!("cannot write {}", file.display()))
}

fn between(page: &str, figures: &str) -> Option<String> {
    let (before, rest) = page.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!(
        "{before}{BEGIN}\n\n{}\n\n{END}{after}",
        figures.trim()
    ))
}

fn figures(report: &Report) -> Result<String> {
    let mut text = String::new();
    writeln!(text, "### Conditions\n\n| | |\n|---|---|")?;
    for (what, is) in &report.conditions {
        writeln!(text, "| {what} | {is} |")?;
    }
    writeln!(
        text,
        "\n### Targets\n\n| target | bound | figure | met |\n|---|---|---|---|"
    )?;
    for target in targets::judge(report) {
        let (figure, met) = target.outcome();
        let bound = match target.bound {
            Bound::AtMost(bound) => format!("at most {bound:.2}"),
            Bound::AtLeast(bound) => format!("at least {bound:.2}"),
        };
        writeln!(text, "| {} | {bound} | {figure} | {met} |", target.what)?;
    }
    for section in &report.sections {
        lanes(&mut text, section)?;
    }
    if let Some(measured) = &report.deltas {
        deltas(&mut text, measured)?;
    }
    if !report.starts.is_empty() {
        starts(&mut text, &report.starts)?;
    }
    Ok(text)
}

fn lanes(text: &mut String, section: &Measured) -> Result<()> {
    writeln!(text, "\n### {}\n", section.title)?;
    for (name, alternative) in plot::names(section.key) {
        writeln!(text, "![{alternative}](performance/{name}.svg)\n")?;
    }
    writeln!(
        text,
        "| | wire | CPU, us | best | added, us | server, us | 1000/s | p50, us | p99, us | p99.9, us | MiB | at most |"
    )?;
    writeln!(text, "|---|---|---|---|---|---|---|---|---|---|---|---|")?;
    for (_, _, lane) in &section.lanes {
        let server = lane.server.map(|server| format!("{server:.1}"));
        writeln!(
            text,
            "| {} | {} | {:.1} | {:.1} | {:.1} | {} | {:.1} | {:.0} | {:.0} | {:.0} | {} | {} |",
            lane.name,
            lane.wire,
            lane.cpu,
            lane.best,
            lane.added,
            server.unwrap_or_default(),
            lane.throughput,
            lane.p50,
            lane.p99,
            lane.p999,
            lane.memory.resident >> 20,
            lane.memory.peak >> 20,
        )?;
    }
    Ok(())
}

fn deltas(text: &mut String, deltas: &Deltas) -> Result<()> {
    writeln!(text, "\n### Policy that changes\n")?;
    writeln!(
        text,
        "A bundle of {} workloads, in which one pod changes its address ten times a second. An answer \
         brings all changes since the one before: {:.1} bundles a second came into force.\n",
        deltas.workloads, deltas.rate
    )?;
    writeln!(
        text,
        "| | p50, us | p99, us | slowest, us |\n|---|---|---|---|"
    )?;
    for (name, latency) in [("no change", deltas.quiet), ("deltas", deltas.changing)] {
        let Latency { p50, p99, slowest } = latency;
        writeln!(text, "| {name} | {p50:.0} | {p99:.0} | {slowest:.0} |")?;
    }
    Ok(())
}

fn starts(text: &mut String, starts: &[Start]) -> Result<()> {
    writeln!(text, "\n### Start and memory\n")?;
    for (name, alternative) in plot::names("starts") {
        writeln!(text, "![{alternative}](performance/{name}.svg)\n")?;
    }
    writeln!(
        text,
        "| | size, KiB | ready, ms | added, ms | resident, MiB | added, MiB |\n|---|---|---|---|---|---|"
    )?;
    for start in starts {
        writeln!(
            text,
            "| {} | {:.0} | {:.0} | {:.0} | {:.1} | {:.1} |",
            start.module.name(),
            start.kibibytes(),
            start.ready,
            start.ready_added,
            start.resident,
            start.resident_added
        )?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_between_the_marks_is_replaced() {
        let page = format!("before\n{BEGIN}\nold\n{END}\nafter\n");
        let replaced = between(&page, "new").unwrap();
        assert_eq!(
            replaced,
            format!("before\n{BEGIN}\n\nnew\n\n{END}\nafter\n")
        );
        assert_eq!(between(&replaced, "new").unwrap(), replaced);
        assert_eq!(between("no marks", "new"), None);
    }

    #[test]
    fn the_shipped_page_has_the_marks() {
        let file = heliast_envoy_tests::install::root().join("docs/performance.md");
        let page = fs::read_to_string(file).unwrap();
        assert!(between(&page, "").is_some());
    }
}
