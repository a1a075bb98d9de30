//! What Cilium does without any policy object (kubernetes-cilium.md 3.2, 3.3).

use super::directory::ORCHESTRATOR_LABEL;
use super::{Entity, Layer, Policy, Rule, Tier};
use crate::selector::Selector;
use crate::terms::{Action, TierDefault};
use crate::verdict::PolicyId;
use std::sync::Arc;

/// The kind of what no object says and every pod is promised.
pub(crate) const EXEMPTION: &str = "Exemption";
/// The tier of grants, at whose end isolated workloads refuse the rest.
pub(super) const ALLOW_TIER: &str = "allow";
/// The tier of what a workload sends to itself.
pub(super) const TIER: &str = "localhost";

/// The node a pod runs on reaches it, HTTP rules included: its kubelet probes it
/// (`allow-localhost`). An allow like others, of the tier of grants: a deny beats it.
pub(super) fn own_node() -> Policy {
    let rule = Rule {
        source: Entity {
            own_host: true,
            ..Entity::default()
        },
        ..Rule::new(0, Action::Allow)
    };
    Policy {
        ingress: Some(vec![rule]),
        egress: None,
        isolates: false,
        ..setting(ALLOW_TIER, EXEMPTION, "allow-localhost")
    }
}

/// What a pod sends to itself does not leave it, and no policy sees it.
pub(super) fn itself() -> Policy {
    let rule = Rule {
        destination: Entity {
            own_host: true,
            member: Some(is_pod()),
            ..Entity::default()
        },
        ..Rule::new(0, Action::Allow)
    };
    Policy {
        ingress: None,
        egress: Some(vec![rule]),
        isolates: false,
        ..setting(TIER, EXEMPTION, "allow-localhost")
    }
}

/// Enforcement mode `always`: every workload is isolated. The tiers where no policy of a bundle is
/// Cilium's, and the policy to add to the tier of grants.
pub(crate) fn always() -> (Vec<Tier>, Policy) {
    let tier = |name: &str, end, policies| Tier {
        layer: Layer::Kubernetes,
        name: name.to_owned(),
        end,
        policies,
    };
    let tiers = vec![
        tier(TIER, TierDefault::Pass, vec![itself()]),
        tier(ALLOW_TIER, TierDefault::Deny, vec![own_node()]),
    ];
    (tiers, setting(ALLOW_TIER, "Setting", "policy-enforcement"))
}

/// A setting of Cilium's as a policy for all workloads and directions.
fn setting(tier: &str, kind: &'static str, name: &str) -> Policy {
    Policy {
        id: Arc::new(PolicyId {
            dialect: "cilium",
            tier: Some(tier.to_owned()),
            kind,
            namespace: None,
            name: name.to_owned(),
        }),
        document: 0,
        staged: false,
        isolates: true,
        home: None,
        applies_to: Selector::all(),
        ingress: Some(Vec::new()),
        egress: Some(Vec::new()),
    }
}

/// What has the labels of a pod.
pub(super) fn is_pod() -> Selector {
    Selector::equals(ORCHESTRATOR_LABEL, "k8s")
}
