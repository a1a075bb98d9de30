//! Tables of texts, what they say and where.

use super::{Manifests, limits};
use heliast::problem::{FieldPath, Segment};
use serde_json::json;

/// A path such as `spec.ingress.0`.
fn path(text: &str) -> FieldPath {
    let segments = text.split('.').filter(|part| !part.is_empty());
    FieldPath(
        segments
            .map(|part| {
                part.parse()
                    .map_or_else(|_| Segment::Key(part.to_owned()), Segment::Index)
            })
            .collect(),
    )
}

/// `line:column-column` of a field of the first document.
fn place(manifests: &Manifests, field: &str) -> String {
    let span = manifests.locate(0, &path(field)).unwrap().span;
    let end = if span.end.line == span.start.line {
        span.end.column.to_string()
    } else {
        format!("{}:{}", span.end.line, span.end.column)
    };
    format!("{}:{}-{end}", span.start.line, span.start.column)
}

/// The problems of a text: `code line:column message`.
fn problems(name: &str, text: &str) -> Vec<String> {
    let mut manifests = Manifests::new();
    manifests.read_text(name, text);
    let list = manifests.diagnostics().iter().map(|problem| {
        let start = problem.location.unwrap().span.start;
        format!(
            "{} {}:{} {}",
            problem.code, start.line, start.column, problem.message
        )
    });
    list.collect()
}

