//! Forms are what was parsed, and whatever else is taken for one is refused or bounded.

use super::{ALL, ANY, CLASS, Form, PLACE, REPEAT};
use crate::limits;
use crate::regex::tests::expressions;
use crate::regex::{Regex, Work};
use proptest::prelude::*;
use std::time::Instant;

fn form(text: &str) -> Form {
    Regex::parse(text).unwrap().form
}

/// Something of every kind of part.
const EXPRESSIONS: [&str; 8] = [
    "",
    "/api/v[0-9]+/.*",
    r"(?i)\bkS\B|^a{0,3}$|\t{2,}",
    r"(?m)(?:^a*$\n?)+",
    "[^é]é{3}|(a|b|)*",
    r"\pL[^\PN]\x{7f}\x01",
    r"(?s).(?:(?:a{2}){3}){4}",
    "(?:a|(?:b|(?:c|d)?)+){0}x",
];

/// Bytes that are taken for a form, or not; neither takes long, and a form has a machine that ends.
fn try_out(bytes: &[u8]) -> bool {
    let form = Form(bytes.into());
    let Some(steps) = form.steps() else {
        return false;
    };
    assert!(steps <= 2 * limits::REGEX_STEPS, "{bytes:?}");
    let (latin1, utf8) = form.machines(&Work::default()).expect("it was counted");
    let all = std::iter::once(&latin1).chain(&utf8);
    let made: usize = all.map(|machine| machine.steps.len() - 1).sum();
    assert_eq!(made, steps, "{bytes:?}");
    let matcher = Regex {
        text: "".into(),
        form,
    }
    .matcher();
    for value in [&b""[..], b"aab\n", b"/api/v1/\xc3\xa9"] {
        let _ = matcher.matches(value, &Work::of(100_000));
    }
    true
}

#[test]
fn a_form_cut_anywhere_is_refused() {
    for text in EXPRESSIONS {
        let form = form(text);
        assert!(try_out(&form.0), "{text}");
        for end in 0..form.0.len() {
            assert!(!try_out(&form.0[..end]), "{text}, cut at {end}");
        }
        assert!(!try_out(&[&*form.0, &[0]].concat()), "{text}, longer");
    }
}

#[test]
fn a_form_with_any_byte_changed_is_refused_or_bounded() {
    for text in EXPRESSIONS {
        let good = form(text).0;
        for place in 0..good.len() {
            for byte in 0..=u8::MAX {
                let mut other = good.to_vec();
                other[place] = byte;
                try_out(&other);
            }
        }
    }
}

fn code(code: u32) -> u8 {
    u8::try_from(code).unwrap()
}

/// A form without classes, in one reading.
fn of_root(root: &[u8]) -> Vec<u8> {
    [&[0], root, &[0]].concat()
}

#[test]
fn parts_have_so_much_depth_and_steps_and_no_more() {
    let start = Instant::now();
    // Exactly once, so many times within each other.
    let once = [code(REPEAT), 1, 1, 1];
    let deep = |times: usize| of_root(&[&once.repeat(times)[..], b"a"].concat());
    assert!(try_out(&deep(300)));
    assert!(!try_out(&deep(400)));
    assert!(!try_out(&deep(100_000)));
    // A hundred times a hundred times, and once more.
    let hundred = [code(REPEAT), 100, 1, 100];
    let many = |times: usize| of_root(&[&hundred.repeat(times)[..], b"a"].concat());
    assert!(try_out(&many(2)));
    assert!(!try_out(&many(3)));
    let most = [0xff, 0xff, 0xff, 0xff, 0x0f];
    let greedy = [&[code(REPEAT)][..], &most, &[0], b"a"].concat();
    assert!(!try_out(&of_root(&greedy)));
    // Of what is nothing there may be any number.
    let nothing = [&[code(REPEAT)][..], &most, &[0, code(ALL), 0]].concat();
    assert!(try_out(&of_root(&nothing)));
    let nothing = [&[code(REPEAT)][..], &most, &[1], &most, &[code(ALL), 0]].concat();
    let twice = [&[code(REPEAT)][..], &most, &[1], &most, &nothing].concat();
    assert!(try_out(&of_root(&twice)));
    // Alternatives of nothing are steps all the same.
    let none = [code(ALL), 0].repeat(5_000);
    let count = [0x88, 0x27];
    assert!(try_out(&of_root(
        &[&[code(ANY)][..], &count, &none].concat()
    )));
    assert!(try_out(&of_root(
        &[&[code(ALL)][..], &count, &none].concat()
    )));
    assert!(start.elapsed().as_secs() < 5);
}

