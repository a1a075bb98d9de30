//! Which of a connection's facts say who the peer is, and where it is.

use super::{ATTACK_ADDRESS, FakeHost, SUMMARY, SUMMARY_ADDRESS, decide, enforcer, pod};
use crate::host::{Number, Text};
use crate::verdict::Decision::{self, Allow, Deny};
use serde_json::json;

/// Envoy's formatters write `-` for what is not there.
#[test]
fn sans_that_were_recorded_as_missing_are_those_of_the_connection() {
    for recorded in [&b"-"[..], b""] {
        let mut host = FakeHost::from(SUMMARY_ADDRESS, Some(SUMMARY));
        host.texts.push((Text::PeerUriSans, recorded));
        assert_eq!(decide(&host), Allow, "{recorded:?}");
    }
    let mut host = FakeHost::from(SUMMARY_ADDRESS, None);
    host.mutual_tls = true;
    host.texts.push((Text::PeerUriSans, SUMMARY.as_bytes()));
    assert_eq!(decide(&host), Allow, "what was recorded counts");
}

/// Whoever comes by a pipe has no address, whatever the host says of the request's source.
#[test]
fn a_recorded_address_that_is_none_is_not_replaced_by_that_of_the_request() {
    let mut host = FakeHost::from("/run/envoy.sock", Some(SUMMARY));
    host.texts.push((Text::SourceAddress, b"127.0.10.2:40000"));
    assert_eq!(decide(&host), Deny);
}

/// Istio's `remoteIpBlocks` are of an address that a header may have chosen.
#[test]
fn a_header_chooses_the_remote_address_only_where_it_is_trusted() {
    let policy = json!({"apiVersion": "security.istio.io/v1", "kind": "AuthorizationPolicy",
        "metadata": {"name": "near", "namespace": "default"},
        "spec": {"rules": [{"from": [{"source": {"remoteIpBlocks": ["127.0.10.0/24"]}}]}]}});
    let resources = json!([policy, pod("database", "127.0.10.3")]);
    let decide = |trust: &str, source: &'static [u8], header: bool| -> Decision {
        let bundle = json!({"inline": {"resources": resources}});
        let enforcer = enforcer(&json!({"bundle": bundle, "forwardedFor": trust}));
        let mut host = FakeHost::from(ATTACK_ADDRESS, None);
        host.texts.push((Text::SourceAddress, source));
        if header {
            host.headers.push(("x-forwarded-for", "127.0.10.9"));
        }
        enforcer.rule(&host).decision
    };
    for (trust, source, header, expected) in [
        ("Untrusted", &b"127.0.10.9:1"[..], false, Allow),
        ("Untrusted", b"127.0.11.9:1", false, Deny),
        ("Untrusted", b"127.0.10.9:0", true, Deny),
        ("Trusted", b"127.0.10.9:0", true, Allow),
        ("Trusted", b"127.0.11.9:0", true, Deny),
    ] {
        assert_eq!(decide(trust, source, header), expected, "{trust} {header}");
    }
}

/// A certificate that does not go with its address may be stolen: then the peer is who stands there.
#[test]
fn a_deny_is_met_by_who_stands_at_the_address_and_by_who_holds_the_certificate() {
    for denied in ["attack", "summary"] {
        let policy = json!({"apiVersion": "projectcalico.org/v3", "kind": "GlobalNetworkPolicy",
            "metadata": {"name": "database"},
            "spec": {"selector": "app == 'database'", "types": ["Ingress"], "ingress": [
                {"action": "Deny", "source": {"selector": format!("app == '{denied}'")}},
                {"action": "Allow"}]}});
        let resources = json!([
            policy,
            pod("database", "127.0.10.3"),
            pod("summary", SUMMARY_ADDRESS),
            pod("attack", ATTACK_ADDRESS)
        ]);
        let enforcer = enforcer(&json!({"bundle": {"inline": {"resources": resources}}}));
        let decide = |address, principal| {
            let host = FakeHost::from(address, principal);
            enforcer.rule(&host).decision
        };
        let of = |name| if denied == name { Deny } else { Allow };
        assert_eq!(decide(ATTACK_ADDRESS, Some(SUMMARY)), Deny, "{denied}");
        assert_eq!(decide(SUMMARY_ADDRESS, Some(SUMMARY)), of("summary"));
        assert_eq!(decide("127.0.10.3", Some(SUMMARY)), of("summary"));
        assert_eq!(decide(ATTACK_ADDRESS, None), of("attack"));
    }
}

