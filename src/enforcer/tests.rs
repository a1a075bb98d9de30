//! A host that says what a test has it say, and the rulings that follow.

mod audience;
mod identity;
mod remembering;
mod rewriting;

use super::{Enforcer, Missing, Reason, Ruling};
use crate::bundle::Bundle;
use crate::config::PluginConfig;
use crate::evaluate::Doubt;
use crate::host::{HeaderLines, Host, HostFailure, Number, Text};
use crate::program::Node;
use crate::request::Found;
use crate::verdict::Decision::{self, Allow, Deny};
use crate::verdict::{Direction, HeaderChange};
use serde_json::{Value, json};
use std::cell::RefCell;
use std::rc::Rc;

const SUMMARY: &str = "spiffe://cluster.local/ns/default/sa/summary";
const SUMMARY_ADDRESS: &str = "127.0.10.2";
const ATTACK_ADDRESS: &str = "127.0.10.4";

/// The facts of one request, and a note of every question.
#[derive(Default)]
struct FakeHost {
    texts: Vec<(Text, &'static [u8])>,
    numbers: Vec<(Number, u64)>,
    mutual_tls: bool,
    headers: Vec<(&'static str, &'static str)>,
    fails: bool,
    /// Whether it does not change headers.
    is_rigid: bool,
    asked: RefCell<Vec<String>>,
}

impl FakeHost {
    fn from(address: &'static str, principal: Option<&'static str>) -> Self {
        let mut texts = vec![(Text::PeerAddress, address.as_bytes())];
        texts.extend(principal.map(|uri| (Text::PeerUriSan, uri.as_bytes())));
        let headers = vec![(":method", "GET"), (":path", "/v2/keys")];
        Self {
            texts,
            mutual_tls: principal.is_some(),
            headers,
            ..Self::default()
        }
    }

    fn answer<T>(&self, question: impl std::fmt::Debug, answer: T) -> Result<T, HostFailure> {
        self.asked.borrow_mut().push(format!("{question:?}"));
        let failure = HostFailure {
            asked: "a fact",
            status: 10,
        };
        if self.fails { Err(failure) } else { Ok(answer) }
    }
}

impl Host for FakeHost {
    fn text(&self, fact: Text) -> Result<Option<Vec<u8>>, HostFailure> {
        let known = self.texts.iter().find(|(known, _)| *known == fact);
        self.answer(fact, known.map(|(_, text)| text.to_vec()))
    }

    fn number(&self, fact: Number) -> Result<Option<u64>, HostFailure> {
        let known = self.numbers.iter().find(|(known, _)| *known == fact);
        self.answer(fact, known.map(|(_, number)| *number))
    }

    fn metadata(&self, _path: &[String]) -> Result<Found, HostFailure> {
        self.answer("Metadata", Found::Nothing)
    }

    fn is_mutual_tls(&self) -> Result<bool, HostFailure> {
        self.answer("MutualTls", self.mutual_tls)
    }

    fn change(&self, change: &HeaderChange) -> Result<(), HostFailure> {
        let failure = HostFailure {
            asked: "a change",
            status: 2,
        };
        self.answer(change, ())?;
        if self.is_rigid { Err(failure) } else { Ok(()) }
    }

    fn headers(&self) -> Result<HeaderLines, HostFailure> {
        self.answer("Headers", self.headers.iter().copied().collect())
    }
}

fn pod(name: &str, address: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Pod",
        "metadata": {"namespace": "default", "name": name, "labels": {"app": name}},
        "spec": {"serviceAccountName": name}, "status": {"podIP": address}})
}

