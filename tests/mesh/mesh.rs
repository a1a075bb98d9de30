//! A large mesh, the same every time: for measurements of size and time.

use heliast::bundle::Object;
use serde_json::{Value, json};

/// How large a mesh is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mesh {
    /// How many namespaces there are.
    pub(crate) namespaces: u32,
    /// How many pods each has; they share four services.
    pub(crate) pods: u32,
}

/// Services of a namespace, each with a service account of its own.
const SERVICES: u32 = 4;

impl Mesh {
    /// Ten policies and a hundred pods in each of a thousand namespaces.
    #[allow(dead_code, reason = "for measurements; tests make do with less")]
    pub(crate) const LARGE: Self = Self {
        namespaces: 1000,
        pods: 100,
    };

    /// Every object.
    pub(crate) fn objects(self) -> impl Iterator<Item = Object> {
        let namespaces = 0..self.namespaces;
        let all = namespaces.flat_map(move |namespace| self.of_namespace(namespace));
        all.chain(globals())
            .filter_map(|value| Object::new(value).ok())
    }

    /// A pod, at its own address or at another; none if that is empty.
    pub(crate) fn pod(self, namespace: u32, pod: u32, address: Option<&str>) -> Option<Object> {
        Object::new(self.pod_value(namespace, pod, address)).ok()
    }

    /// The name of a namespace.
    pub(crate) fn namespace_name(namespace: u32) -> String {
        format!("namespace-{namespace:04}")
    }

    /// The name of a pod.
    pub(crate) fn pod_name(pod: u32) -> String {
        format!("{}-5d9c7b8f6d-{pod:05}", service_of(pod))
    }

    fn of_namespace(self, namespace: u32) -> Vec<Value> {
        let name = Self::namespace_name(namespace);
        let team = format!("team-{}", namespace / 10);
        let tier = if namespace % 100 == 7 {
            "edge"
        } else {
            "inner"
        };
        let mut all = vec![
            json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {
                "name": name,
                "labels": {"kubernetes.io/metadata.name": name, "team": team, "tier": tier},
            }}),
        ];
        for service in 0..SERVICES {
            all.push(
                json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {
                    "name": service_of(service), "namespace": name,
                }}),
            );
        }
        all.extend(self.policies(namespace));
        all.extend((0..self.pods).map(|pod| self.pod_value(namespace, pod, None)));
        all
    }

    fn pod_value(self, namespace: u32, pod: u32, address: Option<&str>) -> Value {
        let service = service_of(pod);
        let number = namespace.saturating_mul(self.pods).saturating_add(pod);
        let [_, high, middle, low] = number.to_be_bytes();
        let own = format!("10.{}.{middle}.{low}", high.saturating_add(16));
        let address = address.unwrap_or(&own);
        let addresses: Vec<Value> = Some(address)
            .filter(|address| !address.is_empty())
            .map(|address| json!({"ip": address}))
            .into_iter()
            .collect();
        let started = "2026-07-01T00:00:00Z";
        json!({"apiVersion": "v1", "kind": "Pod", "metadata": {
            "name": Self::pod_name(pod),
            "namespace": Self::namespace_name(namespace),
            "uid": format!("8d7e2f4a-0000-4000-8000-{number:012x}"),
            "creationTimestamp": started,
            "labels": {
                "app": service, "version": "v1", "pod-template-hash": "5d9c7b8f6d",
                "security.istio.io/tlsMode": "istio",
            },
            "ownerReferences": [{"apiVersion": "apps/v1", "kind": "ReplicaSet",
                "name": format!("{service}-5d9c7b8f6d"), "controller": true}],
        }, "spec": {
            "serviceAccountName": service,
            "nodeName": format!("node-{}", number % 500),
            "containers": [{
                "name": "main", "image": format!("registry/{service}:1"),
                "ports": [{"name": "http", "containerPort": 8080, "protocol": "TCP"}],
                "resources": {"requests": {"cpu": "100m", "memory": "128Mi"}},
            }],
        }, "status": {
            "phase": "Running", "podIP": address, "podIPs": addresses,
            "startTime": started,
            "conditions": [{"type": "Ready", "status": "True", "lastTransitionTime": started}],
        }})
    }

    /// Ten policies.
    #[allow(clippy::too_many_lines, reason = "manifests, one after the other")]
    fn policies(self, namespace: u32) -> Vec<Value> {
        let name = Self::namespace_name(namespace);
        let policy = |policy: &str, spec: Value| {
            json!({"apiVersion": "projectcalico.org/v3", "kind": "NetworkPolicy",
                "metadata": {"name": policy, "namespace": name}, "spec": spec})
        };
        let neighbour = |distance: u32| {
            Self::namespace_name(namespace.saturating_add(distance) % self.namespaces)
        };
        let mut all = vec![
            policy(
                "deny-all",
                json!({"order": 1000, "selector": "all()", "types": ["Ingress"]}),
            ),
            policy(
                "from-own-namespace",
                json!({
                    "order": 900, "selector": "all()", "types": ["Ingress"],
                    "ingress": [{"action": "Allow", "protocol": "TCP",
                        "source": {"selector": "all()"}, "destination": {"ports": [8080]}}],
                }),
            ),
            policy(
                "egress",
                json!({
                    "order": 900, "selector": "app == 'service-0'", "types": ["Egress"],
                    "egress": [
                        {"action": "Allow", "destination": {"selector": "all()"}},
                        {"action": "Allow", "protocol": "TCP",
                            "destination": {"selector": "role == 'database'", "ports": [5432]}},
                    ],
                }),
            ),
            policy(
                "audit",
                json!({
                    "order": 10, "selector": "app == 'service-1'", "types": ["Ingress"],
                    "ingress": [{"action": "Deny", "http": {"methods": ["DELETE"]}}],
                }),
            ),
        ];
        if let Some(kind) = all.last_mut().and_then(|audit| audit.get_mut("kind")) {
            *kind = json!("StagedNetworkPolicy");
        }
        for service in 0..SERVICES {
            let caller = service_of(service.saturating_add(1));
            all.push(policy(
                &format!("call-service-{service}"),
                json!({
                    "order": 100, "selector": format!("app == '{}'", service_of(service)),
                    "types": ["Ingress"],
                    "ingress": [{
                        "action": "Allow", "source": {"serviceAccounts": {"names": [caller]}},
                        "http": {"methods": ["GET", "POST"], "paths": [{"prefix": "/api"}]},
                    }],
                }),
            ));
        }
        for (service, distance) in [(0, 1), (2, 13)] {
            let from = neighbour(distance);
            all.push(policy(
                &format!("from-neighbour-{distance}"),
                json!({
                    "order": 200, "selector": format!("app == '{}'", service_of(service)),
                    "types": ["Ingress"],
                    "ingress": [{
                        "action": "Allow",
                        "source": {
                            "namespaceSelector": format!("projectcalico.org/name == '{from}'"),
                            "selector": "app in {'service-1', 'service-3'}",
                        },
                        "http": {"methods": ["GET"]},
                    }],
                }),
            ));
        }
        all
    }
}

