//! Rules that an API states in words of its own: for each a change of a valid value that breaks it.
//! A rule that is not here fails the walk.

use serde_json::{Value, json};

/// Values that break this rule, made from one that keeps it.
pub(crate) fn breaking(rule: &str, valid: &Value) -> Vec<Value> {
    let changes: Vec<Value> = RULES
        .iter()
        .filter(|(known, _)| *known == rule)
        .map(|(_, change)| serde_json::from_str(change).unwrap())
        .collect();
    assert!(
        !changes.is_empty(),
        "nobody has written what breaks: {rule}"
    );
    changes
        .into_iter()
        .map(|change| merged(valid, change))
        .collect()
}

/// The value with these fields set, and those that are null removed; of anything but a map the
/// change itself.
fn merged(valid: &Value, change: Value) -> Value {
    let (Value::Object(valid), Value::Object(change)) = (valid, &change) else {
        return change;
    };
    let mut map = valid.clone();
    for (key, value) in change {
        if value.is_null() {
            map.remove(key);
        } else {
            map.insert(key.clone(), value.clone());
        }
    }
    json!(map)
}

const RULES: &[(&str, &str)] = &[
    // Cilium.
    (
        "has(self.spec) || has(self.specs)",
        r#"{"spec": null, "specs": null}"#,
    ),
    // Calico: policies.
    (
        "!((has(self.doNotTrack) && self.doNotTrack) && (has(self.preDNAT) && self.preDNAT))",
        r#"{"doNotTrack": true, "preDNAT": true, "applyOnForward": true, "egress": null, "types": ["Ingress"]}"#,
    ),
    (
        "(!has(self.preDNAT) || !self.preDNAT) || !has(self.egress) || size(self.egress) == 0",
        r#"{"preDNAT": true, "applyOnForward": true, "types": ["Ingress"], "egress": [{"action": "Allow"}]}"#,
    ),
    (
        "(!has(self.preDNAT) || !self.preDNAT) || !has(self.types) || !self.types.exists(t, t == 'Egress')",
        r#"{"preDNAT": true, "applyOnForward": true, "egress": null, "types": ["Ingress", "Egress"]}"#,
    ),
    (
        "(has(self.applyOnForward) && self.applyOnForward) || ((!has(self.doNotTrack) || !self.doNotTrack) && (!has(self.preDNAT) || !self.preDNAT))",
        r#"{"preDNAT": true, "applyOnForward": false, "egress": null, "types": ["Ingress"]}"#,
    ),
    (
        "!has(self.selector) || !self.selector.contains('global(')",
        r#"{"selector": "global()"}"#,
    ),
    (
        "!has(self.serviceAccountSelector) || !self.serviceAccountSelector.contains('global(')",
        r#"{"serviceAccountSelector": "global()"}"#,
    ),
    (
        "!has(self.namespaceSelector) || !self.namespaceSelector.contains('global(')",
        r#"{"namespaceSelector": "global()"}"#,
    ),
    // Calico: rules.
    (
        "!has(self.http) || !has(self.protocol) || self.protocol == 'TCP' || self.protocol == 6",
        r#"{"protocol": "UDP", "http": {"methods": ["GET"]}}"#,
    ),
    (
        "self.action == 'Allow' || !has(self.http)",
        r#"{"action": "Deny", "http": {"methods": ["GET"]}}"#,
    ),
    (
        "!has(self.destination) || !has(self.destination.services) || (!has(self.destination.ports) || size(self.destination.ports) == 0) && (!has(self.destination.notPorts) || size(self.destination.notPorts) == 0)",
        r#"{"destination": {"services": {"name": "a", "namespace": "b"}, "ports": [80]}}"#,
    ),
    (
        "!has(self.icmp) || (has(self.protocol) && (self.protocol == 'ICMP' || self.protocol == 'ICMPv6' || self.protocol == 1 || self.protocol == 58))",
        r#"{"icmp": {"type": 8}, "protocol": "TCP"}"#,
    ),
    (
        "(!has(self.protocol) || (self.protocol != 'ICMP' && self.protocol != 1)) || !has(self.ipVersion) || self.ipVersion == 4",
        r#"{"protocol": "ICMP", "ipVersion": 6, "source": null, "destination": null}"#,
    ),
    (
        "(!has(self.protocol) || (self.protocol != 'ICMPv6' && self.protocol != 58)) || !has(self.ipVersion) || self.ipVersion == 6",
        r#"{"protocol": 58, "ipVersion": 4, "source": null, "destination": null}"#,
    ),
    (
        "(!has(self.notProtocol) || (self.notProtocol != 'ICMP' && self.notProtocol != 1)) || !has(self.ipVersion) || self.ipVersion == 4",
        r#"{"notProtocol": 1, "ipVersion": 6, "source": null, "destination": null}"#,
    ),
    (
        "(!has(self.notProtocol) || (self.notProtocol != 'ICMPv6' && self.notProtocol != 58)) || !has(self.ipVersion) || self.ipVersion == 6",
        r#"{"notProtocol": "ICMPv6", "ipVersion": 4, "source": null, "destination": null}"#,
    ),
    (
        "!has(self.code) || has(self.type)",
        r#"{"code": 1, "type": null}"#,
    ),
    // Calico: ends of rules.
    (
        "!has(self.services) || !has(self.namespaceSelector) || size(self.namespaceSelector) == 0",
        r#"{"services": {"name": "a", "namespace": "b"}, "namespaceSelector": "all()", "nets": null, "notNets": null, "selector": null, "notSelector": null, "serviceAccounts": null, "ports": null, "notPorts": null}"#,
    ),
    (
        "!has(self.services) || !has(self.serviceAccounts)",
        r#"{"services": {"name": "a", "namespace": "b"}, "serviceAccounts": {}, "nets": null, "notNets": null, "selector": null, "notSelector": null, "namespaceSelector": null, "ports": null, "notPorts": null}"#,
    ),
    (
        "!has(self.services) || size(self.services.name) > 0",
        r#"{"services": {"name": "", "namespace": "b"}, "nets": null, "notNets": null, "selector": null, "notSelector": null, "namespaceSelector": null, "serviceAccounts": null, "ports": null, "notPorts": null}"#,
    ),
    (
        "!has(self.services) || (!has(self.selector) || size(self.selector) == 0) && (!has(self.notSelector) || size(self.notSelector) == 0)",
        r#"{"services": {"name": "a", "namespace": "b"}, "selector": "all()", "nets": null, "notNets": null, "notSelector": null, "namespaceSelector": null, "serviceAccounts": null, "ports": null, "notPorts": null}"#,
    ),
    (
        "!has(self.services) || (!has(self.nets) || size(self.nets) == 0) && (!has(self.notNets) || size(self.notNets) == 0)",
        r#"{"services": {"name": "a", "namespace": "b"}, "nets": ["10.0.0.0/8"], "notNets": null, "selector": null, "notSelector": null, "namespaceSelector": null, "serviceAccounts": null, "ports": null, "notPorts": null}"#,
    ),
    // Calico: tiers.
    (
        "self.metadata.name == 'kube-admin' ? (has(self.spec.defaultAction) && self.spec.defaultAction == 'Pass') : true",
        r#"{"metadata": {"name": "kube-admin"}, "spec": {"order": 1000, "defaultAction": "Deny"}}"#,
    ),
    (
        "self.metadata.name == 'kube-baseline' ? (has(self.spec.defaultAction) && self.spec.defaultAction == 'Pass') : true",
        r#"{"metadata": {"name": "kube-baseline"}, "spec": {"order": 10000000}}"#,
    ),
    (
        "self.metadata.name == 'default' ? (has(self.spec.defaultAction) && self.spec.defaultAction == 'Deny') : true",
        r#"{"metadata": {"name": "default"}, "spec": {"order": 1000000, "defaultAction": "Pass"}}"#,
    ),
    (
        "self.metadata.name != 'default' || (has(self.spec.order) && self.spec.order == 1000000.0)",
        r#"{"metadata": {"name": "default"}, "spec": {"defaultAction": "Deny"}}"#,
    ),
    (
        "self.metadata.name != 'kube-admin' || (has(self.spec.order) && self.spec.order == 1000.0)",
        r#"{"metadata": {"name": "kube-admin"}, "spec": {"order": 1, "defaultAction": "Pass"}}"#,
    ),
    (
        "self.metadata.name != 'kube-baseline' || (has(self.spec.order) && self.spec.order == 10000000.0)",
        r#"{"metadata": {"name": "kube-baseline"}, "spec": {"defaultAction": "Pass"}}"#,
    ),
    // Kubernetes.
    (
        "endPort needs a port that is a number, and comes after it",
        r#"{"port": 80, "endPort": 79}"#,
    ),
    (
        "endPort needs a port that is a number, and comes after it",
        r#"{"port": "http", "endPort": 90}"#,
    ),
    (
        "endPort needs a port that is a number, and comes after it",
        r#"{"port": null, "endPort": 90}"#,
    ),
    ("a number from 1 to 65535, or the name of a port", "0"),
    ("a number from 1 to 65535, or the name of a port", "65536"),
    ("a number from 1 to 65535, or the name of a port", r#""80""#),
    (
        "a number from 1 to 65535, or the name of a port",
        r#""a--b""#,
    ),
    (
        "ipBlock, or selectors, and not both",
        r#"{"ipBlock": {"cidr": "10.0.0.0/8"}, "podSelector": {}}"#,
    ),
    (
        "every exception is a true part of cidr",
        r#"{"cidr": "10.0.0.0/8", "except": ["11.0.0.0/16"]}"#,
    ),
    (
        "every exception is a true part of cidr",
        r#"{"cidr": "10.0.0.0/8", "except": ["10.0.0.0/8"]}"#,
    ),
    ("every key is a qualified name", r#"{"a b": "c"}"#),
    ("every key is a qualified name", r#"{"Example.com/a": "c"}"#),
    // Administrators' policies.
    (
        "!(self.to.exists(peer, has(peer.networks) || has(peer.nodes) || has(peer.domainNames)) && has(self.ports) && self.ports.exists(port, has(port.namedPort)))",
        r#"{"to": [{"networks": ["10.0.0.0/8"]}], "ports": [{"namedPort": "http"}]}"#,
    ),
    (
        "!(self.to.exists(peer, has(peer.networks) || has(peer.nodes)) && has(self.ports) && self.ports.exists(port, has(port.namedPort)))",
        r#"{"to": [{"nodes": {}}], "ports": [{"namedPort": "http"}]}"#,
    ),
    (
        "!(self.to.exists(peer, has(peer.networks) || has(peer.nodes) || has(peer.domainNames)) && has(self.protocols) && self.protocols.exists(protocol, has(protocol.destinationNamedPort)))",
        r#"{"to": [{"domainNames": ["example.com"]}], "protocols": [{"destinationNamedPort": "http"}]}"#,
    ),
    ("isCIDR(self)", r#""10.0.0.1""#),
    (
        "isCIDR(self) && cidr(self) == cidr(self).masked()",
        r#""10.0.0.1/8""#,
    ),
    (
        "isCIDR(self) && cidr(self) == cidr(self).masked()",
        r#""10.0.0.1""#,
    ),
    ("self.start < self.end", r#"{"start": 80, "end": 80}"#),
    (
        "self.metadata.name == 'default'",
        r#"{"metadata": {"name": "other"}}"#,
    ),
    // Istio.
    (
        "(has(self.selector) ? 1 : 0) + (has(self.targetRef) ? 1 : 0) + (has(self.targetRefs) ? 1 : 0) <= 1",
        r#"{"selector": {"matchLabels": {"app": "a"}}, "targetRefs": [{"group": "gateway.networking.k8s.io", "kind": "Gateway", "name": "a"}]}"#,
    ),
    (
        "(has(self.serviceAccounts) || has(self.notServiceAccounts)) ? (!has(self.principals) && !has(self.notPrincipals) && !has(self.namespaces) && !has(self.notNamespaces)) : true",
        r#"{"serviceAccounts": ["a/b"], "namespaces": ["a"]}"#,
    ),
    (r#"self.all(key, !key.contains("*"))"#, r#"{"a*": "b"}"#),
    ("self.all(key, key.size() != 0)", r#"{"": "b"}"#),
    (r#"!self.contains("*")"#, r#""a*""#),
    ("self.size() == 0", r#""other""#),
    (
        "has(self.portLevelMtls) ? (((has(self.selector) && has(self.selector.matchLabels)) ? self.selector.matchLabels : {}).size() > 0) : true",
        r#"{"selector": null, "portLevelMtls": {"8080": {"mode": "STRICT"}}}"#,
    ),
    (
        "self.all(key, 0 < int(key) && int(key) <= 65535)",
        r#"{"0": {"mode": "STRICT"}}"#,
    ),
    (
        "self.all(key, 0 < int(key) && int(key) <= 65535)",
        r#"{"65536": {"mode": "STRICT"}}"#,
    ),
];