/// The database's sidecar: only summary may ask it anything.
fn enforcer(extra: &Value) -> Enforcer {
    let policy = json!({"apiVersion": "projectcalico.org/v3", "kind": "GlobalNetworkPolicy",
        "metadata": {"name": "database"},
        "spec": {"selector": "app == 'database'", "types": ["Ingress"], "ingress": [
            {"action": "Allow", "source": {"serviceAccounts": {"names": ["summary"]}}}]}});
    let resources = json!([
        policy,
        pod("database", "127.0.10.3"),
        pod("summary", SUMMARY_ADDRESS),
        pod("attack", ATTACK_ADDRESS)
    ]);
    let mut config = json!({
        "workload": {"namespace": "default", "name": "database"},
        "direction": "Ingress",
        "bundle": {"inline": {"resources": resources}},
    });
    for (key, value) in extra.as_object().unwrap() {
        config[key] = value.clone();
    }
    let config = PluginConfig::from_value(&config).unwrap();
    let bundle = Bundle::load(config.inline()).unwrap();
    Enforcer::new(config, &Node::default(), &bundle).unwrap()
}

#[test]
fn a_listener_on_which_no_policy_decides_is_told_of_once() {
    let asked_on = |extra: &Value, listener: u64| {
        let host = FakeHost {
            numbers: vec![(Number::ListenerDirection, listener)],
            ..FakeHost::from(SUMMARY_ADDRESS, Some(SUMMARY))
        };
        let enforcer = enforcer(extra);
        let _ruling = enforcer.rule(&host);
        (enforcer.take_undecided(), enforcer.take_undecided())
    };
    let undirected = json!({"direction": null});
    let nothing = (None, None);
    assert_eq!(asked_on(&undirected, 2), (Some(Direction::Egress), None));
    assert_eq!(asked_on(&undirected, 1), nothing);
    assert_eq!(asked_on(&json!({}), 2), nothing);
    assert_eq!(
        asked_on(&json!({"direction": "Egress"}), 1),
        (Some(Direction::Egress), None)
    );
    // Policy that selects another workload, or none at all, is no reason to say anything.
    let attack = json!({"direction": null, "workload": {"namespace": "default", "name": "attack"}});
    assert_eq!(asked_on(&attack, 2), nothing);
}

fn decide(host: &FakeHost) -> Decision {
    enforcer(&json!({})).rule(host).decision
}

#[test]
fn the_right_certificate_from_the_right_address_passes() {
    assert_eq!(
        decide(&FakeHost::from(SUMMARY_ADDRESS, Some(SUMMARY))),
        Allow
    );
}

#[test]
fn a_stolen_key_is_worth_nothing_from_another_pod() {
    let host = FakeHost::from(ATTACK_ADDRESS, Some(SUMMARY));
    let Ruling {
        decision, reason, ..
    } = enforcer(&json!({})).rule(&host);
    assert_eq!(decision, Deny);
    let end = "calico/default/GlobalNetworkPolicy/-/database/ingress/default";
    assert_eq!(reason.to_string(), end);
}

#[test]
fn without_a_recorded_address_a_forwarded_request_is_from_nowhere() {
    let mut host = FakeHost::from(SUMMARY_ADDRESS, Some(SUMMARY));
    host.texts = vec![
        (Text::SourceAddress, b"127.0.10.2:0"),
        (Text::PeerUriSan, SUMMARY.as_bytes()),
    ];
    assert_eq!(
        decide(&host),
        Allow,
        "without the header the source address is the peer"
    );
    host.headers.push(("X-Forwarded-For", SUMMARY_ADDRESS));
    assert_eq!(
        decide(&host),
        Deny,
        "with it, the header may have chosen the address"
    );
}

#[test]
fn a_certificate_with_several_uri_sans_is_no_identity() {
    let mut host = FakeHost::from(SUMMARY_ADDRESS, Some(SUMMARY));
    host.texts.push((
        Text::PeerUriSans,
        b"spiffe://cluster.local/ns/default/sa/summary,spiffe://cluster.local/ns/x/sa/y",
    ));
    assert_eq!(decide(&host), Deny);
}

#[test]
fn a_tunnel_principal_counts_only_without_a_certificate() {
    let mut host = FakeHost::from(SUMMARY_ADDRESS, None);
    host.texts.push((Text::TunnelPrincipal, SUMMARY.as_bytes()));
    assert_eq!(decide(&host), Allow);
    host.texts = vec![
        (Text::PeerAddress, SUMMARY_ADDRESS.as_bytes()),
        (Text::TunnelPrincipal, SUMMARY.as_bytes()),
    ];
    host.mutual_tls = true;
    assert_eq!(
        decide(&host),
        Deny,
        "a certificate without a URI SAN is no identity, whatever else is said"
    );
}

