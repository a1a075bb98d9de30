//! Lists as long as they may be, and longer by one. The numbers are written out: a limit that
//! changes is to be noticed.

use super::findings;
use crate::limits;
use crate::resources::Strictness;
use serde_json::{Value, json};

fn calico(http: &Value) -> Value {
    super::policy(&json!({"types": ["Ingress"], "ingress": [{"action": "Deny", "http": http}]}))
}

fn istio(spec: &Value) -> Value {
    json!({"apiVersion": "security.istio.io/v1", "kind": "AuthorizationPolicy",
        "metadata": {"name": "web", "namespace": "dev"}, "spec": spec})
}

fn cilium(rule: &Value) -> Value {
    json!({"apiVersion": "cilium.io/v2", "kind": "CiliumNetworkPolicy",
        "metadata": {"name": "web", "namespace": "dev"},
        "spec": {"endpointSelector": {}, "ingress": [rule]}})
}

fn many(count: usize, one: impl Fn(usize) -> Value) -> Value {
    (0..count).map(one).collect()
}

#[test]
fn a_list_is_as_long_as_it_may_be_and_no_longer() {
    type Make = fn(usize) -> Value;
    let lists: [(&str, usize, Make); 10] = [
        ("paths of a rule", 20, |count| {
            calico(&json!({"paths": many(count, |n| json!({"exact": format!("/{n}")}))}))
        }),
        ("methods of a rule", 20, |count| {
            calico(&json!({"methods": many(count, |n| json!(format!("M{n}")))}))
        }),
        ("headers of a rule", 20, |count| {
            calico(&json!({"headers": many(count, |n| {
                json!({"header": format!("x-{n}"), "operator": "Exists"})
            })}))
        }),
        ("values of a header", 50, |count| {
            calico(&json!({"headers": [{"header": "x-a", "operator": "In",
                "values": many(count, |n| json!(format!("v{n}")))}]}))
        }),
        ("rules of an Istio policy", 512, |count| {
            istio(&json!({"rules": many(count, |n| {
                json!({"to": [{"operation": {"paths": [format!("/{n}")]}}]})
            })}))
        }),
        ("sources of an Istio rule", 512, |count| {
            istio(&json!({"rules": [{"from": many(count, |n| {
                json!({"source": {"namespaces": [format!("n{n}")]}})
            })}]}))
        }),
        ("operations of an Istio rule", 512, |count| {
            istio(&json!({"rules": [{"to": many(count, |n| {
                json!({"operation": {"paths": [format!("/{n}")]}})
            })}]}))
        }),
        ("conditions of an Istio rule", 512, |count| {
            istio(&json!({"rules": [{"when": many(count, |n| {
                json!({"key": format!("request.headers[x-{n}]"), "values": ["a"]})
            })}]}))
        }),
        ("targets of an Istio policy", 16, |count| {
            istio(&json!({"rules": [{}], "targetRefs": many(count, |n| {
                json!({"group": "gateway.networking.k8s.io", "kind": "Gateway",
                    "name": format!("gateway-{n}")})
            })}))
        }),
        ("headers of a Cilium rule", 20, |count| {
            cilium(
                &json!({"toPorts": [{"ports": [{"port": "80", "protocol": "TCP"}],
                "rules": {"http": [{"headers": many(count, |n| json!(format!("x-{n}: a")))}]}}]}),
            )
        }),
    ];
    for (what, most, make) in lists {
        let too_many = |count| {
            let found = findings(&[make(count)], Strictness::Heliast);
            found.iter().any(|line| line.contains("too-many"))
        };
        assert!(!too_many(most), "{what}: {most}");
        assert!(too_many(most + 1), "{what}: {}", most + 1);
    }
}

#[test]
fn the_expressions_of_an_object_are_too_many_together() {
    let policy = |count| {
        let wide = "[a-z]{1000}".repeat(10);
        calico(
            &json!({"headers": [{"header": "x-a", "operator": "MatchesRegex",
            "values": many(count, |_| json!(wide))}]}),
        )
    };
    assert!(findings(&[policy(25)], Strictness::Heliast).is_empty());
    let place = "spec.ingress[0].http.headers[0].values[25]";
    assert_eq!(
        findings(&[policy(27)], Strictness::Heliast),
        [format!("error too-many {place}")]
    );
    // Each object has its own.
    let mut other = policy(25);
    other["metadata"]["name"] = json!("other");
    assert!(findings(&[policy(25), other], Strictness::Heliast).is_empty());
}

/// So many entries of `toPorts`, of two ports each.
fn each_port(count: usize) -> Value {
    many(count, |n| {
        let port = |port: usize| json!({"port": port.to_string(), "protocol": "TCP"});
        json!({"ports": [port(2 * n + 1), port(2 * n + 2)]})
    })
}

