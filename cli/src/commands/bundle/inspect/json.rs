//! What is in a document, for programs.

use heliast::bundle::{Signature, Statement};
use heliast::terms::TierDefault;
use heliast_cli::bundles::{Delta, PolicyEntry, PolicySummary, Summary, TierSummary, WholeFile};
use serde_json::{Value, json};

pub(super) fn whole(file: &WholeFile, summary: &Summary) -> Value {
    let kinds = summary.kinds.iter().flat_map(|(kind, namespaces)| {
        namespaces.iter().map(
            move |(namespace, count)| json!({"kind": kind, "namespace": namespace, "count": count}),
        )
    });
    let largest = summary.largest.iter().map(|(key, bytes)| {
        let mut entry = key.encode();
        if let Some(entry) = entry.as_object_mut() {
            entry.insert("bytes".to_owned(), json!(bytes));
        }
        entry
    });
    json!({
        "apiVersion": "heliast.dev/v1alpha1",
        "kind": "BundleSummary",
        "statement": statement(&file.whole.statement, &file.whole.signatures),
        "content": file.whole.content().to_string(),
        "bytes": summary.size,
        "gzipBytes": summary.packed,
        "objects": file.objects().len(),
        "kinds": kinds.collect::<Vec<_>>(),
        "largest": largest.collect::<Vec<_>>(),
        "policy": summary.policy.as_ref().ok().map(policy),
        "mistakes": summary.policy.as_ref().err().unwrap_or(&0),
    })
}

pub(super) fn delta(delta: &Delta) -> Value {
    let upsert = delta.upsert.iter().map(|object| object.key.encode());
    let remove = delta.remove.iter().map(|key| key.encode());
    json!({
        "apiVersion": "heliast.dev/v1alpha1",
        "kind": "BundleDeltaSummary",
        "from": delta.from.to_string(),
        "statement": statement(&delta.statement, &delta.signatures),
        "upsert": upsert.collect::<Vec<_>>(),
        "remove": remove.collect::<Vec<_>>(),
    })
}

pub(super) fn statement(statement: &Statement, signatures: &[Signature]) -> Value {
    json!({
        "revision": statement.revision.to_string(),
        "epoch": statement.order.map(|order| order.epoch),
        "sequence": statement.order.map(|order| order.number),
        "for": statement.audience.as_ref().map(|audience| audience.encode()),
        "keys": signatures.iter().map(|signature| &signature.key).collect::<Vec<_>>(),
    })
}

fn policy(policy: &PolicySummary) -> Value {
    let workloads = policy.workloads.iter().map(|((namespace, account), sum)| {
        json!({
            "namespace": namespace,
            "serviceAccount": account,
            "pods": sum.pods,
            "workloadGroups": sum.groups,
            "addresses": sum.addresses,
        })
    });
    json!({
        "tiers": policy.tiers.iter().map(tier).collect::<Vec<_>>(),
        "workloads": workloads.collect::<Vec<_>>(),
    })
}

fn tier(tier: &TierSummary) -> Value {
    let end = match tier.end {
        TierDefault::Deny => "Deny",
        TierDefault::Pass => "Pass",
    };
    let policies = tier.policies.iter().map(entry);
    json!({"name": tier.name, "end": end, "policies": policies.collect::<Vec<_>>()})
}

fn entry(policy: &PolicyEntry) -> Value {
    json!({
        "kind": policy.id.kind,
        "namespace": policy.id.namespace,
        "name": policy.id.name,
        "order": policy.order,
        "ingressRules": policy.ingress,
        "egressRules": policy.egress,
    })
}
