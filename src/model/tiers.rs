//! Calico's order of tiers and policies, which Kubernetes policy joins (calico.md 3.1, 1.7).

use super::{Layer, Policy, Tier};
use crate::gather;
use crate::pace::Pace;
use crate::resources::calico;
use crate::terms::TierDefault;
use crate::verdict::PolicyId;
use std::cmp::Ordering;
use std::collections::{BTreeMap, VecDeque};

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

/// What it costs to put one before another.
const MERGE_UNITS: usize = 8;
/// How many policies are sorted in one go.
const RUN: usize = 64;

/// Order and end of the tiers there are, by name.
type KnownTiers<'t> = BTreeMap<&'t str, (Option<f64>, TierDefault)>;

/// The tiers that these policies are in, in the order of calico.md 3.1.
pub(super) async fn arrange(
    layer: Layer,
    objects: &[calico::Tier],
    policies: Vec<Ordered>,
    pace: &Pace,
) -> Vec<Tier> {
    let known = known_tiers(objects);
    let mut by_tier: BTreeMap<String, Vec<Box<Ordered>>> = BTreeMap::new();
    for ordered in policies {
        // What is sorted is moved often, and the code for it is as large as what is moved.
        let ordered = Box::new(ordered);
        by_tier
            .entry(ordered.tier.clone())
            .or_default()
            .push(ordered);
        pace.spend(POLICY_UNITS).await;
    }
    // The map has them by name, which is what decides between equal places.
    let mut tiers: Vec<(Place, String, Vec<Box<Ordered>>)> = Vec::new();
    for (name, policies) in by_tier {
        let place = Place::of(known.get(&*name));
        let after = tiers.partition_point(|(other, ..)| other.is_not_after(&place));
        tiers.insert(after, (place, name, policies));
    }
    let mut arranged = Vec::with_capacity(tiers.len());
    for (place, name, policies) in tiers {
        arranged.push(Tier {
            layer,
            name,
            end: place.end,
            policies: in_order(policies, pace).await,
        });
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
    fn of(known: Option<&(Option<f64>, TierDefault)>) -> Self {
        let (order, end) = known.copied().unwrap_or((None, TierDefault::Deny));
        Self {
            exists: known.is_some(),
            order,
            end,
        }
    }

    fn is_not_after(&self, other: &Self) -> bool {
        let existing = other.exists.cmp(&self.exists);
        existing.then_with(|| by_order(self.order, other.order)) != Ordering::Greater
    }
}

fn known_tiers(objects: &[calico::Tier]) -> KnownTiers<'_> {
    let fixed = FIXED_TIERS.map(|(name, order, end)| (name, (Some(order), end)));
    let given = objects.iter().map(|tier| {
        (
            tier.metadata.id.name.as_str(),
            (tier.order, tier.default_action),
        )
    });
    // An object wins over the fixed tier of its name: clusters list the fixed ones as objects too.
    gather::map(fixed.into_iter().chain(given))
}

#[allow(
    clippy::vec_box,
    reason = "sorting boxes takes less code than sorting what is in them"
)]
async fn in_order(policies: Vec<Box<Ordered>>, pace: &Pace) -> Vec<Policy> {
    // Runs that are in order become one, in slices: thousands of policies take long to sort.
    let mut runs: VecDeque<Vec<Box<Ordered>>> = VecDeque::new();
    let mut policies = policies.into_iter();
    loop {
        let mut run: Vec<Box<Ordered>> = policies.by_ref().take(RUN).collect();
        if run.is_empty() {
            break;
        }
        run.sort_unstable_by(|left, right| left.compare(right));
        pace.spend(POLICY_UNITS.saturating_mul(run.len())).await;
        runs.push_back(run);
    }
    while runs.len() > 1 {
        if let (Some(left), Some(right)) = (runs.pop_front(), runs.pop_front()) {
            runs.push_back(merge(left, right, pace).await);
        }
    }
    let run = runs.pop_front().unwrap_or_default();
    run.into_iter().map(|ordered| ordered.policy).collect()
}

#[allow(
    clippy::vec_box,
    reason = "sorting boxes takes less code than sorting what is in them"
)]
async fn merge(
    left: Vec<Box<Ordered>>,
    right: Vec<Box<Ordered>>,
    pace: &Pace,
) -> Vec<Box<Ordered>> {
    let mut merged = Vec::with_capacity(left.len().saturating_add(right.len()));
    let (mut left, mut right) = (left.into_iter().peekable(), right.into_iter().peekable());
    loop {
        let is_left_first = match (left.peek(), right.peek()) {
            (Some(left), Some(right)) => left.compare(right) != Ordering::Greater,
            (is_left, None) => is_left.is_some(),
            (None, Some(_)) => false,
        };
        let first = if is_left_first {
            left.next()
        } else {
            right.next()
        };
        let Some(first) = first else {
            return merged;
        };
        merged.push(first);
        pace.spend(MERGE_UNITS).await;
    }
}

impl Ordered {
    /// Which comes first in a tier.
    fn compare(&self, other: &Self) -> Ordering {
        by_order(self.order, other.order)
            .then_with(|| tie_break(&self.policy.id).cmp(&tie_break(&other.policy.id)))
    }
}

/// Numbers ascending, none last.
fn by_order(left: Option<f64>, right: Option<f64>) -> Ordering {
    let place = |order: Option<f64>| order.unwrap_or(f64::INFINITY);
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
