//! Which system's order each policy stands in (design section 4).

use super::tiers::{DEFAULT, KUBE_ADMIN, arrange};
use super::{Layer, Tier, calico, cilium, istio, kubernetes};
use crate::pace::Pace;
use crate::resources::Resources;

/// The tiers of all layers, in evaluation order, those without policy left out.
pub(super) async fn tiers(resources: &Resources, pace: &Pace) -> Vec<Tier> {
    let mut policies = calico::policies(resources, pace).await;
    let kubernetes = kubernetes::policies(resources, pace).await;
    let has_calico = has_calico(resources);
    let has_cilium = !resources.cilium_policies.is_empty();
    let mut joined = cilium::Kubernetes::default();
    let layer = if has_calico {
        policies.extend(kubernetes);
        Layer::Calico
    } else if has_cilium {
        joined = join(kubernetes, pace).await;
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
        let policies = cilium::policies(resources, pace).await;
        tiers.extend(cilium::tiers(policies, joined));
    }
    tiers.extend(istio::tiers(resources, pace).await);
    tiers
}

/// Kubernetes' policies in their order, for Cilium's tiers.
async fn join(kubernetes: Vec<super::tiers::Ordered>, pace: &Pace) -> cilium::Kubernetes {
    let mut joined = cilium::Kubernetes::default();
    for tier in arrange(Layer::Kubernetes, &[], kubernetes, pace).await {
        let place = match tier.name.as_str() {
            KUBE_ADMIN => &mut joined.admin,
            DEFAULT => &mut joined.pool,
            _ => &mut joined.baseline,
        };
        place.extend(tier.policies);
    }
    joined
}

/// Whether Calico's tiers are there for Kubernetes policy to join.
fn has_calico(resources: &Resources) -> bool {
    let mut policies = resources.policies.iter();
    // Policy that is only staged must not change what is enforced.
    let enforced = policies.any(|policy| policy.reaches_pods && !policy.kind.is_staged());
    enforced || !resources.tiers.is_empty()
}
