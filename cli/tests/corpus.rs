//! Every case under `policies/`, decided by the engine in this process: on the whole bundle, and on
//! the bundle pruned for the pod that enforces, and on a program compiled of that.

use heliast_cli::policy_test::{
    CompiledRunner, EngineRunner, Entry, Outcome, PrunedRunner, Runner, WorkloadSpec, corpus, run,
};
use libtest_mimic::{Arguments, Failed, Trial};
use std::path::Path;

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::from_args();
    let policies = Path::new(env!("CARGO_MANIFEST_DIR")).join("../policies");
    let entries = corpus(&policies.canonicalize()?)?;
    let pruned = entries.iter().filter(|entry| is_of_pod(entry)).count();
    let trials: Vec<Trial> = entries.into_iter().map(trial).collect();
    let left_out = trials
        .iter()
        .filter(|trial| trial.has_ignored_flag())
        .count();
    let cases = trials.len().saturating_sub(left_out);
    println!("figure: corpus, engine: {cases} cases run, {left_out} left out with a reason");
    println!("figure: corpus, compiled: {cases} cases run on a program that was sent and loaded");
    println!("figure: corpus, pruned: {pruned} cases run on the bundle of a pod");
    libtest_mimic::run(&arguments, trials).exit();
}

fn is_of_pod(entry: &Entry) -> bool {
    let case = entry.case.as_ref();
    let workload = case.map(|case| case.situation.workload.as_ref());
    let is_of_pod = matches!(workload, Ok(Some(WorkloadSpec::Pod(_))));
    is_of_pod && entry.skip(EngineRunner.name()).is_none()
}

/// A test of a case; a file that cannot be loaded is a test that fails.
fn trial(entry: Entry) -> Trial {
    let skip = entry.skip(EngineRunner.name()).map(str::to_owned);
    let trial = Trial::test(entry.title, move || {
        let case = entry
            .case
            .map_err(|failure| Failed::from(failure.to_string()))?;
        let runners: [(&str, &mut dyn Runner); 3] = [
            ("whole bundle", &mut EngineRunner),
            ("pruned bundle", &mut PrunedRunner),
            ("compiled program", &mut CompiledRunner),
        ];
        for (bundle, runner) in runners {
            if let Outcome::Failed { why } = run(runner, &case) {
                let why = format!("{}, {bundle}\n{why}", case.place);
                return Err(Failed::from(why));
            }
        }
        Ok(())
    });
    match skip {
        Some(reason) => trial
            .with_kind(format!("skipped: {reason}"))
            .with_ignored_flag(true),
        None => trial,
    }
}
