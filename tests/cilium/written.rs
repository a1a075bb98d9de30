//! Policies as their authors write them, at random.

use crate::twin::{OTHER_NODE, OWN_NODE, PODS};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

/// Requirements: key, operator and value.
pub(crate) type Selector = Vec<(&'static str, &'static str, &'static str)>;

/// A policy.
#[derive(Debug, Clone)]
pub(crate) struct Policy {
    pub(crate) name: String,
    /// None is a clusterwide policy.
    pub(crate) namespace: Option<&'static str>,
    pub(crate) endpoints: Selector,
    pub(crate) allow: Option<Vec<Rule>>,
    pub(crate) deny: Option<Vec<Rule>>,
    pub(crate) default_deny: Option<bool>,
}

/// A rule.
#[derive(Debug, Clone)]
pub(crate) struct Rule {
    pub(crate) peers: Peers,
    pub(crate) ports: Option<Vec<Ports>>,
}

/// The peers of a rule.
#[derive(Debug, Clone)]
pub(crate) enum Peers {
    Any,
    Endpoints(Vec<Selector>),
    Cidr(Vec<(&'static str, Vec<&'static str>)>),
    Entities(Vec<&'static str>),
}

/// First port, last port and protocol.
type Port = (u16, Option<u16>, Option<&'static str>);

/// An entry of `toPorts`.
#[derive(Debug, Clone)]
pub(crate) struct Ports {
    pub(crate) ports: Vec<Port>,
    pub(crate) http: Option<Vec<Http>>,
}

/// An HTTP rule.
#[derive(Debug, Clone)]
pub(crate) struct Http {
    pub(crate) method: Option<&'static str>,
    pub(crate) path: Option<&'static str>,
    /// The header `x`: that it is there, or its value.
    pub(crate) x: Option<Option<&'static str>>,
}

/// Pods and nodes.
pub(crate) fn surroundings() -> Vec<Value> {
    let node = |name: &str, address: &str| json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": name}, "status": {"addresses": [{"type": "InternalIP", "address": address}]}});
    let mut objects = vec![node("a", OWN_NODE), node("b", OTHER_NODE)];
    for pod in &PODS {
        let labels: serde_json::Map<String, Value> = pod
            .labels
            .iter()
            .map(|(key, value)| ((*key).to_owned(), json!(value)))
            .collect();
        objects.push(json!({"apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": pod.name, "namespace": pod.namespace, "labels": labels},
            "spec": {"serviceAccountName": pod.name},
            "status": {"podIP": pod.address, "hostIP": OWN_NODE}}));
    }
    objects
}

impl Policy {
    /// 3.2: the section is there and not empty, unless the policy says otherwise.
    pub(crate) fn isolates(&self) -> bool {
        let says =
            |rules: &Option<Vec<Rule>>| rules.as_ref().is_some_and(|rules| !rules.is_empty());
        self.default_deny
            .unwrap_or(says(&self.allow) || says(&self.deny))
    }

    pub(crate) fn to_object(&self) -> Value {
        let mut spec = json!({"endpointSelector": to_selector(&self.endpoints)});
        for (section, rules) in [("ingress", &self.allow), ("ingressDeny", &self.deny)] {
            if let Some(rules) = rules {
                spec[section] = rules.iter().map(Rule::to_value).collect();
            }
        }
        if let Some(value) = self.default_deny {
            spec["enableDefaultDeny"] = json!({"ingress": value});
        }
        let (kind, metadata) = match self.namespace {
            Some(namespace) => (
                "CiliumNetworkPolicy",
                json!({"name": self.name, "namespace": namespace}),
            ),
            None => ("CiliumClusterwideNetworkPolicy", json!({"name": self.name})),
        };
        json!({"apiVersion": "cilium.io/v2", "kind": kind, "metadata": metadata, "spec": spec})
    }
}

impl Rule {
    fn to_value(&self) -> Value {
        let mut value = match &self.peers {
            Peers::Any => json!({}),
            Peers::Endpoints(selectors) => {
                json!({"fromEndpoints": selectors.iter().map(to_selector).collect::<Vec<_>>()})
            }
            Peers::Cidr(nets) => {
                json!({"fromCIDRSet": nets.iter().map(|(net, except)| json!({"cidr": net, "except": except})).collect::<Vec<_>>()})
            }
            Peers::Entities(names) => json!({"fromEntities": names}),
        };
        if let Some(ports) = &self.ports {
            value["toPorts"] = ports.iter().map(Ports::to_value).collect();
        }
        value
    }
}

impl Ports {
    fn to_value(&self) -> Value {
        let port = |(first, last, protocol): &Port| {
            let mut port = json!({"port": first.to_string()});
            if let Some(last) = last {
                port["endPort"] = json!(last);
            }
            if let Some(protocol) = protocol {
                port["protocol"] = json!(protocol);
            }
            port
        };
        let mut value = json!({"ports": self.ports.iter().map(port).collect::<Vec<_>>()});
        if let Some(http) = &self.http {
            value["rules"] = json!({"http": http.iter().map(Http::to_value).collect::<Vec<_>>()});
        }
        value
    }
}

impl Http {
    fn to_value(&self) -> Value {
        let mut value = json!({});
        if let Some(method) = self.method {
            value["method"] = json!(method);
        }
        if let Some(path) = self.path {
            value["path"] = json!(path);
        }
        if let Some(x) = self.x {
            let line = x.map_or("X".to_owned(), |x| format!("X: {x}"));
            value["headers"] = json!([line]);
        }
        value
    }
}

fn to_selector(selector: &Selector) -> Value {
    let requirement = |(key, operator, value): &(&str, &str, &str)| match *operator {
        "In" | "NotIn" => json!({"key": key, "operator": operator, "values": [value]}),
        _ => json!({"key": key, "operator": operator}),
    };
    json!({"matchExpressions": selector.iter().map(requirement).collect::<Vec<_>>()})
}

fn selector() -> impl Strategy<Value = Selector> {
    let key = select(vec!["org", "class", "k8s:io.kubernetes.pod.namespace"]);
    let operator = select(vec!["In", "In", "NotIn", "Exists", "DoesNotExist"]);
    let value = select(vec!["empire", "alliance", "tie", "default", "other"]);
    vec((key, operator, value), 0..3)
}

fn own_selector() -> impl Strategy<Value = Selector> {
    select(vec![
        vec![],
        vec![("org", "In", "empire")],
        vec![("class", "In", "deathstar")],
        vec![("org", "In", "alliance")],
    ])
}

fn peers() -> impl Strategy<Value = Peers> {
    let nets = select(vec![
        ("10.9.0.0/16", vec![]),
        ("10.0.0.0/8", vec!["10.9.0.0/16"]),
        ("10.0.0.0/8", vec![]),
    ]);
    let entities = select(vec!["all", "world", "cluster", "remote-node", "none"]);
    prop_oneof![
        2 => Just(Peers::Any),
        5 => vec(selector(), 0..3).prop_map(Peers::Endpoints),
        2 => vec(nets, 0..2).prop_map(Peers::Cidr),
        2 => vec(entities, 0..3).prop_map(Peers::Entities),
    ]
}

fn http() -> impl Strategy<Value = Http> {
    let method = option::of(select(vec!["GET", "PUT", "GET|PUT", "get"]));
    let path = option::of(select(vec!["/a", "/b", "/a|/b", "/v/.*", "/.*"]));
    let x = option::of(select(vec![None, Some("1"), Some("2")]));
    (method, path, x).prop_map(|(method, path, x)| Http { method, path, x })
}

fn ports(with_http: bool) -> impl Strategy<Value = Ports> {
    let any = (
        select(vec![(80, None), (81, None), (80, Some(90)), (0, None)]),
        option::of(select(vec!["TCP", "UDP", "ANY"])),
    );
    let any = any.prop_map(|((first, last), protocol)| (first, last, protocol));
    let of_http = select(vec![
        (80, None, Some("TCP")),
        (81, None, Some("TCP")),
        (80, Some(81), Some("TCP")),
    ]);
    let plain = vec(any, 1..3).prop_map(|ports| Ports { ports, http: None });
    let asking = (vec(of_http, 1..3), vec(http(), 0..3)).prop_map(|(ports, http)| Ports {
        ports,
        http: Some(http),
    });
    let weight = u32::from(with_http) * 3;
    prop_oneof![2 => plain.boxed(), weight.max(1) => if with_http { asking.boxed() } else { only_tcp().boxed() }]
}

fn only_tcp() -> impl Strategy<Value = Ports> {
    Just(Ports {
        ports: vec![(80, None, Some("TCP"))],
        http: None,
    })
}

fn rule(with_http: bool) -> impl Strategy<Value = Rule> {
    let ports = option::of(vec(ports(with_http), 1..3));
    (peers(), ports).prop_map(|(peers, ports)| Rule { peers, ports })
}

/// A deny that names neither peers nor ports is refused.
fn deny() -> impl Strategy<Value = Rule> {
    rule(false).prop_filter("a deny of nothing", |rule| {
        !matches!(rule.peers, Peers::Any) || rule.ports.is_some()
    })
}

fn policy() -> impl Strategy<Value = Policy> {
    let namespace = select(vec![Some("default"), Some("default"), Some("other"), None]);
    let allow = option::weighted(0.8, vec(rule(true), 0..3));
    let deny = option::weighted(0.3, vec(deny(), 0..2));
    let default_deny = select(vec![None, None, Some(false), Some(true)]);
    (namespace, own_selector(), allow, deny, default_deny).prop_map(
        |(namespace, endpoints, allow, deny, default_deny)| Policy {
            name: "p".to_owned(),
            namespace,
            endpoints,
            allow,
            deny,
            default_deny,
        },
    )
}

/// A policy that only denies.
pub(crate) fn denying() -> impl Strategy<Value = Policy> {
    (policy(), vec(deny(), 1..3)).prop_map(|(policy, deny)| Policy {
        name: "more".to_owned(),
        allow: None,
        deny: Some(deny),
        ..policy
    })
}

/// A few policies, each with a name of its own.
pub(crate) fn policies() -> impl Strategy<Value = Vec<Policy>> {
    vec(policy(), 0..4).prop_map(|policies| {
        let named = policies.into_iter().enumerate();
        named
            .map(|(index, policy)| Policy {
                name: format!("p{index}"),
                ..policy
            })
            .collect()
    })
}
