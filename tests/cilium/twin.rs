//! Who is asked about, and the answer: 3.4 of the specification, clause by clause, with none of the
//! engine's own code.

use crate::written::{Http, Peers, Policy, Ports, Rule, Selector};

/// A pod of the world.
#[derive(Debug)]
pub(crate) struct Pod {
    pub(crate) namespace: &'static str,
    pub(crate) name: &'static str,
    pub(crate) labels: &'static [(&'static str, &'static str)],
    pub(crate) address: &'static str,
}

/// The first enforces.
pub(crate) const PODS: [Pod; 5] = [
    Pod {
        namespace: "default",
        name: "ds",
        labels: &[("org", "empire"), ("class", "deathstar")],
        address: "10.1.0.1",
    },
    Pod {
        namespace: "default",
        name: "tie",
        labels: &[("org", "empire"), ("class", "tie")],
        address: "10.1.0.2",
    },
    Pod {
        namespace: "default",
        name: "xw",
        labels: &[("org", "alliance")],
        address: "10.1.0.3",
    },
    Pod {
        namespace: "other",
        name: "tie",
        labels: &[("org", "empire"), ("class", "tie")],
        address: "10.1.1.2",
    },
    Pod {
        namespace: "other",
        name: "bare",
        labels: &[],
        address: "10.1.1.3",
    },
];
pub(crate) const OWN_NODE: &str = "10.2.0.1";
pub(crate) const OTHER_NODE: &str = "10.2.0.2";

/// Who sends a request.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Caller {
    Pod(usize),
    /// A pod without its certificate.
    Plaintext(usize),
    OwnNode,
    OtherNode,
    World(&'static str),
}

impl Caller {
    pub(crate) fn pod(self) -> Option<&'static Pod> {
        match self {
            Self::Pod(index) | Self::Plaintext(index) => PODS.get(index),
            Self::OwnNode | Self::OtherNode | Self::World(_) => None,
        }
    }

    pub(crate) fn address(self) -> &'static str {
        match self {
            Self::OwnNode => OWN_NODE,
            Self::OtherNode => OTHER_NODE,
            Self::World(address) => address,
            Self::Pod(index) | Self::Plaintext(index) => PODS[index].address,
        }
    }

    pub(crate) fn principal(self) -> Option<String> {
        let Self::Pod(index) = self else {
            return None;
        };
        let Pod {
            namespace, name, ..
        } = PODS[index];
        Some(format!("spiffe://cluster.local/ns/{namespace}/sa/{name}"))
    }

    fn is_world(self) -> bool {
        matches!(self, Self::World(_))
    }
}

/// A request.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) caller: Caller,
    pub(crate) port: u16,
    pub(crate) method: &'static str,
    pub(crate) path: &'static str,
    /// The header `x`.
    pub(crate) x: Option<&'static str>,
    pub(crate) is_http: bool,
}

/// What 3.4 says of a request to `ds`.
pub(crate) fn allows(policies: &[Policy], asked: &Asked) -> bool {
    let selecting: Vec<&Policy> = policies
        .iter()
        .filter(|policy| selects_ds(policy))
        .collect();
    let at = |rules: &Option<Vec<Rule>>, policy: &Policy| {
        let rules = rules.iter().flatten();
        let peers = rules.filter(|rule| is_peer(rule, policy, asked.caller));
        peers.cloned().collect::<Vec<Rule>>()
    };
    // 1: any matching deny.
    let denied = selecting.iter().any(|policy| {
        let rules = at(&policy.deny, policy);
        rules.iter().any(|rule| ports(rule, asked).next().is_some())
    });
    if denied {
        return false;
    }
    // 2: some matching allow has no HTTP list, or one of its rules matches.
    let entries: Vec<Option<Vec<Http>>> = selecting
        .iter()
        .flat_map(|policy| at(&policy.allow, policy))
        .flat_map(|rule| ports(&rule, asked).collect::<Vec<_>>())
        .collect();
    // A port with HTTP rules stays with the proxy, whatever else opens it.
    let restricted = entries.iter().any(Option::is_some);
    if restricted && !asked.is_http {
        return false;
    }
    // The local host is allowed as if a rule said so, and bypasses HTTP rules.
    let is_local =
        matches!(asked.caller, Caller::OwnNode) || asked.caller.address() == PODS[0].address;
    if is_local || entries.iter().any(|http| passes(http.as_deref(), asked)) {
        return true;
    }
    // 3.2: what hits an HTTP rule set and matches none is refused even without isolation. 3: deny
    // if isolated.
    let isolated = selecting.iter().any(|policy| policy.isolates());
    !restricted && !isolated
}

