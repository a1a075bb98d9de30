//! What cannot be met may make an allow smaller, never a deny or a subject: over every field of
//! every dialect that says whom or what a rule means, written so that nothing can be as it says.
//!
//! In an allow such a field is refused, or lets nobody in. In a deny it is refused, or denies, or
//! the command warns of it; in a subject it is refused, or the policy governs, or the command warns.
//! Never is it taken without a word, and nothing of it enforced.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test, helpers included: what is not there fails it"
)]

use heliast::bundle::Bundle;
use heliast::config::WorkloadConfig;
use heliast::evaluate::evaluate;
use heliast::peer::{Identity, Peer};
use heliast::program::{Local, Node, PeerRules, Program};
use heliast::request::{Http, Request};
use heliast::settings::Settings;
use heliast::terms::Protocol;
use heliast::verdict::{Decision, Direction};
use serde_json::{Value, json};
use std::sync::Arc;

/// How a rule with a field in it becomes the objects of a dialect.
type Write = fn(&Value) -> Vec<Value>;

/// What a field stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Allow,
    Deny,
    Subject,
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Refused,
    Warned,
    Denied,
    Passed,
}

fn surroundings() -> Vec<Value> {
    let pod = |name: &str, address: &str| {
        json!({"apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": name, "namespace": "default", "labels": {"app": name}},
        "spec": {"nodeName": "n", "serviceAccountName": name, "containers": [{"name": "c", "ports": [{"name": "web", "containerPort": 80}]}]},
        "status": {"phase": "Running", "podIP": address, "hostIP": "10.2.0.1"}})
    };
    vec![
        json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "default"}}),
        json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n"}, "status": {"addresses": [{"type": "InternalIP", "address": "10.2.0.1"}]}}),
        pod("own", "10.1.0.1"),
        pod("peer", "10.1.0.2"),
    ]
}

/// What becomes of a request of `peer` to `own`. What the frame of the rule is warned of anyway
/// does not count.
fn outcome(policy: Vec<Value>, usual: &[&'static str]) -> Outcome {
    let mut objects = surroundings();
    objects.extend(policy);
    let Ok(bundle) = Bundle::load(&objects) else {
        return Outcome::Refused;
    };
    let config = WorkloadConfig {
        namespace: Some("default".to_owned()),
        name: Some("own".to_owned()),
        ..WorkloadConfig::default()
    };
    let local = Local::resolve(&config, &Node::default(), &bundle.model).unwrap();
    let model = Arc::clone(&bundle.model);
    let program = Program::compile(model, local, Direction::Ingress, Settings::default());
    let uri = b"spiffe://cluster.local/ns/default/sa/peer".as_slice();
    let peer = Peer {
        address: Some("10.1.0.2".parse().unwrap()),
        identity: Identity::of_certificate(&[uri], &["cluster.local".to_owned()]),
    };
    let lines: Vec<(&[u8], &[u8])> = vec![
        (b":method", b"GET"),
        (b":path", b"/a"),
        (b":scheme", b"http"),
        (b":authority", b"own.example"),
        (b"x", b"1"),
    ];
    let request = Request {
        port: Some(80),
        ..Request::new(Protocol::TCP, Some(Http::new(&lines)))
    };
    let rules = PeerRules::new(&program, &peer);
    match evaluate(&program, &rules, &request).enforced.decision {
        Decision::Deny => Outcome::Denied,
        Decision::Allow if codes(&bundle).iter().all(|code| usual.contains(code)) => {
            Outcome::Passed
        }
        Decision::Allow => Outcome::Warned,
    }
}

/// What a bundle is warned of.
fn codes(bundle: &Bundle) -> Vec<&'static str> {
    bundle.warnings.list.iter().map(|one| one.code).collect()
}

/// Writes each field into a rule of this kind, and looks what comes of it.
#[track_caller]
fn check(dialect: &str, place: Place, write: Write, usual: &Value, fields: &[Value]) {
    // The same rule with a field that is met, so that a broken frame is not taken for a refusal.
    let mut objects = surroundings();
    objects.extend(write(usual));
    let frame = codes(&Bundle::load(&objects).unwrap());
    let met = outcome(write(usual), &frame);
    let expected = match place {
        Place::Allow => [Outcome::Passed, Outcome::Warned],
        Place::Deny | Place::Subject => [Outcome::Denied, Outcome::Denied],
    };
    assert!(
        expected.contains(&met),
        "{dialect} {place:?} {usual}: {met:?}"
    );
    for field in fields {
        let found = outcome(write(field), &frame);
        let is_right = match place {
            Place::Allow => matches!(found, Outcome::Refused | Outcome::Denied),
            Place::Deny | Place::Subject => found != Outcome::Passed,
        };
        assert!(is_right, "{dialect} {place:?} {field}: {found:?}");
    }
}

