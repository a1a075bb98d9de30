//! Who plays, as the users' own manifests say it.

use std::net::IpAddr;
use std::path::Path;

use anyhow::{Context, Result};
use heliast_envoy_tests::{Node, install, manifests};
use serde_json::{Value, json};

/// The workloads of the bank, and the policies over them.
#[derive(Debug)]
pub(crate) struct Cast {
    pub(crate) pods: Vec<Pod>,
    workloads: Vec<Value>,
    policies: Vec<Value>,
}

/// What a pod's resource says.
#[derive(Clone, Debug)]
pub(crate) struct Pod {
    pub(crate) name: String,
    pub(crate) namespace: String,
    pub(crate) account: String,
    pub(crate) labels: Value,
    pub(crate) ip: IpAddr,
    pub(crate) port: Option<u16>,
}

impl Cast {
    /// Reads `policy.yaml` and `workloads.yaml`.
    pub(crate) fn read(folder: Option<&Path>) -> Result<Self> {
        let ours = install::root().join("policies").join("yao-bank");
        let folder = folder.unwrap_or(&ours);
        let workloads = manifests::read(&folder.join("workloads.yaml"))?;
        let policies = manifests::read(&folder.join("policy.yaml"))?;
        let is_pod = |object: &&Value| text(object, "/kind") == Some("Pod");
        let pods: Result<_> = workloads.iter().filter(is_pod).map(Pod::read).collect();
        Ok(Self {
            pods: pods?,
            workloads,
            policies,
        })
    }

    /// The filter's configuration; who it runs for, it learns from the sidecar's node.
    pub(crate) fn configuration(&self, policy: bool) -> Value {
        let policies = if policy {
            self.policies.as_slice()
        } else {
            &[]
        };
        let resources: Vec<_> = policies.iter().chain(&self.workloads).collect();
        json!({"trustDomains": ["cluster.local"], "bundle": {"inline": {"resources": resources}}})
    }
}

impl Pod {
    fn read(pod: &Value) -> Result<Self> {
        let name = text(pod, "/metadata/name").context("a pod without a name")?;
        let ip = text(pod, "/status/podIP").with_context(|| format!("{name} has no podIP"))?;
        let port = pod
            .pointer("/spec/containers/0/ports/0/containerPort")
            .and_then(Value::as_u64);
        Ok(Self {
            name: name.to_owned(),
            namespace: text(pod, "/metadata/namespace")
                .unwrap_or("default")
                .to_owned(),
            account: text(pod, "/spec/serviceAccountName")
                .unwrap_or("default")
                .to_owned(),
            labels: pod
                .pointer("/metadata/labels")
                .cloned()
                .unwrap_or_else(|| json!({})),
            ip: ip
                .parse()
                .with_context(|| format!("{name} has the address {ip}"))?,
            port: port.map(u16::try_from).transpose()?,
        })
    }

    /// As its sidecar introduces itself.
    pub(crate) fn node(&self) -> Node {
        let ip = self.ip.to_string();
        Node::pod(
            &self.namespace,
            &self.name,
            &self.account,
            &self.labels,
            &ip,
        )
    }
}

fn text<'a>(value: &'a Value, pointer: &str) -> Option<&'a str> {
    value.pointer(pointer)?.as_str()
}