/// What holds for several peers is written out for each of them, so that neither the number of the
/// peers nor that of the values says how large an object becomes.
#[test]
fn an_object_is_not_too_large_once_it_is_spelt_out() {
    type Make = fn(usize, usize) -> Value;
    let shapes: [(&str, Make); 5] = [
        ("Istio", |sources, values| {
            let source = |n| json!({"source": {"namespaces": [format!("n{n}")]}});
            let paths = many(values, |n| json!(format!("/{n}")));
            let rule =
                json!({"from": many(sources, source), "to": [{"operation": {"paths": paths}}]});
            istio(&json!({"rules": [rule, rule, rule]}))
        }),
        ("Kubernetes", |peers, ports| {
            let peer = |n| json!({"podSelector": {"matchLabels": {"app": format!("a{n}")}}});
            let rule = json!({"from": many(peers, peer),
                "ports": many(ports, |n| json!({"protocol": "TCP", "port": n + 1}))});
            json!({"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
                "metadata": {"name": "web", "namespace": "dev"},
                "spec": {"podSelector": {}, "ingress": [rule]}})
        }),
        ("Cilium", |peers, paths| {
            let peer = |n| json!({"matchLabels": {"app": format!("a{n}")}});
            let http = many(paths, |n| json!({"path": format!("/{n}")}));
            cilium(&json!({"fromEndpoints": many(peers, peer),
                "toPorts": [{"ports": [{"port": "80", "protocol": "TCP"}], "rules": {"http": http}}]}))
        }),
        // What one peer selects or leaves out is written out for each port, too.
        ("Cilium, exceptions", |exceptions, ports| {
            let except = many(exceptions / 4, |n| json!(format!("10.0.{n}.0/24")));
            let peer = json!({"cidr": "10.0.0.0/8", "except": except});
            cilium(&json!({"fromCIDRSet": [peer, peer, peer, peer], "toPorts": each_port(ports)}))
        }),
        ("Cilium, labels", |values, ports| {
            let values = many(values / 4 + 1, |n| json!(format!("v{n}")));
            let one = json!({"key": "app", "operator": "In", "values": values});
            let peer = json!({"matchExpressions": [one]});
            cilium(&json!({"fromEndpoints": [peer, peer, peer, peer], "toPorts": each_port(ports)}))
        }),
    ];
    for (dialect, make) in shapes {
        let too_large = |peers, values| {
            let found = findings(&[make(peers, values)], Strictness::Heliast);
            found.iter().any(|line| line.contains("too-many"))
        };
        assert!(!too_large(100, 100), "{dialect}");
        assert!(too_large(400, 230), "{dialect}");
        // Each alone is within its limit.
        assert!(!too_large(400, 1) && !too_large(1, 230), "{dialect}");
    }
}

/// What follows from them together is worked out in docs/limits.md: change both.
const LIMITS: [(usize, usize); 29] = [
    (limits::SELECTOR_CHARS, 1_024),
    (limits::RULES, 1_024),
    (limits::REQUIREMENTS, 256),
    (limits::NETS, 256),
    (limits::PORTS, 50),
    (limits::ANNOTATION_BYTES, 262_144),
    (limits::HEADER_VALUE_BYTES, 4_096),
    (limits::REGEX_BYTES, 1_024),
    (limits::REGEX_STEPS, 10_000),
    (limits::REGEX_STEPS_OF_OBJECT, 250_000),
    (limits::REGEX_STEPS_KEPT, 1_000_000),
    (limits::REGEX_WORK, 2_000_000),
    (limits::ISTIO_TARGETS, 16),
    (limits::ISTIO_VALUES, 10_000),
    (limits::ISTIO_RULE_VALUES, 100_000),
    (limits::CONFIGURATION_BYTES, 8_388_608),
    (limits::BUNDLE_BYTES, 33_554_432),
    (limits::BUNDLE_TEXT_BYTES, 536_870_912),
    (limits::OBJECT_BYTES, 3_145_728),
    (limits::SIGNATURES, 16),
    (limits::PUBLIC_KEYS, 16),
    (limits::PEERS, 100_000),
    (limits::PEER_COMBINATIONS, 20_000),
    (limits::SPELT_VALUES, 250_000),
    (limits::OBJECTS, 1_000_000),
    (limits::EXEMPTIONS, 64),
    (limits::CACHED_PEERS, 512),
    (limits::CACHED_RULES, 100_000),
    (limits::CACHED_CONNECTIONS, 4_096),
];

#[test]
fn no_limit_has_changed() {
    for (number, (limit, expected)) in LIMITS.into_iter().enumerate() {
        assert_eq!(limit, expected, "limit {number} of the table above");
    }
}