fn cilium(spec: &Value) -> Vec<Value> {
    vec![
        json!({"apiVersion": "cilium.io/v2", "kind": "CiliumNetworkPolicy", "metadata": {"name": "p", "namespace": "default"}, "spec": spec}),
    ]
}

fn labels(key: &str) -> Value {
    json!({"matchLabels": {key: "peer"}})
}

/// Keys of labels that no pod has, by how they are written.
const NO_LABELS: [&str; 12] = [
    "container:app",
    "reserved:unknown",
    "cidr:10.0.0.0/8",
    "io.cilium.k8s.namespace.label.team",
    "io.cilium.k8s.policy.name",
    "io.cilium.k8s.policy",
    "k8s.io.cilium.k8s.namespace.labels.team",
    "any.io.kubernetes.pod.namespace",
    "k8s.io.kubernetes.pod.namespace",
    "k8s:container:app",
    "",
    "app label",
];

fn cilium_peers() -> Vec<Value> {
    let mut peers: Vec<Value> = NO_LABELS
        .iter()
        .map(|key| json!({"fromEndpoints": [labels(key)]}))
        .collect();
    for key in NO_LABELS {
        for operator in ["Exists", "In"] {
            let mut expression = json!({"key": key, "operator": operator});
            if operator == "In" {
                expression["values"] = json!(["a"]);
            }
            peers.push(json!({"fromEndpoints": [{"matchExpressions": [expression]}]}));
        }
    }
    peers.extend([
        json!({"fromEntities": ["kube-apiserver"]}),
        json!({"fromEntities": ["nobody"]}),
        json!({"fromNodes": [{"matchLabels": {"a": "b"}}]}),
        json!({"fromCIDR": ["10.1.0.300"]}),
        json!({"fromCIDRSet": [{"cidrGroupRef": "missing"}]}),
        json!({"fromGroups": [{"aws": {}}]}),
    ]);
    peers
}

fn cilium_ports() -> Vec<Value> {
    vec![
        json!({"toPorts": [{"ports": []}]}),
        json!({"toPorts": [{"ports": [{"port": "70000", "protocol": "TCP"}]}]}),
        json!({"toPorts": [{"ports": [{"port": "-", "protocol": "TCP"}]}]}),
        json!({"toPorts": [{"ports": [{"port": "nobody-has-it", "protocol": "TCP"}]}]}),
        json!({"toPorts": [{"ports": [{"port": "80", "protocol": "tcpp"}]}]}),
        json!({"toPorts": [{"ports": [{"port": "80", "protocol": "UDP"}]}]}),
        json!({"icmps": [{"fields": [{"type": 8}]}]}),
    ]
}

#[test]
fn cilium_denies_and_subjects_lose_nothing() {
    let deny: Write = |field| {
        cilium(
            &json!({"endpointSelector": {}, "ingress": [{"fromEntities": ["all"]}], "ingressDeny": [field]}),
        )
    };
    let allow: Write = |field| cilium(&json!({"endpointSelector": {}, "ingress": [field]}));
    let subject: Write = |selector| cilium(&json!({"endpointSelector": selector, "ingress": [{}]}));
    let usual = json!({"fromEndpoints": [labels("app")]});
    let mut fields = cilium_peers();
    fields.extend(cilium_ports());
    check("Cilium", Place::Deny, deny, &usual, &fields);
    let http = |rule: Value| json!({"toPorts": [{"ports": [{"port": "80", "protocol": "TCP"}], "rules": {"http": [rule]}}]});
    fields.extend([
        http(json!({"path": "("})),
        http(json!({"method": "["})),
        http(json!({"host": "*"})),
        http(json!({"headers": ["X:1"]})),
        http(json!({"headerMatches": [{"name": "x", "secret": {"name": "s"}}]})),
        json!({"fromEndpoints": [labels("app")], "authentication": {"mode": "test-always-fail"}}),
        json!({"fromEndpoints": [labels("pod-template-hash")]}),
    ]);
    check("Cilium", Place::Allow, allow, &usual, &fields);
    let mut subjects: Vec<Value> = NO_LABELS.iter().map(|key| labels(key)).collect();
    subjects.extend([
        labels("pod-template-hash"),
        labels("reserved:init"),
        json!({"matchLabels": {"io.kubernetes.pod.namespace": "other"}}),
        json!({"matchExpressions": [{"key": "io.kubernetes.pod.namespace", "operator": "DoesNotExist"}]}),
    ]);
    check(
        "Cilium",
        Place::Subject,
        subject,
        &json!({"matchLabels": {"app": "own"}}),
        &subjects,
    );
}

