//! The rule that almost matched: what it wanted, and what the request has.

use super::place::Places;
use heliast::explain::{ClauseWalk, Explanation, PolicyWalk, RuleWalk};
use heliast::model::Workload;
use heliast::peer::Identity;
use heliast::program::PeerView;
use heliast::selector::Labels;
use heliast::truth::Truth;
use heliast::verdict::Direction;
use heliast_cli::diagnostics::clean;
use heliast_cli::manifests::Location;
use heliast_cli::policy_test::{Facts, HttpFacts, Prepared};

/// A request and its explanation.
#[derive(Debug)]
pub(super) struct Told {
    /// The pod at the other end, if it was named.
    pub(super) pod: Option<String>,
    pub(super) facts: Facts,
    pub(super) prepared: Prepared,
    pub(super) explanation: Explanation,
}

/// The rule that almost matched.
#[derive(Debug)]
pub(super) struct Nearest<'t> {
    pub(super) rule: &'t RuleWalk,
    pub(super) location: Option<Location>,
    pub(super) unmet: Vec<Unmet<'t>>,
}

/// A clause that is not met.
#[derive(Debug)]
pub(super) struct Unmet<'t> {
    pub(super) clause: &'t ClauseWalk,
    /// What the request has instead.
    pub(super) has: String,
}

impl Told {
    /// The rule that almost decided otherwise.
    pub(super) fn nearest(&self, places: Places<'_>) -> Option<Nearest<'_>> {
        let rule = self.explanation.nearest()?;
        let policy = self.policy_of(rule)?;
        let unmet = rule.unmet().map(|clause| Unmet {
            clause,
            has: self.has(clause),
        });
        Some(Nearest {
            rule,
            location: places.rule(policy, &rule.id),
            unmet: unmet.collect(),
        })
    }

    fn policy_of(&self, rule: &RuleWalk) -> Option<&PolicyWalk> {
        let mut policies = self
            .explanation
            .tiers
            .iter()
            .flat_map(|tier| &tier.policies);
        policies.find(|policy| policy.id == *rule.id.policy())
    }

    /// What the request has where a clause wants something.
    fn has(&self, clause: &ClauseWalk) -> String {
        let http = self.facts.http.as_ref();
        let part = |read: fn(&HttpFacts) -> Option<&String>, missing: &str| {
            http.and_then(read)
                .map_or_else(|| missing.to_owned(), Clone::clone)
        };
        let text = match clause.field.as_str() {
            "http" => "a TCP connection".to_owned(),
            "http.methods" => part(|http| http.method.as_ref(), "no method"),
            "http.paths" => part(|http| http.path.as_ref(), "no path"),
            "http.headers" => {
                http.map_or_else(|| "no headers".to_owned(), |http| header(http, clause))
            }
            "protocol" | "notProtocol" => "protocol 6 (TCP)".to_owned(),
            "destination.ports" | "destination.notPorts" => {
                let port = self.facts.port.map(|port| format!("port {port}"));
                port.unwrap_or_else(|| "a port that was not said".to_owned())
            }
            "source.ports" | "source.notPorts" => "a source port that is not known".to_owned(),
            "own nets" | "own notNets" | "own address" => address(self.facts.local_address),
            "source" | "destination" => self.peer(Some(clause)),
            _ => address(self.facts.peer_address),
        };
        match clause.truth {
            Truth::Unknown => format!("{} (in doubt)", clean(&text)),
            Truth::False | Truth::True => clean(&text),
        }
    }

    /// Who the other end is: its workloads, the labels that a clause asks about, and, where that
    /// matters, what it shows and on what grounds it is believed.
    pub(super) fn peer(&self, clause: Option<&ClauseWalk>) -> String {
        let Ok((program, peer)) = self.prepared.program(&self.facts) else {
            return String::new();
        };
        let directory = program.model.directory.read();
        let view = PeerView::new(&peer, &directory, &program.settings);
        let mut parts: Vec<String> = Vec::new();
        if clause.is_none() {
            parts.extend(self.pod.iter().map(|pod| format!("pod {pod}")));
            parts.push(address(self.facts.peer_address));
        }
        for workload in view.workloads() {
            let name = format!("{}/{}", workload.namespace, workload.service_account);
            parts.push(format!("service account {name}"));
            parts.extend(
                clause
                    .iter()
                    .flat_map(|clause| labels_in(&clause.wants, workload)),
            );
        }
        if view.workloads().is_empty() {
            parts.push("no known workload".to_owned());
        }
        let is_certain = clause.is_some_and(|clause| clause.truth != Truth::Unknown);
        if self.facts.direction == Direction::Ingress && !is_certain {
            parts.push(match (&self.facts.uri_sans, &peer.identity) {
                (None, _) => "no certificate".to_owned(),
                (Some(_), Identity::Unaccepted(why)) => why.to_string(),
                (Some(sans), Identity::Plaintext | Identity::Verified(_)) => sans.join(", "),
            });
            parts.push(self.explanation.grounds.to_owned());
        }
        parts.join("; ")
    }
}

/// The labels of a workload whose keys a selector speaks of.
fn labels_in(wants: &str, workload: &Workload) -> Vec<String> {
    let is_in_key = |letter: char| letter.is_ascii_alphanumeric() || "_./-".contains(letter);
    let mut labels = Vec::new();
    for word in wants.split(|letter| !is_in_key(letter)) {
        let label = workload
            .labels
            .value(word)
            .map(|value| format!("{word}={value}"));
        if let Some(label) = label.filter(|label| !labels.contains(label)) {
            labels.push(label);
        }
    }
    labels
}

/// The lines of the header that a clause is about; the clause begins with its name.
fn header(http: &HttpFacts, clause: &ClauseWalk) -> String {
    let wanted = clause.wants.split(' ').next().unwrap_or_default();
    let lines = http
        .headers
        .iter()
        .filter(|(name, _)| name.eq_ignore_ascii_case(wanted));
    let values: Vec<String> = lines
        .map(|(name, value)| format!("{name}: {value}"))
        .collect();
    if values.is_empty() {
        format!("no header {wanted}")
    } else {
        values.join("; ")
    }
}

fn address(address: Option<std::net::IpAddr>) -> String {
    address.map_or_else(
        || "an address that is not known".to_owned(),
        |address| address.to_string(),
    )
}

impl Nearest<'_> {
    /// The rule and its unmet clauses, one line each, without indentation.
    pub(super) fn lines(&self, places: Places<'_>) -> Vec<String> {
        let mut lines = vec![format!("{} ({:?})", self.rule.id, self.rule.action)];
        lines.extend(self.location.map(|location| places.line(location)));
        for unmet in &self.unmet {
            lines.push(format!(
                "{} wants {}",
                unmet.clause.field,
                clean(&unmet.clause.wants)
            ));
            lines.push(format!("  the request has {}", unmet.has));
        }
        if self.unmet.is_empty() {
            lines.push(
                "it is not certain that the rule is about this workload's address".to_owned(),
            );
        }
        lines
    }
}