fn selects_ds(policy: &Policy) -> bool {
    let own = policy
        .namespace
        .is_none_or(|namespace| namespace == "default");
    own && holds(&policy.endpoints, &PODS[0])
}

fn holds(selector: &Selector, pod: &Pod) -> bool {
    selector.iter().all(|(key, operator, value)| {
        let found = match *key {
            "k8s:io.kubernetes.pod.namespace" => Some(pod.namespace),
            key => pod
                .labels
                .iter()
                .find(|(name, _)| *name == key)
                .map(|(_, value)| *value),
        };
        match *operator {
            "In" => found == Some(*value),
            "NotIn" => found != Some(*value),
            "Exists" => found.is_some(),
            _ => found.is_none(),
        }
    })
}

fn is_peer(rule: &Rule, policy: &Policy, caller: Caller) -> bool {
    match &rule.peers {
        // 3.2: a rule without peers and ports grants nothing.
        Peers::Any => rule.ports.is_some(),
        Peers::Endpoints(selectors) => selectors.iter().any(|selector| {
            let names_namespace = selector.iter().any(|(key, ..)| key.contains("namespace"));
            match (caller.pod(), policy.namespace) {
                (Some(pod), Some(own)) if !names_namespace => {
                    pod.namespace == own && holds(selector, pod)
                }
                (Some(pod), _) => holds(selector, pod),
                // No selector of these names a cluster, so that each means pods of this one.
                (None, _) => false,
            }
        }),
        Peers::Cidr(nets) => {
            caller.is_world()
                && nets.iter().any(|(net, except)| {
                    let inside = |net: &str| {
                        caller
                            .address()
                            .starts_with(net.split("0.0").next().unwrap_or_default())
                    };
                    inside(net) && !except.iter().any(|net| inside(net))
                })
        }
        Peers::Entities(names) => names.iter().any(|name| match *name {
            "all" => true,
            "world" => caller.is_world(),
            "cluster" => !caller.is_world(),
            "remote-node" => matches!(caller, Caller::OtherNode),
            _ => false,
        }),
    }
}

/// The HTTP lists of the entries of a rule that are about the port.
fn ports(rule: &Rule, asked: &Asked) -> impl Iterator<Item = Option<Vec<Http>>> {
    let port = asked.port;
    let all = vec![Ports {
        ports: vec![(0, None, None)],
        http: None,
    }];
    let entries = rule.ports.clone().unwrap_or(all).into_iter();
    entries.filter_map(move |entry| {
        let about = entry.ports.iter().any(|(first, last, protocol)| {
            let range = *first..=last.unwrap_or(*first);
            let is_tcp = protocol.is_none_or(|protocol| protocol == "TCP" || protocol == "ANY");
            is_tcp && (*first == 0 || range.contains(&port))
        });
        // 3.4: an empty list allows every request.
        let http = entry.http.filter(|list| !list.is_empty());
        about.then_some(http)
    })
}

fn passes(http: Option<&[Http]>, asked: &Asked) -> bool {
    let Some(rules) = http else {
        return true;
    };
    let whole = |expression: &str, text: &str| {
        expression
            .split('|')
            .any(|one| match one.strip_suffix(".*") {
                Some(start) => text.starts_with(start),
                None => text == one,
            })
    };
    asked.is_http
        && rules.iter().any(|rule| {
            rule.method.is_none_or(|method| whole(method, asked.method))
                && rule.path.is_none_or(|path| whole(path, asked.path))
                && rule.x.is_none_or(|x| match x {
                    Some(value) => asked.x == Some(value),
                    None => asked.x.is_some(),
                })
        })
}