#[test]
fn a_host_that_cannot_answer_is_a_denial() {
    let host = FakeHost {
        fails: true,
        ..FakeHost::from(SUMMARY_ADDRESS, Some(SUMMARY))
    };
    let ruling = enforcer(&json!({})).rule(&host);
    assert_eq!(ruling.decision, Deny);
    assert!(matches!(ruling.reason, Reason::HostFailure(_)));
}

#[test]
fn observing_reports_the_denial_and_lets_it_pass() {
    let enforcer = enforcer(&json!({"enforcement": "Observe"}));
    let ruling = enforcer.rule(&FakeHost::from(ATTACK_ADDRESS, None));
    assert_eq!((ruling.decision, ruling.policy), (Allow, Deny));
}

#[test]
fn observing_tells_what_a_denial_is_in_doubt_about() {
    let observing = |rules: Value| {
        let policy = json!({"apiVersion": "projectcalico.org/v3", "kind": "GlobalNetworkPolicy",
            "metadata": {"name": "database"},
            "spec": {"selector": "app == 'database'", "types": ["Ingress"], "ingress": rules}});
        let resources = json!([
            policy,
            pod("database", "127.0.10.3"),
            pod("summary", SUMMARY_ADDRESS),
            pod("attack", ATTACK_ADDRESS)
        ]);
        let bundle = json!({"inline": {"resources": resources}});
        enforcer(&json!({"enforcement": "Observe", "bundle": bundle}))
    };
    let summary = json!({"serviceAccounts": {"names": ["summary"]}});
    let admin = json!({"paths": [{"prefix": "/admin"}]});
    let of_summary = json!([{"action": "Allow", "source": summary}]);
    let not_admin = json!([{"action": "Deny", "http": admin}, {"action": "Allow"}]);
    let both = json!([{"action": "Allow", "source": summary}, {"action": "Deny", "http": admin}]);
    let stolen = || FakeHost::from(ATTACK_ADDRESS, Some(SUMMARY));
    let ambiguous = |mut host: FakeHost| {
        host.headers = vec![(":method", "GET"), (":path", "/admin/..%2freport")];
        host
    };
    for (rules, host, doubt) in [
        (
            &of_summary,
            FakeHost::from(ATTACK_ADDRESS, None),
            Doubt::Nothing,
        ),
        (&of_summary, stolen(), Doubt::Peer),
        (&not_admin, ambiguous(stolen()), Doubt::Reading),
        (&both, ambiguous(stolen()), Doubt::Several),
    ] {
        let ruling = observing(rules.clone()).rule(&host);
        assert_eq!(ruling.policy, Deny, "{rules}");
        assert_eq!(ruling.doubt, Some(doubt), "{rules}");
    }
    let ruling = observing(not_admin).rule(&stolen());
    assert_eq!((ruling.policy, ruling.doubt), (Allow, None));
}

#[test]
fn an_exempt_probe_needs_port_path_and_source() {
    let exempt =
        json!({"exempt": [{"port": 8080, "path": "/healthz", "sources": ["127.0.0.0/24"]}]});
    let probe = |address, port, path| {
        let mut host = FakeHost::from(address, None);
        host.numbers = vec![(Number::DestinationPort, port)];
        host.headers = vec![
            (":method", "GET"),
            (":path", path),
            ("user-agent", "kube-probe/1.31"),
        ];
        enforcer(&exempt).rule(&host).decision
    };
    assert_eq!(probe("127.0.0.7", 8080, "/healthz"), Allow);
    assert_eq!(probe("127.0.10.4", 8080, "/healthz"), Deny);
    assert_eq!(probe("127.0.0.7", 8081, "/healthz"), Deny);
    assert_eq!(probe("127.0.0.7", 8080, "/healthz?x"), Deny);
    assert_eq!(probe("127.0.0.7", 8080, "/healthz/"), Deny);
}

