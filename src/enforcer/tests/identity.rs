//! Which of a connection's facts say who the peer is, and where it is.

use super::{ATTACK_ADDRESS, FakeHost, SUMMARY, SUMMARY_ADDRESS, decide, enforcer, pod};
use crate::host::Text;
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
