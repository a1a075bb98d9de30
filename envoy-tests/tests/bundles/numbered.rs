//! Bundles that can be told apart by what passes: number N lets Alice into `/v/N`.

use anyhow::Result;
use heliast_envoy_tests::Edition;
use serde_json::{Value, json};

use crate::world::{pods, policy};

/// The bundle of this number.
pub(crate) fn edition(number: usize) -> Result<Edition> {
    let mut objects = pods();
    objects.push(only(number));
    Edition::new(&objects)
}

/// The policy of this number. It bears the number too, so that the rule in the access log tells it.
pub(crate) fn only(number: usize) -> Value {
    let alice = json!({"serviceAccounts": {"names": ["alice"]}});
    let paths = |paths: &[&str]| {
        let exact = paths.iter().map(|path| json!({"exact": path}));
        json!({"paths": exact.collect::<Vec<_>>()})
    };
    policy(
        &format!("v{number}"),
        &json!([
            {"action": "Allow", "source": alice, "http": paths(&[&path(number)])},
            {"action": "Allow", "source": alice, "http": paths(&["/always"])},
        ]),
    )
}

/// The path that only this bundle lets Alice into.
pub(crate) fn path(number: usize) -> String {
    format!("/v/{number}")
}

/// The number of the bundle that a rule is from.
pub(crate) fn of_rule(rule: &str) -> Option<usize> {
    // calico/<tier>/<kind>/<namespace>/<name>/...
    rule.split('/').nth(4)?.strip_prefix('v')?.parse().ok()
}
