//! What can only be seen of Cilium policies beside other objects (kubernetes-cilium.md 3.3, 3.4).

use super::keys;
use crate::problem::{Report, Segment, Severity};
use crate::resources::Resources;
use crate::resources::cilium::{
    ApplicationRules, EntityName, Peer, Policy, PortProtocol, PortRule, Rule, Spec,
};
use crate::terms::Port;
use ipnet::IpNet;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

/// Most addresses of pods, or rules beside a rule, that are looked at for one warning.
const LOOKED_AT: usize = 1000;

/// A rule, and where it stands.
#[derive(Clone, Copy)]
struct Entry<'r> {
    policy: &'r Policy,
    spec: &'r Spec,
    list: &'static str,
    index: usize,
    rule: &'r Rule,
}

/// Warns of names that stand for nothing, networks that pods are in but not meant by, and HTTP
/// rules that another rule makes needless.
pub(super) fn policies(resources: &Resources, report: &Report) {
    if resources.cilium_policies.is_empty() {
        return;
    }
    let groups = BTreeSet::from_iter(
        resources
            .cidr_groups
            .iter()
            .map(|group| &*group.metadata.id.name),
    );
    let addresses = addresses(resources);
    let entries: Vec<Entry<'_>> = resources.cilium_policies.iter().flat_map(entries).collect();
    if resources.nodes.is_empty() {
        let asks = |entry: &&Entry<'_>| {
            let mut peers = entry.rule.peers.iter().flatten();
            peers.any(asks_nodes)
        };
        if let Some(first) = entries.iter().find(asks) {
            let message = "no Node is given: nodes count as the world";
            let help = "add the Node objects";
            first.warn("cilium-no-nodes", message.to_owned(), help, report);
        }
    }
    let ports = port_names(resources);
    for entry in &entries {
        entry.warn_of_ports(&ports, report);
        for peer in entry.rule.peers.iter().flatten() {
            entry.warn_of_group(peer, &groups, report);
            entry.warn_of_pods(peer, &addresses, report);
        }
    }
    let mut wide: BTreeMap<_, Vec<&Entry<'_>>> = BTreeMap::new();
    for entry in entries.iter().filter(|entry| entry.is_wide()) {
        wide.entry(entry.subject()).or_default().push(entry);
    }
    for entry in &entries {
        if entry.rule.ports.iter().any(is_http) {
            let beside = wide.get(&entry.subject());
            let beside = beside.into_iter().flatten().take(LOOKED_AT);
            entry.warn_of_wider(beside.copied(), report);
        }
    }
}

fn entries(policy: &Policy) -> impl Iterator<Item = Entry<'_>> {
    policy.specs.iter().flat_map(move |spec| {
        let lists = spec.lists().into_iter();
        lists.flat_map(move |(list, rules)| {
            let rules = rules.iter().enumerate();
            rules.map(move |(index, rule)| Entry {
                policy,
                spec,
                list,
                index,
                rule,
            })
        })
    })
}

/// Every name of a port; none if no workload is given, and nothing can be said.
fn port_names(resources: &Resources) -> Option<BTreeSet<&str>> {
    if resources.pods.is_empty() && resources.workload_groups.is_empty() {
        return None;
    }
    let of_pods = resources.pods.iter().flat_map(|pod| &pod.named_ports);
    let of_groups = resources.workload_groups.iter();
    let of_groups = of_groups.flat_map(|group| &group.named_ports);
    let all = of_pods.chain(of_groups);
    Some(all.map(|port| &*port.name).collect())
}

/// Every address of a pod.
fn addresses(resources: &Resources) -> BTreeSet<IpAddr> {
    let of_pods = resources.pods.iter().flat_map(|pod| &pod.addresses);
    let of_groups = resources.workload_groups.iter();
    let of_groups = of_groups.flat_map(|group| &group.addresses);
    BTreeSet::from_iter(of_pods.chain(of_groups).copied())
}

