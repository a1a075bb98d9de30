//! Whatever the input: no panic, and no unknown key in what is accepted (design 6.2).

use super::load;
use crate::resources::calico::EntityRule;
use crate::resources::{Resources, Strictness, decode};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

/// Every field that any accepted kind has, and a few strangers.
const WORDS: [&str; 24] = [
    "apiVersion",
    "kind",
    "metadata",
    "spec",
    "items",
    "name",
    "namespace",
    "labels",
    "ingress",
    "egress",
    "types",
    "action",
    "source",
    "destination",
    "http",
    "paths",
    "exact",
    "ports",
    "selector",
    "nets",
    "status",
    "podIPs",
    "tier",
    "stranger",
];

fn any_json() -> impl Strategy<Value = Value> {
    const TEXTS: [&str; 13] = [
        "v1",
        "projectcalico.org/v3",
        "List",
        "Pod",
        "NetworkPolicy",
        "Ingress",
        "Allow",
        "TCP",
        "10.0.0.0/8",
        "global()",
        "/a%",
        "80:90",
        "",
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        ".*".prop_map(Value::from),
        proptest::sample::select(&TEXTS[..]).prop_map(Value::from),
    ];
    let key =
        prop_oneof![4 => proptest::sample::select(&WORDS[..]).prop_map(str::to_owned), 1 => ".*"];
    leaf.prop_recursive(6, 64, 8, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map(key.clone(), inner, 0..8)
                .prop_map(|map| Value::Object(Map::from_iter(map))),
        ]
    })
}

/// A policy in which every field of its kind is set.
fn full_policy() -> Value {
    let end = json!({
        "nets": ["10.0.0.0/8"],
        "notNets": ["10.1.0.0/16"],
        "selector": "app == 'a'",
        "notSelector": "has(b)",
        "namespaceSelector": "has(c)",
        "ports": [80, "80:90", "http"],
        "notPorts": [81],
        "serviceAccounts": {"names": ["a"], "selector": "has(d)"},
    });
    let headers = json!([
        {"header": "x-a", "operator": "In", "values": ["a"]},
        {"header": "x-b", "operator": "MatchesRegex", "values": ["a+"]},
        {"header": "x-c", "operator": "Exists"},
    ]);
    let rule = json!({
        "action": "Allow",
        "ipVersion": 4,
        "protocol": "TCP",
        "notProtocol": "UDP",
        "notICMP": {"type": 8, "code": 0},
        "source": end,
        "destination": end,
        "http": {"methods": ["GET"], "paths": [{"exact": "/a"}, {"prefix": "/b"}], "headers": headers},
        "metadata": {"annotations": {"why": "because"}},
    });
    json!({
        "apiVersion": "projectcalico.org/v3",
        "kind": "StagedGlobalNetworkPolicy",
        "metadata": {"name": "a", "labels": {"a": "b"}},
        "spec": {
            "tier": "default",
            "order": 1,
            "selector": "has(a)",
            "namespaceSelector": "has(b)",
            "serviceAccountSelector": "has(c)",
            "types": ["Ingress", "Egress"],
            "ingress": [rule],
            "egress": [rule],
            "doNotTrack": false,
            "preDNAT": false,
            "applyOnForward": false,
            "performanceHints": ["AssumeNeededOnEveryNode"],
            "stagedAction": "Set",
        },
    })
}

#[derive(Debug, Clone)]
enum Mutation {
    Delete,
    Rename(String),
    Replace(Value),
}

fn any_mutation() -> impl Strategy<Value = Mutation> {
    prop_oneof![
        Just(Mutation::Delete),
        "[a-zA-Z]{1,12}".prop_map(Mutation::Rename),
        any_json().prop_map(Mutation::Replace),
    ]
}

/// How many keys and items a value has, however deep.
fn size(value: &Value) -> usize {
    let children: Vec<&Value> = match value {
        Value::Object(map) => map.values().collect(),
        Value::Array(list) => list.iter().collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    };
    children.len() + children.into_iter().map(size).sum::<usize>()
}

/// Changes the key or item that is `place`th; true when it was reached.
fn mutate(value: &mut Value, place: &mut usize, mutation: &Mutation) -> bool {
    let keys: Vec<String> = match value {
        Value::Object(map) => map.keys().cloned().collect(),
        Value::Array(list) => (0..list.len()).map(|index| index.to_string()).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    };
    for key in keys {
        if *place == 0 {
            apply(value, &key, mutation);
            return true;
        }
        *place -= 1;
        let child = match value {
            Value::Object(map) => map.get_mut(&key),
            Value::Array(list) => list.get_mut(key.parse::<usize>().unwrap()),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
        };
        if mutate(child.unwrap(), place, mutation) {
            return true;
        }
    }
    false
}

fn apply(parent: &mut Value, key: &str, mutation: &Mutation) {
    match (parent, mutation) {
        (Value::Object(map), Mutation::Delete) => drop(map.remove(key)),
        (Value::Object(map), Mutation::Rename(name)) => {
            let child = map.remove(key).unwrap();
            map.insert(name.clone(), child);
        }
        (Value::Object(map), Mutation::Replace(child)) => {
            drop(map.insert(key.to_owned(), child.clone()))
        }
        (Value::Array(list), Mutation::Delete) => drop(list.remove(key.parse::<usize>().unwrap())),
        (Value::Array(list), Mutation::Replace(child)) => {
            list[key.parse::<usize>().unwrap()] = child.clone();
        }
        _ => {}
    }
}

