//! Names in rules that belong to no workload of the input: most often a slip of the pen.

use super::keys;
use crate::limits;
use crate::problem::{Report, Segment, Severity};
use crate::resources::Resources;
use crate::resources::calico::{EntityRule, NamespaceMatch, Policy};
use crate::terms::Port;
use std::collections::BTreeSet;

/// Most names that are searched for a suggestion: a search costs time for each of them.
const SEARCHED: usize = 1000;

/// One end of a rule, and where it stands.
struct End<'r> {
    policy: &'r Policy,
    rule: &'r EntityRule,
    path: [&'static str; 2],
    index: usize,
}

impl End<'_> {
    /// `spec.ingress[0].source` and a field below it.
    fn field(&self, names: &[&str], index: usize) -> Vec<Segment> {
        let [direction, end] = self.path;
        let mut path = keys(&["spec", direction]);
        path.push(Segment::Index(self.index));
        path.extend(keys(&[end]));
        path.extend(keys(names));
        path.push(Segment::Index(index));
        path
    }

    /// The one namespace its peers are in; none if they may be in several (calico.md 2.4).
    fn namespace(&self) -> Option<&str> {
        match self.rule.namespace_selector {
            None => self.policy.metadata.id.namespace.as_deref(),
            Some(NamespaceMatch::Global | NamespaceMatch::Selector(_)) => None,
        }
    }
}

/// Service accounts that no object of the input has (calico.md 1.3).
pub(super) fn service_accounts(resources: &Resources, report: &Report) {
    let accounts = resources.service_accounts.iter().map(|account| {
        let id = &account.metadata.id;
        (
            id.namespace.as_deref().unwrap_or_default(),
            id.name.as_str(),
        )
    });
    let of_pods = resources.pods.iter().map(|pod| {
        let namespace = pod.metadata.id.namespace.as_deref().unwrap_or_default();
        (namespace, pod.service_account.as_str())
    });
    let of_groups = resources
        .workload_groups
        .iter()
        .map(|group| (&*group.namespace, &*group.service_account));
    let known: BTreeSet<(&str, &str)> =
        BTreeSet::from_iter(accounts.chain(of_pods).chain(of_groups));
    if known.is_empty() {
        return;
    }
    let mut names = Names::new(known.iter().map(|(_, name)| *name));
    for end in ends(resources) {
        let listed = end
            .rule
            .service_accounts
            .iter()
            .flat_map(|accounts| &accounts.names);
        for (index, name) in listed.enumerate() {
            let namespace = end.namespace();
            let is_known = match namespace {
                Some(namespace) => known.contains(&(namespace, name)),
                None => names.known.contains(name.as_str()),
            };
            if !is_known {
                let place = namespace.map(|name| format!(" in namespace `{name}`"));
                let place = place.unwrap_or_default();
                let message = format!("no service account `{name}`{place} is given");
                let path = end.field(&["serviceAccounts", "names"], index);
                warn(&end, path, message, &names.help(name), report);
            }
        }
    }
}

/// Named ports that no workload of the input has (calico.md 1.8).
pub(super) fn ports(resources: &Resources, report: &Report) {
    if resources.pods.is_empty() && resources.workload_groups.is_empty() {
        return;
    }
    let of_pods = resources.pods.iter().flat_map(|pod| &pod.named_ports);
    let of_groups = resources
        .workload_groups
        .iter()
        .flat_map(|group| &group.named_ports);
    let mut names = Names::new(of_pods.chain(of_groups).map(|port| &*port.name));
    for end in ends(resources) {
        let lists = [
            ("ports", &end.rule.ports),
            ("notPorts", &end.rule.not_ports),
        ];
        for (key, list) in lists {
            for (index, port) in list.iter().enumerate() {
                let Port::Named(name) = port else {
                    continue;
                };
                if !names.known.contains(name.as_str()) {
                    let message = format!("no workload has a port named `{name}`");
                    let path = end.field(&[key], index);
                    warn(&end, path, message, &names.help(name), report);
                }
            }
        }
    }
}

fn warn(end: &End<'_>, path: Vec<Segment>, message: String, help: &str, report: &Report) {
    let metadata = &end.policy.metadata;
    report.add(metadata.problem(
        Severity::Warning,
        "reference-to-nothing",
        path,
        message,
        help,
    ));
}

/// The names that there are.
struct Names<'r> {
    known: BTreeSet<&'r str>,
    /// How many more suggestions are worth their time: later ones would not be listed.
    searches: usize,
}

impl<'r> Names<'r> {
    fn new(names: impl Iterator<Item = &'r str>) -> Self {
        Self {
            known: BTreeSet::from_iter(names),
            searches: limits::PROBLEMS,
        }
    }

    fn help(&mut self, name: &str) -> String {
        if self.known.contains(name) {
            return "another namespace has it: add a `namespaceSelector`".to_owned();
        }
        let is_worth_it = self.known.len() <= SEARCHED && self.searches > 0;
        self.searches = self.searches.saturating_sub(1);
        if is_worth_it {
            crate::suggest::did_you_mean(name, self.known.iter().copied())
        } else {
            String::new()
        }
    }
}

/// Both ends of every rule.
fn ends(resources: &Resources) -> impl Iterator<Item = End<'_>> {
    resources.policies.iter().flat_map(|policy| {
        let ingress = policy
            .ingress
            .iter()
            .flatten()
            .enumerate()
            .map(|rule| ("ingress", rule));
        let egress = policy
            .egress
            .iter()
            .flatten()
            .enumerate()
            .map(|rule| ("egress", rule));
        ingress
            .chain(egress)
            .flat_map(move |(direction, (index, rule))| {
                [("source", &rule.source), ("destination", &rule.destination)].map(|(end, rule)| {
                    End {
                        policy,
                        rule,
                        path: [direction, end],
                        index,
                    }
                })
            })
    })
}
