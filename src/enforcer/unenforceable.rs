//! Why a bundle cannot be enforced under a configuration.

use crate::bundle::{Audience, Bundle};
use crate::config::PluginConfig;
use crate::program::Node;
use crate::settings::Settings;
use std::fmt;

/// Why a configuration cannot be enforced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unenforceable {
    /// Neither configuration nor node metadata says which workload enforces.
    NoWorkload,
    /// The policy of the bundle was read for another workload of this VM; it is being read again.
    NotYet,
    /// Peers cannot be bound to addresses, because no workload is known.
    NoWorkloads,
    /// The bundle was pruned for a workload or a binding that is not this one.
    NotForUs(Box<Audience>),
    /// The bundle was pruned by the labels and service account of its pod, and the configuration
    /// overrides them: policy that selects by the others may be missing from it.
    Overridden(Box<Audience>),
    /// The bundle was pruned for meshes with the usual root namespace, and this one has another.
    RootNamespace(Box<Audience>),
}

impl fmt::Display for Unenforceable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoWorkload => f.write_str(
                "the enforcing workload has no namespace: set `workload.namespace`, or NAMESPACE in the node's metadata",
            ),
            Self::NotYet => {
                f.write_str("the policy was read for another workload, and is being read again")
            }
            Self::NoWorkloads => f.write_str(
                "the bundle has no Pod or WorkloadGroup, so no peer can be recognised by its address: add them, or set `peerBinding: Principal` to trust certificates alone",
            ),
            Self::NotForUs(audience) => write!(
                f,
                "the bundle was pruned for {audience}, and this is not it: ask for `/v1/bundle/<namespace>/<pod>` of this workload, of a server with `--peer-binding Principal` if it trusts certificates alone, or for the whole `/v1/bundle`",
            ),
            Self::Overridden(audience) => write!(
                f,
                "the bundle was pruned for {audience}, and the configuration overrides the labels or service account of that pod: ask for the whole `/v1/bundle`, or remove `workload.labels` and `workload.serviceAccount`",
            ),
            Self::RootNamespace(audience) => write!(
                f,
                "the bundle was pruned for {audience} in a mesh whose root namespace is istio-system, and `istio.rootNamespace` is another: ask for the whole `/v1/bundle`",
            ),
        }
    }
}

/// Refuses a bundle that was made for someone else: it lacks whatever does not concern them.
pub(super) fn check_audience(
    config: &PluginConfig,
    node: &Node,
    bundle: &Bundle,
) -> Result<(), Unenforceable> {
    let Some(audience) = &bundle.audience else {
        return Ok(());
    };
    let given = &config.workload;
    let namespace = given.namespace.as_ref().or(node.namespace.as_ref());
    let name = given.name.as_ref().or(node.name.as_ref());
    let is_us = (namespace, name) == (Some(&audience.namespace), Some(&audience.pod));
    if !is_us || !audience.serves(config.settings.recognition.binding) {
        return Err(Unenforceable::NotForUs(Box::new(audience.clone())));
    }
    if given.labels.is_some() || given.service_account.is_some() {
        return Err(Unenforceable::Overridden(Box::new(audience.clone())));
    }
    let usual = Settings::default().istio_root_namespace;
    if config.settings.istio_root_namespace != usual {
        return Err(Unenforceable::RootNamespace(Box::new(audience.clone())));
    }
    Ok(())
}