fn calico(spec: &Value) -> Vec<Value> {
    vec![
        json!({"apiVersion": "projectcalico.org/v3", "kind": "NetworkPolicy", "metadata": {"name": "p", "namespace": "default"}, "spec": spec}),
    ]
}

#[test]
fn calico_denies_and_subjects_lose_nothing() {
    let deny: Write = |field| {
        let mut rule = field.clone();
        rule["action"] = json!("Deny");
        calico(&json!({"selector": "all()", "ingress": [rule, {"action": "Allow"}]}))
    };
    let allow: Write = |field| {
        let mut rule = field.clone();
        rule["action"] = json!("Allow");
        calico(&json!({"selector": "all()", "ingress": [rule]}))
    };
    let subject: Write = |field| {
        let mut spec = field.clone();
        spec["ingress"] = json!([{"action": "Deny"}]);
        calico(&spec)
    };
    let fields = [
        json!({"source": {"selector": "app = 'peer'"}}),
        json!({"source": {"notSelector": "app == "}}),
        json!({"source": {"namespaceSelector": "has("}}),
        json!({"source": {"nets": ["10.1.0.300/32"]}}),
        json!({"source": {"nets": ["::ffff:10.1.0.2/128"]}}),
        json!({"source": {"nets": []}, "protocol": "TCPP"}),
        json!({"source": {"serviceAccounts": {"names": ["PEER"]}}}),
        json!({"source": {"serviceAccounts": {"selector": "a =="}}}),
        json!({"source": {"domains": ["a.example"]}}),
        json!({"protocol": "TCP", "destination": {"ports": ["a b"]}}),
        json!({"protocol": "TCP", "destination": {"ports": [70000]}}),
        json!({"protocol": "TCP", "destination": {"ports": ["90:80"]}}),
        json!({"protocol": "TCP", "destination": {"ports": ["nobody-has-it"]}}),
        json!({"ipVersion": 5}),
        json!({"http": {"methods": ["GET,POST"]}}),
        json!({"http": {"methods": ["GET "]}}),
        json!({"http": {"paths": [{"exact": "a"}]}}),
        json!({"http": {"paths": [{}]}}),
        json!({"http": {"headers": [{"header": "a b", "operator": "Exists"}]}}),
    ];
    let usual = json!({"source": {"selector": "app == 'peer'"}});
    check("Calico", Place::Deny, deny, &usual, &fields);
    check("Calico", Place::Allow, allow, &usual, &fields);
    let subjects = [
        json!({"selector": "app ="}),
        json!({"selector": "all("}),
        json!({"selector": "all()", "serviceAccountSelector": "a =="}),
        json!({"selector": "all()", "types": ["Ingres"]}),
    ];
    check(
        "Calico",
        Place::Subject,
        subject,
        &json!({"selector": "app == 'own'"}),
        &subjects,
    );
}