fn service_of(pod: u32) -> String {
    format!("service-{}", pod % SERVICES)
}

/// Tiers, network sets, and policy for every namespace.
#[allow(clippy::too_many_lines, reason = "manifests, one after the other")]
fn globals() -> Vec<Value> {
    let calico = "projectcalico.org/v3";
    let set = |name: &str, nets: &[&str]| {
        json!({"apiVersion": calico, "kind": "GlobalNetworkSet",
            "metadata": {"name": name, "labels": {"role": name}}, "spec": {"nets": nets}})
    };
    let policy = |name: &str, spec: Value| {
        json!({"apiVersion": calico, "kind": "GlobalNetworkPolicy",
            "metadata": {"name": name}, "spec": spec})
    };
    vec![
        json!({"apiVersion": calico, "kind": "Tier", "metadata": {"name": "security"},
            "spec": {"order": 100, "defaultAction": "Pass"}}),
        set("vpn", &["172.16.0.0/16", "172.20.0.0/16"]),
        set(
            "blocked",
            &["198.51.100.0/24", "203.0.113.0/25", "192.0.2.7"],
        ),
        set("database", &["192.168.10.0/24"]),
        policy(
            "security.block",
            json!({
                "tier": "security", "order": 1, "types": ["Ingress", "Egress"],
                "ingress": [{"action": "Deny", "source": {"selector": "role == 'blocked'"}}],
                "egress": [{"action": "Deny", "destination": {"selector": "role == 'blocked'"}}],
            }),
        ),
        policy(
            "security.vpn",
            json!({
                "tier": "security", "order": 2, "types": ["Ingress"],
                "ingress": [
                    {"action": "Deny", "source": {"selector": "role == 'vpn'"},
                        "http": {"paths": [{"prefix": "/admin"}]}},
                    {"action": "Pass"},
                ],
            }),
        ),
        policy(
            "edge",
            json!({
                "order": 50, "selector": "app == 'service-0'", "types": ["Ingress"],
                "ingress": [{
                    "action": "Allow",
                    "source": {"namespaceSelector": "tier == 'edge'", "selector": "app == 'service-3'"},
                    "http": {"methods": ["GET", "POST"]},
                }],
            }),
        ),
        policy(
            "team",
            json!({
                "order": 60, "selector": "all()", "namespaceSelector": "team == 'team-7'",
                "types": ["Ingress"],
                "ingress": [{
                    "action": "Allow",
                    "source": {"namespaceSelector": "team == 'team-7'"},
                    "http": {"methods": ["GET"], "paths": [{"exact": "/health"}]},
                }],
            }),
        ),
    ]
}
