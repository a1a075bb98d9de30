//! Counting checks.

use std::fmt;
use std::ops::AddAssign;

/// How many checks came out how; prints as the line that closes a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
    pub(crate) skipped: u64,
}

impl Tally {
    pub(crate) const PASSED: Self = Self {
        passed: 1,
        failed: 0,
        skipped: 0,
    };
    pub(crate) const FAILED: Self = Self {
        passed: 0,
        failed: 1,
        skipped: 0,
    };
    pub(crate) const SKIPPED: Self = Self {
        passed: 0,
        failed: 0,
        skipped: 1,
    };

    /// The sum of all `test result:` lines that `cargo test` printed.
    pub(crate) fn of_cargo_test(output: &str) -> Self {
        let mut sum = Self::default();
        for line in output.lines() {
            if let Some((_, counts)) = line.split_once("test result: ") {
                sum += Self {
                    passed: count(counts, " passed"),
                    failed: count(counts, " failed"),
                    skipped: count(counts, " ignored"),
                };
            }
        }
        sum
    }

    /// The last line that looks like our own closing line, as the demo prints it.
    pub(crate) fn of_closing_line(output: &str) -> Option<Self> {
        output.lines().rev().find_map(|line| {
            let found = Self {
                passed: count(line, " passed"),
                failed: count(line, " failed"),
                skipped: count(line, " skipped"),
            };
            (found.to_string() == line).then_some(found)
        })
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.passed = self.passed.saturating_add(other.passed);
        self.failed = self.failed.saturating_add(other.failed);
        self.skipped = self.skipped.saturating_add(other.skipped);
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} passed, {} failed, {} skipped",
            self.passed, self.failed, self.skipped
        )
    }
}

/// The number in front of a label: `12` in `ok. 12 passed; 0 failed`.
fn count(line: &str, label: &str) -> u64 {
    let Some((before, _)) = line.split_once(label) else {
        return 0;
    };
    before
        .rsplit(' ')
        .next()
        .and_then(|digits| digits.parse().ok())
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_every_binary_of_a_cargo_test_run() {
        let output = "running 2 tests\n\
            test result: ok. 2 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s\n\
            test result: FAILED. 10 passed; 3 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.00s\n";
        let expected = Tally {
            passed: 12,
            failed: 3,
            skipped: 1,
        };
        assert_eq!(Tally::of_cargo_test(output), expected);
    }

    #[test]
    fn reads_back_its_own_closing_line() {
        let tally = Tally {
            passed: 12,
            failed: 0,
            skipped: 2,
        };
        let output = format!("Y12 ok\n{tally}\n");
        assert_eq!(Tally::of_closing_line(&output), Some(tally));
        assert_eq!(Tally::of_closing_line("no such line\n"), None);
    }
}
