//! Which system's order each policy stands in (design section 4).

use super::tiers::arrange;
use super::{Layer, Tier, calico, istio};
use crate::pace::Pace;
use crate::resources::Resources;

/// The tiers of all layers, in evaluation order, those without policy left out.
pub(super) async fn tiers(resources: &Resources, pace: &Pace) -> Vec<Tier> {
    let calico = calico::policies(resources, pace).await;
    let mut tiers = arrange(Layer::Calico, &resources.tiers, calico, pace).await;
    tiers.extend(istio::tiers(resources, pace).await);
    tiers
}