#[test]
fn a_known_connection_is_asked_for_its_id_and_nothing_else() {
    let enforcer = enforcer(&json!({}));
    let mut host = FakeHost::from(SUMMARY_ADDRESS, Some(SUMMARY));
    host.numbers = vec![(Number::ConnectionId, 7)];
    assert_eq!(enforcer.rule(&host).decision, Allow);
    host.asked.borrow_mut().clear();
    assert_eq!(enforcer.rule(&host).decision, Allow);
    assert_eq!(*host.asked.borrow(), ["ConnectionId"]);
}

#[test]
fn a_peer_known_only_by_the_request_is_not_remembered() {
    let enforcer = enforcer(&json!({}));
    let mut host = FakeHost::from(SUMMARY_ADDRESS, Some(SUMMARY));
    host.numbers = vec![(Number::ConnectionId, 7)];
    host.texts = vec![
        (Text::SourceAddress, b"127.0.10.2:40000"),
        (Text::PeerUriSan, SUMMARY.as_bytes()),
    ];
    assert_eq!(enforcer.rule(&host).decision, Allow);
    host.headers.push(("x-forwarded-for", SUMMARY_ADDRESS));
    assert_eq!(
        enforcer.rule(&host).decision,
        Deny,
        "the next request on the connection may be forwarded"
    );
}

#[test]
fn a_denial_id_tells_rules_apart_and_nothing_else() {
    let enforcer = enforcer(&json!({}));
    let plaintext = enforcer.rule(&FakeHost::from(ATTACK_ADDRESS, None));
    let stolen = enforcer.rule(&FakeHost::from(ATTACK_ADDRESS, Some(SUMMARY)));
    assert_eq!(
        enforcer.denial_id(&plaintext),
        enforcer.denial_id(&stolen),
        "the same rule"
    );
    assert_eq!(enforcer.denial_id(&plaintext).len(), 16);
}

/// A sidecar's outgoing side, whose own address only the request tells; 127.0.10.0/24 may call out.
fn outgoing(exempt: &Value) -> Enforcer {
    let policy = json!({"apiVersion": "projectcalico.org/v3", "kind": "GlobalNetworkPolicy",
        "metadata": {"name": "out"},
        "spec": {"selector": "all()", "types": ["Egress"], "egress": [
            {"action": "Allow", "source": {"nets": ["127.0.10.0/24"]}}]}});
    let config = json!({
        "workload": {"namespace": "default"},
        "direction": "Egress",
        "exempt": exempt,
        "bundle": {"inline": {"resources": [policy, pod("summary", SUMMARY_ADDRESS)]}},
    });
    let config = PluginConfig::from_value(&config).unwrap();
    let bundle = Bundle::load(config.inline()).unwrap();
    Enforcer::new(config, &Node::default(), &bundle).unwrap()
}

#[test]
fn a_header_does_not_choose_where_an_outgoing_request_comes_from() {
    let from = |address: &'static [u8], forwarded: Option<&'static str>| {
        let mut host = FakeHost::from(SUMMARY_ADDRESS, None);
        host.texts = vec![
            (Text::SourceAddress, address),
            (Text::DestinationAddress, b"127.0.10.2:80"),
        ];
        host.headers
            .extend(forwarded.map(|value| ("x-forwarded-for", value)));
        outgoing(&json!([])).rule(&host).decision
    };
    assert_eq!(from(b"127.0.10.9:1", None), Allow);
    assert_eq!(from(b"127.9.0.9:1", None), Deny);
    assert_eq!(from(b"127.0.10.9:0", Some("127.0.10.9")), Deny);
}

