//! The peers of a rule (kubernetes-cilium.md 3.3).

use super::Part;
use crate::model::labels::{CLUSTER_LABEL, NAMESPACE_LABEL, SERVICE_ACCOUNT_LABEL};
use crate::model::localhost::is_pod;
use crate::model::{Clause, Entity, IdentityClause, NamespaceClause, Pattern, Subject};
use crate::regex::Regex;
use crate::resources::cilium::{self, CidrGroup, DomainPattern, EntityName, LabelKey, Peer};
use crate::resources::label_selector::{LabelSelector, Operator, Requirement};
use crate::selector::Selector;
use crate::terms::{IpVersion, NetGroup};
use ipnet::IpNet;
use litemap::LiteMap;

/// Peers of one kind, and what is asked of a request besides.
#[derive(Debug, Default)]
pub(super) struct Reach {
    pub(super) entity: Entity,
    pub(super) ip_version: Option<IpVersion>,
    pub(super) clauses: Vec<Clause>,
}

impl Reach {
    fn to(entity: Entity) -> Self {
        Self {
            entity,
            ..Self::default()
        }
    }
}

/// The peers of a rule, kind by kind: none named is everybody, an empty list nobody.
pub(super) fn spell(
    peers: Option<&[Peer]>,
    part: Part,
    namespace: Option<&str>,
    groups: &[CidrGroup],
) -> Vec<Reach> {
    let Some(peers) = peers else {
        return vec![Reach::default()];
    };
    let mut spelt = Vec::new();
    for peer in peers {
        spelt.append(&mut reach(peer, part, namespace, groups));
    }
    spelt
}

fn reach(peer: &Peer, part: Part, namespace: Option<&str>, groups: &[CidrGroup]) -> Vec<Reach> {
    match peer {
        Peer::Endpoints(selector) if part == Part::Allow => endpoints(selector, namespace),
        // What refuses is met by whom either reading means.
        Peer::Endpoints(selector) => endpoints(&cilium::as_cilium_sees(selector), namespace),
        Peer::Net { net, except } => vec![strangers(vec![*net], except)],
        Peer::Group { name, except } => match find(groups, name) {
            Some(group) => {
                let mut reach = strangers(Vec::new(), except);
                reach.entity.group = Some(group.clone());
                vec![reach]
            }
            // Nobody for an Allow, and anybody for a Deny.
            None => vec![Reach {
                entity: Entity {
                    unknowable: true,
                    ..Entity::default()
                },
                ..Reach::default()
            }],
        },
        Peer::Entity(entity) => entities(*entity),
        Peer::Domain(pattern) => vec![Reach {
            clauses: vec![Clause::Text {
                subject: Subject::Domain,
                any: domain(pattern),
                none: Vec::new(),
            }],
            ..strangers(Vec::new(), &[])
        }],
    }
}

fn find<'g>(groups: &'g [CidrGroup], name: &str) -> Option<&'g NetGroup> {
    let mut groups = groups.iter().map(|group| &group.nets);
    groups.find(|group| group.name() == name)
}

/// Pods of this cluster. A selector that names a cluster itself means what is no pod, too, where it
/// asks only what labels are not: the world and the nodes have no labels of pods.
fn endpoints(selector: &LabelSelector, namespace: Option<&str>) -> Vec<Reach> {
    let keys = || {
        selector
            .requirements
            .iter()
            .map(|one| LabelKey::parse(&one.key))
    };
    let names_namespace = keys().any(|key| key == LabelKey::Namespace);
    let names_cluster = keys().any(|key| key == LabelKey::Cluster);
    let asks_namespace = keys().any(|key| matches!(key, LabelKey::OfNamespace(_)));
    let chosen = select(selector);
    let names_none = |one: &Requirement| {
        let key = LabelKey::parse(&one.key);
        key == LabelKey::Cluster && one.operator == Operator::DoesNotExist
    };
    let of_no_cluster = selector.requirements.iter().any(names_none);
    let (home, chosen) = match namespace {
        _named if names_namespace => (None, chosen),
        Some(_) if asks_namespace => (None, chosen),
        Some(namespace) => (Some(namespace), chosen.and(in_namespace(namespace))),
        None => (None, chosen.and(Selector::has(NAMESPACE_LABEL))),
    };
    let nothing: LiteMap<String, String> = LiteMap::new_vec();
    let admits_strangers = names_cluster && chosen.matches(&nothing);
    let pods = Entity {
        member: Some(chosen.and(is_pod())),
        identity: IdentityClause {
            namespace: home.map_or(NamespaceClause::Any, |name| {
                NamespaceClause::Named(name.to_owned())
            }),
            ..IdentityClause::default()
        },
        ..Entity::default()
    };
    let strangers = admits_strangers.then(|| Entity {
        not_member: Some(is_pod()),
        ..Entity::default()
    });
    // Every pod has the name of its cluster.
    let pods = (!of_no_cluster).then_some(pods);
    pods.into_iter().chain(strangers).map(Reach::to).collect()
}

