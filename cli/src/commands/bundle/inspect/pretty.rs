//! What is in a document, for people.

use crate::commands::bundle::{counted, order};
use heliast::bundle::{Signature, Statement};
use heliast::terms::TierDefault;
use heliast_cli::bundles::{
    Delta, PolicyEntry, PolicySummary, Summary, TierSummary, WholeFile, WorkloadSummary,
};
use heliast_cli::diagnostics::{Colour, Style, clean};
use std::fmt::Write;

/// Most lines of one list.
const LINES: usize = 20;

pub(super) fn whole(file: &WholeFile, summary: &Summary, colour: Colour) -> String {
    let mut page = Page::default();
    page.statement("revision", &file.whole.statement, &file.whole.signatures);
    if !file.whole.is_intact() {
        let word = colour.paint(Style::Bad, "DAMAGED");
        page.line(
            "",
            &format!("{word}: its objects hash to {}", file.whole.content()),
        );
    }
    let (size, packed) = (summary.size, summary.packed);
    page.line("size", &format!("{size} bytes, {packed} with gzip"));
    page.line("objects", &file.objects().len().to_string());
    page.kinds(summary);
    match &summary.policy {
        Ok(policy) => page.policy(policy),
        Err(mistakes) => {
            let word = colour.paint(Style::Bad, "REFUSED");
            page.line(
                "policy",
                &format!(
                    "{word}: it has {}, which `heliast bundle verify` shows",
                    counted(*mistakes, "mistake")
                ),
            );
        }
    }
    page.heading("Largest objects");
    let largest = summary.largest.iter();
    page.list(largest.map(|(key, bytes)| format!("{bytes:>8} bytes  {}", clean(&key.to_string()))));
    page.text
}

pub(super) fn delta(delta: &Delta) -> String {
    let mut page = Page::default();
    page.line("from", &delta.from.to_string());
    page.statement("to", &delta.statement, &delta.signatures);
    page.heading("New and changed objects");
    let upsert = delta.upsert.iter();
    page.list(upsert.map(|object| clean(&object.key.to_string())));
    page.heading("Objects that go");
    page.list(delta.remove.iter().map(|key| clean(&key.to_string())));
    page.text
}

#[derive(Default)]
pub(super) struct Page {
    pub(super) text: String,
}

impl Page {
    pub(super) fn line(&mut self, word: &str, text: &str) {
        let _infallible = writeln!(self.text, "{word:<11}{text}");
    }

    pub(super) fn heading(&mut self, heading: &str) {
        let _infallible = writeln!(self.text, "\n{heading}");
    }

    /// The lines, as many as a screen takes.
    pub(super) fn list(&mut self, lines: impl ExactSizeIterator<Item = String>) {
        let more = lines.len().saturating_sub(LINES);
        if lines.len() == 0 {
            self.text.push_str("  none\n");
        }
        for line in lines.take(LINES) {
            let _infallible = writeln!(self.text, "  {line}");
        }
        if more > 0 {
            let _infallible = writeln!(self.text, "  and {more} more: `--output json` has them");
        }
    }

    pub(super) fn statement(
        &mut self,
        word: &str,
        statement: &Statement,
        signatures: &[Signature],
    ) {
        self.line(word, &statement.revision.to_string());
        self.line("sequence", &order::show(statement.order));
        let audience = statement.audience.as_ref();
        let audience = audience.map_or_else(|| "everyone".to_owned(), ToString::to_string);
        self.line("for", &clean(&audience));
        let ids: Vec<String> = signatures.iter().map(|one| clean(&one.key)).collect();
        let ids = if ids.is_empty() {
            "nobody".to_owned()
        } else {
            format!("{}, unverified here", ids.join(", "))
        };
        self.line("signed by", &ids);
    }

    fn kinds(&mut self, summary: &Summary) {
        self.heading("Objects by kind and namespace");
        let kinds = summary.kinds.iter();
        self.list(kinds.map(|(kind, namespaces)| {
            let total: usize = namespaces.values().sum();
            let mut parts: Vec<String> = namespaces
                .iter()
                .filter_map(|(namespace, count)| Some(format!("{} {count}", namespace.as_ref()?)))
                .collect();
            let more = parts.len().saturating_sub(LINES);
            parts.truncate(LINES);
            if more > 0 {
                parts.push(format!("and {more} namespaces more"));
            }
            let line = format!("{total:>8} {kind}  {}", parts.join(", "));
            clean(line.trim_end())
        }));
    }

    fn policy(&mut self, policy: &PolicySummary) {
        self.heading("Policies in order of evaluation");
        if policy.tiers.is_empty() {
            self.text.push_str("  none\n");
        }
        for tier in &policy.tiers {
            self.tier(tier);
        }
        let sum = |count: fn(&WorkloadSummary) -> usize| -> usize {
            policy.workloads.values().map(count).sum()
        };
        let total = WorkloadSummary {
            pods: sum(|one| one.pods),
            groups: sum(|one| one.groups),
            addresses: sum(|one| one.addresses),
        };
        self.heading(&format!("Workloads by service account: {}", members(total)));
        let workloads = policy.workloads.iter();
        self.list(workloads.map(|((namespace, account), one)| {
            format!("{namespace}/{account}  {}", members(*one))
        }));
    }

    fn tier(&mut self, tier: &TierSummary) {
        let end = match tier.end {
            TierDefault::Deny => "Deny",
            TierDefault::Pass => "Pass",
        };
        let _infallible = writeln!(self.text, "  tier {}, ends in {end}", clean(&tier.name));
        let policies = tier.policies.iter();
        self.list(policies.map(|policy| format!("  {}", entry(policy))));
    }
}

fn members(summary: WorkloadSummary) -> String {
    let WorkloadSummary {
        pods,
        groups,
        addresses,
    } = summary;
    let parts = [(pods, "Pod"), (groups, "WorkloadGroup")];
    let parts = parts.into_iter().filter(|(count, _)| *count > 0);
    let mut parts: Vec<String> = parts.map(|(count, word)| counted(count, word)).collect();
    parts.push(counted(addresses, "address"));
    parts.join(", ")
}

fn entry(policy: &PolicyEntry) -> String {
    let id = &policy.id;
    let namespace = id.namespace.iter();
    let namespace: String = namespace.map(|name| format!("{name}/")).collect();
    let order = policy.order;
    let order = order.map_or_else(|| "last".to_owned(), |order| order.to_string());
    let mut line = format!("{} {namespace}{}, order {order}", id.kind, id.name);
    for (direction, rules) in [("ingress", policy.ingress), ("egress", policy.egress)] {
        if let Some(rules) = rules {
            let rules = counted(rules, &format!("{direction} rule"));
            line.push_str(&format!(", {rules}"));
        }
    }
    line
}
