//! Every case under `policies/`, decided by the engine in this process.

use heliast_cli::manifests::find;
use heliast_cli::policy_test::{EngineRunner, Outcome, Runner, load, run};
use libtest_mimic::{Arguments, Failed, Trial};
use std::path::Path;

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::from_args();
    let policies = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../policies")
        .canonicalize()?;
    let mut trials = Vec::new();
    for file in find(&policies)? {
        trials.extend(trials_of(&file, &policies));
    }
    let left_out = trials
        .iter()
        .filter(|trial| trial.has_ignored_flag())
        .count();
    let cases = trials.len().saturating_sub(left_out);
    println!("figure: corpus, engine: {cases} cases run, {left_out} left out with a reason");
    libtest_mimic::run(&arguments, trials).exit();
}

/// One trial for each case of a file; a file that cannot be loaded is a trial that fails.
fn trials_of(file: &Path, policies: &Path) -> Vec<Trial> {
    let name = file
        .strip_prefix(policies)
        .unwrap_or(file)
        .display()
        .to_string();
    let suites = match load(file) {
        Ok(suites) => suites,
        Err(failure) => {
            let text = failure.to_string();
            return vec![Trial::test(format!("{name}::load"), move || {
                Err(Failed::from(text))
            })];
        }
    };
    let several = suites.len() > 1;
    let mut trials = Vec::new();
    for suite in suites {
        for case in suite.cases {
            let prefix = if several {
                format!("{name}::{}", suite.name)
            } else {
                name.clone()
            };
            let skip = case.skip.get(EngineRunner.name()).cloned();
            let title = format!("{prefix}::{}", case.name);
            let trial = Trial::test(title, move || match run(&mut EngineRunner, &case) {
                Outcome::Passed | Outcome::Skipped { .. } => Ok(()),
                Outcome::Failed { why } => Err(Failed::from(format!("{}\n{why}", case.place))),
            });
            trials.push(match skip {
                Some(reason) => trial
                    .with_kind(format!("skipped: {reason}"))
                    .with_ignored_flag(true),
                None => trial,
            });
        }
    }
    trials
}
