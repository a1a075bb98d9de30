//! Every case under `policies/`, decided by the engine in this process.

use heliast_cli::policy_test::{EngineRunner, Entry, Outcome, Runner, corpus, run};
use libtest_mimic::{Arguments, Failed, Trial};
use std::path::Path;

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::from_args();
    let policies = Path::new(env!("CARGO_MANIFEST_DIR")).join("../policies");
    let trials: Vec<Trial> = corpus(&policies.canonicalize()?)?
        .into_iter()
        .map(trial)
        .collect();
    let left_out = trials
        .iter()
        .filter(|trial| trial.has_ignored_flag())
        .count();
    let cases = trials.len().saturating_sub(left_out);
    println!("figure: corpus, engine: {cases} cases run, {left_out} left out with a reason");
    libtest_mimic::run(&arguments, trials).exit();
}

/// A test of a case; a file that cannot be loaded is a test that fails.
fn trial(entry: Entry) -> Trial {
    let skip = entry.skip(EngineRunner.name()).map(str::to_owned);
    let trial = Trial::test(entry.title, move || {
        let case = entry
            .case
            .map_err(|failure| Failed::from(failure.to_string()))?;
        match run(&mut EngineRunner, &case) {
            Outcome::Passed | Outcome::Skipped { .. } => Ok(()),
            Outcome::Failed { why } => Err(Failed::from(format!("{}\n{why}", case.place))),
        }
    });
    match skip {
        Some(reason) => trial
            .with_kind(format!("skipped: {reason}"))
            .with_ignored_flag(true),
        None => trial,
    }
}
