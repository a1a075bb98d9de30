//! What is in a bundle, in numbers and in order.

use super::read::WholeFile;
use crate::gzip;
use heliast::bundle::{Object, ObjectKey};
use heliast::model::{Model, Policy};
use heliast::resources::Resources;
use heliast::terms::TierDefault;
use heliast::verdict::PolicyId;
use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

/// Most objects among the largest.
const LARGEST: usize = 5;

/// What is in a bundle.
#[derive(Debug, Clone)]
pub struct Summary {
    /// How many objects there are of each kind, in each namespace; none is for those in no
    /// namespace.
    pub kinds: BTreeMap<String, BTreeMap<Option<String>, usize>>,
    /// The largest objects, in bytes of their canonical form.
    pub largest: Vec<(Arc<ObjectKey>, usize)>,
    /// How many bytes the document has.
    pub size: usize,
    /// How many it has with gzip.
    pub packed: usize,
    /// What the objects mean.
    pub policy: Result<PolicySummary, usize>,
}

/// What the objects of a bundle mean. Where a filter refuses them, there is the number of mistakes
/// instead.
#[derive(Debug, Clone)]
pub struct PolicySummary {
    /// The tiers that have policies, in order of evaluation.
    pub tiers: Vec<TierSummary>,
    /// Workloads by namespace and service account.
    pub workloads: BTreeMap<(String, String), WorkloadSummary>,
}

/// A tier.
#[derive(Debug, Clone)]
pub struct TierSummary {
    /// Its name.
    pub name: String,
    /// What its end does.
    pub end: TierDefault,
    /// Its policies, in order of evaluation.
    pub policies: Vec<PolicyEntry>,
}

/// A policy.
#[derive(Debug, Clone)]
pub struct PolicyEntry {
    /// Which policy.
    pub id: Arc<PolicyId>,
    /// Its `order`; policies without one come last.
    pub order: Option<f64>,
    /// How many rules it has for what comes in; none if it does not govern that.
    pub ingress: Option<usize>,
    /// How many rules it has for what goes out; none if it does not govern that.
    pub egress: Option<usize>,
}

/// The workloads of a service account.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct WorkloadSummary {
    /// How many Pods.
    pub pods: usize,
    /// How many WorkloadGroups.
    pub groups: usize,
    /// How many addresses.
    pub addresses: usize,
}

impl Summary {
    /// Sums up a bundle.
    ///
    /// # Errors
    ///
    /// None that memory is known to have.
    pub fn of(file: &WholeFile) -> io::Result<Self> {
        let policy = match file.load() {
            Ok(loaded) => Ok(PolicySummary::of(&loaded.resources)),
            Err(problems) => Err(problems.errors().count().saturating_add(problems.omitted)),
        };
        Ok(Self {
            kinds: kinds(file.objects()),
            largest: largest(file.objects()),
            size: file.size(),
            packed: gzip::pack(file.whole.text().as_bytes())?.len(),
            policy,
        })
    }
}

fn kinds(objects: &[Object]) -> BTreeMap<String, BTreeMap<Option<String>, usize>> {
    let mut kinds: BTreeMap<String, BTreeMap<Option<String>, usize>> = BTreeMap::new();
    for object in objects {
        let namespaces = kinds.entry(object.key.kind.clone()).or_default();
        let count = namespaces.entry(object.key.namespace.clone()).or_default();
        *count = count.saturating_add(1);
    }
    kinds
}

fn largest(objects: &[Object]) -> Vec<(Arc<ObjectKey>, usize)> {
    let mut sizes: Vec<(Arc<ObjectKey>, usize)> = objects
        .iter()
        .map(|object| (Arc::clone(&object.key), object.text.len()))
        .collect();
    sizes.sort_by(|(one, one_size), (other, other_size)| {
        other_size.cmp(one_size).then_with(|| one.cmp(other))
    });
    sizes.truncate(LARGEST);
    sizes
}

impl PolicySummary {
    fn of(resources: &Resources) -> Self {
        let orders: BTreeMap<usize, Option<f64>> = resources
            .policies
            .iter()
            .map(|policy| (policy.metadata.document, policy.order))
            .collect();
        let entry = |policy: &Policy| PolicyEntry {
            id: Arc::clone(&policy.id),
            order: orders.get(&policy.document).copied().flatten(),
            ingress: policy.ingress.as_ref().map(Vec::len),
            egress: policy.egress.as_ref().map(Vec::len),
        };
        let tiers = Model::build(resources).tiers.into_iter();
        let tiers = tiers.map(|tier| TierSummary {
            policies: tier.policies.iter().map(entry).collect(),
            name: tier.name,
            end: tier.end,
        });
        Self {
            tiers: tiers.collect(),
            workloads: workloads(resources),
        }
    }
}

fn workloads(resources: &Resources) -> BTreeMap<(String, String), WorkloadSummary> {
    let mut workloads: BTreeMap<(String, String), WorkloadSummary> = BTreeMap::new();
    let mut add = |namespace: &str, account: &str, pods, groups, addresses: usize| {
        let identity = (namespace.to_owned(), account.to_owned());
        let sum = workloads.entry(identity).or_default();
        sum.pods = sum.pods.saturating_add(pods);
        sum.groups = sum.groups.saturating_add(groups);
        sum.addresses = sum.addresses.saturating_add(addresses);
    };
    for pod in &resources.pods {
        let namespace = pod.metadata.id.namespace.as_deref().unwrap_or_default();
        add(namespace, &pod.service_account, 1, 0, pod.addresses.len());
    }
    for group in &resources.workload_groups {
        let addresses = group.addresses.len();
        add(&group.namespace, &group.service_account, 0, 1, addresses);
    }
    workloads
}
