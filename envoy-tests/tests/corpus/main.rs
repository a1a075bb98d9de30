//! Every case under `policies/`, over real connections, through the real module in a real Envoy.
//!
//! One process serves a listener for every different configuration the cases need. What a wire
//! cannot express, and what Envoy answers by itself, is printed as skipped, with the reason.

mod certificates;
mod echo;
mod fleet;
mod metadata;
mod plan;
mod runner;
mod tally;
mod wire;

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Result;
use heliast_cli::policy_test::{self, Case};
use heliast_envoy_tests::install;
use libtest_mimic::{Arguments, Completion, Failed, Trial};
use tokio::runtime::{Builder, Runtime};

use fleet::Fleet;
use plan::Plan;
use runner::Outcome;
use tally::Tally;

/// The name that `skip` in a case knows this runner by.
const NAME: &str = "envoy";
/// Cases wait for Envoy's access log more than they compute.
const AT_ONCE: usize = 8;

/// A case, or a file that cannot be loaded, and what it is called in the output.
struct Entry {
    title: String,
    case: Result<Arc<Case>, String>,
}

impl From<policy_test::Entry> for Entry {
    fn from(entry: policy_test::Entry) -> Self {
        let case = entry
            .case
            .map(Arc::new)
            .map_err(|failure| failure.to_string());
        Self {
            title: entry.title,
            case,
        }
    }
}

/// What the trials share.
struct Shared {
    runtime: Runtime,
    fleet: Fleet,
    tally: Tally,
}

fn main() -> Result<ExitCode> {
    let mut arguments = Arguments::from_args();
    arguments.test_threads.get_or_insert(AT_ONCE);
    let policies = install::root().join("policies");
    let entries: Vec<Entry> = policy_test::corpus(&policies)?
        .into_iter()
        .map(Entry::from)
        .collect();
    if arguments.list {
        let trials = entries
            .iter()
            .map(|entry| dress(entry, Trial::test(entry.title.clone(), || Ok(()))));
        return Ok(libtest_mimic::run(&arguments, trials.collect()).exit_code());
    }
    let tally = Tally::default();
    let wanted: Vec<_> = entries
        .iter()
        .map(|entry| is_wanted(entry, &arguments, &tally))
        .collect();
    let runtime = Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    let plan = Plan::of(entries.iter().zip(&wanted).map(|(entry, wanted)| {
        let case = entry.case.as_ref().ok();
        case.filter(|_| *wanted).map(Arc::as_ref)
    }));
    let fleet = runtime.block_on(Fleet::start(&plan.sites))?;
    let shared = Arc::new(Shared {
        runtime,
        fleet,
        tally,
    });
    let trials = entries.into_iter().zip(plan.routes).enumerate();
    let trials = trials.map(|(index, (entry, route))| trial(index, &entry, route, &shared));
    let conclusion = libtest_mimic::run(&arguments, trials.collect());
    shared.tally.print(&shared.fleet);
    Ok(conclusion.exit_code())
}

/// Whether the case will be run: listeners are made for those only.
fn is_wanted(entry: &Entry, arguments: &Arguments, tally: &Tally) -> bool {
    let trial = dress(entry, Trial::test(entry.title.clone(), || Ok(())));
    if arguments.is_filtered_out(&trial) {
        return false;
    }
    let ignored = arguments.is_ignored(&trial);
    if let (true, Some(reason)) = (ignored, skip(entry)) {
        tally.skip(format!("the case says: {reason}"));
    }
    !ignored
}

/// Marks a trial as skipped if its case says so; `--include-ignored` runs it all the same.
fn dress(entry: &Entry, trial: Trial) -> Trial {
    match skip(entry) {
        Some(reason) => trial
            .with_kind(format!("skipped: {reason}"))
            .with_ignored_flag(true),
        None => trial,
    }
}

fn skip(entry: &Entry) -> Option<&str> {
    let case = entry.case.as_ref().ok()?;
    case.skip.get(NAME).map(String::as_str)
}

fn trial(index: usize, entry: &Entry, route: Option<plan::Route>, shared: &Arc<Shared>) -> Trial {
    let (case, shared) = (entry.case.clone(), Arc::clone(shared));
    let trial = Trial::ignorable_test(entry.title.clone(), move || {
        let case = case.map_err(Failed::from)?;
        let outcome = match route {
            Some(route) => {
                shared
                    .runtime
                    .block_on(runner::run(index, &case, &route, &shared.fleet))
            }
            None => Outcome::Failed("it was not planned for".into()),
        };
        match outcome {
            Outcome::Passed(by) => {
                shared.tally.pass(by);
                Ok(Completion::Completed)
            }
            Outcome::Failed(why) => Err(Failed::from(format!("{}\n{why}", case.place))),
            Outcome::Skipped(reason) => {
                let completion = Completion::ignored_with(&reason);
                shared.tally.skip(reason);
                Ok(completion)
            }
        }
    });
    dress(entry, trial)
}