#[test]
fn what_no_part_means_is_refused() {
    for root in [
        // More parts than there are bytes, a class that is not there, a place that is none, less at
        // most than at least.
        &[code(ALL), 9, b'a'][..],
        &[code(ANY), 0xff, 0xff, 0xff, 0xff, 0x0f],
        &[code(CLASS), 0],
        &[code(PLACE) + 6],
        &[code(REPEAT), 2, 1, 1, b'a'],
    ] {
        assert!(!try_out(&of_root(root)), "{root:?}");
    }
    let class = |range: &[u8]| [&[1, 0, 1], range, &[code(CLASS), 0, 0]].concat();
    assert!(try_out(&class(&[0, 0xff, 0xff, 0x43])));
    assert!(!try_out(&class(&[1, 0xff, 0xff, 0x43])));
    assert!(!try_out(&class(&[
        0xff, 0xff, 0xff, 0xff, 0x0f, 0xff, 0xff, 0xff, 0xff, 0x0f
    ])));
}

/// The longest and the deepest forms that a text of so many bytes has.
#[test]
fn every_expression_has_a_form() {
    let classes = |class: &dyn Fn(char) -> String| {
        let all: String = ('!'..='~')
            .filter(|one| !r"\]^-[".contains(*one))
            .map(class)
            .collect();
        let most = limits::REGEX_BYTES - "(?i)é".len();
        let fits: String = all.chars().cycle().take(most * 4).collect();
        let mut text = String::from("(?i)é");
        for class in fits.split_inclusive(']') {
            if class.ends_with(']') && text.len() + class.len() <= limits::REGEX_BYTES {
                text.push_str(class);
            }
        }
        text
    };
    let spread: String = (0..90_u8).map(|at| char::from(b'!' + at)).collect();
    let far: String = (0x100..0x280_u32)
        .step_by(2)
        .filter_map(char::from_u32)
        .collect();
    let switches = format!("a*{}", "(?i)*".repeat(204));
    let groups = format!("{}a*{}", "(b|c".repeat(50), ")*".repeat(50));
    let both = format!("{groups}{}", "(?i)*".repeat(130));
    for text in [
        classes(&|one| format!("[^ks{one}]")),
        classes(&|one| format!("[k{one}]")),
        classes(&|one| format!("[^{one}é]")),
        format!("(?i)é[^{}]", spread.replace(['\\', ']', '[', '^', '-'], "")),
        format!("[^{far}]"),
        "|".repeat(limits::REGEX_BYTES),
        "a*".repeat(limits::REGEX_BYTES / 2),
        "()*".repeat(limits::REGEX_BYTES / 3),
        "é".repeat(limits::REGEX_BYTES / 2),
        switches,
        groups,
        both,
    ] {
        assert!(text.len() <= limits::REGEX_BYTES, "{text}");
        let form = form(&text);
        let most = limits::REGEX_FORM_BYTES;
        assert!(form.size() * 4 <= most * 3, "{} {text}", form.size());
        assert!(try_out(&form.0), "{text}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn whatever_becomes_of_a_form_it_is_refused_or_bounded(
        text in expressions(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..4_u8), 1..6)
    ) {
        let Ok(regex) = Regex::parse(&text) else { return Ok(()) };
        let mut bytes = regex.form.0.to_vec();
        for (place, byte, how) in changes {
            let place = place.index(bytes.len().max(1));
            match how {
                0 => bytes.truncate(place),
                1 => bytes.insert(place, byte),
                2 if place < bytes.len() => { bytes.remove(place); }
                _ => if let Some(old) = bytes.get_mut(place) { *old = byte },
            }
        }
        try_out(&bytes);
    }
}
