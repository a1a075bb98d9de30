//! AuthorizationPolicies: one to four of them, valid, and most of them in force.

use serde_json::{Map, Value, json};

use super::fields::{CONDITION, Field, OPERATION, SOURCE};
use super::words::{NAMESPACE, ROOT_NAMESPACE};
use crate::random::Random;

pub(super) fn some(random: &mut Random) -> Vec<Value> {
    let count = 1 + random.below(4);
    (0..count).map(|number| policy(number, random)).collect()
}

fn policy(number: usize, random: &mut Random) -> Value {
    let namespace = match random.below(12) {
        0..8 => NAMESPACE,
        8..11 => ROOT_NAMESPACE,
        _ => "bar",
    };
    let mut spec = Map::new();
    let action = match random.below(10) {
        0..5 => Some("ALLOW"),
        5 => None,
        6..9 => Some("DENY"),
        _ => Some(if random.chance(25) { "AUDIT" } else { "DENY" }),
    };
    if let Some(action) = action {
        spec.insert("action".into(), action.into());
    }
    match random.below(12) {
        0..3 => drop(spec.insert("selector".into(), json!({"matchLabels": {"app": "web"}}))),
        3 => drop(spec.insert("selector".into(), json!({"matchLabels": {"app": "other"}}))),
        4 => {
            let target = json!([{"group": "", "kind": "Service", "name": "web"}]);
            spec.insert("targetRefs".into(), target);
        }
        _ => {}
    }
    // DENY without rules is no policy.
    let rules = if action == Some("DENY") {
        1
    } else {
        usize::from(random.chance(97))
    };
    let rules = rules + random.below(3) * rules;
    if rules > 0 {
        let rules: Vec<_> = (0..rules).map(|_| rule(random)).collect();
        spec.insert("rules".into(), rules.into());
    }
    let mut metadata = json!({"name": format!("p{number}"), "namespace": namespace});
    // Istio takes no dry run of an AUDIT.
    let is_dry = random.chance(6) && action != Some("AUDIT");
    if let (true, Some(members)) = (is_dry, metadata.as_object_mut()) {
        members.insert("annotations".into(), json!({"istio.io/dry-run": "true"}));
    }
    let version = if random.chance(80) { "v1" } else { "v1beta1" };
    json!({
        "apiVersion": format!("security.istio.io/{version}"),
        "kind": "AuthorizationPolicy",
        "metadata": metadata,
        "spec": spec,
    })
}

fn rule(random: &mut Random) -> Value {
    let mut rule = Map::new();
    if random.chance(50) {
        let sources = 1 + random.below(2);
        let sources = (0..sources).map(|_| json!({"source": source(random)}));
        rule.insert("from".into(), sources.collect::<Vec<_>>().into());
    }
    if random.chance(65) {
        let operations = 1 + random.below(2);
        let operations = (0..operations).map(|_| json!({"operation": entry(OPERATION, random)}));
        rule.insert("to".into(), operations.collect::<Vec<_>>().into());
    }
    if random.chance(35) {
        let conditions = 1 + random.below(2);
        let conditions = (0..conditions).map(|_| condition(random));
        rule.insert("when".into(), conditions.collect::<Vec<_>>().into());
    }
    rule.into()
}

/// Service accounts stand beside neither principals nor namespaces (1.1).
fn source(random: &mut Random) -> Value {
    let mut source = entry(SOURCE, random);
    if let Some(members) = source.as_object_mut()
        && members.keys().any(|key| key.ends_with("erviceAccounts"))
    {
        members.retain(|key, _| !key.ends_with("rincipals") || key.contains("equest"));
        members.retain(|key, _| !key.ends_with("amespaces"));
    }
    source
}

fn entry(fields: &[Field], random: &mut Random) -> Value {
    let mut entry = Map::new();
    let count = 1 + random.below(2);
    for _ in 0..count {
        let Some((name, words)) = random.pick(fields) else {
            continue;
        };
        let (positive, negative) = halves(random);
        if positive {
            entry.insert(name.to_owned(), values(words, random));
        }
        if negative {
            let mut letters = name.chars();
            let first = letters.next().map(|first| first.to_ascii_uppercase());
            let twin: String = first.into_iter().chain(letters).collect();
            entry.insert(format!("not{twin}"), values(words, random));
        }
    }
    entry.into()
}

fn condition(random: &mut Random) -> Value {
    let mut condition = Map::new();
    if let Some((key, words)) = random.pick(CONDITION) {
        condition.insert("key".into(), key.into());
        let (positive, negative) = halves(random);
        if positive {
            condition.insert("values".into(), values(words, random));
        }
        if negative {
            condition.insert("notValues".into(), values(words, random));
        }
    }
    condition.into()
}

fn halves(random: &mut Random) -> (bool, bool) {
    match random.below(10) {
        0..6 => (true, false),
        6..9 => (false, true),
        _ => (true, true),
    }
}

fn values(words: &[&str], random: &mut Random) -> Value {
    let count = 1 + random.below(2);
    let values: Vec<_> = (0..count).map(|_| random.word(words)).collect();
    values.into()
}
