//! Which workload enforces: from configuration, bundle and node.

use super::Local;
use crate::config::WorkloadConfig;
use crate::model::{Directory, Model};
use litemap::LiteMap;
use std::net::IpAddr;

/// What the node says of itself (Istio's node metadata). Good enough for who we are; never asked
/// for who a peer is (istio.md section 5).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Node {
    /// The pod's namespace.
    pub namespace: Option<String>,
    /// The pod's name.
    pub name: Option<String>,
    /// The pod's service account.
    pub service_account: Option<String>,
    /// The pod's labels when the proxy started.
    pub labels: Option<LiteMap<String, String>>,
    /// The pod's addresses.
    pub addresses: Vec<IpAddr>,
}

impl Local {
    /// The workload that enforces. Each field comes from the configuration, else from the pod in
    /// the bundle, whose labels follow the cluster, else from the node, whose labels are those of
    /// its start. None if no namespace is known: then nobody can say which policy applies.
    #[must_use]
    pub fn resolve(config: &WorkloadConfig, node: &Node, model: &Model) -> Option<Self> {
        Self::resolve_in(config, node, &model.directory.read())
    }

    /// The same, where only the directory is there yet.
    pub(crate) fn resolve_in(
        config: &WorkloadConfig,
        node: &Node,
        directory: &Directory,
    ) -> Option<Self> {
        let namespace = config.namespace.as_ref().or(node.namespace.as_ref())?;
        let name = config.name.as_ref().or(node.name.as_ref());
        let pod = name.and_then(|name| directory.pod(namespace, name));
        let account = config
            .service_account
            .as_deref()
            .or(pod.map(|pod| pod.workload.service_account.as_str()))
            .or(node.service_account.as_deref())
            .unwrap_or("default");
        let labels = config
            .labels
            .as_ref()
            .or(pod.map(|pod| &pod.workload.labels.own))
            .or(node.labels.as_ref());
        let addresses = pod.map(|pod| pod.addresses.to_vec()).unwrap_or_default();
        let ports = pod.map(|pod| pod.workload.named_ports.clone());
        let node_addresses = pod.map(|pod| pod.node_addresses.to_vec());
        let nothing = LiteMap::new_vec();
        let mut workload = directory.workload(
            namespace,
            account,
            labels.unwrap_or(&nothing),
            ports.clone().unwrap_or_default(),
        );
        if pod.is_some_and(|pod| pod.host_network) {
            workload.leave_pod_network();
        }
        Some(Self {
            node_addresses: node_addresses.unwrap_or_default(),
            ports_known: ports.is_some(),
            workload,
            addresses: if addresses.is_empty() {
                node.addresses.clone()
            } else {
                addresses
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Local, Node};
    use crate::bundle::Bundle;
    use crate::config::WorkloadConfig;
    use serde_json::{Value, json};

    fn resolved(pod: &[Value], node: &Node) -> Local {
        let config = WorkloadConfig {
            namespace: Some("dev".to_owned()),
            name: Some("web".to_owned()),
            ..WorkloadConfig::default()
        };
        Local::resolve(&config, node, &Bundle::load(pod).unwrap().model).unwrap()
    }

    fn account(local: &Local) -> &str {
        &local.workload.service_account
    }

    /// The node's word is that of its start, and the directory's follows the cluster.
    #[test]
    fn the_pod_counts_before_the_node() {
        let node = Node {
            service_account: Some("of-node".to_owned()),
            addresses: vec!["10.0.0.9".parse().unwrap()],
            ..Node::default()
        };
        let pod = |ips: Value| {
            json!({"apiVersion": "v1", "kind": "Pod",
                "metadata": {"namespace": "dev", "name": "web"},
                "spec": {"serviceAccountName": "of-pod"}, "status": {"podIPs": ips}})
        };
        let both = resolved(&[pod(json!([{"ip": "10.0.0.1"}]))], &node);
        assert_eq!(account(&both), "of-pod");
        assert_eq!(
            both.addresses,
            ["10.0.0.1".parse::<std::net::IpAddr>().unwrap()]
        );
        let without_address = resolved(&[pod(json!([]))], &node);
        assert_eq!(account(&without_address), "of-pod");
        assert_eq!(without_address.addresses, node.addresses);
        let unknown = resolved(&[], &node);
        assert_eq!(account(&unknown), "of-node");
        assert_eq!(unknown.addresses, node.addresses);
        assert_eq!(account(&resolved(&[], &Node::default())), "default");
    }
}