/// Which of several addresses a request goes out from only the request tells.
#[test]
fn a_workload_of_several_addresses_calls_out_from_the_one_of_the_request() {
    let policy = json!({"apiVersion": "projectcalico.org/v3", "kind": "GlobalNetworkPolicy",
        "metadata": {"name": "out"},
        "spec": {"selector": "all()", "types": ["Egress"], "egress": [
            {"action": "Allow", "source": {"nets": ["127.0.10.0/24"]}}]}});
    let mut summary = pod("summary", SUMMARY_ADDRESS);
    summary["status"] = json!({"podIPs": [{"ip": SUMMARY_ADDRESS}, {"ip": "127.9.0.2"}]});
    let config = json!({
        "workload": {"namespace": "default", "name": "summary"},
        "direction": "Egress",
        "bundle": {"inline": {"resources": [policy, summary]}},
    });
    let config = PluginConfig::from_value(&config).unwrap();
    let bundle = Bundle::load(config.inline()).unwrap();
    let enforcer = Enforcer::new(config, &Node::default(), &bundle).unwrap();
    for (source, expected) in [(&b"127.0.10.2:1"[..], Allow), (b"127.9.0.2:1", Deny)] {
        let mut host = FakeHost::from(SUMMARY_ADDRESS, None);
        host.texts = vec![
            (Text::SourceAddress, source),
            (Text::DestinationAddress, b"127.0.10.4:80"),
        ];
        assert_eq!(enforcer.rule(&host).decision, expected);
    }
}

/// While a bundle lags behind the cluster, two pods may seem to have one address (calico.md C99).
#[test]
fn an_address_of_two_pods_counts_only_where_they_agree() {
    let decide = |rule: Value| {
        let policy = json!({"apiVersion": "projectcalico.org/v3", "kind": "GlobalNetworkPolicy",
            "metadata": {"name": "database"},
            "spec": {"selector": "app == 'database'", "types": ["Ingress"],
                "ingress": [rule, {"action": "Allow", "source": {"nets": ["127.0.10.0/24"]}}]}});
        let resources = json!([
            policy,
            pod("database", "127.0.10.3"),
            pod("old", SUMMARY_ADDRESS),
            pod("new", SUMMARY_ADDRESS),
        ]);
        let bundle = json!({"bundle": {"inline": {"resources": resources}}});
        enforcer(&bundle)
            .rule(&FakeHost::from(SUMMARY_ADDRESS, None))
            .reason
            .to_string()
    };
    let rule =
        |index: usize| format!("calico/default/GlobalNetworkPolicy/-/database/ingress/{index}");
    let source = |selector: &str| json!({"selector": selector});
    assert_eq!(
        decide(json!({"action": "Allow", "source": source("has(app)")})),
        rule(0)
    );
    assert_eq!(
        decide(json!({"action": "Allow", "source": source("app == 'new'")})),
        rule(1)
    );
    assert_eq!(
        decide(json!({"action": "Deny", "source": source("app == 'new'")})),
        rule(0)
    );
    assert_eq!(
        decide(json!({"action": "Deny", "source": source("app == 'other'")})),
        rule(1)
    );
}

#[test]
fn an_exemption_is_for_probes_that_come_in() {
    let exempt = json!([{"port": 80, "path": "/v2/keys", "sources": ["127.0.10.0/24"]}]);
    let mut host = FakeHost::from(SUMMARY_ADDRESS, None);
    host.texts = vec![
        (Text::SourceAddress, b"127.9.0.9:1"),
        (Text::DestinationAddress, b"127.0.10.2:80"),
    ];
    host.numbers = vec![(Number::DestinationPort, 80)];
    assert_eq!(
        outgoing(&exempt).rule(&host).decision,
        Deny,
        "the callee is no source"
    );
}

/// The callee is no source, whether policy says so or nothing does yet.
#[test]
fn without_a_bundle_only_probes_that_come_in_pass() {
    let decide = |listener: u64| {
        let config = json!({
            "workload": {"namespace": "default"},
            "exempt": [{"port": 80, "path": "/v2/keys", "sources": ["127.0.10.0/24"]}],
            "bundle": {"http": {"cluster": "heliast", "path": "/v1/bundle"}},
        });
        let config = PluginConfig::from_value(&config).unwrap();
        let enforcer = Enforcer::without_policy(Rc::new(config), Missing::NoBundle);
        let mut host = FakeHost::from(SUMMARY_ADDRESS, None);
        host.numbers = vec![
            (Number::ListenerDirection, listener),
            (Number::DestinationPort, 80),
        ];
        enforcer.rule(&host).decision
    };
    assert_eq!([decide(1), decide(2)], [Allow, Deny]);
}
