//! What problems look like, in each form.

use super::{Colour, ColourChoice, Diagnostics, Form};
use crate::manifests::{Manifests, Objects};
use heliast::problem::{FieldPath, Problem, Segment, Severity};
use std::io::stderr;

fn problem(severity: Severity, path: &[Segment], message: &str, help: Option<&str>) -> Problem {
    Problem {
        severity,
        code: if path.is_empty() {
            "missing-field"
        } else {
            "wrong-type"
        },
        document: 0,
        object: "NetworkPolicy dev/web".to_owned(),
        path: FieldPath(path.to_vec()),
        message: message.to_owned(),
        help: help.map(str::to_owned),
    }
}

/// Three problems: of a short line, of a long line with a tab and wide letters, of no field.
fn sample() -> (Manifests, Diagnostics) {
    let long = format!(
        "{}höhe: \x07nein{}",
        "spalte\t".repeat(20),
        " und so weiter".repeat(20)
    );
    let text = format!(
        "kind: x\nspec:\n  order: ten\n  note: '{}'\n",
        long.replace('\x07', "")
    );
    let mut manifests = Manifests::new();
    manifests.read_text("policies/web.yaml", &text);
    let mut objects = Objects::default();
    objects.push_document(&manifests, 0);
    let key = |name: &str| Segment::Key(name.to_owned());
    let mut diagnostics = Diagnostics::default();
    for problem in [
        problem(
            Severity::Error,
            &[key("spec"), key("order")],
            "must be a number, not a string",
            Some("write `10`"),
        ),
        problem(
            Severity::Warning,
            &[key("spec"), key("note")],
            "says \x1b[31mred\x1b[0m things, and goes on about them for so long that it no longer \
             fits on a line\nand then on the next",
            None,
        ),
        problem(Severity::Error, &[], "`metadata` is required", None),
    ] {
        diagnostics.push(manifests.diagnose(&problem, &objects));
    }
    let unplaced = Problem {
        document: 7,
        ..problem(Severity::Error, &[], "stands nowhere", None)
    };
    diagnostics.push(manifests.diagnose(&unplaced, &objects));
    diagnostics.push(manifests.diagnose(&unplaced, &objects));
    (manifests, diagnostics)
}

#[test]
fn pretty_shows_the_line_and_how_to_mend_it() {
    let (manifests, diagnostics) = sample();
    insta::assert_snapshot!(diagnostics.render(&manifests, Form::Pretty, Colour::NONE));
}

#[test]
fn compact_is_one_line_each() {
    let (manifests, diagnostics) = sample();
    insta::assert_snapshot!(diagnostics.render(&manifests, Form::Compact, Colour::NONE));
}

#[test]
fn json_is_one_document() {
    let (manifests, diagnostics) = sample();
    insta::assert_snapshot!(diagnostics.render(&manifests, Form::Json, Colour::NONE));
}

#[test]
fn github_gets_workflow_commands() {
    let (manifests, diagnostics) = sample();
    insta::assert_snapshot!(diagnostics.render(&manifests, Form::Github, Colour::NONE));
}

#[test]
fn colours_add_nothing_but_colour() {
    let (manifests, diagnostics) = sample();
    let colour = Colour::of(ColourChoice::Always, &stderr());
    let painted = diagnostics.render(&manifests, Form::Pretty, colour);
    let mut plain = String::new();
    let mut parts = painted.split("\x1b[");
    plain.push_str(parts.next().unwrap());
    for part in parts {
        plain.push_str(part.split_once('m').unwrap().1);
    }
    assert_eq!(
        plain,
        diagnostics.render(&manifests, Form::Pretty, Colour::NONE)
    );
    assert_ne!(plain, painted);
}

#[test]
fn the_summary_counts_in_words() {
    let (_, diagnostics) = sample();
    assert_eq!(diagnostics.summary(), "3 errors, 1 warning");
    assert_eq!(Diagnostics::default().summary(), "no problems");
    let mut many = Diagnostics::default();
    many.extend([], 7);
    assert_eq!(many.summary(), "7 more not shown");
}
