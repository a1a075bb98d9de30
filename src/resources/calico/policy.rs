//! GlobalNetworkPolicy, NetworkPolicy and their staged twins (calico.md 1.1).

#[cfg(test)]
mod tests;

use super::context::RuleContext;
use super::policy_type::{PolicyType, PolicyTypes};
use super::staged::{self, Outcome};
use super::{Rule, host_only, selectors};
use crate::decode::{Field, Fields};
use crate::limits;
use crate::resources::Strictness;
use crate::resources::name::{self, NameForm};
use crate::resources::object::{self, Form, Metadata, Place, Scope};
use crate::selector::Selector;

/// Which of Calico's policy kinds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PolicyKind {
    /// `GlobalNetworkPolicy`.
    GlobalNetworkPolicy,
    /// `NetworkPolicy`.
    NetworkPolicy,
    /// `StagedGlobalNetworkPolicy`.
    StagedGlobalNetworkPolicy,
    /// `StagedNetworkPolicy`.
    StagedNetworkPolicy,
}

impl PolicyKind {
    /// Whether the policy is only evaluated, never enforced (calico.md 3.5).
    #[must_use]
    pub fn is_staged(self) -> bool {
        matches!(
            self,
            Self::StagedGlobalNetworkPolicy | Self::StagedNetworkPolicy
        )
    }

    /// Whether the policy is in no namespace.
    #[must_use]
    pub fn is_global(self) -> bool {
        matches!(
            self,
            Self::GlobalNetworkPolicy | Self::StagedGlobalNetworkPolicy
        )
    }

    fn form(self) -> Form {
        let kind = match self {
            Self::GlobalNetworkPolicy => "GlobalNetworkPolicy",
            Self::NetworkPolicy => "NetworkPolicy",
            Self::StagedGlobalNetworkPolicy => "StagedGlobalNetworkPolicy",
            Self::StagedNetworkPolicy => "StagedNetworkPolicy",
        };
        if self.is_global() {
            Form {
                kind,
                scope: Scope::Cluster,
                name: NameForm::GlobalPolicy,
            }
        } else {
            Form {
                kind,
                scope: Scope::Namespaced,
                name: NameForm::Policy,
            }
        }
    }

    /// The fields its spec may have (calico.md 1.1).
    fn fields(self) -> Vec<&'static str> {
        const ALL: [&str; 7] = [
            "tier",
            "order",
            "selector",
            "types",
            "ingress",
            "egress",
            "serviceAccountSelector",
        ];
        let mut fields = ALL.to_vec();
        fields.push("performanceHints");
        if self.is_global() {
            fields.extend([
                "namespaceSelector",
                "doNotTrack",
                "preDNAT",
                "applyOnForward",
            ]);
        }
        if self.is_staged() {
            fields.push("stagedAction");
        }
        fields
    }
}

/// A Calico policy.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    /// Which object; its namespace is `None` for the global kinds.
    pub metadata: Metadata,
    /// Its kind.
    pub kind: PolicyKind,
    /// The tier it is in; `default` where the object names none.
    pub tier: String,
    /// Its place in the tier; none is after every number (calico.md 3.1).
    pub order: Option<f64>,
    /// The workloads it governs; an empty selector governs all.
    pub selector: Selector,
    /// Narrows [`Self::selector`] by the labels of the workload's namespace. Global kinds only.
    pub namespace_selector: Option<Selector>,
    /// Narrows [`Self::selector`] by the labels of the workload's service account.
    pub service_account_selector: Option<Selector>,
    /// The rules for what comes in, if the policy governs ingress (`types`, calico.md 1.5).
    pub ingress: Option<Vec<Rule>>,
    /// The rules for what goes out, if the policy governs egress.
    pub egress: Option<Vec<Rule>>,
    /// Whether it reaches pods at all: `doNotTrack` and `preDNAT` policies do not (calico.md 3.2).
    pub reaches_pods: bool,
}

impl Policy {
    pub(in crate::resources) fn decode(
        kind: PolicyKind,
        root: &Field<'_, '_>,
        place: Place,
        strictness: Strictness,
    ) -> Option<Outcome> {
        let root = object::strict(root)?;
        let metadata = kind.form().decode(&root, place);
        let spec = root.require("spec")?;
        let spec = spec.object(&kind.fields())?;
        if kind.is_staged() && staged::asks_to_delete(&spec) {
            return metadata.map(Outcome::Drop);
        }
        let policy = Self::decode_spec(kind, &spec, metadata, strictness)?;
        Some(Outcome::Keep(Box::new(policy)))
    }

    fn decode_spec(
        kind: PolicyKind,
        spec: &Fields<'_, '_>,
        metadata: Option<Metadata>,
        strictness: Strictness,
    ) -> Option<Self> {
        let own_namespace = metadata
            .as_ref()
            .and_then(|metadata| metadata.id.namespace.as_deref());
        // The stand-in for a namespace that could not be read keeps follow-up errors away.
        let namespace = (!kind.is_global()).then(|| own_namespace.unwrap_or("default"));
        let types = PolicyTypes::decode(spec);
        let context = |direction| RuleContext {
            strictness,
            direction,
            namespace,
        };
        let ingress = rules(spec, types.ingress, context(PolicyType::Ingress));
        let egress = rules(spec, types.egress, context(PolicyType::Egress));
        let tier = match spec.get("tier").filter(|tier| !object::is_empty_text(tier)) {
            Some(tier) => name::decode(&tier, NameForm::Label),
            None => Some("default".to_owned()),
        };
        let selector = selectors::decode(spec, "selector", strictness);
        check_performance_hints(spec);
        Some(Self {
            kind,
            order: spec.get("order").and_then(|order| order.number()),
            selector: selector.unwrap_or_else(Selector::all),
            namespace_selector: selectors::decode(spec, "namespaceSelector", strictness),
            service_account_selector: selectors::decode(spec, "serviceAccountSelector", strictness),
            ingress,
            egress,
            reaches_pods: host_only::check(spec, types),
            tier: tier?,
            metadata: metadata?,
        })
    }
}

/// The rules of one direction, if the policy governs it. They are checked in any case.
fn rules(spec: &Fields<'_, '_>, is_governed: bool, context: RuleContext<'_>) -> Option<Vec<Rule>> {
    let key = context.direction.field();
    let rules = match spec.get(key) {
        Some(field) => {
            let read = |field: &Field<'_, '_>| Rule::decode(field, context);
            let list = field.list(limits::RULES);
            if !is_governed && !list.is_empty() {
                let message = format!("`types` does not list {:?}", context.direction);
                field.warn(
                    "unused-rules",
                    format!("{message}: the rules have no effect"),
                    "",
                );
            }
            list.iter().filter_map(read).collect()
        }
        None => Vec::new(),
    };
    is_governed.then_some(rules)
}

/// They hint at how to program a kernel; only their spelling matters here.
fn check_performance_hints(spec: &Fields<'_, '_>) {
    const HINTS: [(&str, ()); 1] = [("AssumeNeededOnEveryNode", ())];
    if let Some(hints) = spec.get("performanceHints") {
        for hint in hints.list(limits::RULES) {
            let _ = hint.one_of(&HINTS);
        }
    }
}
