//! Selectors: every operator of calico.md 2.1.

use super::names;
use super::one_of;
use proptest::prelude::*;

type Keys = &'static [(&'static str, &'static [&'static str])];

/// On the labels of workloads and network sets.
pub(super) fn on_labels() -> BoxedStrategy<String> {
    selector(&names::SELECTED)
}

/// On the labels of service accounts.
pub(super) fn on_accounts() -> BoxedStrategy<String> {
    selector(&names::ACCOUNT_SELECTED)
}

/// On the labels of namespaces, without `global()`.
pub(super) fn on_namespaces() -> BoxedStrategy<String> {
    selector(&names::NAMESPACE_SELECTED)
}

/// On namespaces, in a rule.
pub(super) fn on_namespaces_in_rule() -> BoxedStrategy<String> {
    prop_oneof![1 => Just("global()".to_owned()), 4 => on_namespaces()].boxed()
}

fn selector(keys: Keys) -> BoxedStrategy<String> {
    prop_oneof![
        5 => leaf(keys),
        1 => leaf(keys).prop_map(|inner| format!("!{inner}")),
        1 => leaf(keys).prop_map(|inner| format!("! ! ({inner})")),
        1 => (leaf(keys), leaf(keys)).prop_map(|(a, b)| format!("{a} && {b}")),
        1 => (leaf(keys), leaf(keys)).prop_map(|(a, b)| format!("{a} || {b}")),
        1 => (leaf(keys), leaf(keys), leaf(keys))
            .prop_map(|(a, b, c)| format!("{a} || !({b} && {c})")),
    ]
    .boxed()
}

/// One test, or `all()`.
fn leaf(keys: Keys) -> impl Strategy<Value = String> {
    (one_of(keys), any::<[prop::sample::Index; 2]>(), 0..14_u8).prop_map(
        |((key, values), picks, operator)| {
            let [a, b] = picks.map(|pick| values[pick.index(values.len())]);
            match operator {
                0 => "all()".to_owned(),
                1 => format!("has({key})"),
                2 => format!("!has({key})"),
                3 | 4 => format!("{key} != '{a}'"),
                5 => format!("{key} in {{'{a}', \"{b}\"}}"),
                6 => format!("{key} not in {{'{a}','{b}'}}"),
                7 => format!("{key} contains '{a}'"),
                8 => format!("{key} starts with '{a}'"),
                9 => format!("{key} ends with '{a}'"),
                _ => format!("{key} == '{a}'"),
            }
        },
    )
}