#[test]
fn every_field_of_yaml_has_a_place() {
    let text = "\
# a comment
kind: Pod
metadata:
  name: 'web'
  labels: {app: web, \"täg\": x}
spec:
- a
- b: 1
  c: |
    two
    lines
-   - deep
empty:
";
    let mut manifests = Manifests::new();
    manifests.read_text("a.yaml", text);
    let expected = json!({
        "kind": "Pod",
        "metadata": {"name": "web", "labels": {"app": "web", "täg": "x"}},
        "spec": ["a", {"b": 1, "c": "two\nlines\n"}, ["deep"]],
        "empty": null,
    });
    assert_eq!(manifests.documents()[0].to_value(), expected);
    for (field, expected) in [
        ("", "2:1-5"),
        ("kind", "2:7-10"),
        ("metadata", "3:1-9"),
        ("metadata.name", "4:9-14"),
        ("metadata.labels.app", "5:17-20"),
        ("metadata.labels.täg", "5:29-30"),
        ("metadata.nothing", "3:1-9"),
        ("metadata.name.0", "4:9-14"),
        ("spec.0", "7:3-4"),
        ("spec.1", "8:3-4"),
        ("spec.1.b", "8:6-7"),
        ("spec.2.0", "12:7-11"),
        ("spec.9", "6:1-5"),
        ("empty", "13:1-6"),
    ] {
        assert_eq!(place(&manifests, field), expected, "{field}");
    }
}

#[test]
fn every_field_of_json_has_a_place() {
    let text = "{\"kind\": \"Pod\",\n \"n\": -1.5e3, \"t\": [true, null,\n  {\"k\\u0065y\": \"\\ud83d\\ude00 }\"}]}\n{\"second\": []}";
    let mut manifests = Manifests::new();
    let documents = manifests.read_text("a.json", text);
    assert_eq!(documents, 0..2);
    let expected = json!({"kind": "Pod", "n": -1500.0, "t": [true, null, {"key": "😀 }"}]});
    assert_eq!(manifests.documents()[0].to_value(), expected);
    assert_eq!(manifests.documents()[1].to_value(), json!({"second": []}));
    for (field, expected) in [
        ("kind", "1:10-15"),
        ("n", "2:7-13"),
        ("t.0", "2:21-25"),
        ("t.2.key", "3:16-32"),
        ("t", "2:15-18"),
    ] {
        assert_eq!(place(&manifests, field), expected, "{field}");
    }
}

#[test]
fn a_stream_may_hold_several_documents_and_empty_ones() {
    let text = "\u{feff}---\n# nothing\n---\na: 1\n...\n---\nb: &x [1, 2]\nc: *x\n---\n";
    let mut manifests = Manifests::new();
    assert_eq!(manifests.read_text("a.yaml", text), 0..2);
    assert_eq!(manifests.diagnostics(), []);
    assert_eq!(
        manifests.documents()[1].to_value(),
        json!({"b": [1, 2], "c": [1, 2]})
    );
    // What an alias says stands where its anchor stands.
    let inside = manifests.locate(1, &path("c.1")).unwrap().span.start;
    assert_eq!((inside.line, inside.column), (7, 11));
}

#[test]
fn words_are_those_of_kubectl() {
    let text = "a: on\nb: yes\n8080: no\nc: '1'\nd: !!str 2\ne: ! 3\nf: 1e2\nh: 'no'\ng: \"\"\n";
    let mut manifests = Manifests::new();
    manifests.read_text("a.yaml", text);
    let expected = json!({
        "a": true, "b": true, "8080": false, "c": "1", "d": "2", "e": "3", "f": 100.0, "h": "no",
        "g": "",
    });
    assert_eq!(manifests.diagnostics(), []);
    assert_eq!(manifests.documents()[0].to_value(), expected);
}

/// Texts of YAML and the problem they are.
const MISTAKES: [(&str, &str); 9] = [
    (
        "a: 1\nb: 2\na: 3\n",
        "duplicate-key 3:1 the key `a` is already in this map, on line 1",
    ),
    (
        "{x: 1, \"x\": 2}",
        "duplicate-key 1:8 the key `x` is already in this map, on line 1",
    ),
    (
        "a: 0755\n",
        "number 1:4 `0755` is octal to some readers of YAML and decimal to others",
    ),
    (
        "a: .inf\n",
        "number 1:4 `.inf` is no number that JSON can say",
    ),
    (
        "a: !secret x\n",
        "tag 1:4 the tag `!secret` means nothing here",
    ),
    (
        "a: !!binary x\n",
        "tag 1:4 the tag `!!binary` means nothing here",
    ),
    (
        "<<: {a: 1}\n",
        "merge-key 1:1 merge keys (`<<`) are not part of YAML 1.2",
    ),
    ("? [a]\n: b\n", "key 1:3 a map or a list cannot be a key"),
    (
        "a: &x [*x]\n",
        "alias 1:8 this alias stands inside the value it stands for",
    ),
];

#[test]
fn mistakes_are_named_where_they_stand() {
    for (text, expected) in MISTAKES {
        let found = problems("a.yaml", text);
        assert_eq!(
            found.first().map(String::as_str),
            Some(expected),
            "{text:?}"
        );
    }
    for (text, place) in [
        ("a: 1\n\tb: 2\n", "yaml-syntax 1:4 "),
        ("a: b: c\n", "yaml-syntax 1:5 "),
        ("a: [1, 2\n", "yaml-syntax 1:9 "),
        ("a: *nothing\n", "yaml-syntax 1:4 "),
        ("a: \0\n", "yaml-syntax 1:4 "),
    ] {
        let found = problems("a.yaml", text);
        assert!(
            found.iter().any(|problem| problem.starts_with(place)),
            "{text:?}: {found:?}"
        );
    }
    for (text, expected) in [
        (
            "{\"a\": 1, \"a\": 2}",
            "duplicate-key 1:10 the key `a` is already in this map, on line 1",
        ),
        (
            "{\"a\":\n tru}",
            "json-syntax 2:5 this is not JSON: expected ident",
        ),
        (
            "{\"a\": 1",
            "json-syntax 1:7 this is not JSON: EOF while parsing an object",
        ),
    ] {
        assert_eq!(problems("a.json", text), [expected], "{text:?}");
    }
}

#[test]
fn documents_before_a_mistake_are_kept() {
    let mut manifests = Manifests::new();
    assert_eq!(manifests.read_text("a.yaml", "a: 1\n---\nb: [\n"), 0..1);
    assert_eq!(manifests.diagnostics().len(), 1);
}

#[test]
fn nothing_in_a_file_makes_it_grow_without_bound() {
    let mut laughs = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..30 {
        let below = level - 1;
        laughs.push_str(&format!("a{level}: &a{level} ["));
        laughs.push_str(&format!("*a{below}, ").repeat(10));
        laughs.push_str("]\n");
    }
    let found = problems("a.yaml", &laughs);
    let most = limits::ALIASED_VALUES;
    let expected = format!("the aliases of this file stand for more than {most} values");
    assert!(found[0].contains(&expected), "{found:?}");

    for text in [
        "[".repeat(100_000),
        "{a: ".repeat(100_000),
        "- ".repeat(100_000),
    ] {
        let found = problems("a.yaml", &text);
        let refused = ["nested deeper than 100", "recursion limit exceeded"];
        assert!(
            refused.iter().any(|text| found[0].contains(text)),
            "{found:?}"
        );
    }
    let found = problems("a.json", &"[".repeat(100_000));
    assert!(found[0].contains("recursion limit exceeded"), "{found:?}");

    let many = "a: 1\n".repeat(1000);
    assert_eq!(problems("a.yaml", &many).len(), limits::SYNTAX_PROBLEMS);
}
