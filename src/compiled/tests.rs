//! Programs are read as they were written, and whatever else is read as one is refused.

use super::{Head, Opened, compile, seal};
use crate::bundle::{Audience, Bundle, Order, PublicKey, Signature};
use crate::reader::Reader;
use ed25519_dalek::{Signer, SigningKey};
use proptest::prelude::*;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::sync::OnceLock;

fn pod(name: &str, account: &str, address: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": name, "namespace": "dev", "labels": {"app": name}},
        "spec": {"serviceAccountName": account, "hostNetwork": name == "host",
            "containers": [{"name": "c", "ports": [{"name": "http", "containerPort": 80}]}]},
        "status": {"podIPs": [{"ip": address}], "hostIPs": [{"ip": "10.9.0.1"}]}})
}

/// Something of every dialect, and of every form that a clause may have.
fn objects() -> Vec<Value> {
    let calico = "projectcalico.org/v3";
    let selector = "(app == 'api' || !has(team)) && app not in {'x', 'y'} && app contains 'a'";
    vec![
        pod("web", "web", "10.0.0.1"),
        pod("api", "api", "10.0.0.2"),
        pod("host", "api", "fd00::1"),
        json!({"apiVersion": "v1", "kind": "Namespace",
            "metadata": {"name": "dev", "labels": {"team": "a"}}}),
        json!({"apiVersion": "v1", "kind": "ServiceAccount",
            "metadata": {"name": "api", "namespace": "dev", "labels": {"tier": "b"}}}),
        json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n"},
            "status": {"addresses": [{"type": "InternalIP", "address": "10.9.0.1"}]}}),
        json!({"apiVersion": calico, "kind": "GlobalNetworkSet",
            "metadata": {"name": "s", "labels": {"set": "a"}},
            "spec": {"nets": ["192.0.2.0/24", "2001:db8::/32"]}}),
        json!({"apiVersion": calico, "kind": "GlobalNetworkPolicy",
            "metadata": {"name": "p"}, "spec": {"selector": "all()", "types": ["Ingress", "Egress"],
            "egress": [{"action": "Allow"}],
            "ingress": [
                {"action": "Allow", "protocol": "TCP",
                    "source": {"selector": selector, "serviceAccounts": {"names": ["api"]}},
                    "destination": {"ports": [80, "90:99", "http"]},
                    "http": {"methods": ["GET"], "paths": [{"exact": "/a"}, {"prefix": "/b"}],
                        "headers": [{"header": "x-a", "operator": "MatchesRegex",
                            "values": ["a+(b|c)*", "(?i)\\bd\\b.*"]}]}},
                {"action": "Deny", "ipVersion": 4, "notProtocol": "UDP",
                    "source": {"nets": ["10.0.0.0/8"], "notNets": ["10.1.0.0/16"]}}]}}),
        json!({"apiVersion": calico, "kind": "StagedGlobalNetworkPolicy",
            "metadata": {"name": "q"}, "spec": {"selector": "all()", "ingress": [{"action": "Deny"}]}}),
        json!({"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
            "metadata": {"name": "n", "namespace": "dev"},
            "spec": {"podSelector": {}, "ingress": [{"from": [{"podSelector": {}}]}]}}),
        json!({"apiVersion": "cilium.io/v2", "kind": "CiliumNetworkPolicy",
            "metadata": {"name": "c", "namespace": "dev"},
            "spec": {"endpointSelector": {}, "ingress": [{"toPorts": [{
                "ports": [{"port": "80", "protocol": "TCP"}],
                "rules": {"http": [{"method": "GET", "path": "/c/.*"},
                    {"headerMatches": [{"name": "x-c", "value": "1", "mismatch": "REPLACE"}]}]}}]}]}}),
        json!({"apiVersion": "security.istio.io/v1", "kind": "AuthorizationPolicy",
            "metadata": {"name": "i", "namespace": "dev"},
            "spec": {"action": "ALLOW", "rules": [{
                "from": [{"source": {"principals": ["*/sa/api"], "notNamespaces": ["x"]}}],
                "to": [{"operation": {"paths": ["/i/{*}/j/{**}"]}}, {"operation": {"methods": ["GET"]}}],
                "when": [{"key": "request.headers[x-i]", "values": ["a*"]},
                    {"key": "request.auth.claims[iss]", "notValues": ["b"]}]}]}}),
        json!({"apiVersion": "security.istio.io/v1", "kind": "PeerAuthentication",
            "metadata": {"name": "m", "namespace": "dev"}, "spec": {"mtls": {"mode": "STRICT"}}}),
    ]
}

