//! Who runs cases, and who judges what came of them.

use super::case::Case;
use super::expect::Expect;
use heliast::verdict::Decision;
use std::collections::BTreeMap;

/// One way to run a case: the engine in this process, the module in a wasm host, a real Envoy.
pub trait Runner {
    /// The name that `skip` knows it by: `engine`, `wasm` or `envoy`.
    fn name(&self) -> &'static str;

    /// Runs a case and says what it saw. A refused input is an observation, not an error.
    ///
    /// # Errors
    ///
    /// If the case could not be run at all.
    fn run(&mut self, case: &Case) -> anyhow::Result<Observed>;
}

/// What came of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Observed {
    /// The request was decided.
    Verdict {
        /// What happened.
        verdict: Decision,
        /// What would have, were the staged policies enforced; none if this runner cannot see it.
        staged: Option<Decision>,
        /// The rule or reason, as it prints; none if this runner cannot see it.
        rule: Option<String>,
        /// The header lines that the upstream sees, names in lower case; none if this runner cannot
        /// see them.
        upstream: Option<Vec<(String, String)>>,
    },
    /// The input was taken, and there was no request to decide.
    Accepted,
    /// The input was refused.
    Error(String),
}

/// Whether a case holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It does.
    Passed,
    /// It does not.
    Failed {
        /// What was expected, and what came.
        why: String,
    },
    /// The runner leaves it out.
    Skipped {
        /// Why.
        reason: String,
    },
}

/// Runs a case, unless it is left out for this runner, and judges what came of it.
pub fn run(runner: &mut dyn Runner, case: &Case) -> Outcome {
    if let Some(reason) = case.skip.get(runner.name()) {
        return Outcome::Skipped {
            reason: reason.clone(),
        };
    }
    match runner.run(case) {
        Ok(observed) => judge(case, &observed),
        Err(error) => Outcome::Failed {
            why: format!("could not be run: {error:#}"),
        },
    }
}

/// Holds what came of a case against what it expects. What a runner cannot see is not judged.
#[must_use]
pub fn judge(case: &Case, observed: &Observed) -> Outcome {
    let holds = match (&case.expect, observed) {
        (Expect::Error(regex), Observed::Error(text)) => regex.is_match(text),
        (
            Expect::Verdict {
                verdict,
                staged,
                rule,
                upstream,
            },
            Observed::Verdict {
                verdict: seen,
                staged: seen_staged,
                rule: seen_rule,
                upstream: seen_upstream,
            },
        ) => {
            verdict == seen
                && agrees(staged.as_ref(), seen_staged.as_ref())
                && agrees(rule.as_ref(), seen_rule.as_ref())
                && seen_upstream
                    .as_ref()
                    .is_none_or(|seen| unlike(upstream, seen).is_empty())
        }
        (Expect::Error(_) | Expect::Verdict { .. }, _) => false,
    };
    if holds {
        return Outcome::Passed;
    }
    let mut why = format!(
        "expected {}\n     got {}",
        expected(&case.expect),
        seen(observed)
    );
    if let (
        Expect::Verdict { upstream, .. },
        Observed::Verdict {
            upstream: Some(seen),
            ..
        },
    ) = (&case.expect, observed)
    {
        why.extend(unlike(upstream, seen));
    }
    Outcome::Failed { why }
}

/// The headers that the upstream sees otherwise than expected, each on a line.
fn unlike(expected: &BTreeMap<String, Vec<String>>, seen: &[(String, String)]) -> Vec<String> {
    let differs = |(name, wanted): (&String, &Vec<String>)| {
        let lines = seen.iter().filter(|(seen, _)| seen == name);
        let values: Vec<&String> = lines.map(|(_, value)| value).collect();
        (!values.iter().copied().eq(wanted))
            .then(|| format!("\nupstream {name}: expected {wanted:?}, got {values:?}"))
    };
    expected.iter().filter_map(differs).collect()
}

fn agrees<T: PartialEq>(expected: Option<&T>, seen: Option<&T>) -> bool {
    match (expected, seen) {
        (Some(expected), Some(seen)) => expected == seen,
        (None, _) | (_, None) => true,
    }
}

fn expected(expect: &Expect) -> String {
    match expect {
        Expect::Error(regex) => format!("an error that matches /{regex}/"),
        Expect::Verdict {
            verdict,
            staged,
            rule,
            upstream: _,
        } => words(*verdict, *staged, rule.as_deref()),
    }
}

fn seen(observed: &Observed) -> String {
    match observed {
        Observed::Accepted => "no error: the input was accepted".to_owned(),
        Observed::Error(text) => format!("an error: {text}"),
        Observed::Verdict {
            verdict,
            staged,
            rule,
            upstream: _,
        } => words(*verdict, *staged, rule.as_deref()),
    }
}

fn words(verdict: Decision, staged: Option<Decision>, rule: Option<&str>) -> String {
    let rule = rule.map(|rule| format!(" by {rule}")).unwrap_or_default();
    let staged = staged
        .map(|staged| format!(", staged {staged}"))
        .unwrap_or_default();
    format!("{verdict}{rule}{staged}")
}
