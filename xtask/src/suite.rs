//! Every check there is, one after the other.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;
use std::time::Instant;

use anyhow::Result;

use crate::artifacts::{self, WASM};
use crate::step::{self, Finished, Outcome, Step};
use crate::tally::Tally;
use crate::{demo, envoy, run, tree, upstreams};

/// What the filter may weigh: a megabyte of it costs every sidecar about 0.65 s of start and 20 MB
/// of memory.
const MODULE_BUDGET: u64 = 1280 * 1024;
/// The most the module that takes compiled programs alone may weigh.
const RUNTIME_MODULE_BUDGET: u64 = 512 << 10;

const STEPS: &[Step] = &[
    Step {
        name: "fmt",
        needs: &[],
        run: fmt,
    },
    Step {
        name: "clippy",
        needs: &[],
        run: clippy,
    },
    Step {
        name: "clippy-wasm",
        needs: &[],
        run: clippy_wasm,
    },
    Step {
        name: "docs",
        needs: &[],
        run: docs,
    },
    Step {
        name: "deny",
        needs: &[],
        run: deny,
    },
    Step {
        name: "module",
        needs: &[],
        run: module,
    },
    Step {
        name: "command",
        needs: &[],
        run: command,
    },
    Step {
        name: "size",
        needs: &["module"],
        run: size,
    },
    Step {
        name: "envoy",
        needs: &[],
        run: envoy_found,
    },
    Step {
        name: "upstreams",
        needs: &[],
        run: servers,
    },
    Step {
        name: "tests",
        needs: &["module", "command", "envoy"],
        run: tests,
    },
    Step {
        name: "demo",
        needs: &["module", "envoy"],
        run: story,
    },
];

/// The steps of these names and those they need; all of them if none is named.
pub(crate) fn select(names: &[String]) -> Result<Vec<&'static Step>, String> {
    let mut wanted: BTreeSet<&str> = names.iter().map(String::as_str).collect();
    for name in &wanted {
        if !STEPS.iter().any(|step| step.name == *name) {
            let known: Vec<_> = STEPS.iter().map(|step| step.name).collect();
            return Err(format!("no step `{name}`; there are {}", known.join(", ")));
        }
    }
    for step in STEPS
        .iter()
        .filter(|step| names.iter().any(|name| name == step.name))
    {
        wanted.extend(step.needs);
    }
    Ok(STEPS
        .iter()
        .filter(|step| names.is_empty() || wanted.contains(step.name))
        .collect())
}

/// Runs the steps, prints a line for each and the sum as the last line; answers whether nothing
/// failed.
pub(crate) fn run(steps: &[&Step]) -> Result<bool> {
    let mut total = Tally::default();
    let mut fallen = BTreeSet::new();
    for step in steps {
        let started = Instant::now();
        let outcome = match step.needs.iter().find(|need| fallen.contains(*need)) {
            Some(need) => Outcome::skipped(format!("{need} failed")),
            None => (step.run)().unwrap_or_else(|error| Outcome::failed(format!("{error:#}"))),
        };
        if outcome.tally.failed > 0 {
            fallen.insert(step.name);
            print!("{}", outcome.output);
        }
        report(step.name, &outcome, started.elapsed().as_secs_f64());
        figures(&outcome.output).for_each(|figure| println!("             {figure}"));
        total += outcome.tally;
    }
    println!("\n{total}");
    Ok(total.failed == 0)
}

fn report(name: &str, outcome: &Outcome, seconds: f64) {
    let status = match outcome.tally {
        Tally { failed: 1.., .. } => "FAILED",
        Tally {
            passed: 0,
            skipped: 1..,
            ..
        } => "skipped",
        Tally { .. } => "ok",
    };
    println!(
        "{}",
        format!("{name:<12} {status:<8} {seconds:>7.1} s  {}", outcome.note).trim_end()
    );
}

/// What a step measured: lines of its output that begin with `figure: `.
fn figures(output: &str) -> impl Iterator<Item = &str> {
    output
        .lines()
        .filter_map(|line| line.strip_prefix("figure: "))
}

fn fmt() -> Result<Outcome> {
    step::check(run::cargo().args(["fmt", "--all", "--check"]))
}

fn clippy() -> Result<Outcome> {
    step::check(run::cargo().args([
        "clippy",
        "--workspace",
        "--all-targets",
        "--",
        "--deny",
        "warnings",
    ]))
}

