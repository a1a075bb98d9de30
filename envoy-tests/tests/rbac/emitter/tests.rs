//! What istio.md says, row by row, against what the emitter makes of it. The expectations are
//! written by hand, as Envoy's documentation has them.

mod domains;
mod fields;
mod policies;
mod scope;
mod token;

use serde_json::{Value, json};

use super::rule::{Place, matcher};
use super::{Meaning, Workload, filters};
use crate::policy::Action;
use crate::subject::Subject;

/// A value of a field, in a policy of namespace `ns`.
#[track_caller]
fn field(name: &str, value: &str) -> Value {
    let subject = Subject::of_field(name).unwrap();
    in_place(&subject, value)
}

/// A value of a condition.
#[track_caller]
fn condition(key: &str, value: &str) -> Value {
    let subject = Subject::of_key(key).unwrap();
    in_place(&subject, value)
}

#[track_caller]
fn in_place(subject: &Subject, value: &str) -> Value {
    let place = Place {
        namespace: "ns",
        action: Action::Allow,
        workload: &workload(),
        meaning: Meaning::CODE,
    };
    matcher(subject, value, &place).unwrap()
}

fn workload() -> Workload {
    Workload {
        namespace: "foo".into(),
        labels: [("app".to_owned(), "web".to_owned())].into(),
        root_namespace: "istio-system".into(),
        trust_domains: vec!["cluster.local".into()],
    }
}

/// A policy of namespace `foo`, whose specification is given.
fn policy(name: &str, spec: &Value) -> Value {
    json!({"metadata": {"name": name, "namespace": "foo"}, "spec": spec})
}

/// The policies of the only filter that is made.
#[track_caller]
fn only(documents: &[Value]) -> Value {
    let filters = filters(documents, &workload(), Meaning::CODE).unwrap();
    assert_eq!(filters.len(), 1, "{filters:?}");
    filters[0]["typed_config"]["rules"]["policies"].clone()
}