/// Of two pods that are said to have one address, the other may have the stolen key.
#[test]
fn a_certificate_goes_with_an_address_if_all_who_have_it_are_of_that_account() {
    let policy = json!({"apiVersion": "security.istio.io/v1", "kind": "AuthorizationPolicy",
        "metadata": {"name": "summary", "namespace": "default"},
        "spec": {"rules": [{"from": [{"source": {
            "principals": ["cluster.local/ns/default/sa/summary"]}}]}]}});
    let decide = |other: &str| {
        let resources = json!([
            policy,
            pod("database", "127.0.10.3"),
            pod("summary", SUMMARY_ADDRESS),
            pod("other", other),
        ]);
        let enforcer = enforcer(&json!({"bundle": {"inline": {"resources": resources}}}));
        let host = FakeHost::from(SUMMARY_ADDRESS, Some(SUMMARY));
        enforcer.rule(&host).decision
    };
    assert_eq!(decide(ATTACK_ADDRESS), Allow);
    assert_eq!(decide(SUMMARY_ADDRESS), Deny);
}

/// Envoy has an empty server name for a connection without one.
#[test]
fn without_a_server_name_the_authority_tells_where_a_request_goes() {
    let policy = json!({"apiVersion": "cilium.io/v2", "kind": "CiliumNetworkPolicy",
        "metadata": {"name": "out", "namespace": "default"},
        "spec": {"endpointSelector": {}, "egress": [{"toFQDNs": [{"matchName": "a.example"}]}]}});
    let resources = json!([policy, pod("database", "127.0.10.3")]);
    let enforcer = enforcer(&json!({"bundle": {"inline": {"resources": resources}},
        "direction": "Egress", "destinationDomains": "Requested"}));
    let decide = |server_name: &'static [u8]| -> Decision {
        let mut host = FakeHost::from(SUMMARY_ADDRESS, None);
        host.texts = vec![
            (Text::SourceAddress, b"127.0.10.3:40000"),
            (Text::DestinationAddress, b"192.0.2.1:443"),
            (Text::ServerName, server_name),
        ];
        host.headers.push((":authority", "a.example"));
        enforcer.rule(&host).decision
    };
    assert_eq!(decide(b""), Allow);
    assert_eq!(decide(b"a.example"), Allow);
    assert_eq!(decide(b"b.example"), Deny);
}

/// Whoever comes from nowhere may be any pod, and its port may have any name.
#[test]
fn a_deny_of_a_named_port_is_met_by_a_caller_from_nowhere() {
    let policy = json!({"apiVersion": "projectcalico.org/v3", "kind": "GlobalNetworkPolicy",
        "metadata": {"name": "in"},
        "spec": {"selector": "app == 'database'", "types": ["Ingress"], "ingress": [
            {"action": "Deny", "protocol": "TCP", "source": {"ports": ["web"]}},
            {"action": "Allow"}]}});
    let mut caller = pod("summary", SUMMARY_ADDRESS);
    caller["spec"]["containers"] = json!([{"ports": [{"name": "web", "containerPort": 8080}]}]);
    let resources = json!([policy, pod("database", "127.0.10.3"), caller]);
    let enforcer = enforcer(&json!({"bundle": {"inline": {"resources": resources}}}));
    let decide = |address: &'static str, port: u64| -> Decision {
        let mut host = FakeHost::from(address, None);
        host.numbers = vec![(Number::SourcePort, port)];
        enforcer.rule(&host).decision
    };
    assert_eq!(decide(SUMMARY_ADDRESS, 8080), Deny);
    assert_eq!(decide(SUMMARY_ADDRESS, 40000), Allow);
    assert_eq!(decide("/run/envoy.sock", 40000), Deny);
}