/// The modules as they are shipped: which code they have depends on target and features.
fn clippy_wasm() -> Result<Outcome> {
    artifacts::ensure_target()?;
    let full = ["heliast", "heliast-bench-empty", "heliast-bench-bare"];
    let full = full.iter().flat_map(|package| ["--package", *package]);
    let checked = step::check(
        linted_for_wasm()
            .args(full)
            .args(["--", "--deny", "warnings"]),
    )?;
    if checked.tally.failed > 0 {
        return Ok(checked);
    }
    let runtime = ["--package", "heliast", "--no-default-features"];
    let runtime = runtime.into_iter().chain(["--features", "compiled"]);
    step::check(
        linted_for_wasm()
            .args(runtime)
            .args(["--", "--deny", "warnings"]),
    )
}

fn linted_for_wasm() -> Command {
    let mut clippy = run::cargo();
    clippy.args(["clippy", "--target", WASM]);
    clippy
}

fn docs() -> Result<Outcome> {
    step::check(
        run::cargo()
            .args(["doc", "--workspace", "--no-deps"])
            .env("RUSTDOCFLAGS", "-D warnings"),
    )
}

fn deny() -> Result<Outcome> {
    if run::output(run::cargo().args(["deny", "--version"])).is_none() {
        return Ok(Outcome::skipped("cargo-deny is not installed"));
    }
    // Advisories are fetched from outside, which not every machine may: they are checked by hand.
    step::check(run::cargo().args(["deny", "--offline", "check", "bans", "licenses", "sources"]))
}

/// Servers that tests ask behind a sidecar: a machine that cannot install them goes without.
fn servers() -> Result<Outcome> {
    let missing = upstreams::install()?;
    Ok(if missing.is_empty() {
        Outcome::passed("Flask and Express")
    } else {
        Outcome::skipped(format!("not installed: {}", missing.join(", ")))
    })
}

fn module() -> Result<Outcome> {
    let full = artifacts::build_module()?;
    let runtime = artifacts::build_runtime_module()?;
    let note = format!("{} and {}", full.display(), runtime.display());
    Ok(Outcome::passed(note))
}

fn command() -> Result<Outcome> {
    artifacts::build_command().map(|path| Outcome::passed(path.display().to_string()))
}

fn size() -> Result<Outcome> {
    let full = fs::metadata(tree::module())?.len();
    let runtime = fs::metadata(tree::runtime_module())?.len();
    let of = |size: u64, most: u64| format!("{} of {} KiB", size / 1024, most / 1024);
    let note = format!(
        "{}, runtime-only {}",
        of(full, MODULE_BUDGET),
        of(runtime, RUNTIME_MODULE_BUDGET)
    );
    Ok(
        if full <= MODULE_BUDGET && runtime <= RUNTIME_MODULE_BUDGET {
            Outcome::passed(note)
        } else {
            Outcome::failed(note)
        },
    )
}

fn envoy_found() -> Result<Outcome> {
    envoy::ensure().map(|path| Outcome::passed(path.display().to_string()))
}

/// Tests with Envoy wait most of the time; on a machine with two cores the default of two at once
/// leaves it idle.
const TESTS_AT_ONCE: &str = "4";

fn tests() -> Result<Outcome> {
    let finished = step::capture(
        run::cargo()
            .args(["test", "--workspace", "--no-fail-fast"])
            .env("RUST_TEST_THREADS", TESTS_AT_ONCE)
            .env("HELIAST_WASM", tree::module())
            .env("HELIAST_RUNTIME_WASM", tree::runtime_module())
            .env("HELIAST", tree::command())
            .env("ENVOY", envoy::ensure()?),
    )?;
    let tally = Tally::of_cargo_test(&finished.output);
    Ok(counted(tally, finished))
}

fn story() -> Result<Outcome> {
    let finished = step::capture(
        demo::command(&[])
            .env("HELIAST_WASM", tree::module())
            .env("ENVOY", envoy::ensure()?),
    )?;
    let tally = Tally::of_closing_line(&finished.output).unwrap_or_default();
    Ok(counted(tally, finished))
}

/// A command that fails without a failing check, because it does not compile for one, is a failure
/// all the same; so is one that says nothing.
fn counted(mut tally: Tally, finished: Finished) -> Outcome {
    let silent = tally == Tally::default();
    if tally.failed == 0 && (silent || !finished.success) {
        tally += Tally::FAILED;
    }
    Outcome {
        tally,
        note: tally.to_string(),
        output: finished.output,
    }
}
