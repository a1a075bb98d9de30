//! The verdict and its reasons as one JSON document.

use super::View;
use super::walk::{Deed, PolicyPath, TierPath, walk};
use heliast::explain::{ClauseWalk, RuleWalk};
use heliast::truth::Truth;
use heliast::verdict::{Outcome, RuleId};
use heliast_cli::manifests::Location;
use serde_json::{Value, json};

/// The document.
pub(super) fn document(view: &View<'_>) -> Value {
    let told = view.told;
    let verdict = &told.explanation.verdict;
    let reason = view.ruling.map(|ruling| ruling.reason.to_string());
    let logged: Vec<String> = verdict.logged.iter().map(ToString::to_string).collect();
    json!({
        "apiVersion": "heliast.dev/v1alpha1",
        "kind": "Evaluation",
        "verdict": view.missing.is_none().then(|| view.decision().to_string()),
        "reason": reason.unwrap_or_else(|| verdict.enforced.rule.to_string()),
        "undecided": view.missing,
        "policy": outcome(view, &verdict.enforced),
        "staged": verdict.staged.as_ref().map(|staged| outcome(view, staged)),
        "logged": logged,
        "peer": {
            "address": told.facts.peer_address.map(|address| address.to_string()),
            "uriSans": told.facts.uri_sans,
            "grounds": told.explanation.grounds,
        },
        "tiers": walk(&told.explanation).iter().map(|tier| tier_value(view, tier)).collect::<Vec<_>>(),
        "nearest": nearest(view),
    })
}

fn outcome(view: &View<'_>, outcome: &Outcome) -> Value {
    json!({
        "decision": outcome.decision.to_string(),
        "rule": outcome.rule.to_string(),
        "location": rule_location(view, &outcome.rule),
    })
}

fn rule_location(view: &View<'_>, rule: &RuleId) -> Option<Value> {
    let mut policies = view
        .told
        .explanation
        .tiers
        .iter()
        .flat_map(|tier| &tier.policies);
    let policy = policies.find(|policy| policy.id == *rule.policy())?;
    view.places
        .rule(policy, rule)
        .map(|location| location_value(view, location))
}

fn location_value(view: &View<'_>, location: Location) -> Value {
    let file = view
        .places
        .manifests
        .files()
        .get(location.file)
        .map(|file| file.name.as_str());
    json!({
        "file": file,
        "line": location.span.start.line,
        "column": location.span.start.column,
    })
}

fn tier_value(view: &View<'_>, path: &TierPath<'_>) -> Value {
    json!({
        "name": path.tier.name,
        "end": format!("{:?}", path.tier.end),
        "endDid": deed(path.end),
        "policies": path.policies.iter().map(|policy| policy_value(view, policy)).collect::<Vec<_>>(),
    })
}

fn policy_value(view: &View<'_>, path: &PolicyPath<'_>) -> Value {
    let rules: Vec<Value> = path
        .rules
        .iter()
        .map(|(rule, did)| {
            let mut value = rule_value(rule);
            if let Value::Object(map) = &mut value {
                map.insert("did".to_owned(), json!(deed(*did)));
                let location = view.places.rule(path.policy, &rule.id);
                map.insert(
                    "location".to_owned(),
                    json!(location.map(|at| location_value(view, at))),
                );
            }
            value
        })
        .collect();
    json!({
        "policy": path.policy.id.to_string(),
        "staged": path.policy.staged,
        "rules": rules,
    })
}

fn rule_value(rule: &RuleWalk) -> Value {
    json!({
        "rule": rule.id.to_string(),
        "action": format!("{:?}", rule.action),
        "matches": truth(rule.truth),
        "clauses": rule.clauses.iter().map(clause_value).collect::<Vec<_>>(),
    })
}

fn clause_value(clause: &ClauseWalk) -> Value {
    json!({"field": clause.field, "wants": clause.wants, "met": truth(clause.truth)})
}

fn nearest(view: &View<'_>) -> Option<Value> {
    let nearest = view.told.nearest(view.places)?;
    let unmet: Vec<Value> = nearest
        .unmet
        .iter()
        .map(|unmet| {
            json!({
                "field": unmet.clause.field,
                "wants": unmet.clause.wants,
                "has": unmet.has,
                "met": truth(unmet.clause.truth),
            })
        })
        .collect();
    Some(json!({
        "rule": nearest.rule.id.to_string(),
        "action": format!("{:?}", nearest.rule.action),
        "location": nearest.location.map(|location| location_value(view, location)),
        "unmet": unmet,
    }))
}

fn truth(truth: Truth) -> &'static str {
    match truth {
        Truth::True => "yes",
        Truth::Unknown => "unknown",
        Truth::False => "no",
    }
}

fn deed(deed: Deed) -> &'static str {
    match deed {
        Deed::Decides => "decided",
        Deed::PerhapsDecides => "perhaps-decided",
        Deed::Passes => "passed",
        Deed::PerhapsPasses => "perhaps-passed",
        Deed::Logs => "logged",
        Deed::Nothing => "nothing",
        Deed::NotReached => "not-reached",
    }
}