fn bundle() -> &'static Bundle {
    static BUNDLE: OnceLock<Bundle> = OnceLock::new();
    BUNDLE.get_or_init(|| {
        let mut bundle = Bundle::load(&objects()).unwrap();
        bundle.audience = Some(Audience {
            namespace: "dev".to_owned(),
            pod: "web".to_owned(),
            by_principal: true,
        });
        bundle
    })
}

fn parts() -> (Head, Vec<u8>) {
    compile(bundle(), Some(Order::of_number(7))).unwrap()
}

fn program() -> &'static [u8] {
    static PROGRAM: OnceLock<Vec<u8>> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let (head, payload) = parts();
        seal(head, Vec::new(), &payload).unwrap()
    })
}

/// A program of any payload, its digest right.
fn program_of(payload: &[u8]) -> Vec<u8> {
    let (mut head, _) = parts();
    head.digest = Sha256::digest(payload).into();
    seal(head, Vec::new(), payload).unwrap()
}

fn load(bytes: &[u8]) -> Result<Bundle, String> {
    Opened::new(bytes)?.load(bytes)
}

#[test]
fn a_program_is_read_as_it_was_written() {
    let read = load(program()).unwrap();
    let written = bundle();
    assert_eq!(read.revision, written.revision);
    assert_eq!(read.audience, written.audience);
    let (_, again) = compile(&read, Some(Order::of_number(7))).unwrap();
    assert_eq!(again, parts().1, "what was read is written alike");
    assert_eq!(
        program(),
        &*{
            let (head, payload) = compile(
                &Bundle::load(&objects()).unwrap(),
                Some(Order::of_number(7)),
            )
            .unwrap();
            let head = Head {
                statement: parts().0.statement,
                ..head
            };
            seal(head, Vec::new(), &payload).unwrap()
        },
        "equal input has equal bytes"
    );
}

#[test]
fn the_directory_answers_alike() {
    let loaded = load(program()).unwrap();
    let (read, written) = (
        loaded.model.directory.read(),
        bundle().model.directory.read(),
    );
    for address in [
        "10.0.0.1",
        "10.0.0.2",
        "fd00::1",
        "10.9.0.1",
        "192.0.2.9",
        "2001:db8::7",
        "1.1.1.1",
    ] {
        let address = address.parse().unwrap();
        let (one, other) = (read.at(address), written.at(address));
        assert_eq!(one.workloads, other.workloads, "{address}");
        let sets = |members: &crate::model::Members<'_>| format!("{:?}", members.sets);
        assert_eq!(sets(&one), sets(&other), "{address}");
        assert_eq!(read.is_node(address), written.is_node(address), "{address}");
    }
    for name in ["web", "api", "host", "none"] {
        let shown = |pod: Option<crate::model::Placed<'_>>| format!("{pod:?}");
        assert_eq!(
            shown(read.pod("dev", name)),
            shown(written.pod("dev", name)),
            "{name}"
        );
    }
    assert_eq!(
        read.namespace_labels("dev"),
        written.namespace_labels("dev")
    );
    let labels =
        |directory: &crate::model::Directory| directory.service_account_labels("dev", "api");
    assert_eq!(labels(&read), labels(&written));
}

