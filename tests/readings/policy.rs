//! One policy of each dialect about one value.

use crate::table::Kind;
use serde_json::{Value, json};

/// The address of the workload that enforces.
pub(crate) const API: &str = "10.0.0.1";
/// The address of its caller.
pub(crate) const WEB: &str = "10.0.0.2";

/// A dialect, and whether its policy refuses the value or lets it pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    CalicoDeny,
    IstioDeny,
    CalicoAllow,
    IstioAllow,
    Cilium,
}

impl Dialect {
    /// In the order of the columns of the table.
    pub(crate) const ALL: [Self; 5] = [
        Self::CalicoDeny,
        Self::IstioDeny,
        Self::CalicoAllow,
        Self::IstioAllow,
        Self::Cilium,
    ];

    /// The policy.
    pub(crate) fn policy(self, kind: Kind, value: &str) -> Value {
        match self {
            Self::CalicoDeny => calico(
                &json!([{"action": "Deny", "http": calico_http(kind, value)}, {"action": "Allow"}]),
            ),
            Self::CalicoAllow => {
                calico(&json!([{"action": "Allow", "http": calico_http(kind, value)}]))
            }
            Self::IstioDeny => istio("DENY", &istio_rule(kind, value)),
            Self::IstioAllow => istio("ALLOW", &istio_rule(kind, value)),
            Self::Cilium => cilium(&cilium_http(kind, value)),
        }
    }
}

/// The workload that enforces, and its caller.
pub(crate) fn workloads() -> Vec<Value> {
    let pod = |name: &str, address: &str| {
        json!({
            "apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": name, "namespace": "shop", "labels": {"app": name}},
            "spec": {"serviceAccountName": name},
            "status": {"phase": "Running", "podIP": address},
        })
    };
    vec![
        json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}),
        pod("api", API),
        pod("web", WEB),
    ]
}

fn header(value: &str) -> (&str, &str) {
    value.split_once(": ").unwrap()
}

fn calico_http(kind: Kind, value: &str) -> Value {
    match kind {
        Kind::Path => match value.strip_suffix("/*") {
            Some(prefix) => json!({"paths": [{"prefix": prefix}]}),
            None => json!({"paths": [{"exact": value}]}),
        },
        Kind::Method => json!({"methods": [value]}),
        Kind::Header => {
            let (name, value) = header(value);
            json!({"headers": [{"header": name, "operator": "In", "values": [value]}]})
        }
        Kind::Host => json!({"headers": [{"header": "host", "operator": "In", "values": [value]}]}),
    }
}

fn calico(rules: &Value) -> Value {
    json!({
        "apiVersion": "projectcalico.org/v3", "kind": "NetworkPolicy",
        "metadata": {"name": "p", "namespace": "shop"},
        "spec": {"selector": "app == 'api'", "types": ["Ingress"], "ingress": rules},
    })
}

fn istio_rule(kind: Kind, value: &str) -> Value {
    let field = match kind {
        Kind::Path => "paths",
        Kind::Method => "methods",
        Kind::Host => "hosts",
        Kind::Header => {
            let (name, value) = header(value);
            return json!({"when": [{"key": format!("request.headers[{name}]"), "values": [value]}]});
        }
    };
    json!({"to": [{"operation": {field: [value]}}]})
}

fn istio(action: &str, rule: &Value) -> Value {
    json!({
        "apiVersion": "security.istio.io/v1", "kind": "AuthorizationPolicy",
        "metadata": {"name": "p", "namespace": "shop"},
        "spec": {"selector": {"matchLabels": {"app": "api"}}, "action": action, "rules": [rule]},
    })
}

fn cilium_http(kind: Kind, value: &str) -> Value {
    match kind {
        Kind::Path => match value.strip_suffix('*') {
            Some(prefix) => json!({"path": format!("{}.*", escaped(prefix))}),
            None => json!({"path": escaped(value)}),
        },
        Kind::Method => json!({"method": value}),
        Kind::Host => json!({"host": escaped(value)}),
        Kind::Header => json!({"headers": [value]}),
    }
}

/// An expression for this text alone.
fn escaped(text: &str) -> String {
    let escape = |letter: char| match letter {
        '.' | '+' | '*' | '?' | '(' | ')' | '|' | '[' | ']' | '{' | '}' | '\\' | '^' | '$' => {
            vec!['\\', letter]
        }
        letter => vec![letter],
    };
    text.chars().flat_map(escape).collect()
}

fn cilium(http: &Value) -> Value {
    json!({
        "apiVersion": "cilium.io/v2", "kind": "CiliumNetworkPolicy",
        "metadata": {"name": "p", "namespace": "shop"},
        "spec": {
            "endpointSelector": {"matchLabels": {"app": "api"}},
            "ingress": [{
                "fromEndpoints": [{}],
                "toPorts": [{"ports": [{"port": "80", "protocol": "TCP"}], "rules": {"http": [http]}}],
            }],
        },
    })
}