/// The keys of a value, however deep, but not those that the user chooses.
fn keys(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            for (key, child) in map {
                found.push(key.clone());
                if !["metadata", "labels", "annotations"].contains(&key.as_str()) {
                    keys(child, found);
                }
            }
        }
        Value::Array(list) => list.iter().for_each(|child| keys(child, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[test]
fn the_full_policy_is_accepted() {
    let loaded = load(&[full_policy()]);
    assert_eq!(loaded.resources.policies.len(), 1);
    assert_eq!(loaded.warnings.list, []);
}

/// Whether every clause that is written is also held: a clause that is lost widens its rule.
fn nothing_is_lost(object: &Value, resources: &Resources) -> Result<(), TestCaseError> {
    let is_policy = object["kind"]
        .as_str()
        .is_some_and(|kind| kind.contains("NetworkPolicy"));
    let spec = &object["spec"];
    if !is_policy || spec["stagedAction"] == "Delete" {
        return Ok(());
    }
    let policy = &resources.policies[0];
    let is_set = |value: &Value| value.as_str().is_some_and(|text| !text.is_empty());
    prop_assert_eq!(
        is_set(&spec["namespaceSelector"]),
        policy.namespace_selector.is_some()
    );
    prop_assert_eq!(
        is_set(&spec["serviceAccountSelector"]),
        policy.service_account_selector.is_some()
    );
    for (written, held) in [("ingress", &policy.ingress), ("egress", &policy.egress)] {
        let written = spec[written].as_array().cloned().unwrap_or_default();
        let Some(held) = held else { continue };
        prop_assert_eq!(written.len(), held.len());
        for (written, held) in written.iter().zip(held) {
            no_clause_is_lost(&written["source"], &held.source)?;
            no_clause_is_lost(&written["destination"], &held.destination)?;
            prop_assert_eq!(written["http"].is_object(), held.http.is_some());
            prop_assert_eq!(written["protocol"].is_null(), held.protocol.is_none());
            prop_assert_eq!(
                written["notProtocol"].is_null(),
                held.not_protocol.is_none()
            );
            prop_assert_eq!(written["ipVersion"].is_null(), held.ip_version.is_none());
            let http = held.http.clone().unwrap_or_default();
            prop_assert_eq!(count(&written["http"]["methods"]), http.methods.len());
            prop_assert_eq!(count(&written["http"]["paths"]), http.paths.len());
            prop_assert_eq!(count(&written["http"]["headers"]), http.headers.len());
        }
    }
    Ok(())
}

fn no_clause_is_lost(written: &Value, held: &EntityRule) -> Result<(), TestCaseError> {
    let is_set = |value: &Value| value.as_str().is_some_and(|text| !text.is_empty());
    prop_assert_eq!(count(&written["nets"]), held.nets.len());
    prop_assert_eq!(count(&written["notNets"]), held.not_nets.len());
    prop_assert_eq!(count(&written["ports"]), held.ports.len());
    prop_assert_eq!(count(&written["notPorts"]), held.not_ports.len());
    prop_assert_eq!(is_set(&written["selector"]), held.selector.is_some());
    prop_assert_eq!(is_set(&written["notSelector"]), held.not_selector.is_some());
    prop_assert_eq!(
        is_set(&written["namespaceSelector"]),
        held.namespace_selector.is_some()
    );
    let (accounts, held) = (&written["serviceAccounts"], held.service_accounts.as_ref());
    prop_assert_eq!(
        count(&accounts["names"]),
        held.map_or(0, |held| held.names.len())
    );
    let selector = held.and_then(|held| held.selector.as_ref());
    prop_assert_eq!(is_set(&accounts["selector"]), selector.is_some());
    Ok(())
}

fn count(list: &Value) -> usize {
    list.as_array().map_or(0, Vec::len)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_json_never_panics(objects in prop::collection::vec(any_json(), 0..4)) {
        let _ = decode(&objects, Strictness::Heliast);
        let _ = decode(&objects, Strictness::CalicoCompatible);
    }

    #[test]
    fn a_mutated_policy_is_accepted_only_without_strangers(
        place in any::<prop::sample::Index>(),
        mutation in any_mutation(),
    ) {
        let mut object = full_policy();
        let mut known = Vec::new();
        keys(&object, &mut known);
        let mut place = place.index(size(&object));
        mutate(&mut object, &mut place, &mutation);
        if let Ok(loaded) = decode(&[object.clone()], Strictness::Heliast) {
            nothing_is_lost(&object, &loaded.resources)?;
            // Fields that the full policy does not have, because they exclude others.
            known.extend(["status", "icmp", "services"].map(str::to_owned));
            let mut found = Vec::new();
            keys(&object, &mut found);
            for key in found {
                prop_assert!(known.contains(&key) || object.get("status").is_some(), "{key}");
            }
        }
    }
}