#[test]
fn what_is_no_program_says_why() {
    let good = program();
    let refused = |bytes: &[u8], why: &str| {
        let error = load(bytes).unwrap_err();
        assert!(error.contains(why), "{error}");
    };
    refused(b"", "does not begin");
    refused(b"{\"kind\": \"Bundle\"}", "does not begin");
    refused(good.get(..12).unwrap(), "its head cannot be read");
    refused(
        good.get(..good.len() - 1).unwrap(),
        "its digest is not that of its policy",
    );
    let mut other = good.to_vec();
    *other.last_mut().unwrap() ^= 1;
    refused(&other, "its digest is not that of its policy");
    let mut later = good.to_vec();
    later[8] = 9;
    refused(&later, "it has format 9");
    let mut long = parts().1;
    long.push(0);
    refused(&program_of(&long), "its policy cannot be read");
    refused(&program_of(b""), "its policy cannot be read");
}

#[test]
fn a_signature_is_over_the_digest_and_all_that_is_said_beside_it() {
    let key = SigningKey::from_bytes(&[7; 32]);
    let public = PublicKey::from_bytes(&key.verifying_key().to_bytes()).unwrap();
    let (head, _) = parts();
    let signature = Signature::new(&public, &key.sign(head.to_string().as_bytes()).to_bytes());
    assert!(public.has_signed(&head, &signature));
    let mut others = vec![head.clone(); 4];
    others[0].digest[0] ^= 1;
    others[1].statement.order = Some(Order::of_number(8));
    others[2].statement.audience = None;
    others[3].statement.revision = Bundle::load(&[]).unwrap().revision;
    for other in others {
        assert!(!public.has_signed(&other, &signature), "{other}");
    }
    assert!(
        !public.has_signed(&head.statement, &signature),
        "a bundle is no program"
    );
}

#[test]
fn there_are_sixteen_signatures_and_no_more() {
    let (head, payload) = parts();
    let signature = Signature {
        key: "k".to_owned(),
        signature: "s".to_owned(),
    };
    let with = |count| seal(head.clone(), vec![signature.clone(); count], &payload).unwrap();
    assert!(load(&with(16)).is_ok());
    let why = load(&with(17)).unwrap_err();
    assert!(why.contains("more than 16 signatures"), "{why}");
}

#[test]
fn nesting_beyond_all_measure_is_refused() {
    // Tokens of a selector: a label, and very many negations of it.
    let selector = crate::selector::Selector::has("a");
    let mut bytes = postcard::to_allocvec(&selector).unwrap();
    bytes.remove(0);
    let negation = 3;
    let count: usize = 1_000_000;
    let mut long = postcard::to_allocvec(&(count + 1)).unwrap();
    long.extend(bytes);
    long.extend(std::iter::repeat_n(negation, count));
    assert_eq!(Reader::whole::<crate::selector::Selector>(&long), None);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// Bytes changed, cut out or put in: a program or a refusal, and a program can be enforced.
    #[test]
    fn whatever_becomes_of_a_policy_it_is_taken_or_refused(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..4_u8), 1..6)
    ) {
        let mut payload = parts().1;
        for (place, byte, how) in changes {
            let place = place.index(payload.len().max(1));
            match how {
                0 => payload.truncate(place),
                1 => payload.insert(place, byte),
                2 if place < payload.len() => { payload.remove(place); }
                _ => if let Some(old) = payload.get_mut(place) { *old = byte },
            }
        }
        if let Ok(bundle) = load(&program_of(&payload)) {
            enforce(&bundle);
        }
    }

    #[test]
    fn no_bytes_are_more_than_refused(payload in prop::collection::vec(any::<u8>(), 0..512)) {
        let _ = load(&payload);
        if let Ok(bundle) = load(&program_of(&payload)) {
            enforce(&bundle);
        }
        let mut headed = program().get(..16).unwrap().to_vec();
        headed.extend(payload);
        let _ = load(&headed);
    }
}

/// Compiles both programs for a workload; whatever the model says, that must end.
fn enforce(bundle: &Bundle) {
    use crate::config::PluginConfig;
    use crate::enforcer::Enforcer;
    use crate::program::Node;
    let config = json!({"peerBinding": "Principal", "bundle": {"inline": {"resources": []}}});
    let config = PluginConfig::from_value(&config).unwrap();
    let node = Node {
        namespace: Some("dev".to_owned()),
        name: Some("web".to_owned()),
        ..Node::default()
    };
    let _ = Enforcer::new(config, &node, bundle);
}
