//! Tiers and policies of all four kinds.

use super::rules::{self, Way};
use super::{chance, fields, names, one_of, selectors, sometimes};
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value, json};

const KINDS: [&str; 9] = [
    "GlobalNetworkPolicy",
    "GlobalNetworkPolicy",
    "GlobalNetworkPolicy",
    "GlobalNetworkPolicy",
    "NetworkPolicy",
    "NetworkPolicy",
    "NetworkPolicy",
    "StagedGlobalNetworkPolicy",
    "StagedNetworkPolicy",
];
/// Names whose order is not that of the alphabet (C38).
const NAMES: [&str; 8] = ["web", "web-a", "web.a", "web1", "p", "q", "r", "s"];
/// `t4` never has an object.
const TIERS: [&str; 9] = [
    "default",
    "default",
    "t1",
    "t1",
    "t2",
    "t3",
    "t4",
    "kube-admin",
    "kube-baseline",
];
const ORDERS: [Option<f64>; 7] = [
    None,
    Some(1.0),
    Some(1.0),
    Some(2.5),
    Some(-3.0),
    Some(0.0),
    Some(-0.0),
];

const TYPES: [Option<&[&str]>; 6] = [
    None,
    Some(&["Ingress"]),
    Some(&["Ingress"]),
    Some(&["Egress"]),
    Some(&["Ingress", "Egress"]),
    Some(&["Egress", "Ingress"]),
];

/// A tier with an object.
pub(super) fn tier() -> impl Strategy<Value = Value> {
    let free = (
        one_of(&["t1", "t2", "t3"]),
        sometimes(85, one_of(&ORDERS)),
        sometimes(60, one_of(&["Pass", "Deny"])),
    );
    let free = free.prop_map(|(name, order, end)| {
        let spec = fields([
            ("order", order.flatten().map(|order| json!(order))),
            ("defaultAction", end.map(|end| json!(end))),
        ]);
        (name, spec)
    });
    let fixed = Just((
        "default",
        json!({"order": 1_000_000, "defaultAction": "Deny"}),
    ));
    prop_oneof![5 => free, 1 => fixed].prop_map(|(name, spec)| {
        json!({"apiVersion": "projectcalico.org/v3", "kind": "Tier", "metadata": {"name": name},
            "spec": spec})
    })
}

/// Which workloads a policy is for.
#[derive(Debug, Clone)]
struct Selection {
    selector: Option<String>,
    accounts: Option<String>,
    namespaces: Option<String>,
}

fn selection() -> impl Strategy<Value = Selection> {
    let selector = prop_oneof![
        5 => Just(None),
        1 => Just(Some(String::new())),
        3 => Just(Some("all()".to_owned())),
        3 => selectors::on_labels().prop_map(Some),
    ];
    let narrower = (
        sometimes(10, selectors::on_accounts()),
        sometimes(15, selectors::on_namespaces()),
    );
    (selector, narrower).prop_map(|(selector, (accounts, namespaces))| Selection {
        selector,
        accounts,
        namespaces,
    })
}

/// A policy of any kind.
pub(crate) fn policy() -> BoxedStrategy<Value> {
    let head = (
        one_of(&KINDS),
        one_of(&NAMES),
        one_of(&names::NAMESPACES),
        sometimes(80, one_of(&TIERS)),
        sometimes(70, one_of(&ORDERS)),
    );
    let types = one_of(&TYPES);
    let rules = (
        sometimes(90, vec(rules::rule(Way::Ingress), 0..5)),
        sometimes(60, vec(rules::rule(Way::Egress), 0..4)),
    );
    let rest = (
        chance(3),
        sometimes(30, one_of(&["Set", "Learn", "Ignore", "Delete"])),
    );
    (head, selection(), types, rules, rest)
        .prop_map(|(head, selection, types, rules, rest)| {
            assemble(head, selection, types, rules, rest)
        })
        .boxed()
}

type Head = (
    &'static str,
    &'static str,
    &'static str,
    Option<&'static str>,
    Option<Option<f64>>,
);

fn assemble(
    (kind, name, namespace, tier, order): Head,
    selection: Selection,
    types: Option<&[&str]>,
    (ingress, egress): (Option<Vec<Value>>, Option<Vec<Value>>),
    (untracked, staged): (bool, Option<&str>),
) -> Value {
    let is_global = kind.ends_with("GlobalNetworkPolicy");
    let untracked = (untracked && is_global).then_some(json!(true));
    let staged = staged.filter(|_| kind.starts_with("Staged"));
    let mut spec = fields([
        ("tier", tier.map(|tier| json!(tier))),
        ("order", order.flatten().map(|order| json!(order))),
        ("selector", selection.selector.map(|text| json!(text))),
        (
            "serviceAccountSelector",
            selection.accounts.map(|text| json!(text)),
        ),
        (
            "namespaceSelector",
            selection
                .namespaces
                .filter(|_| is_global)
                .map(|text| json!(text)),
        ),
        ("types", types.map(|types| json!(types))),
        ("ingress", ingress.map(|rules| json!(rules))),
        ("egress", egress.map(|rules| json!(rules))),
        ("doNotTrack", untracked.clone()),
        ("applyOnForward", untracked),
        ("stagedAction", staged.map(|action| json!(action))),
    ]);
    if staged == Some("Delete") {
        // Nothing else may stand beside it (calico.md 1.6 row 9).
        spec = json!({"stagedAction": "Delete"});
    }
    let metadata = fields([
        ("name", Some(json!(name))),
        ("namespace", (!is_global).then(|| json!(namespace))),
    ]);
    json!({"apiVersion": "projectcalico.org/v3", "kind": kind, "metadata": metadata, "spec": spec})
}

/// A policy of so many rules about paths, for every peer, that an engine may look them up instead
/// of asking each.
pub(super) fn catalogue() -> BoxedStrategy<Value> {
    let rules = vec(rules::about_paths(), 16..30);
    (rules, one_of(&["default", "t1"]), chance(20))
        .prop_map(|(rules, tier, is_staged)| {
            let kind = if is_staged {
                "StagedGlobalNetworkPolicy"
            } else {
                "GlobalNetworkPolicy"
            };
            json!({"apiVersion": "projectcalico.org/v3", "kind": kind,
            "metadata": {"name": "catalogue"},
            "spec": {"tier": tier, "types": ["Ingress"], "ingress": rules}})
        })
        .boxed()
}

/// A Deny rule that is fit for either direction.
pub(crate) fn denying_rule() -> BoxedStrategy<Value> {
    rules::rule(Way::Either)
        .prop_map(|mut rule| {
            rule["action"] = json!("Deny");
            rule
        })
        .boxed()
}
