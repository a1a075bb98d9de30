//! The runtime-only module in a real sidecar, with policy of each dialect that the command compiled.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;

use anyhow::{Context, Result};
use heliast_envoy_tests::access_log::MARK;
use heliast_envoy_tests::{
    Bootstrap, Call, Dial, Envoy, Inbound, Node, PeerRecord, Plugin, Protocol, guard, install,
    program,
};
use serde_json::{Value, json};

const SERVER: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 78, 1, 1));
const FRIEND: &str = "10.0.0.1:40000";
const STRANGER: &str = "10.0.0.2:40000";

fn pod(name: &str, address: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": name, "namespace": "default", "labels": {"app": name}},
        "spec": {"serviceAccountName": name},
        "status": {"phase": "Running", "podIP": address, "podIPs": [{"ip": address}]},
    })
}

/// The same in four languages: the friend may call, on port 8080.
fn policies() -> [(&'static str, Value); 4] {
    let metadata = json!({"name": "friends", "namespace": "default"});
    let friend = json!({"matchLabels": {"app": "friend"}});
    let server = json!({"matchLabels": {"app": "server"}});
    [
        (
            "calico",
            json!({
                "apiVersion": "projectcalico.org/v3", "kind": "NetworkPolicy", "metadata": metadata,
                "spec": {"selector": "app == 'server'", "ingress": [
                    {"action": "Allow", "source": {"selector": "app == 'friend'"},
                        "http": {"methods": ["GET"], "paths": [{"prefix": "/open"}]}},
                ]},
            }),
        ),
        (
            "kubernetes",
            json!({
                "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": metadata,
                "spec": {"podSelector": server, "policyTypes": ["Ingress"],
                    "ingress": [{"from": [{"podSelector": friend}]}]},
            }),
        ),
        (
            "cilium",
            json!({
                "apiVersion": "cilium.io/v2", "kind": "CiliumNetworkPolicy", "metadata": metadata,
                "spec": {"endpointSelector": server, "ingress": [{
                    "fromEndpoints": [friend],
                    "toPorts": [{"ports": [{"port": "8080", "protocol": "TCP"}],
                        "rules": {"http": [{"method": "GET", "path": "/op[e]n"}]}}],
                }]},
            }),
        ),
        (
            "istio",
            json!({
                "apiVersion": "security.istio.io/v1", "kind": "AuthorizationPolicy",
                "metadata": metadata,
                "spec": {"selector": server, "action": "ALLOW", "rules": [
                    {"from": [{"source": {"ipBlocks": ["10.0.0.1/32"]}}],
                        "to": [{"operation": {"paths": ["/open"]}}]},
                ]},
            }),
        ),
    ]
}

/// A configuration with the policy as a program for the server.
fn configuration(policy: Value, folder: &Path) -> Result<Value> {
    let objects = [
        pod("server", "10.0.0.9"),
        pod("friend", "10.0.0.1"),
        pod("stranger", "10.0.0.2"),
        policy,
    ];
    Ok(json!({
        "workload": {"namespace": "default", "name": "server"},
        "peerBinding": "Address",
        "bundle": {"compiled": program::compile(&objects, "default/server", folder)?},
    }))
}

#[tokio::test]
async fn programs_of_every_dialect_are_enforced() -> Result<()> {
    let module = install::runtime_module()?;
    let mut bootstrap = Bootstrap::new(Node::default())?;
    for (dialect, policy) in policies() {
        let configuration = configuration(policy, bootstrap.folder()).context(dialect)?;
        let plugin = Plugin::new(module.clone(), &configuration);
        let inbound = Inbound::new(dialect, SocketAddr::new(SERVER, 0))
            .record(PeerRecord::ProxyProtocol)
            .filter(plugin.filter())
            .filter(guard());
        bootstrap.inbound(&inbound);
    }
    let envoy = Envoy::start(bootstrap).await?;
    for (dialect, _) in policies() {
        let dial = Dial::new(envoy.admin().listener(dialect).await?);
        for (peer, path, status) in [
            (FRIEND, "/open", 200),
            (STRANGER, "/open", 403),
            // Kubernetes has no word for paths.
            (
                FRIEND,
                "/closed",
                if dialect == "kubernetes" { 200 } else { 403 },
            ),
        ] {
            let dial = dial
                .clone()
                .announce(peer.parse()?, "10.0.0.9:8080".parse()?);
            let mark = format!("{peer}{path}");
            let call = Call::get("server", path).header(MARK, mark.as_str());
            let answer = dial.call(Protocol::Http2, &call).await?;
            assert_eq!(answer.status, status, "{dialect} {mark}");
            let record = envoy.access_log(dialect).marked(&mark).await?;
            let verdict = if status == 200 { "allow" } else { "deny" };
            assert_eq!(record.verdict(), Some(verdict), "{dialect} {mark}");
            let rule = record.rule().unwrap_or_default();
            assert!(rule.contains("friends"), "{dialect} {mark}: {rule}");
        }
    }
    Ok(())
}
