//! What came of the cases, in each form.

use heliast_cli::diagnostics::{Colour, Style, clean, wrap};
use heliast_cli::policy_test::Outcome;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write;

/// What came of one case.
#[derive(Debug)]
pub(super) struct Result {
    pub(super) file: String,
    pub(super) suite: String,
    pub(super) case: String,
    /// `file:line`.
    pub(super) place: String,
    pub(super) outcome: Outcome,
    /// What explains a case that failed.
    pub(super) notes: Vec<String>,
}

/// What came of all cases.
#[derive(Debug, Default)]
pub(super) struct Report {
    pub(super) results: Vec<Result>,
}

impl Report {
    fn count(&self, wanted: fn(&Outcome) -> bool) -> usize {
        self.results
            .iter()
            .filter(|result| wanted(&result.outcome))
            .count()
    }

    fn passed(&self) -> usize {
        self.count(|outcome| matches!(outcome, Outcome::Passed))
    }

    /// How many cases do not hold.
    pub(super) fn failed(&self) -> usize {
        self.count(|outcome| matches!(outcome, Outcome::Failed { .. }))
    }

    fn skipped(&self) -> usize {
        self.count(|outcome| matches!(outcome, Outcome::Skipped { .. }))
    }

    fn summary(&self) -> String {
        let (passed, failed, skipped) = (self.passed(), self.failed(), self.skipped());
        format!("{passed} passed, {failed} failed, {skipped} skipped\n")
    }

    /// Failures in full, and every case if `verbose`.
    pub(super) fn pretty(&self, verbose: bool, colour: Colour) -> String {
        let mut out = String::new();
        for result in &self.results {
            let (word, style) = match result.outcome {
                Outcome::Passed => ("PASS", Style::Good),
                Outcome::Failed { .. } => ("FAIL", Style::Bad),
                Outcome::Skipped { .. } => ("SKIP", Style::Doubtful),
            };
            let is_failed = matches!(result.outcome, Outcome::Failed { .. });
            if !verbose && !is_failed {
                continue;
            }
            let (place, case) = (clean(&result.place), clean(&result.case));
            let _infallible = writeln!(out, "{}  {place}  {case}", colour.paint(style, word));
            match &result.outcome {
                Outcome::Passed => {}
                Outcome::Skipped { reason } => {
                    let _infallible = writeln!(out, "      {}", clean(reason));
                }
                Outcome::Failed { why } => {
                    let why = why.lines().map(|line| format!("      {}", clean(line)));
                    let notes = result
                        .notes
                        .iter()
                        .map(|line| format!("      {}", clean(line)));
                    for line in why.chain(notes).flat_map(|line| wrap(&line, 15)) {
                        let _infallible = writeln!(out, "{line}");
                    }
                }
            }
        }
        out.push_str(&self.summary());
        out
    }

    /// One line for each failure, and for every case if `verbose`.
    pub(super) fn compact(&self, verbose: bool) -> String {
        let mut out = String::new();
        for result in &self.results {
            let (word, why) = match &result.outcome {
                Outcome::Passed => ("PASS", String::new()),
                Outcome::Failed { why } => {
                    let words: Vec<&str> = why.split_whitespace().collect();
                    ("FAIL", format!(": {}", words.join(" ")))
                }
                Outcome::Skipped { reason } => ("SKIP", format!(": {reason}")),
            };
            if verbose || word == "FAIL" {
                let line = format!("{}: {word} {}{why}", result.place, result.case);
                let _infallible = writeln!(out, "{}", clean(&line));
            }
        }
        out.push_str(&self.summary());
        out
    }

    /// One JSON document with every case.
    pub(super) fn json(&self) -> String {
        let cases: Vec<Value> = self
            .results
            .iter()
            .map(|result| {
                let (outcome, why) = match &result.outcome {
                    Outcome::Passed => ("passed", None),
                    Outcome::Failed { why } => ("failed", Some(why)),
                    Outcome::Skipped { reason } => ("skipped", Some(reason)),
                };
                json!({
                    "file": result.file,
                    "test": result.suite,
                    "case": result.case,
                    "place": result.place,
                    "outcome": outcome,
                    "why": why,
                    "notes": result.notes,
                })
            })
            .collect();
        let document = json!({
            "apiVersion": "heliast.dev/v1alpha1",
            "kind": "TestReport",
            "passed": self.passed(),
            "failed": self.failed(),
            "skipped": self.skipped(),
            "cases": cases,
        });
        format!("{document:#}\n")
    }

    /// `JUnit` XML: one suite for each test, without times, which differ from run to run.
    pub(super) fn junit(&self) -> String {
        let mut suites: BTreeMap<(&str, &str), Vec<&Result>> = BTreeMap::new();
        for result in &self.results {
            suites
                .entry((&result.file, &result.suite))
                .or_default()
                .push(result);
        }
        let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
        let (total, failed, skipped) = (self.results.len(), self.failed(), self.skipped());
        let _infallible = writeln!(
            out,
            "<testsuites tests=\"{total}\" failures=\"{failed}\" skipped=\"{skipped}\">"
        );
        for ((file, suite), results) in suites {
            let name = xml(&format!("{file}::{suite}"));
            let count = |wanted: fn(&Outcome) -> bool| {
                results
                    .iter()
                    .filter(|result| wanted(&result.outcome))
                    .count()
            };
            let failed = count(|outcome| matches!(outcome, Outcome::Failed { .. }));
            let skipped = count(|outcome| matches!(outcome, Outcome::Skipped { .. }));
            let _infallible = writeln!(
                out,
                "  <testsuite name=\"{name}\" tests=\"{}\" failures=\"{failed}\" skipped=\"{skipped}\">",
                results.len()
            );
            for result in results {
                out.push_str(&junit_case(&name, result));
            }
            out.push_str("  </testsuite>\n");
        }
        out.push_str("</testsuites>\n");
        out
    }
}

fn junit_case(suite: &str, result: &Result) -> String {
    let head = format!(
        "    <testcase classname=\"{suite}\" name=\"{}\"",
        xml(&result.case)
    );
    match &result.outcome {
        Outcome::Passed => format!("{head}/>\n"),
        Outcome::Skipped { reason } => {
            format!(
                "{head}>\n      <skipped message=\"{}\"/>\n    </testcase>\n",
                xml(reason)
            )
        }
        Outcome::Failed { why } => {
            let text = [result.place.clone(), why.clone(), result.notes.join("\n")].join("\n");
            let message = why.lines().next().unwrap_or_default();
            format!(
                "{head}>\n      <failure message=\"{}\">{}</failure>\n    </testcase>\n",
                xml(message),
                xml(text.trim_end())
            )
        }
    }
}

/// Text for XML: escaped, and without the control characters that XML cannot hold.
fn xml(text: &str) -> String {
    let lines: Vec<String> = text.split('\n').map(clean).collect();
    let text = lines.join("\n");
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
