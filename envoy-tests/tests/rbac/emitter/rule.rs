//! A rule becomes one RBAC policy (1.2): one of its operations, one of its sources, and on either
//! side every condition.

use anyhow::Result;
use serde_json::{Map, Value, json};

use super::side::Side;
use super::{
    Meaning, Workload, address, domains, host, metadata, path, principal, quirk, text, token,
};
use crate::policy::{Action, Clause, Policy};
use crate::subject::Subject;

/// The RBAC policies of an AuthorizationPolicy, by their ids.
pub(super) fn of_policy(
    policy: &Policy,
    workload: &Workload,
    meaning: Meaning<'_>,
) -> Result<Map<String, Value>> {
    let mut set = Map::new();
    let place = Place {
        namespace: &policy.namespace,
        action: policy.action,
        workload,
        meaning,
    };
    for (index, rule) in policy.rules.iter().enumerate() {
        let translate =
            |side, entries: &[Vec<Clause>]| alternatives(side, entries, &rule.when, &place);
        let (namespace, name) = (&policy.namespace, &policy.name);
        set.insert(
            format!("ns[{namespace}]-policy[{name}]-rule[{index}]"),
            json!({
                "permissions": translate(Side::Permissions, &rule.to)?,
                "principals": translate(Side::Principals, &rule.from)?,
            }),
        );
    }
    Ok(set)
}

/// What the meaning of a value depends on, beside its field.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'p> {
    /// The namespace of the policy.
    pub(super) namespace: &'p str,
    pub(super) action: Action,
    pub(super) workload: &'p Workload,
    pub(super) meaning: Meaning<'p>,
}

/// Each source or operation with the conditions of its side; without any, the conditions alone.
fn alternatives(
    side: Side,
    entries: &[Vec<Clause>],
    when: &[Clause],
    place: &Place<'_>,
) -> Result<Vec<Value>> {
    let when: Vec<_> = when
        .iter()
        .filter(|one| side_of(&one.subject) == side)
        .collect();
    let conjunction = |entry: &[Clause]| {
        let mut items = Vec::new();
        for clause in entry.iter().chain(when.iter().copied()) {
            items.extend(of_clause(side, clause, place)?);
        }
        Ok(match items.as_slice() {
            [] => side.any(),
            items => side.all_of(items),
        })
    };
    match entries {
        [] => Ok(vec![conjunction(&[])?]),
        entries => entries.iter().map(|entry| conjunction(entry)).collect(),
    }
}

/// One of the values, and none of the others; each half only where it says something.
fn of_clause(side: Side, clause: &Clause, place: &Place<'_>) -> Result<Vec<Value>> {
    let half = |values: &[String], refuses: bool| {
        let values = domains::expand(&clause.subject, values, &place.workload.trust_domains);
        let matchers = values.iter();
        let matchers = matchers.map(|value| {
            let quirks = if refuses { place.meaning.quirks } else { &[] };
            match quirk::matcher(&clause.subject, value, quirks) {
                Some(matcher) => Ok(matcher),
                None => matcher(&clause.subject, value, place),
            }
        });
        matchers.collect::<Result<Vec<_>>>()
    };
    let is_deny = place.action == Action::Deny;
    let mut items = Vec::new();
    if !clause.any.is_empty() {
        items.push(side.one_of(&half(&clause.any, is_deny)?));
    }
    if !clause.none.is_empty() {
        items.push(side.not(&side.one_of(&half(&clause.none, !is_deny)?)));
    }
    Ok(items)
}

/// Who asks, or what is asked for.
fn side_of(subject: &Subject) -> Side {
    match subject {
        Subject::Principal
        | Subject::Namespace
        | Subject::ServiceAccount
        | Subject::TrustDomain
        | Subject::RequestPrincipal
        | Subject::Claim(_)
        | Subject::DirectAddress
        | Subject::RemoteAddress
        | Subject::Header(_) => Side::Principals,
        Subject::Host
        | Subject::Method
        | Subject::Path
        | Subject::Port
        | Subject::LocalAddress
        | Subject::ServerName
        | Subject::Metadata(..) => Side::Permissions,
    }
}

/// One value of one field: the table of 1.4.
pub(super) fn matcher(subject: &Subject, value: &str, place: &Place<'_>) -> Result<Value> {
    let reading = place.meaning.reading;
    Ok(match subject {
        Subject::Principal => principal::id(value),
        Subject::Namespace => principal::namespace(value, reading),
        Subject::ServiceAccount => principal::service_account(value, place.namespace),
        Subject::TrustDomain => principal::trust_domain(value),
        Subject::RequestPrincipal => token::request_principal(value, reading),
        Subject::Claim(path) => token::claim(path, value, reading),
        Subject::DirectAddress => json!({"direct_remote_ip": address::range(value)?}),
        Subject::RemoteAddress => json!({"remote_ip": address::range(value)?}),
        Subject::LocalAddress => json!({"destination_ip": address::range(value)?}),
        Subject::Port => json!({"destination_port": value.parse::<u16>()?}),
        Subject::Host => host::authority(value),
        Subject::Method => text::header(":method", value),
        Subject::Header(name) => text::header(name, value),
        Subject::Path => path::path(value),
        Subject::ServerName => json!({"requested_server_name": text::matcher(value, reading)}),
        Subject::Metadata(filter, key) => metadata::entry(filter, key, value, reading),
    })
}
