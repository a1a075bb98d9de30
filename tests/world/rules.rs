//! Rules with random clauses.

use super::{chance, fields, http, names, one_of, selectors, sometimes};
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value, json};

/// The list a rule is for; `services` may stand at one end only in each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    Ingress,
    Egress,
    Either,
}

const ACTIONS: [&str; 12] = [
    "Allow",
    "Allow",
    "Allow",
    "Allow",
    "Allow",
    "Deny",
    "Deny",
    "Deny",
    "Pass",
    "next-tier",
    "Log",
    "Log",
];

/// One rule.
pub(super) fn rule(way: Way) -> impl Strategy<Value = Value> {
    let (source, destination) = match way {
        Way::Ingress => (100, 30),
        Way::Egress => (30, 100),
        Way::Either => (60, 60),
    };
    let head = (
        one_of(&ACTIONS),
        one_of(&[Family::V4, Family::V4, Family::V6]),
        prop::bool::weighted(0.08),
        protocol(),
        sometimes(8, one_of(&["TCP", "UDP", "SCTP", "6", "17"])),
    );
    let ends = (end(source), end(destination));
    let services = chance(if way == Way::Either { 0 } else { 3 });
    (head, ends, sometimes(25, http::clause()), services).prop_map(
        move |(head, (source, destination), http, services)| {
            let (action, family, has_version, protocol, not_protocol) = head;
            let has_ports = source.has_ports() || destination.has_ports();
            let protocol = protocol.filter(|protocol| !has_version || *protocol != "ICMP");
            let protocol = match protocol {
                // Ports need a protocol that has them, and HTTP is TCP (calico.md 1.6).
                None | Some("ICMP") if has_ports => Some("TCP"),
                Some(_) if http.is_some() => Some("TCP"),
                other => other,
            };
            let mut rule = fields([
                ("action", Some(json!(action))),
                ("ipVersion", has_version.then(|| family.number())),
                ("protocol", protocol.map(number_or_name)),
                ("notProtocol", not_protocol.map(number_or_name)),
                ("source", source.json(family)),
                ("destination", destination.json(family)),
                ("http", http),
            ]);
            if services && action == "Allow" {
                let end = if way == Way::Ingress {
                    "source"
                } else {
                    "destination"
                };
                rule[end] = json!({"services": {"name": "web", "namespace": "dev"}});
            }
            rule
        },
    )
}

/// A rule that nearly every peer meets, and that asks for a path as a rule.
pub(super) fn about_paths() -> impl Strategy<Value = Value> {
    let clause = prop_oneof![6 => http::paths(), 1 => http::clause()];
    (
        one_of(&ACTIONS),
        clause,
        sometimes(10, selectors::on_labels()),
    )
        .prop_map(|(action, http, selector)| {
            fields([
                ("action", Some(json!(action))),
                ("http", Some(http)),
                ("source", selector.map(|text| json!({"selector": text}))),
            ])
        })
}

fn protocol() -> impl Strategy<Value = Option<&'static str>> {
    prop_oneof![
        6 => Just(None),
        3 => Just(Some("TCP")),
        1 => one_of(&[Some("6"), Some("UDP"), Some("17"), Some("ICMP"), Some("SCTP")]),
    ]
}

/// `"6"` as the number, every name as text.
fn number_or_name(protocol: &str) -> Value {
    protocol
        .parse::<u8>()
        .map_or_else(|_| json!(protocol), |number| json!(number))
}

/// All networks of a rule are of one IP version (calico.md 1.6 row 3).
#[derive(Debug, Clone, Copy)]
enum Family {
    V4,
    V6,
}

impl Family {
    fn number(self) -> Value {
        match self {
            Self::V4 => json!(4),
            Self::V6 => json!(6),
        }
    }

    /// The networks at these places; `notNets` may not have the first.
    fn nets(self, places: &[prop::sample::Index], first: usize) -> Value {
        let all: &[&str] = match self {
            Self::V4 => &names::NETS_V4,
            Self::V6 => &names::NETS_V6,
        };
        let all = &all[first..];
        places.iter().map(|place| place.get(all)).copied().collect()
    }
}

/// One end of a rule, not yet of one IP version.
#[derive(Debug, Clone)]
struct End {
    nets: Option<Vec<prop::sample::Index>>,
    not_nets: Option<Vec<prop::sample::Index>>,
    selector: Option<String>,
    not_selector: Option<String>,
    namespaces: Option<String>,
    accounts: Option<Value>,
    ports: Option<Vec<Value>>,
    not_ports: Option<Vec<Value>>,
}

/// An end whose clauses are there so many times out of a hundred of what is usual.
fn end(percent: u32) -> impl Strategy<Value = End> {
    let nets = || vec(any::<prop::sample::Index>(), 1..3);
    let of = move |usual: u32| usual * percent / 100;
    (
        sometimes(of(10), nets()),
        sometimes(of(7), nets()),
        sometimes(of(33), selectors::on_labels()),
        sometimes(of(13), selectors::on_labels()),
        sometimes(of(18), selectors::on_namespaces_in_rule()),
        sometimes(of(15), accounts()),
        sometimes(of(15), vec(port(), 1..3)),
        sometimes(of(6), vec(port(), 1..3)),
    )
        .prop_map(
            |(nets, not_nets, selector, not_selector, namespaces, accounts, ports, not_ports)| {
                End {
                    nets,
                    not_nets,
                    selector,
                    not_selector,
                    namespaces,
                    accounts,
                    ports,
                    not_ports,
                }
            },
        )
}

impl End {
    fn has_ports(&self) -> bool {
        self.ports.is_some() || self.not_ports.is_some()
    }

    fn json(self, family: Family) -> Option<Value> {
        let json = fields([
            ("nets", self.nets.map(|places| family.nets(&places, 0))),
            (
                "notNets",
                self.not_nets.map(|places| family.nets(&places, 1)),
            ),
            ("selector", self.selector.map(|text| json!(text))),
            ("notSelector", self.not_selector.map(|text| json!(text))),
            ("namespaceSelector", self.namespaces.map(|text| json!(text))),
            ("serviceAccounts", self.accounts),
            ("ports", self.ports.map(|ports| json!(ports))),
            ("notPorts", self.not_ports.map(|ports| json!(ports))),
        ]);
        (json != json!({})).then_some(json)
    }
}

fn accounts() -> impl Strategy<Value = Value> {
    let names = sometimes(70, vec(one_of(&names::ACCOUNTS), 1..3));
    (names, sometimes(35, selectors::on_accounts())).prop_map(|(names, selector)| {
        fields([
            ("names", names.map(|names| json!(names))),
            ("selector", selector.map(|text| json!(text))),
        ])
    })
}

fn port() -> impl Strategy<Value = Value> {
    prop_oneof![
        2 => one_of(&names::PORTS).prop_map(|port| json!(port)),
        1 => one_of(&["80:8080", "8080:9000", "443"]).prop_map(|text| json!(text)),
        2 => one_of(&names::PORT_NAMES).prop_map(|name| json!(name)),
    ]
}
