//! Whole worlds at random: every object a bundle may hold, from universes so small that labels,
//! names, addresses and networks collide all the time.
//!
//! Objects are made as JSON and go through the same decoder as those of users. Only valid ones are
//! made: what is refused is the business of other tests.

mod http;
mod names;
mod policies;
mod probe;
mod rules;
mod selectors;
mod workloads;

pub(crate) use self::policies::{denying_rule, policy};
pub(crate) use self::probe::{Draft, Probe, drafts, every_peer};

use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use std::fmt;

/// The objects of a bundle; prints as JSON.
#[derive(Clone)]
pub(crate) struct World {
    pub(crate) objects: Vec<Value>,
}

impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // One line an object: readable, and can be pasted into `bundle.inline`.
        writeln!(f, "[")?;
        for object in &self.objects {
            writeln!(f, "  {object},")?;
        }
        f.write_str("]")
    }
}

/// Worlds.
pub(crate) fn worlds() -> BoxedStrategy<World> {
    let objects = (
        vec(workloads::namespace(), 0..4),
        vec(workloads::service_account(), 0..5),
        vec(workloads::pod(), 0..6),
        vec(workloads::group(), 0..2),
        vec(workloads::network_set(), 0..4),
        vec(policies::tier(), 0..4),
        vec(policy(), 0..9),
        sometimes(15, policies::catalogue()),
    );
    objects
        .prop_map(
            |(namespaces, accounts, pods, groups, sets, tiers, policies, catalogue)| {
                let catalogue = catalogue.into_iter().collect();
                let all = [
                    namespaces, accounts, pods, groups, sets, tiers, policies, catalogue,
                ];
                World {
                    objects: without_doubles(all.into_iter().flatten()),
                }
            },
        )
        .boxed()
}

/// The objects without those whose name an earlier one has.
pub(crate) fn without_doubles(objects: impl IntoIterator<Item = Value>) -> Vec<Value> {
    let mut names = BTreeSet::new();
    let mut kept = Vec::new();
    for object in objects {
        let metadata = &object["metadata"];
        let name = format!(
            "{} {} {}",
            object["kind"], metadata["namespace"], metadata["name"]
        );
        if names.insert(name) {
            kept.push(object);
        }
    }
    kept
}

/// A JSON object of the fields that are there.
fn fields(fields: impl IntoIterator<Item = (&'static str, Option<Value>)>) -> Value {
    let present = fields
        .into_iter()
        .filter_map(|(key, value)| Some((key.to_owned(), value?)));
    Value::Object(present.collect::<Map<String, Value>>())
}

/// One of a few.
fn one_of<T: Clone + fmt::Debug + 'static>(
    choices: &'static [T],
) -> impl Strategy<Value = T> + Clone {
    prop::sample::select(choices)
}

/// Something so many times out of a hundred.
fn sometimes<S: Strategy>(percent: u32, strategy: S) -> impl Strategy<Value = Option<S::Value>> {
    prop::option::weighted(f64::from(percent) / 100.0, strategy)
}

/// Yes so many times out of a hundred.
fn chance(percent: u32) -> impl Strategy<Value = bool> {
    prop::bool::weighted(f64::from(percent) / 100.0)
}

/// `{key: value}` for each of these pairs.
fn text_map(pairs: Vec<(&'static str, &'static str)>) -> Value {
    let pairs = pairs.into_iter();
    Value::Object(
        pairs
            .map(|(key, value)| (key.to_owned(), json!(value)))
            .collect(),
    )
}
