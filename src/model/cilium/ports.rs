//! The ports of a rule, and what it asks of requests there (kubernetes-cilium.md 3.4 to 3.6).

use super::{Part, is_http, peers, rewrite};
use crate::model::{Clause, HeaderRewrite, Pattern, Subject};
use crate::regex::Regex;
use crate::resources::cilium::{ApplicationRules, HttpRule, PortProtocol, PortRule};
use crate::terms::{Port, Protocol};

/// What a rule asks of a request, besides who the peer is.
#[derive(Debug, Clone, Default)]
pub(super) struct Ask {
    pub(super) protocol: Option<Protocol>,
    /// Empty is every port.
    pub(super) ports: Vec<Port>,
    pub(super) clauses: Vec<Clause>,
    pub(super) rewrites: Vec<HeaderRewrite>,
}

/// What a rule asks, one alternative after the other. No ports is all of them.
pub(super) fn spell(rules: &[PortRule], part: Part) -> Vec<Ask> {
    if rules.is_empty() {
        return match part {
            Part::Deny | Part::Unverified | Part::Allow => vec![Ask::default()],
            Part::NotHttp | Part::Unlisted => Vec::new(),
        };
    }
    let mut asks = Vec::new();
    for rule in rules {
        let requests = requests(rule, part);
        for (protocol, ports) in by_protocol(&rule.ports) {
            let at_ports = requests.iter().map(|request| Ask {
                protocol,
                ports: ports.clone(),
                ..request.clone()
            });
            asks.extend(at_ports);
        }
    }
    asks
}

/// The ports by their protocol. Port 0 is every port, and makes the others needless.
fn by_protocol(ports: &[PortProtocol]) -> Vec<(Option<Protocol>, Vec<Port>)> {
    let mut protocols = Vec::new();
    for port in ports {
        if !protocols.contains(&port.protocol) {
            protocols.push(port.protocol);
        }
    }
    let of = |protocol: Option<Protocol>| {
        let those = || ports.iter().filter(move |port| port.protocol == protocol);
        if those().any(|port| port.port.is_none()) {
            return Vec::new();
        }
        those().filter_map(|port| port.port.clone()).collect()
    };
    protocols
        .into_iter()
        .map(|protocol| (protocol, of(protocol)))
        .collect()
}

/// What is asked of requests at the ports; none if no request is ever as asked.
fn requests(rule: &PortRule, part: Part) -> Vec<Ask> {
    match part {
        // Whatever comes to these ports.
        Part::Unverified => return vec![Ask::default()],
        // The same, where it was not allowed before.
        Part::Unlisted if is_http(&rule.rules) => return vec![Ask::default()],
        Part::NotHttp if is_http(&rule.rules) => return vec![not_http()],
        Part::Unlisted | Part::NotHttp => return Vec::new(),
        Part::Deny | Part::Allow => {}
    }
    match &rule.rules {
        ApplicationRules::Dns => Vec::new(),
        ApplicationRules::Any => {
            let mut names = Vec::new();
            for name in &rule.server_names {
                names.append(&mut peers::domain(name));
            }
            let none_left = names.is_empty() && !rule.server_names.is_empty();
            if none_left {
                return Vec::new();
            }
            let clause = (!names.is_empty()).then_some(Clause::Text {
                subject: Subject::ServerName,
                any: names,
                none: Vec::new(),
            });
            vec![Ask {
                clauses: clause.into_iter().collect(),
                ..Ask::default()
            }]
        }
        ApplicationRules::Http(rules) => http(rules),
    }
}

/// Connections that are no HTTP: a request has a method, and of a connection that carries anything
/// it is not certain, which a deny is met by.
fn not_http() -> Ask {
    Ask {
        clauses: vec![Clause::Text {
            subject: Subject::Method,
            any: Vec::new(),
            none: vec![Pattern::Present],
        }],
        ..Ask::default()
    }
}

/// HTTP rules. Those that change headers stand alone: each of them acts where it matches.
fn http(rules: &[HttpRule]) -> Vec<Ask> {
    let mut asks = Vec::new();
    let mut plain: Vec<Vec<Clause>> = Vec::new();
    for rule in rules {
        let (clauses, rewrites) = http_rule(rule);
        if rewrites.is_empty() {
            plain.push(clauses);
        } else {
            asks.push(Ask {
                clauses,
                rewrites,
                ..Ask::default()
            });
        }
    }
    let clauses = match plain.len() {
        0 => return asks,
        1 => plain.pop().unwrap_or_default(),
        _ => vec![Clause::AnyOf(plain)],
    };
    asks.push(Ask {
        clauses,
        ..Ask::default()
    });
    asks
}

fn http_rule(rule: &HttpRule) -> (Vec<Clause>, Vec<HeaderRewrite>) {
    let text = |subject, pattern| Clause::Text {
        subject,
        any: vec![pattern],
        none: Vec::new(),
    };
    let regex = |subject, regex: &Option<Regex>| {
        regex
            .clone()
            .map(|regex| text(subject, Pattern::Regex(regex)))
    };
    let header = |name: &String, value: &Option<String>| {
        let pattern = value.clone().map_or(Pattern::Present, Pattern::Exact);
        text(Subject::SoleHeader(name.clone()), pattern)
    };
    let mut clauses = vec![Clause::Http];
    clauses.extend(regex(Subject::Method, &rule.method));
    clauses.extend(regex(Subject::Target, &rule.path));
    clauses.extend(regex(Subject::Authority, &rule.host));
    clauses.extend(
        rule.headers
            .iter()
            .map(|line| header(&line.name, &line.value)),
    );
    let mut rewrites = Vec::new();
    for expected in &rule.header_matches {
        match expected.mismatch {
            Some(mismatch) => rewrites.push(rewrite(expected, mismatch)),
            None => clauses.push(header(&expected.name, &expected.value)),
        }
    }
    (clauses, rewrites)
}
