//! Expressions against RE2 itself: what it refuses is refused, and where it and we give an answer it
//! is the same, in Latin-1 and in UTF-8.
//!
//! Recorded answers are asked for always. With `HELIAST_RE2_PAIRS=100000` so many pairs of expression
//! and value are made up and put to the programs of `tests/peers/re2` (`cargo xtask peers`; the one
//! in C++ is built as it says itself); `HELIAST_RE2_RECORD=1` keeps what they answered.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on has failed"
)]

mod expressions {
    pub(crate) mod invention;
}

use expressions::invention::Invention;
use heliast::regex::{Regex, Work};
use heliast::truth::Truth;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// Values for each expression.
const VALUES: usize = 8;
/// How many expressions are kept of those that are asked.
const RECORDED: usize = 2_000;

/// An expression, values and what a program said of them.
#[derive(Debug)]
struct Recorded {
    expression: String,
    values: Vec<String>,
    answer: Answer,
}

#[derive(Debug)]
struct Answer {
    valid: bool,
    latin1: Vec<bool>,
    /// None where the program reads a value otherwise than RE2 does.
    utf8: Vec<Option<bool>>,
}

impl Answer {
    fn read(value: &Value) -> Self {
        let list = |key: &str| value[key].as_array().cloned().unwrap_or_default();
        Self {
            valid: value["valid"].as_bool().unwrap(),
            latin1: list("latin1").iter().filter_map(Value::as_bool).collect(),
            utf8: list("utf8").iter().map(Value::as_bool).collect(),
        }
    }
}

impl Recorded {
    fn read(line: &str) -> Self {
        let value: Value = serde_json::from_str(line).unwrap();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        Self {
            expression: text(&value["expression"]),
            values: value["values"]
                .as_array()
                .unwrap()
                .iter()
                .map(text)
                .collect(),
            answer: Answer::read(&value),
        }
    }

    fn write(&self) -> String {
        let Self {
            expression,
            values,
            answer,
        } = self;
        let mut value = json!({"expression": expression, "values": values, "valid": answer.valid});
        if answer.valid {
            value["latin1"] = json!(answer.latin1);
            value["utf8"] = json!(answer.utf8);
        }
        value.to_string()
    }
}

/// What came of a comparison.
#[derive(Debug, Default)]
struct Tally {
    pairs: usize,
    /// Expressions that only heliast refuses, by the reason it names.
    refused: BTreeMap<&'static str, usize>,
    /// Answers of ours that are Unknown although RE2's readings agree, by reason.
    in_doubt: BTreeMap<&'static str, usize>,
    wrong: Vec<String>,
}

/// Why heliast refuses what RE2 takes: a part of its message, what is written then, and in words.
const REASONS: [(&str, &[&str], &str); 3] = [
    (
        "names a class of Unicode",
        &[r"\p", r"\P"],
        "classes of scripts",
    ),
    (
        "has a backslash before",
        &[r"\x{"],
        "characters beyond Latin-1",
    ),
    (
        "has a backslash before",
        &[r"\C", r"\_"],
        r"`\C` and `\_`, which one edition refuses",
    ),
];

impl Tally {
    fn compare(&mut self, recorded: &Recorded) {
        let Recorded {
            expression, answer, ..
        } = recorded;
        let regex = match Regex::parse(expression) {
            Ok(regex) if answer.valid => regex,
            Ok(_) if is_of_newer_grammar(expression) => return,
            Ok(_) => return self.wrong.push(format!("{expression:?} is taken")),
            Err(_) if !answer.valid => return,
            Err(error) => {
                let reason = REASONS.iter().find(|(part, written, _)| {
                    error.contains(part)
                        && (written.is_empty()
                            || written.iter().any(|one| expression.contains(one)))
                });
                match reason {
                    Some((_, _, reason)) => *self.refused.entry(reason).or_default() += 1,
                    None => self
                        .wrong
                        .push(format!("{expression:?} is refused: {error}")),
                }
                return;
            }
        };
        let matcher = regex.matcher();
        for (number, value) in recorded.values.iter().enumerate() {
            self.pairs += 1;
            let ours = matcher.matches(&unhex(value), &Work::default());
            let theirs = [Some(answer.latin1[number]), answer.utf8[number]];
            self.answer(expression, value, ours, theirs);
        }
    }

