//! What the reader sees.

use std::io::{self, IsTerminal};
use std::time::Duration;

use crate::row::Row;

/// Prints rows as they come, and counts.
#[derive(Debug)]
pub(crate) struct Report {
    colour: bool,
    filter: bool,
    passed: u32,
    failed: u32,
}

impl Report {
    /// Without the filter nobody decides, so no verdict is asked for.
    pub(crate) fn new(filter: bool) -> Self {
        let wanted = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        Self {
            colour: wanted && io::stdout().is_terminal(),
            filter,
            passed: 0,
            failed: 0,
        }
    }

    pub(crate) fn heading(&self, text: &str) {
        println!("\n{}", self.paint("1", text));
    }

    /// Prints a row. The status alone does not do: a 403 that came from the guard or from anyone
    /// else than the filter is not what was promised.
    pub(crate) fn row(&mut self, row: &Row) {
        let decided = !self.filter || row.verdict.as_deref() == Some(row.expected_verdict);
        let well = row.expected == row.actual && decided;
        let status = if well {
            self.paint("32", "ok    ")
        } else {
            self.paint("31", "FAILED")
        };
        let milliseconds = row.time.as_secs_f64() * 1000.0;
        println!("{status} {:<4} {}", row.id, row.what);
        println!("            expected  {}", row.expected);
        println!(
            "            got       {}, in {milliseconds:.1} ms",
            row.actual
        );
        if self.filter {
            let verdict = row.verdict.as_deref().unwrap_or("undecided");
            println!(
                "            {verdict:<9} {}",
                row.rule.as_deref().unwrap_or("by no rule")
            );
        }
        let count = if well {
            &mut self.passed
        } else {
            &mut self.failed
        };
        *count += 1;
    }

    /// Prints the sum as the last line; answers whether all is well.
    pub(crate) fn close(&self, time: Duration) -> bool {
        eprintln!("\nthe story took {:.1} s", time.as_secs_f64());
        println!(
            "\n{} passed, {} failed, 0 skipped",
            self.passed, self.failed
        );
        self.failed == 0
    }

    /// Colour repeats what a word says already.
    fn paint(&self, code: &str, text: &str) -> String {
        if self.colour {
            format!("\x1b[{code}m{text}\x1b[0m")
        } else {
            text.to_owned()
        }
    }
}
