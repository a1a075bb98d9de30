//! The labels that selectors see: own, and inherited from namespace and service account.

use crate::selector::Labels;
#[cfg(feature = "objects")]
use crate::selector::Selector;
#[cfg(feature = "objects")]
use crate::truth::Truth;
use litemap::LiteMap;
use std::sync::Arc;

/// The label that names an object's namespace.
pub(super) const NAMESPACE_LABEL: &str = "projectcalico.org/namespace";
/// The label that names a pod's service account.
pub(super) const SERVICE_ACCOUNT_LABEL: &str = "projectcalico.org/serviceaccount";

/// The label that names a pod's cluster in Cilium's policy. It stands in selectors alone: its value
/// is in the configuration, and with the colon in it no label of an object has this key.
pub(crate) const CLUSTER_LABEL: &str = "k8s:io.cilium.k8s.policy.cluster";

/// The labels of a namespace or a service account, with the name Calico adds.
pub type SetLabels = LiteMap<String, String>;

/// Own labels over inherited ones (calico.md 2.2).
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Inherited {
    /// Own labels, those that Calico forces included.
    pub own: LiteMap<String, String>,
    /// The labels of the namespace, seen as `pcns.<key>`.
    pub namespace: Arc<SetLabels>,
    /// The labels of the service account, seen as `pcsa.<key>`.
    pub service_account: Arc<SetLabels>,
}

impl Labels for Inherited {
    fn value(&self, key: &str) -> Option<&str> {
        let inherited = || {
            if let Some(key) = key.strip_prefix("pcns.") {
                self.namespace.get(key)
            } else {
                self.service_account.get(key.strip_prefix("pcsa.")?)
            }
        };
        self.own.get(key).or_else(inherited).map(String::as_str)
    }
}

/// Labels, and the name of the cluster beside them.
pub(crate) struct InCluster<'l> {
    /// The labels of a pod.
    pub(crate) labels: &'l Inherited,
    /// The name of its cluster.
    pub(crate) cluster: &'l str,
}

impl Labels for InCluster<'_> {
    fn value(&self, key: &str) -> Option<&str> {
        if key == CLUSTER_LABEL {
            Some(self.cluster)
        } else {
            self.labels.value(key)
        }
    }
}

/// Whether a selector selects what has these labels in a cluster of some name.
#[cfg(feature = "objects")]
pub(crate) fn may_select(selector: &Selector, labels: &Inherited) -> bool {
    selector.judge(labels, &|key| key != CLUSTER_LABEL) != Truth::False
}
