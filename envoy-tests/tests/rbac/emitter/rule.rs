//! A rule becomes one RBAC policy (1.2): one of its operations, one of its sources, and on either
//! side every condition.

use anyhow::Result;
use serde_json::{Map, Value, json};

use super::side::Side;
use super::{Workload, address, domains, host, metadata, path, principal, text, token};
use crate::policy::{Clause, Policy};
use crate::subject::Subject;

/// The RBAC policies of an AuthorizationPolicy, by their ids.
pub(super) fn of_policy(policy: &Policy, workload: &Workload) -> Result<Map<String, Value>> {
    let mut set = Map::new();
    for (index, rule) in policy.rules.iter().enumerate() {
        let translate = |side, entries: &[Vec<Clause>]| {
            alternatives(side, entries, &rule.when, &policy.namespace, workload)
        };
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

/// Each source or operation with the conditions of its side; without any, the conditions alone.
fn alternatives(
    side: Side,
    entries: &[Vec<Clause>],
    when: &[Clause],
    namespace: &str,
    workload: &Workload,
) -> Result<Vec<Value>> {
    let when: Vec<_> = when
        .iter()
        .filter(|one| side_of(&one.subject) == side)
        .collect();
    let conjunction = |entry: &[Clause]| {
        let mut items = Vec::new();
        for clause in entry.iter().chain(when.iter().copied()) {
            items.extend(of_clause(side, clause, namespace, workload)?);
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
fn of_clause(
    side: Side,
    clause: &Clause,
    namespace: &str,
    workload: &Workload,
) -> Result<Vec<Value>> {
    let half = |values: &[String]| {
        let values = domains::expand(&clause.subject, values, &workload.trust_domains);
        let matchers = values.iter();
        let matchers = matchers.map(|value| matcher(&clause.subject, value, namespace));
        matchers.collect::<Result<Vec<_>>>()
    };
    let mut items = Vec::new();
    if !clause.any.is_empty() {
        items.push(side.one_of(&half(&clause.any)?));
    }
    if !clause.none.is_empty() {
        items.push(side.not(&side.one_of(&half(&clause.none)?)));
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
pub(super) fn matcher(subject: &Subject, value: &str, namespace: &str) -> Result<Value> {
    Ok(match subject {
        Subject::Principal => principal::id(value),
        Subject::Namespace => principal::namespace(value),
        Subject::ServiceAccount => principal::service_account(value, namespace),
        Subject::TrustDomain => principal::trust_domain(value),
        Subject::RequestPrincipal => token::request_principal(value),
        Subject::Claim(path) => token::claim(path, value),
        Subject::DirectAddress => json!({"direct_remote_ip": address::range(value)?}),
        Subject::RemoteAddress => json!({"remote_ip": address::range(value)?}),
        Subject::LocalAddress => json!({"destination_ip": address::range(value)?}),
        Subject::Port => json!({"destination_port": value.parse::<u16>()?}),
        Subject::Host => host::authority(value),
        Subject::Method => text::header(":method", value),
        Subject::Header(name) => text::header(name, value),
        Subject::Path => path::path(value),
        Subject::ServerName => json!({"requested_server_name": text::matcher(value)}),
        Subject::Metadata(filter, key) => metadata::entry(filter, key, value),
    })
}
