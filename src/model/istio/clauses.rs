//! What a condition asks of the request (istio.md 1.4).

use crate::model::{Clause, MetadataShape, Pattern, Subject};
use crate::resources::istio::{Condition, Listed, MetadataValue, PathValue, RequestPrincipal};
use crate::terms::{Action, Glob};
use ipnet::IpNet;

/// Where Envoy's token filter writes what it verified.
const TOKEN: [&str; 2] = ["envoy.filters.http.jwt_authn", "payload"];

/// The clause of a condition, in a rule of this action; none of one that is about the peer.
pub(super) fn clause(condition: &Condition, action: Action) -> Option<Clause> {
    Some(match condition {
        Condition::Principals(_)
        | Condition::Namespaces(_)
        | Condition::ServiceAccounts(_)
        | Condition::TrustDomains(_)
        | Condition::IpBlocks(_) => return None,
        Condition::RemoteIpBlocks(list) => {
            let (any, none) = nets(list);
            Clause::RemoteNets { any, none }
        }
        Condition::DestinationIp(list) => {
            let (any, none) = nets(list);
            Clause::LocalNets { any, none }
        }
        Condition::RequestPrincipals(list) => Clause::RequestPrincipals {
            any: list.any.iter().map(token).collect(),
            none: list.none.iter().map(token).collect(),
        },
        Condition::Claim(path, list) => {
            let path = TOKEN.into_iter().chain(path.iter().map(String::as_str));
            let path = path.map(str::to_owned).collect();
            globs(Subject::Metadata(path, MetadataShape::TextOrList), list)
        }
        Condition::Header(name, list) => globs(Subject::Header(name.clone()), list),
        Condition::Hosts(list) => globs(Subject::Host, list),
        Condition::Methods(list) => globs(Subject::Method, list),
        Condition::ServerName(list) => globs(Subject::ServerName, list),
        Condition::Paths(list) => Clause::Text {
            subject: Subject::Path,
            any: list.any.iter().map(path).collect(),
            none: list.none.iter().map(path).collect(),
        },
        Condition::Ports(list) => {
            let range = |port: &u16| (*port, *port);
            Clause::Ports {
                any: list.any.iter().map(range).collect(),
                none: list.none.iter().map(range).collect(),
            }
        }
        Condition::Metadata(filter, key, list) => {
            metadata(&[filter.clone(), key.clone()], list, action)
        }
    })
}

fn nets(list: &Listed<IpNet>) -> (Vec<IpNet>, Vec<IpNet>) {
    (list.any.clone(), list.none.clone())
}

fn globs(subject: Subject, list: &Listed<Glob>) -> Clause {
    Clause::Text {
        subject,
        any: list.any.iter().map(pattern).collect(),
        none: list.none.iter().map(pattern).collect(),
    }
}

fn pattern(glob: &Glob) -> Pattern {
    match glob {
        Glob::Present => Pattern::Present,
        Glob::Exact(text) => Pattern::Exact(text.clone()),
        Glob::Prefix(text) => Pattern::Prefix(text.clone()),
        Glob::Suffix(text) => Pattern::Suffix(text.clone()),
    }
}

fn path(value: &PathValue) -> Pattern {
    match value {
        PathValue::Glob(glob) => pattern(glob),
        PathValue::Template(template) => Pattern::Template(template.clone()),
    }
}

fn token(principal: &RequestPrincipal) -> (Pattern, Pattern) {
    (pattern(&principal.issuer), pattern(&principal.subject))
}

/// What is asked of metadata. Where Istio asks for another text than the author wrote, an Allow
/// needs both readings, and a Deny is met by either.
fn metadata(path: &[String], list: &Listed<MetadataValue>, action: Action) -> Clause {
    let written = alternatives(path, list, |value| &value.written);
    let asked = alternatives(path, list, |value| &value.asked);
    if written == asked {
        return Clause::AnyOf(written);
    }
    if action != Action::Allow {
        return Clause::AnyOf([written, asked].concat());
    }
    let with_each = |one: &Vec<Clause>| {
        let one = one.clone();
        let both = move |other: &Vec<Clause>| [one.clone(), other.clone()].concat();
        asked.iter().map(both).collect::<Vec<_>>()
    };
    Clause::AnyOf(written.iter().flat_map(with_each).collect())
}

/// Texts and items of lists are asked for apart: either alternative is enough, and neither may be
/// what is excluded.
fn alternatives(
    path: &[String],
    list: &Listed<MetadataValue>,
    text: fn(&MetadataValue) -> &Glob,
) -> Vec<Vec<Clause>> {
    let of = |values: &[MetadataValue], in_list: bool| -> Vec<Pattern> {
        let values = values.iter().filter(|value| value.in_list == in_list);
        values.map(|value| pattern(text(value))).collect()
    };
    let shapes = [(false, MetadataShape::Text), (true, MetadataShape::List)];
    let mut excluded = Vec::new();
    let mut alternatives = Vec::new();
    for (in_list, shape) in shapes {
        let subject = || Subject::Metadata(path.to_vec(), shape);
        let (any, none) = (of(&list.any, in_list), of(&list.none, in_list));
        if !none.is_empty() {
            let any = Vec::new();
            excluded.push(Clause::Text {
                subject: subject(),
                any,
                none,
            });
        }
        if !any.is_empty() {
            let none = Vec::new();
            alternatives.push(vec![Clause::Text {
                subject: subject(),
                any,
                none,
            }]);
        }
    }
    if alternatives.is_empty() {
        alternatives.push(Vec::new());
    }
    for alternative in &mut alternatives {
        alternative.extend(excluded.iter().cloned());
    }
    alternatives
}
