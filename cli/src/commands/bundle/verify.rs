//! `heliast bundle verify`: may this bundle be believed?

use super::{Output, counted, public_keys, source};
use crate::commands::{Answer, Stop};
use crate::terminal::Terminal;
use clap::Args;
use heliast::bundle::{Order, PublicKey, Signature, Statement, hex};
use heliast_cli::bundles::{Opened, Program, Refusal, WholeFile};
use heliast_cli::diagnostics::{Colour, Style, clean};
use serde_json::{Value, json};
use std::fmt::Display;
use std::path::PathBuf;

const EXAMPLES: &str = "Examples:
  heliast bundle verify bundle.json
  heliast bundle verify bundle.json --key key.pub --sequence-at-least 1758000000000

Exit codes: 0 all holds, 1 something does not, 2 this is no bundle.";

/// Check the content, the policy and the signatures of a bundle.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// The bundle; `-` is standard input.
    bundle: PathBuf,
    /// A key that may have signed it: in base64, or a file with base64 or PEM. May be repeated; one
    /// of them must have signed.
    #[arg(long = "key", value_name = "KEY")]
    keys: Vec<String>,
    /// The lowest number in the order of bundles that is good enough.
    #[arg(long, value_name = "N")]
    sequence_at_least: Option<u64>,
    /// The epoch of that number; a higher epoch is always good enough.
    #[arg(long, value_name = "N", requires = "sequence_at_least")]
    epoch: Option<u64>,
    /// How to show the result.
    #[arg(long, short, value_name = "FORM", default_value = "pretty")]
    output: Output,
}

impl Arguments {
    /// The lowest place in the order of bundles that is good enough.
    fn least(&self) -> Option<Order> {
        let epoch = self.epoch.unwrap_or(0);
        self.sequence_at_least.map(|number| Order { epoch, number })
    }
}

/// Something that was checked.
struct Check {
    what: &'static str,
    state: State,
    text: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Holds,
    Fails,
    /// Nobody asked for it, or there was nothing to check it by.
    Unchecked,
}

pub(super) fn run(arguments: &Arguments, terminal: Terminal) -> Result<Answer, Stop> {
    let keys: Vec<PublicKey> = arguments
        .keys
        .iter()
        .map(|text| public_keys::read(text))
        .collect::<Result<_, _>>()?;
    let file = match source::open(&arguments.bundle, terminal)? {
        Opened::Program(program) => return verify_program(&program, arguments, &keys, terminal),
        Opened::Whole(file) => file,
        Opened::Delta(_) => return Err(source::is_delta(&arguments.bundle)),
    };
    let (policy, refusal) = policy(&file);
    let mut checks = vec![revision(&file), policy];
    let statement = &file.whole.statement;
    checks.extend(sequence(statement.order, arguments.least()));
    checks.extend(check_signatures(statement, &file.whole.signatures, &keys));
    show(statement, &checks, &refusal, arguments.output, terminal)
}

/// The same of a compiled program: its digest was held against its policy when it was opened.
fn verify_program(
    program: &Program,
    arguments: &Arguments,
    keys: &[PublicKey],
    terminal: Terminal,
) -> Result<Answer, Stop> {
    let head = &program.head;
    let (state, text) = match program.bundle() {
        Ok(_) => (State::Holds, counted(program.policy_bytes(), "byte")),
        Err(why) => (State::Fails, why),
    };
    let digest = Check {
        what: "digest",
        state: State::Holds,
        text: hex(&head.digest),
    };
    let what = "policy";
    let mut checks = vec![digest, Check { what, state, text }];
    checks.extend(sequence(head.statement.order, arguments.least()));
    checks.extend(check_signatures(head, &head.signatures, keys));
    let refusal = Refusal::default();
    show(
        &head.statement,
        &checks,
        &refusal,
        arguments.output,
        terminal,
    )
}