impl Entry<'_> {
    fn warn_of_group(&self, peer: &Peer, groups: &BTreeSet<&str>, report: &Report) {
        let Peer::Group { name, .. } = peer else {
            return;
        };
        if !groups.contains(name.as_str()) {
            let who = if self.list.ends_with("Deny") {
                "everybody"
            } else {
                "nobody"
            };
            let message = format!("no CiliumCIDRGroup `{name}` is given: the rule is for {who}");
            self.warn("cilium-missing-group", message, "add the group", report);
        }
    }

    fn warn_of_ports(&self, known: &Option<BTreeSet<&str>>, report: &Report) {
        let Some(known) = known else {
            return;
        };
        let ports = self.rule.ports.iter().flat_map(|ports| &ports.ports);
        for port in ports {
            if let Some(Port::Named(name)) = &port.port
                && !known.contains(name.as_str())
            {
                let message = format!("no workload has a port named `{name}`");
                let help = "write the name as a container has it, or the number";
                self.warn("cilium-port-name", message, help, report);
            }
        }
    }

    fn warn_of_pods(&self, peer: &Peer, addresses: &BTreeSet<IpAddr>, report: &Report) {
        let Peer::Net { net, except } = peer else {
            return;
        };
        // Whoever writes all addresses means the world.
        if net.prefix_len() == 0 {
            return;
        }
        let inside = addresses.range(net.network()..=net.broadcast());
        let is_meant = |address: &&IpAddr| {
            let is_in = |net: &IpNet| net.contains(*address);
            !except.iter().any(is_in)
        };
        if let Some(pod) = inside.take(LOOKED_AT).find(is_meant) {
            let message =
                format!("`{net}` has pods in it, such as `{pod}`; networks never mean pods");
            let help = "select pods by their labels";
            self.warn("cilium-network-of-pods", message, help, report);
        }
    }

    /// Warns if a rule for the same peers and ports lets every request through.
    fn warn_of_wider<'w>(&self, beside: impl Iterator<Item = &'w Entry<'w>>, report: &Report) {
        for wide in beside {
            let is_covered = self
                .rule
                .ports
                .iter()
                .filter(|ports| is_http(ports))
                .any(|ports| {
                    let mut all = ports.ports.iter();
                    all.all(|port| wide.rule.covers(port))
                });
            if is_covered && wide.rule.takes_peers_of(self.rule) {
                let message = format!(
                    "its HTTP rules restrict nothing: `{}` of {} lets every request of these peers \
                     through",
                    wide.path_text(),
                    wide.policy.metadata.id
                );
                let help = "remove one of the two";
                self.warn("cilium-http-neutralised", message, help, report);
                return;
            }
        }
    }

    /// Whether the rule allows something without asking for requests.
    fn is_wide(&self) -> bool {
        let allows = self.list == "ingress" || self.list == "egress";
        let ports = &self.rule.ports;
        allows && (ports.is_empty() || ports.iter().any(is_plain))
    }

    /// The workloads and the direction it is about.
    fn subject(&self) -> (Option<&str>, &'static str, String) {
        let namespace = self.policy.metadata.id.namespace.as_deref();
        let endpoints = self.spec.endpoints.to_selector(&str::to_owned);
        (namespace, self.list, endpoints.to_string())
    }

    fn path(&self) -> Vec<Segment> {
        let mut path = match self.spec.position {
            None => keys(&["spec"]),
            Some(position) => {
                let mut path = keys(&["specs"]);
                path.push(Segment::Index(position));
                path
            }
        };
        path.extend(keys(&[self.list]));
        path.push(Segment::Index(self.index));
        path
    }

    fn path_text(&self) -> String {
        crate::problem::FieldPath(self.path()).to_string()
    }

    fn warn(&self, code: &'static str, message: String, help: &str, report: &Report) {
        let metadata = &self.policy.metadata;
        report.add(metadata.problem(Severity::Warning, code, self.path(), message, help));
    }
}

/// Whether nodes are meant, or told from others by hand: who writes networks means the world.
fn asks_nodes(peer: &Peer) -> bool {
    match peer {
        Peer::Entity(
            EntityName::Cluster
            | EntityName::RemoteNode
            | EntityName::World
            | EntityName::WorldIpv4
            | EntityName::WorldIpv6,
        ) => true,
        Peer::Entity(
            EntityName::All | EntityName::Host | EntityName::None | EntityName::Unknown,
        )
        | Peer::Endpoints(_)
        | Peer::Net { .. }
        | Peer::Group { .. }
        | Peer::Domain(_) => false,
    }
}

fn is_http(ports: &PortRule) -> bool {
    matches!(ports.rules, ApplicationRules::Http(_))
}

fn is_plain(ports: &PortRule) -> bool {
    ports.rules == ApplicationRules::Any && ports.server_names.is_empty()
}

impl Rule {
    /// Whether it lets everything through at a port.
    fn covers(&self, wanted: &PortProtocol) -> bool {
        let plain = self.ports.iter().filter(|ports| is_plain(ports));
        let mut ports = plain.flat_map(|ports| &ports.ports);
        self.ports.is_empty()
            || ports.any(|port| {
                let protocol = port.protocol.is_none() || port.protocol == wanted.protocol;
                protocol && covers(port.port.as_ref(), wanted.port.as_ref())
            })
    }

    /// Whether its peers are those of another rule, or more.
    fn takes_peers_of(&self, other: &Self) -> bool {
        match (&self.peers, &other.peers) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(own), Some(others)) => others.iter().all(|peer| own.contains(peer)),
        }
    }
}

fn covers(port: Option<&Port>, wanted: Option<&Port>) -> bool {
    match (port, wanted) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(Port::Range(first, last)), Some(Port::Range(from, to))) => {
            first <= from && to <= last
        }
        (Some(Port::Named(name)), Some(Port::Named(wanted))) => name == wanted,
        (Some(Port::Range(..)), Some(Port::Named(_)))
        | (Some(Port::Named(_)), Some(Port::Range(..))) => false,
    }
}