#[test]
fn kubernetes_denies_and_subjects_lose_nothing() {
    let deny: Write = |field| {
        let mut rule = field.clone();
        rule["action"] = json!("Deny");
        if rule.get("from").is_none() {
            rule["from"] = json!([{"namespaces": {}}]);
        }
        vec![
            json!({"apiVersion": "policy.networking.k8s.io/v1alpha2", "kind": "ClusterNetworkPolicy", "metadata": {"name": "p"},
            "spec": {"tier": "Admin", "priority": 1, "subject": {"namespaces": {}}, "ingress": [rule]}}),
        ]
    };
    let network: Write = |field| {
        vec![
            json!({"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": "p", "namespace": "default"},
            "spec": {"podSelector": {}, "policyTypes": ["Ingress"], "ingress": [field]}}),
        ]
    };
    let subject: Write = |selector| {
        vec![
            json!({"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": "p", "namespace": "default"},
            "spec": {"podSelector": selector, "policyTypes": ["Ingress"]}}),
        ]
    };
    let denied = [
        json!({"from": []}),
        json!({"from": [{}]}),
        json!({"from": [{"pods": {"namespaceSelector": {}, "podSelector": {"matchLabels": {"a b": "c"}}}}]}),
        json!({"from": [{"namespaces": {"matchExpressions": [{"key": "a", "operator": "In"}]}}]}),
        json!({"protocols": []}),
        json!({"protocols": [{"tcp": {"destinationPort": {"number": 70000}}}]}),
        json!({"protocols": [{"destinationNamedPort": "a b"}]}),
        json!({"protocols": [{"destinationNamedPort": "nobody-has-it"}]}),
    ];
    let usual = json!({"from": [{"namespaces": {}}]});
    check("Kubernetes", Place::Deny, deny, &usual, &denied);
    let allowed = [
        json!({"from": [{}]}),
        json!({"from": [{"podSelector": {"matchLabels": {"a b": "c"}}}]}),
        json!({"from": [{"ipBlock": {"cidr": "10.1.0.300/32"}}]}),
        json!({"from": [{"ipBlock": {"cidr": "0.0.0.0/0", "except": ["x"]}}]}),
        json!({"ports": [{"port": "nobody-has-it"}]}),
        json!({"ports": [{"port": "a b"}]}),
        json!({"ports": [{"port": 70000}]}),
        json!({"ports": [{"port": 80, "protocol": "tcpp"}]}),
    ];
    let usual = json!({"from": [{"podSelector": {}}]});
    check("Kubernetes", Place::Allow, network, &usual, &allowed);
    let subjects = [
        json!({"matchLabels": {"a b": "c"}}),
        json!({"matchLabels": {"a": "b c"}}),
        json!({"matchExpressions": [{"key": "app", "operator": "In", "values": []}]}),
        json!({"matchExpressions": [{"key": "app", "operator": "Gt", "values": ["1"]}]}),
    ];
    check("Kubernetes", Place::Subject, subject, &json!({}), &subjects);
}

#[test]
fn istio_denies_and_subjects_lose_nothing() {
    fn policy(action: &str, spec: &Value) -> Vec<Value> {
        let mut spec = spec.clone();
        spec["action"] = json!(action);
        vec![
            json!({"apiVersion": "security.istio.io/v1", "kind": "AuthorizationPolicy", "metadata": {"name": "p", "namespace": "default"}, "spec": spec}),
        ]
    }
    let deny: Write = |rule| policy("DENY", &json!({"rules": [rule]}));
    let allow: Write = |rule| policy("ALLOW", &json!({"rules": [rule]}));
    let subject: Write = |field| {
        let mut spec = field.clone();
        spec["rules"] = json!([{}]);
        policy("DENY", &spec)
    };
    let from = |field: Value| json!({"from": [{"source": field}]});
    let to = |field: Value| json!({"to": [{"operation": field}]});
    let when = |key: &str| json!({"when": [{"key": key, "values": ["a"]}]});
    let fields = [
        from(json!({"principals": [""]})),
        from(json!({"principals": []})),
        from(json!({"namespaces": [""]})),
        from(json!({"serviceAccounts": ["a/b/c"]})),
        from(json!({"ipBlocks": ["10.1.0.300"]})),
        from(json!({"remoteIpBlocks": ["x"]})),
        from(json!({"trustDomains": [""]})),
        from(json!({})),
        to(json!({"ports": ["70000"]})),
        to(json!({"ports": ["web"]})),
        to(json!({"methods": [""]})),
        to(json!({"methods": ["get"]})),
        to(json!({"paths": [""]})),
        to(json!({"paths": ["a"]})),
        to(json!({"hosts": [""]})),
        to(json!({})),
        when("request.header[x]"),
        when("source.port"),
        when("request.headers[]"),
        when("destination.port"),
        json!({"when": [{"key": "source.namespace"}]}),
    ];
    let usual = from(json!({"namespaces": ["default"]}));
    check("Istio", Place::Deny, deny, &usual, &fields);
    check("Istio", Place::Allow, allow, &usual, &fields);
    let subjects = [
        json!({"selector": {"matchLabels": {"a b": "c"}}}),
        json!({"selector": {"matchLabels": {"app": "*"}}}),
        json!({"selector": {"matchExpressions": []}}),
        json!({"targetRefs": []}),
        json!({"targetRefs": [{"kind": "Nothing", "name": "x"}]}),
    ];
    check(
        "Istio",
        Place::Subject,
        subject,
        &json!({"selector": {"matchLabels": {"app": "own"}}}),
        &subjects,
    );
}