fn show(
    statement: &Statement,
    checks: &[Check],
    refusal: &Refusal,
    output: Output,
    terminal: Terminal,
) -> Result<Answer, Stop> {
    let holds = checks.iter().all(|check| check.state != State::Fails);
    match output {
        Output::Pretty => {
            terminal.show(&refusal.diagnostics, &refusal.manifests);
            let lines = checks.iter().map(|check| check.line(terminal.colour));
            terminal.data(&lines.collect::<String>())?;
        }
        Output::Json => {
            let document = json!({
                "apiVersion": "heliast.dev/v1alpha1",
                "kind": "BundleVerification",
                "holds": holds,
                "revision": statement.revision.to_string(),
                "epoch": statement.order.map(|order| order.epoch),
                "sequence": statement.order.map(|order| order.number),
                "for": statement.audience.as_ref().map(|audience| audience.encode()),
                "checks": checks.iter().map(Check::json).collect::<Vec<_>>(),
                "diagnostics": refusal.diagnostics.to_json(&refusal.manifests),
            });
            terminal.data(&format!("{document:#}\n"))?;
        }
    }
    Ok(if holds { Answer::Yes } else { Answer::No })
}

fn revision(file: &WholeFile) -> Check {
    let (state, text) = if file.whole.is_intact() {
        (State::Holds, file.whole.content().to_string())
    } else {
        let content = file.whole.content();
        let text = format!(
            "it claims {}, and its objects hash to {content}",
            file.whole.statement.revision
        );
        (State::Fails, text)
    };
    Check {
        what: "revision",
        state,
        text,
    }
}

fn policy(file: &WholeFile) -> (Check, Refusal) {
    let (state, text, problems) = match file.load() {
        Ok(loaded) => {
            let policies = counted(loaded.resources.policies.len(), "policy");
            let objects = counted(file.objects().len(), "object");
            let text = format!("{objects}, {policies}");
            (State::Holds, text, loaded.warnings)
        }
        Err(problems) => {
            let text = "a filter refuses it".to_owned();
            (State::Fails, text, problems)
        }
    };
    let refusal = if problems.list.is_empty() {
        Refusal::default()
    } else {
        file.locate(&problems)
    };
    let what = "policy";
    (Check { what, state, text }, refusal)
}

fn sequence(given: Option<Order>, least: Option<Order>) -> Option<Check> {
    let (state, text) = match (given, least) {
        (None, None) => return None,
        (Some(given), None) => (State::Unchecked, format!("{given}; no --sequence-at-least")),
        (None, Some(least)) => (State::Fails, format!("it has none, and {least} is wanted")),
        (Some(given), Some(least)) if given < least => {
            (State::Fails, format!("{given} is less than {least}"))
        }
        (Some(given), Some(least)) => (State::Holds, format!("{given}, at least {least}")),
    };
    Some(Check {
        what: "sequence",
        state,
        text,
    })
}

fn check_signatures(
    said: &dyn Display,
    signatures: &[Signature],
    keys: &[PublicKey],
) -> Vec<Check> {
    let mut checks = Vec::new();
    let mut check = |state, text| {
        checks.push(Check {
            what: "signature",
            state,
            text,
        });
    };
    let mut is_signed = false;
    for signature in signatures {
        let id = clean(&signature.key);
        match keys.iter().find(|key| key.id() == signature.key) {
            Some(key) if key.has_signed(said, signature) => {
                is_signed = true;
                check(State::Holds, format!("key {id}"));
            }
            Some(_) => check(State::Fails, format!("key {id} has not signed this bundle")),
            None => check(State::Unchecked, format!("key {id}; no --key has this id")),
        }
    }
    if !keys.is_empty() && !is_signed {
        let ids: Vec<&str> = keys.iter().map(PublicKey::id).collect();
        check(State::Fails, format!("none of {}", ids.join(", ")));
    } else if signatures.is_empty() {
        check(State::Unchecked, "none".to_owned());
    }
    checks
}

impl Check {
    fn line(&self, colour: Colour) -> String {
        let word = match self.state {
            State::Holds => colour.paint(Style::Good, "ok     "),
            State::Fails => colour.paint(Style::Bad, "FAILED "),
            State::Unchecked => colour.paint(Style::Frame, "-      "),
        };
        format!("{word}{:<10} {}\n", self.what, self.text)
    }

    fn json(&self) -> Value {
        let holds = match self.state {
            State::Holds => Some(true),
            State::Fails => Some(false),
            State::Unchecked => None,
        };
        json!({"check": self.what, "holds": holds, "text": self.text})
    }
}
