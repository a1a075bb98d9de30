//! `heliast test`: does policy decide what its tests say?

mod report;

use self::report::{Report, Result as CaseResult};
use super::load;
use super::nearest::Told;
use super::place::Places;
use super::{Answer, Stop};
use crate::terminal::Terminal;
use clap::{Args, ValueEnum};
use heliast_cli::manifests::Manifests;
use heliast_cli::policy_test::{self, Case, EngineRunner, Expect, Outcome, Suite, prepare};
use regex::Regex;
use std::path::{Path, PathBuf};

const EXAMPLES: &str = "Examples:
  heliast test
  heliast test policies/yao-bank -v
  heliast test --run 'stolen key' --output junit > report.xml";

/// Run policy tests.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// Files or folders [default: `policies` if it is there, else this folder].
    paths: Vec<PathBuf>,
    /// Run only cases whose `file::name` matches this regular expression.
    #[arg(long, value_name = "REGEX")]
    run: Option<Regex>,
    /// Print every case.
    #[arg(long, short)]
    verbose: bool,
    /// How to report.
    #[arg(long, short, value_name = "FORM", default_value = "pretty")]
    output: Output,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Output {
    /// Failures with what was expected, what came, and the rule that almost matched.
    Pretty,
    /// One line for each failure.
    Compact,
    /// One JSON document.
    Json,
    /// `JUnit` XML.
    Junit,
}

pub(super) fn run(arguments: &Arguments, terminal: Terminal) -> Result<Answer, Stop> {
    let mut manifests = Manifests::new();
    let sorted = load::read(&mut manifests, &paths(arguments))?;
    let loaded = policy_test::read(&mut manifests, &sorted.tests)?;
    if loaded.diagnostics.errors() > 0 {
        terminal.show(&loaded.diagnostics, &manifests);
        return Err(Stop::Told);
    }
    let mut report = Report::default();
    for suite in &loaded.suites {
        for case in &suite.cases {
            let name = format!("{}::{}", suite.file, case.name);
            if arguments
                .run
                .as_ref()
                .is_none_or(|wanted| wanted.is_match(&name))
            {
                report.results.push(one(&manifests, suite, case));
            }
        }
    }
    if report.results.is_empty() {
        let message = if loaded.suites.is_empty() {
            "there is no PolicyTest in these paths"
        } else {
            "no case matches --run"
        };
        return Err(Stop::Usage(message.to_owned()));
    }
    let text = match arguments.output {
        Output::Pretty => report.pretty(arguments.verbose, terminal.colour),
        Output::Compact => report.compact(arguments.verbose),
        Output::Json => report.json(),
        Output::Junit => report.junit(),
    };
    terminal.data(&text)?;
    Ok(if report.failed() == 0 {
        Answer::Yes
    } else {
        Answer::No
    })
}

fn paths(arguments: &Arguments) -> Vec<PathBuf> {
    if !arguments.paths.is_empty() {
        return arguments.paths.clone();
    }
    let usual = Path::new("policies");
    vec![
        if usual.is_dir() {
            usual
        } else {
            Path::new(".")
        }
        .to_path_buf(),
    ]
}

fn one(manifests: &Manifests, suite: &Suite, case: &Case) -> CaseResult {
    let outcome = policy_test::run(&mut EngineRunner, case);
    let notes = match &outcome {
        Outcome::Failed { .. } => notes(manifests, case).unwrap_or_default(),
        Outcome::Passed | Outcome::Skipped { .. } => Vec::new(),
    };
    CaseResult {
        file: suite.file.clone(),
        suite: suite.name.clone(),
        case: case.name.clone(),
        place: case.place.clone(),
        outcome,
        notes,
    }
}

/// What explains a verdict that is not the expected one: the rule behind the staged verdict where
/// only that is wrong, else the rule that almost decided otherwise.
fn notes(manifests: &Manifests, case: &Case) -> Option<Vec<String>> {
    let Expect::Verdict { verdict, .. } = case.expect else {
        return None;
    };
    let facts = case.facts().ok()?;
    let prepared = prepare(&case.situation).ok()?;
    let explanation = prepared.explain(&facts).ok()?;
    if let Some(staged) = &explanation.verdict.staged
        && explanation.verdict.enforced.decision == verdict
    {
        return Some(vec![format!(
            "staged {} by {}",
            staged.decision, staged.rule
        )]);
    }
    let told = Told {
        pod: None,
        facts,
        prepared,
        explanation,
    };
    let places = Places {
        manifests,
        objects: case.situation.objects(),
    };
    let lines = told.nearest(places)?.lines(places).into_iter().enumerate();
    let label = |position| if position == 0 { "near " } else { "     " };
    Some(
        lines
            .map(|(position, line)| format!("{}{line}", label(position)))
            .collect(),
    )
}
