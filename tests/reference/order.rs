//! Which tier and which policy comes first (calico.md 3.1).

use heliast::resources::Resources;
use heliast::resources::calico::Policy;
use heliast::terms::TierDefault;
use std::cmp::Ordering;

/// A tier: one with an object, one that exists without, or one that policies only name.
#[derive(Debug, Clone)]
pub(super) struct Tier {
    pub(super) name: String,
    pub(super) end: TierDefault,
    order: Option<f64>,
    exists: bool,
}

/// The fixed tiers of calico.md 1.4.
const FIXED: [(&str, f64, TierDefault); 3] = [
    ("kube-admin", 1_000.0, TierDefault::Pass),
    ("default", 1_000_000.0, TierDefault::Deny),
    ("kube-baseline", 10_000_000.0, TierDefault::Pass),
];

/// All tiers: those that exist first, then by order with none last, then by name.
pub(super) fn tiers(resources: &Resources) -> Vec<Tier> {
    let mut tiers: Vec<Tier> = resources
        .tiers
        .iter()
        .map(|tier| Tier {
            name: tier.metadata.id.name.clone(),
            end: tier.default_action,
            order: tier.order,
            exists: true,
        })
        .collect();
    for (name, order, end) in FIXED {
        add(
            &mut tiers,
            Tier {
                name: name.to_owned(),
                end,
                order: Some(order),
                exists: true,
            },
        );
    }
    for policy in &resources.policies {
        add(
            &mut tiers,
            Tier {
                name: policy.tier.clone(),
                end: TierDefault::Deny,
                order: None,
                exists: false,
            },
        );
    }
    tiers.sort_by(|a, b| {
        (b.exists.cmp(&a.exists))
            .then_with(|| by_order(a.order, b.order))
            .then_with(|| a.name.cmp(&b.name))
    });
    tiers
}

fn add(tiers: &mut Vec<Tier>, tier: Tier) {
    if tiers.iter().all(|known| known.name != tier.name) {
        tiers.push(tier);
    }
}

/// The policies of a tier: by order with none last, then by the text `name/namespace/kind`.
pub(super) fn policies<'r>(resources: &'r Resources, tier: &str) -> Vec<&'r Policy> {
    let mut policies: Vec<&Policy> = resources
        .policies
        .iter()
        .filter(|policy| policy.tier == tier)
        .collect();
    policies.sort_by(|a, b| by_order(a.order, b.order).then_with(|| tie(a).cmp(&tie(b))));
    policies
}

fn tie(policy: &Policy) -> String {
    let id = &policy.metadata.id;
    let namespace = id.namespace.as_deref().unwrap_or_default();
    format!("{}/{namespace}/{}", id.name, id.kind)
}

fn by_order(a: Option<f64>, b: Option<f64>) -> Ordering {
    let number = |order: Option<f64>| order.unwrap_or(f64::INFINITY);
    number(a).partial_cmp(&number(b)).unwrap()
}
