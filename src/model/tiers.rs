//! Calico's order of tiers and policies, which Kubernetes policy joins (calico.md 3.1, 1.7).

use super::{Interest, Layer, Policy, Tier};
use crate::gather;
use crate::pace::Pace;
use crate::resources::calico;
use crate::terms::TierDefault;
use crate::verdict::PolicyId;
use litemap::LiteMap;
use std::cmp::Ordering;

/// A policy and its place.
#[derive(Debug)]
pub(super) struct Ordered {
    /// The name of its tier.
    pub(super) tier: String,
    /// Its place in the tier; none is last.
    pub(super) order: Option<f64>,
    /// The policy.
    pub(super) policy: Policy,
}

impl Ordered {
    /// Without its rules, if it governs nobody of interest.
    pub(super) fn trimmed(mut self, interest: &Interest) -> Self {
        interest.trim_spelt(&mut self.policy);
        self
    }
}

/// The tier that Kubernetes' cluster-wide policies of the admin tier are in.
pub(super) const KUBE_ADMIN: &str = "kube-admin";
/// The tier that policies are in that name none, and Kubernetes NetworkPolicy.
pub(super) const DEFAULT: &str = "default";
/// The tier that Kubernetes' cluster-wide policies of the baseline tier are in.
pub(super) const KUBE_BASELINE: &str = "kube-baseline";

/// Tiers that exist without an object, with order and end (calico.md 1.4).
const FIXED_TIERS: [(&str, f64, TierDefault); 3] = [
    (KUBE_ADMIN, 1_000.0, TierDefault::Pass),
    (DEFAULT, 1_000_000.0, TierDefault::Deny),
    (KUBE_BASELINE, 10_000_000.0, TierDefault::Pass),
];

/// What it costs to put a policy into its place.
const POLICY_UNITS: usize = 64;

/// Order and end of a tier.
type KnownTier = (Option<f64>, TierDefault);

/// The tiers that these policies are in, in the order of calico.md 3.1.
pub(super) async fn arrange(
    layer: Layer,
    objects: &[calico::Tier],
    policies: Vec<Ordered>,
    pace: &Pace,
) -> Vec<Tier> {
    let known = known_tiers(objects, pace).await;
    let mut places = Vec::with_capacity(policies.len());
    for ordered in &policies {
        places.push(Place::of(known.get(&*ordered.tier)));
        pace.spend(POLICY_UNITS).await;
    }
    let compare = |left: usize, right: usize| {
        let of_tiers = Place::compare(places.get(left)?, places.get(right)?);
        let (left, right) = (policies.get(left)?, policies.get(right)?);
        Some(of_tiers.then_with(|| left.compare(right)))
    };
    let compare = |left, right| compare(left, right).unwrap_or(Ordering::Equal);
    let order = (0..policies.len()).collect();
    let order = gather::sort(order, &compare, pace).await;
    let ends = order.iter().filter_map(|place| places.get(*place));
    let ends: Vec<TierDefault> = ends.map(|place| place.end).collect();
    let mut arranged: Vec<Tier> = Vec::new();
    for (ordered, end) in gather::in_order(policies, order).zip(ends) {
        match arranged.last_mut().filter(|tier| tier.name == ordered.tier) {
            Some(tier) => tier.policies.push(ordered.policy),
            None => arranged.push(Tier {
                layer,
                name: ordered.tier,
                end,
                policies: vec![ordered.policy],
            }),
        }
        pace.spend(POLICY_UNITS).await;
    }
    arranged
}

/// The place of a tier among others.
#[derive(Debug, Clone, Copy)]
struct Place {
    /// A tier that does not exist comes after all that do (calico.md 3.1 row 2).
    exists: bool,
    order: Option<f64>,
    end: TierDefault,
}

impl Place {
    fn of(known: Option<&KnownTier>) -> Self {
        let (order, end) = known.copied().unwrap_or((None, TierDefault::Deny));
        Self {
            exists: known.is_some(),
            order,
            end,
        }
    }

    fn compare(&self, other: &Self) -> Ordering {
        let existing = other.exists.cmp(&self.exists);
        existing.then_with(|| by_order(self.order, other.order))
    }
}

async fn known_tiers<'t>(objects: &'t [calico::Tier], pace: &Pace) -> LiteMap<&'t str, KnownTier> {
    let fixed = FIXED_TIERS.map(|(name, order, end)| (name, (Some(order), end)));
    let given = objects.iter().map(|tier| {
        (
            tier.metadata.id.name.as_str(),
            (tier.order, tier.default_action),
        )
    });
    // An object wins over the fixed tier of its name: clusters list the fixed ones as objects too.
    gather::sorted(fixed.into_iter().chain(given).collect(), pace).await
}

impl Ordered {
    /// Which comes first, where the tiers are in the same place: the name decides between them.
    fn compare(&self, other: &Self) -> Ordering {
        let of_tiers = self.tier.cmp(&other.tier);
        of_tiers
            .then_with(|| by_order(self.order, other.order))
            .then_with(|| tie_break(&self.policy.id).cmp(&tie_break(&other.policy.id)))
    }
}

/// Numbers ascending, none last.
fn by_order(left: Option<f64>, right: Option<f64>) -> Ordering {
    // Adding zero makes `-0.0` the `0.0` that it is equal to.
    let place = |order: Option<f64>| order.map_or(f64::INFINITY, |order| order + 0.0);
    place(left).total_cmp(&place(right))
}

/// `name/namespace/kind`, byte by byte (calico.md 3.1 row 3).
fn tie_break(id: &PolicyId) -> impl Ord {
    let namespace = id.namespace.as_deref().unwrap_or("");
    // Calico keeps Kubernetes policy under a kind of its own.
    let kind = match (id.dialect, id.kind) {
        ("kubernetes", "NetworkPolicy") => "KubernetesNetworkPolicy",
        (_, kind) => kind,
    };
    // No name has a slash, so the parts compare as the whole does once a slash ends each.
    (Ended(&id.name), Ended(namespace), kind)
}

/// Text that compares as if a slash followed it.
#[derive(PartialEq, Eq)]
struct Ended<'t>(&'t str);

impl Ended<'_> {
    fn shared(&self, end: usize) -> &[u8] {
        self.0.as_bytes().get(..end).unwrap_or_default()
    }

    fn bytes_from(&self, start: usize) -> impl Iterator<Item = u8> {
        self.0.bytes().skip(start).chain([b'/'])
    }
}

impl Ord for Ended<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        let both = self.0.len().min(other.0.len());
        self.shared(both)
            .cmp(other.shared(both))
            .then_with(|| self.bytes_from(both).cmp(other.bytes_from(both)))
    }
}

impl PartialOrd for Ended<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
