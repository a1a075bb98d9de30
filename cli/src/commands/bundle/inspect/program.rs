//! What is in a compiled program.

use super::json::statement;
use super::pretty::Page;
use crate::commands::bundle::counted;
use heliast::bundle::{Bundle, hex};
use heliast::model::Tier;
use heliast_cli::bundles::Program;
use serde_json::{Value, json};

pub(super) fn pretty(program: &Program, bundle: &Result<Bundle, String>) -> String {
    let mut page = Page::default();
    let head = &program.head;
    page.statement("program of", &head.statement, &head.signatures);
    page.line("digest", &hex(&head.digest));
    page.line("policy", &counted(program.policy_bytes(), "byte"));
    match bundle {
        Ok(bundle) => {
            let workloads = bundle.model.directory.read().workload_count();
            page.line("workloads", &format!("{workloads} different ones"));
            page.heading("Tiers");
            let tiers = bundle.model.tiers.iter();
            page.list(tiers.map(|tier| {
                let policies = counted(tier.policies.len(), "policy");
                let (ingress, egress) = rules(tier);
                format!(
                    "  {}: {policies}, {} in, {} out",
                    tier.name,
                    counted(ingress, "rule"),
                    counted(egress, "rule")
                )
            }));
        }
        Err(why) => page.line("REFUSED", why),
    }
    page.text
}

pub(super) fn json(program: &Program, bundle: &Result<Bundle, String>) -> Value {
    let head = &program.head;
    let tiers = bundle.iter().flat_map(|bundle| &bundle.model.tiers);
    let tiers = tiers.map(|tier| {
        let (ingress, egress) = rules(tier);
        json!({
            "name": tier.name,
            "policies": tier.policies.len(),
            "ingressRules": ingress,
            "egressRules": egress,
        })
    });
    json!({
        "apiVersion": "heliast.dev/v1alpha1",
        "kind": "ProgramSummary",
        "statement": statement(&head.statement, &head.signatures),
        "digest": hex(&head.digest),
        "policyBytes": program.policy_bytes(),
        "workloads": bundle.as_ref().ok().map(|bundle| bundle.model.directory.read().workload_count()),
        "tiers": tiers.collect::<Vec<_>>(),
        "refused": bundle.as_ref().err(),
    })
}

/// How many rules there are for what comes in, and for what goes out.
fn rules(tier: &Tier) -> (usize, usize) {
    let count = |rules: &Option<Vec<_>>| rules.as_ref().map_or(0, Vec::len);
    let policies = tier.policies.iter();
    policies.fold((0, 0), |(ingress, egress), policy| {
        (
            count(&policy.ingress).saturating_add(ingress),
            count(&policy.egress).saturating_add(egress),
        )
    })
}
