//! NetworkPolicy, and Calico's staged form of it (kubernetes-cilium.md 1.1, calico.md 3.5).

use super::Rule;
use crate::decode::{Field, Fields};
use crate::limits;
use crate::resources::calico::staged;
use crate::resources::label_selector::LabelSelector;
use crate::resources::name::NameForm;
use crate::resources::object::{self, Form, Metadata, Place, Scope};

/// A NetworkPolicy.
#[derive(Debug, Clone, PartialEq)]
pub struct NetworkPolicy {
    /// Which object.
    pub metadata: Metadata,
    /// Whether it is only evaluated, never enforced.
    pub staged: bool,
    /// The pods of its namespace that it governs.
    pub pod_selector: LabelSelector,
    /// What may come in, if it isolates ingress.
    pub ingress: Option<Vec<Rule>>,
    /// What may go out, if it isolates egress.
    pub egress: Option<Vec<Rule>>,
}

/// What becomes of a policy.
#[derive(Debug)]
pub(in crate::resources) enum Outcome {
    /// It is evaluated.
    Keep(NetworkPolicy),
    /// It asks for the policy of its name to be deleted, and is not evaluated itself.
    Drop(Metadata),
}

const FIELDS: [&str; 5] = [
    "podSelector",
    "policyTypes",
    "ingress",
    "egress",
    "stagedAction",
];

impl NetworkPolicy {
    pub(in crate::resources) fn decode(
        root: &Field<'_, '_>,
        place: Place,
        staged: bool,
    ) -> Option<Outcome> {
        let root = object::strict(root)?;
        let form = Form {
            kind: if staged {
                "StagedKubernetesNetworkPolicy"
            } else {
                "NetworkPolicy"
            },
            scope: Scope::Namespaced,
            name: NameForm::Subdomain,
        };
        let metadata = form.decode(&root, place);
        let spec = root.require("spec")?;
        let known = FIELDS.get(..if staged { 5 } else { 4 })?;
        let spec = spec.object(known)?;
        if staged && staged::asks_to_delete(&spec) {
            return metadata.map(Outcome::Drop);
        }
        let [ingress, egress] = types(&spec);
        let selector = spec.get("podSelector");
        let pod_selector = selector.map(|selector| LabelSelector::decode(&selector));
        let ingress = rules(&spec, "ingress", ingress);
        let egress = rules(&spec, "egress", egress);
        let all = ingress.iter().chain(&egress).flatten();
        let combinations: usize = all.map(Rule::combinations).sum();
        if combinations > limits::PEER_COMBINATIONS {
            let most = limits::PEER_COMBINATIONS;
            let message = format!(
                "combines peers and protocols {combinations} times; at most {most} are allowed"
            );
            let help = "select peers by fewer selectors, or write several policies";
            spec.here().error("too-many", message, help);
        }
        Some(Outcome::Keep(Self {
            metadata: metadata?,
            staged,
            pod_selector: pod_selector.unwrap_or_default(),
            ingress,
            egress,
        }))
    }
}

/// Whether it isolates ingress, and egress. Without `policyTypes` the API server would write what
/// this reads: Ingress always, Egress where there is a rule for it.
fn types(spec: &Fields<'_, '_>) -> [bool; 2] {
    let given = spec.get("policyTypes");
    let words = given.map(|given| {
        let list = given.list(2);
        let word = |word: &Field<'_, '_>| word.one_of(&[("Ingress", false), ("Egress", true)]);
        (
            given.value().as_array().is_some_and(|list| list.is_empty()),
            list.iter().filter_map(word).collect::<Vec<bool>>(),
        )
    });
    if let Some((false, words)) = words {
        return [words.contains(&false), words.contains(&true)];
    }
    let Some(egress) = spec.get("egress") else {
        return [true, false];
    };
    let has_rules = egress
        .value()
        .as_array()
        .is_some_and(|rules| !rules.is_empty());
    let (message, list) = if has_rules {
        (
            "`policyTypes` is missing: ingress is isolated too",
            "[Egress]` if only egress is meant",
        )
    } else {
        (
            "`policyTypes` is missing: without a rule egress is not isolated",
            "[Ingress, Egress]` if nothing may go out",
        )
    };
    let help = format!("write `policyTypes: {list}");
    egress.warn("kubernetes-missing-types", message, &help);
    [true, has_rules]
}

/// The rules of one direction, if the policy isolates it. They are checked in any case.
fn rules(spec: &Fields<'_, '_>, key: &'static str, isolates: bool) -> Option<Vec<Rule>> {
    let field = spec.get(key);
    let mut rules = Vec::new();
    if let Some(field) = field {
        let list = field.list(limits::PEERS);
        if !isolates && !list.is_empty() {
            let message = "`policyTypes` does not list this direction: the rules have no effect";
            field.warn("kubernetes-unused-rules", message, "");
        }
        rules.extend(
            list.iter()
                .filter_map(|rule| Rule::decode(rule, key == "egress")),
        );
    }
    isolates.then_some(rules)
}
