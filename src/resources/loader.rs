//! Walks through the objects of an input, lists included, and sorts them by kind.

use super::calico::staged::Outcome;
use super::calico::{NetworkSet, Policy, Tier};
use super::cilium::{CidrGroup, Policy as CiliumPolicy};
use super::core::{Namespace, Node, Pod, ServiceAccount};
use super::istio::{AuthorizationPolicy, PeerAuthentication};
use super::kind::{self, Kind, Sort};
use super::kubernetes::{ClusterPolicy, NetworkPolicy, NetworkPolicyOutcome};
use super::label::label;
use super::object::{Metadata, Place};
use super::workload_group::WorkloadGroup;
use super::{Resources, Strictness, check};
use crate::decode::{Document, Field, Nulls};
use crate::limits;
use crate::pace::Pace;
use crate::problem::Report;
use serde_json::Value;

/// Collects the objects of an input.
#[derive(Debug)]
pub(super) struct Loader<'r> {
    report: &'r Report,
    strictness: Strictness,
    pub(super) resources: Resources,
    /// Objects that ask to be left out; only their names matter.
    dropped: Vec<Metadata>,
    /// How many objects were seen.
    count: usize,
}

impl<'r> Loader<'r> {
    pub(super) fn new(report: &'r Report, strictness: Strictness) -> Self {
        let resources = Resources::default();
        Self {
            report,
            strictness,
            resources,
            dropped: Vec::new(),
            count: 0,
        }
    }

    /// Takes one document: an object, or a list of them.
    pub(super) fn document(&mut self, document: usize, value: &Value) {
        let place = Place {
            document,
            item: None,
        };
        let named = Document {
            report: self.report,
            index: document,
            object: label(value, None),
            nulls: Nulls::Absent,
            counts: Default::default(),
        };
        let root = Field::root(value, &named);
        let Some(fields) = root.open_object() else {
            return;
        };
        match kind::identify(&fields, None) {
            Some(Sort::Object(kind)) => {
                let nulls = kind.nulls();
                let named = Document { nulls, ..named };
                self.object(kind, &Field::root(value, &named), place);
            }
            Some(Sort::List(item)) => self.list(&root, place, item),
            None => {}
        }
    }

    /// Takes the items of a list.
    fn list<'v>(
        &mut self,
        root: &Field<'v, '_>,
        place: Place,
        inherited: Option<(&'v str, &'v str)>,
    ) {
        let Some(fields) = root.object(&["apiVersion", "kind", "metadata", "items"]) else {
            return;
        };
        let Some(items) = fields.get("items") else {
            return;
        };
        for (index, item) in items.list(limits::OBJECTS).iter().enumerate() {
            self.item(
                item.value(),
                Place {
                    item: Some(index),
                    ..place
                },
                inherited,
            );
        }
    }

    /// Takes one item of a list. It is read as a document of its own, under its own name, and its
    /// problems are then moved to where it stands.
    fn item<'v>(&mut self, value: &'v Value, place: Place, inherited: Option<(&'v str, &'v str)>) {
        let report = Report::default();
        let object = label(value, inherited.map(|(_, kind)| kind));
        let named = Document {
            report: &report,
            index: place.document,
            object,
            nulls: Nulls::Absent,
            counts: Default::default(),
        };
        let root = Field::root(value, &named);
        if let Some(fields) = root.open_object() {
            match kind::identify(&fields, inherited) {
                Some(Sort::Object(kind)) => {
                    let nulls = kind.nulls();
                    let named = Document { nulls, ..named };
                    self.object(kind, &Field::root(value, &named), place);
                }
                Some(Sort::List(_)) => {
                    root.error(
                        "nested-list",
                        "is a list in a list",
                        "put its items into one list",
                    );
                }
                None => {}
            }
        }
        for mut problem in report.into_problems().list {
            problem.path = place.path(problem.path.0);
            self.report.add(problem);
        }
    }

    /// Counts an object; false if there are too many of them.
    fn has_room(&mut self, root: &Field<'_, '_>) -> bool {
        self.count = self.count.saturating_add(1);
        if self.count == limits::OBJECTS.saturating_add(1) {
            root.error(
                "too-many",
                format!("more than {} objects", limits::OBJECTS),
                "",
            );
        }
        self.count <= limits::OBJECTS
    }

    fn object(&mut self, kind: Kind, root: &Field<'_, '_>, place: Place) {
        if !self.has_room(root) {
            return;
        }
        let into = &mut self.resources;
        match kind {
            Kind::Policy(kind) => match Policy::decode(kind, root, place, self.strictness) {
                Some(Outcome::Keep(policy)) => into.policies.push(*policy),
                Some(Outcome::Drop(metadata)) => self.dropped.push(metadata),
                None => {}
            },
            Kind::KubernetesNetworkPolicy | Kind::StagedKubernetesNetworkPolicy => {
                let staged = kind == Kind::StagedKubernetesNetworkPolicy;
                match NetworkPolicy::decode(root, place, staged) {
                    Some(NetworkPolicyOutcome::Keep(policy)) => into.network_policies.push(policy),
                    Some(NetworkPolicyOutcome::Drop(metadata)) => self.dropped.push(metadata),
                    None => {}
                }
            }
            Kind::ClusterPolicy(edition) => into
                .cluster_policies
                .extend(ClusterPolicy::decode(edition, root, place)),
            Kind::Tier => into.tiers.extend(Tier::decode(root, place)),
            Kind::NetworkSet => into.network_sets.extend(NetworkSet::decode(root, place)),
            Kind::GlobalNetworkSet => {
                into.network_sets
                    .extend(NetworkSet::decode_global(root, place));
            }
            Kind::CiliumPolicy(kind) => {
                into.cilium_policies
                    .extend(CiliumPolicy::decode(kind, root, place));
            }
            Kind::CiliumCidrGroup => {
                into.cidr_groups.extend(CidrGroup::decode(root, place));
            }
            Kind::AuthorizationPolicy => into
                .authorization_policies
                .extend(AuthorizationPolicy::decode(root, place)),
            Kind::PeerAuthentication => into
                .peer_authentications
                .extend(PeerAuthentication::decode(root, place)),
            Kind::Pod => into.pods.extend(Pod::decode(root, place)),
            Kind::Namespace => into.namespaces.extend(Namespace::decode(root, place)),
            Kind::ServiceAccount => {
                into.service_accounts
                    .extend(ServiceAccount::decode(root, place));
            }
            Kind::Node => into.nodes.extend(Node::decode(root, place)),
            Kind::WorkloadGroup => {
                into.workload_groups
                    .extend(WorkloadGroup::decode(root, place));
            }
        }
    }

    /// The pod that was taken, if it was one and is right.
    pub(super) fn into_pod(mut self) -> Option<Pod> {
        self.resources.pods.pop()
    }

    /// All objects, after they were held against each other.
    pub(super) async fn finish(self, pace: &Pace) -> Resources {
        check::duplicates(&self.resources, &self.dropped, self.report, pace).await;
        self.resources
    }
}