/// Whoever is neither pod nor node, in these networks; none is any.
fn strangers(nets: Vec<IpNet>, except: &[IpNet]) -> Reach {
    Reach {
        entity: Entity {
            nets,
            not_nets: except.to_vec(),
            not_member: Some(is_pod()),
            node: Some(false),
            ..Entity::default()
        },
        ..Reach::default()
    }
}

fn entities(entity: EntityName) -> Vec<Reach> {
    let reach = Reach::to;
    let host = || Entity {
        own_host: true,
        ..Entity::default()
    };
    let nodes = || Entity {
        node: Some(true),
        ..Entity::default()
    };
    let other_nodes = Entity {
        other_host: true,
        ..nodes()
    };
    let pods = || Entity {
        member: Some(is_pod()),
        ..Entity::default()
    };
    let world = |ip_version| Reach {
        ip_version,
        ..strangers(Vec::new(), &[])
    };
    match entity {
        EntityName::All => vec![Reach::default()],
        EntityName::World => vec![world(None)],
        EntityName::WorldIpv4 => vec![world(Some(IpVersion::V4))],
        EntityName::WorldIpv6 => vec![world(Some(IpVersion::V6))],
        EntityName::Cluster => vec![reach(pods()), reach(nodes()), reach(host())],
        EntityName::Host => vec![reach(host())],
        EntityName::RemoteNode => vec![reach(other_nodes)],
        EntityName::None | EntityName::Unknown => Vec::new(),
    }
}

/// A selector over the labels of [`crate::model::Workload`].
pub(super) fn select(selector: &LabelSelector) -> Selector {
    selector.to_selector(&|key| match LabelKey::parse(key) {
        LabelKey::Pod(key) => key.to_owned(),
        LabelKey::Namespace => NAMESPACE_LABEL.to_owned(),
        LabelKey::OfNamespace(key) => format!("pcns.{key}"),
        LabelKey::ServiceAccount => SERVICE_ACCOUNT_LABEL.to_owned(),
        LabelKey::Cluster => CLUSTER_LABEL.to_owned(),
        LabelKey::Reserved(_) | LabelKey::Foreign => key.to_owned(),
    })
}

/// Everything in a namespace.
pub(super) fn in_namespace(namespace: &str) -> Selector {
    Selector::equals(NAMESPACE_LABEL, namespace)
}

/// Names as patterns over a name in lower case.
pub(super) fn domain(pattern: &DomainPattern) -> Vec<Pattern> {
    match pattern {
        DomainPattern::Name(name) => vec![Pattern::Exact(name.clone())],
        DomainPattern::Pattern(text) => expression(text).into_iter().collect(),
    }
}

/// A name with stars as an expression (kubernetes-cilium.md 3.3). None if it becomes too large:
/// then no name is like it.
fn expression(text: &str) -> Option<Pattern> {
    const LABEL: &str = "[-a-z0-9_]";
    if text == "*" {
        return Some(Pattern::Present);
    }
    let (mut expression, rest) = match text.strip_prefix("**.") {
        Some(rest) => (format!("(?:{LABEL}+[.])+"), rest),
        None => (String::new(), text),
    };
    for one in rest.chars() {
        match one {
            '*' => expression.push_str(&format!("{LABEL}*")),
            '.' => expression.push_str("[.]"),
            other => expression.push(other),
        }
    }
    Regex::parse(&expression).ok().map(Pattern::Regex)
}

#[cfg(test)]
mod tests {
    use super::expression;
    use crate::model::Pattern;
    use crate::regex::Work;
    use crate::truth::Truth;

    #[test]
    fn stars_stay_between_dots() {
        for (text, name, expected) in [
            ("*.cilium.io", "sub.cilium.io", true),
            ("*.cilium.io", "cilium.io", false),
            ("*.cilium.io", "a.b.cilium.io", false),
            ("*.cilium.io", ".cilium.io", true),
            ("*.cilium.io", "sub.ciliumxio", false),
            ("*cilium.io", "cilium.io", true),
            ("a*b.io", "a-1b.io", true),
            ("**.cilium.io", "app.cilium.io", true),
            ("**.cilium.io", "test.app.cilium.io", true),
            ("**.cilium.io", "cilium.io", false),
            ("**.cilium.io", "evilcilium.io", false),
        ] {
            let Some(Pattern::Regex(regex)) = expression(text) else {
                panic!("{text} is an expression");
            };
            let matches = regex.matcher().matches(name.as_bytes(), &Work::default());
            assert_eq!(matches, Truth::from(expected), "{text} {name}");
        }
        assert_eq!(expression("*"), Some(Pattern::Present));
    }
}
