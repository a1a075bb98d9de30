//! Tables: an object, and what is wrong with it as `severity code path`, one problem a line.

mod cross;
mod istio;
mod kinds;
mod limits;
mod objects;
mod property;

use super::{Loaded, Strictness, decode};
use crate::problem::Problem;
use serde_json::{Value, json};

/// What is wrong with these objects.
pub(super) fn findings(objects: &[Value], strictness: Strictness) -> Vec<String> {
    let (problems, is_refused) = match decode(objects, strictness) {
        Ok(loaded) => (loaded.warnings, false),
        Err(problems) => (problems, true),
    };
    assert_eq!(problems.errors().count() > 0, is_refused, "{problems}");
    for problem in &problems.list {
        check_style(problem);
    }
    let line = |problem: &Problem| {
        format!("{} {} {}", problem.severity, problem.code, problem.path)
            .trim_end()
            .to_owned()
    };
    problems.list.iter().map(line).collect()
}

/// The rules for messages (house.md 1 D, 3.3).
fn check_style(problem: &Problem) {
    let lines = [
        problem.message.as_str(),
        problem.help.as_deref().unwrap_or("-"),
    ];
    for line in lines {
        assert!(
            !line.contains('\n') && !line.ends_with('.') && !line.is_empty(),
            "{problem:?}"
        );
    }
    let is_kebab = |byte: u8| byte.is_ascii_lowercase() || byte == b'-';
    assert!(problem.code.bytes().all(is_kebab), "{problem:?}");
}

/// These objects, which have nothing wrong with them.
pub(super) fn load(objects: &[Value]) -> Loaded {
    match decode(objects, Strictness::Heliast) {
        Ok(loaded) => loaded,
        Err(problems) => panic!("{problems}"),
    }
}

/// A policy of namespace `dev` with this spec.
pub(super) fn policy(spec: &Value) -> Value {
    json!({
        "apiVersion": "projectcalico.org/v3",
        "kind": "NetworkPolicy",
        "metadata": {"name": "web", "namespace": "dev"},
        "spec": spec,
    })
}

/// A cluster-wide policy with this spec.
pub(super) fn global_policy(spec: &Value) -> Value {
    json!({
        "apiVersion": "projectcalico.org/v3",
        "kind": "GlobalNetworkPolicy",
        "metadata": {"name": "web"},
        "spec": spec,
    })
}

/// Checks a table of objects. Each of its lines has a piece of JSON, which takes the place of `$`
/// in the template, and after `->` what is found, separated by commas.
#[track_caller]
pub(super) fn check(template: &str, table: &str) {
    each_line(template, table, |object, expected| {
        assert_eq!(
            findings(std::slice::from_ref(object), Strictness::Heliast).join(", "),
            expected,
            "{object}"
        );
    });
}

/// Checks a table of ingress rules in the same way; paths are told from the rule on.
#[track_caller]
pub(super) fn check_rules(strictness: Strictness, template: &str, table: &str) {
    each_line(template, table, |rule, expected| {
        let policy = policy(&json!({"types": ["Ingress"], "ingress": [rule]}));
        let found = findings(&[policy], strictness).join(", ");
        let found = found
            .replace("spec.ingress[0].", "")
            .replace(" spec.ingress[0]", " .");
        assert_eq!(found, expected, "{rule}");
    });
}

#[track_caller]
fn each_line(template: &str, table: &str, check: impl Fn(&Value, &str)) {
    for line in table.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (piece, expected) = line.split_once("->").unwrap();
        let text = template.replace('$', piece.trim());
        let value: Value = serde_json::from_str(&text).expect(&text);
        check(&value, expected.trim());
    }
}
