//! ClusterNetworkPolicy, and the two kinds before it (kubernetes-cilium.md 2.1).

use super::edition::Edition;
use super::pods::{Pods, require_one};
use super::{Rule, cluster_rule};
use crate::decode::{Field, Fields};
use crate::resources::object::{self, Metadata, Place};

/// Greatest number that `priority` may have.
const LAST_PRIORITY: u32 = 1000;

/// Where an administrator's policy stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ClusterTier {
    /// Before every NetworkPolicy.
    Admin,
    /// Where no NetworkPolicy selects the pod.
    Baseline,
}

/// An administrator's policy.
#[derive(Debug, Clone, PartialEq)]
pub struct ClusterPolicy {
    /// Which object.
    pub metadata: Metadata,
    /// Its tier.
    pub tier: ClusterTier,
    /// Its place in the tier, the least first.
    pub priority: u32,
    /// Whom it governs.
    pub subject: Pods,
    /// Its rules for what comes in; none says nothing of it.
    pub ingress: Vec<Rule>,
    /// Its rules for what goes out; none says nothing of it.
    pub egress: Vec<Rule>,
}

impl ClusterPolicy {
    pub(in crate::resources) fn decode(
        edition: Edition,
        root: &Field<'_, '_>,
        place: Place,
    ) -> Option<Self> {
        let root = object::strict(root)?;
        let metadata = edition.form().decode(&root, place);
        check_name(&root, metadata.as_ref(), edition);
        let spec = root.require("spec")?;
        let spec = spec.object(edition.fields())?;
        let tier = match edition {
            Edition::Cluster => spec.require("tier").and_then(|tier| {
                tier.one_of(&[
                    ("Admin", ClusterTier::Admin),
                    ("Baseline", ClusterTier::Baseline),
                ])
            }),
            Edition::Admin => Some(ClusterTier::Admin),
            Edition::Baseline => Some(ClusterTier::Baseline),
        };
        let priority = match edition {
            Edition::Cluster | Edition::Admin => spec
                .require("priority")
                .and_then(|priority| priority.integer(0, LAST_PRIORITY)),
            // There is but one.
            Edition::Baseline => Some(0),
        };
        let subject = subject(&spec, edition);
        let ingress = cluster_rule::decode_all(&spec, "ingress", edition);
        let egress = cluster_rule::decode_all(&spec, "egress", edition);
        Some(Self {
            metadata: metadata?,
            tier: tier?,
            priority: priority?,
            subject: subject?,
            ingress,
            egress,
        })
    }
}

/// There is one Baseline policy of the old kind, and its name is fixed.
fn check_name(root: &Fields<'_, '_>, metadata: Option<&Metadata>, edition: Edition) {
    let is_other = metadata.is_some_and(|metadata| metadata.id.name != "default");
    if edition == Edition::Baseline && is_other {
        let message = "a BaselineAdminNetworkPolicy must be named `default`";
        root.get("metadata").unwrap_or(root.here()).error(
            "bad-name",
            message,
            "use a ClusterNetworkPolicy for more than one",
        );
    }
}

fn subject(spec: &Fields<'_, '_>, edition: Edition) -> Option<Pods> {
    let field = spec.require("subject")?;
    let known = ["namespaces", "pods"];
    let fields = field.object(&known)?;
    if !require_one(&field, &fields, &known) {
        return None;
    }
    Pods::decode(&fields, edition)
}