    fn answer(&mut self, expression: &str, value: &str, ours: Truth, theirs: [Option<bool>; 2]) {
        let known = || theirs.into_iter().flatten();
        let agreed = Truth::agreed(known());
        let is_right = match ours {
            Truth::True => agreed == Truth::True,
            Truth::False => agreed == Truth::False,
            Truth::Unknown => true,
        };
        if !is_right {
            let line = format!("{expression:?} on {value}: {ours:?}, and RE2 {theirs:?}");
            self.wrong.push(line);
        }
        if ours == Truth::Unknown && agreed != Truth::Unknown && known().count() == 2 {
            let reason = if expression.contains("\\p") || expression.contains("\\P") {
                "classes of Unicode"
            } else if expression.contains("(?i") {
                "cases beyond ASCII"
            } else {
                self.wrong
                    .push(format!("{expression:?} on {value} is Unknown"));
                return;
            };
            *self.in_doubt.entry(reason).or_default() += 1;
        }
    }

    fn report(&self, of: &str) {
        let Self {
            pairs,
            refused,
            in_doubt,
            ..
        } = self;
        println!(
            "figure: {pairs} pairs of expression and value beside {of}: {} differ; expressions refused by heliast alone: {refused:?}; Unknown where its readings agree: {in_doubt:?}",
            self.wrong.len()
        );
        let first: Vec<_> = self.wrong.iter().take(20).collect();
        assert!(first.is_empty(), "{first:#?}");
    }
}

/// `(?<name>`, which came with RE2 of 2023.
fn is_of_newer_grammar(expression: &str) -> bool {
    expression.contains("(?<")
}

#[test]
fn what_re2_said_once_holds() {
    for program in ["re2", "re2-cpp"] {
        let text = std::fs::read_to_string(file(program)).unwrap();
        let mut tally = Tally::default();
        for line in text.lines() {
            tally.compare(&Recorded::read(line));
        }
        assert!(tally.pairs > 1_000, "{}", tally.pairs);
        tally.report(&format!("what {program} said"));
    }
}

#[test]
fn what_re2_says_of_expressions_never_seen_holds() {
    let Ok(pairs) = std::env::var("HELIAST_RE2_PAIRS") else {
        return;
    };
    let pairs: usize = pairs.parse().unwrap();
    let seed = std::env::var("HELIAST_RE2_SEED").ok();
    let seed = seed.map_or(1, |seed| seed.parse().unwrap());
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    for program in ["re2", "re2-cpp"] {
        let binary = root.join("target/peers").join(program);
        if !binary.exists() {
            println!("{} is not built: left out", binary.display());
            continue;
        }
        let mut tally = Tally::default();
        let mut kept = String::new();
        let mut invention = Invention::of_seed(seed);
        while tally.pairs < pairs {
            let asked: Vec<_> = (0..2_000).map(|_| invention.question(VALUES)).collect();
            for (question, answer) in asked.iter().zip(ask(&binary, &asked)) {
                let recorded = Recorded {
                    expression: question.0.clone(),
                    values: question.1.iter().map(|value| hex(value)).collect(),
                    answer,
                };
                if kept.lines().count() < RECORDED && tally.wrong.is_empty() {
                    kept.push_str(&recorded.write());
                    kept.push('\n');
                }
                tally.compare(&recorded);
            }
        }
        if std::env::var_os("HELIAST_RE2_RECORD").is_some() {
            std::fs::write(file(program), kept).unwrap();
        }
        tally.report(program);
    }
}

fn file(program: &str) -> PathBuf {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/peers/recorded");
    PathBuf::from(folder).join(format!("{program}.jsonl"))
}

fn ask(program: &PathBuf, questions: &[(String, Vec<Vec<u8>>)]) -> Vec<Answer> {
    let mut lines = String::new();
    for (expression, values) in questions {
        let values: Vec<String> = values.iter().map(|value| hex(value)).collect();
        let question = json!({"expression": hex(expression.as_bytes()), "values": values});
        writeln!(lines, "{question}").unwrap();
    }
    let mut child = Command::new(program)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let writer = std::thread::spawn(move || stdin.write_all(lines.as_bytes()).unwrap());
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    let answers: Vec<Answer> = String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(|line| Answer::read(&serde_json::from_str(line).unwrap()))
        .collect();
    assert_eq!(answers.len(), questions.len());
    answers
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

fn unhex(text: &str) -> Vec<u8> {
    let digits = text.as_bytes().chunks(2);
    digits
        .map(|two| u8::from_str_radix(std::str::from_utf8(two).unwrap(), 16).unwrap())
        .collect()
}
