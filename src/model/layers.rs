//! Which system's order each policy stands in (design section 4).

use super::tiers::arrange;
use super::{Interest, Layer, Tier, calico, cilium, istio, kubernetes};
use crate::pace::Pace;
use crate::resources::Resources;

/// The tiers of all layers, in evaluation order, those without policy left out.
pub(super) async fn tiers(resources: &Resources, interest: &Interest, pace: &Pace) -> Vec<Tier> {
    let mut policies = calico::policies(resources, pace).await;
    let kubernetes = kubernetes::policies(resources, interest, pace).await;
    let mut pool = cilium::policies(resources, interest, pace).await;
    let has_cilium = !resources.cilium_policies.is_empty();
    let layer = if has_calico(resources) {
        policies.extend(kubernetes);
        Layer::Calico
    } else if has_cilium {
        pool.extend(kubernetes);
        Layer::Calico
    } else {
        // In Calico's tiers nothing is exempt that its own policies do not exempt.
        if !kubernetes.is_empty() {
            policies.extend(kubernetes::exemptions());
        }
        policies.extend(kubernetes);
        Layer::Kubernetes
    };
    let mut tiers = arrange(layer, &resources.tiers, policies, pace).await;
    if has_cilium {
        tiers.extend(cilium::tiers(pool, pace).await);
    }
    tiers.extend(istio::tiers(resources, interest, pace).await);
    tiers
}

/// Whether Calico's tiers are there for Kubernetes policy to join.
fn has_calico(resources: &Resources) -> bool {
    let mut policies = resources.policies.iter();
    // Policy that is only staged must not change what is enforced.
    let enforced = policies.any(|policy| policy.reaches_pods && !policy.kind.is_staged());
    enforced || !resources.tiers.is_empty()
}

#[cfg(test)]
mod tests {
    use crate::bundle::Bundle;
    use crate::model::Layer;
    use serde_json::json;

    /// What is not about pods must not move what is.
    #[test]
    fn kubernetes_policy_joins_the_tiers_of_calico_where_those_are_about_pods() {
        let calico = |kind: &str, spec: &str| {
            let spec: serde_json::Value = serde_json::from_str(spec).unwrap();
            json!({"apiVersion": "projectcalico.org/v3", "kind": kind,
                "metadata": {"name": "other"}, "spec": spec})
        };
        let kubernetes = json!({"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
            "metadata": {"name": "all", "namespace": "dev"}, "spec": {"podSelector": {}}});
        let of_host = r#"{"types": ["Ingress"], "preDNAT": true, "applyOnForward": true}"#;
        let of_pods = r#"{"types": ["Ingress"]}"#;
        for (other, expected) in [
            (calico("GlobalNetworkPolicy", of_host), Layer::Kubernetes),
            (
                calico("StagedGlobalNetworkPolicy", of_pods),
                Layer::Kubernetes,
            ),
            (calico("GlobalNetworkPolicy", of_pods), Layer::Calico),
            (calico("Tier", r#"{"order": 5}"#), Layer::Calico),
        ] {
            let bundle = Bundle::load(&[other.clone(), kubernetes.clone()]).unwrap();
            let mut tiers = bundle.model.tiers.iter();
            let of_kubernetes = tiers.find(|tier| {
                let mut policies = tier.policies.iter();
                policies.any(|policy| policy.id.name == "all")
            });
            assert_eq!(
                of_kubernetes.map(|tier| tier.layer),
                Some(expected),
                "{other}"
            );
        }
    }
}
