//! Requests that go out: what the workload itself writes does not change who it is, or where to.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use anyhow::{Context, Result, ensure};
use heliast_envoy_tests::{
    Call, Dial, Envoy, Inbound, PeerRecord, Plugin, Protocol, guard, install,
};
use serde_json::{Value, json};

use crate::headers::lies;
use crate::world::{self, ALICE, MALLORY};

/// Where only Alice may go.
const OFFICE: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 80, 9, 1));

fn policy(egress: &Value) -> Value {
    json!({
        "apiVersion": "projectcalico.org/v3",
        "kind": "GlobalNetworkPolicy",
        "metadata": {"name": "out"},
        "spec": {"selector": "all()", "types": ["Egress"], "egress": egress},
    })
}

/// A workload that no pod describes, so that its address is known from its connections alone.
fn configuration(egress: &Value) -> Result<Value> {
    let mut configuration = world::configuration(&json!([]));
    let resources = configuration
        .pointer_mut("/bundle/inline/resources")
        .and_then(Value::as_array_mut)
        .context("no resources")?;
    resources.push(policy(egress));
    let workload = configuration.get_mut("workload").context("no workload")?;
    *workload = json!({"namespace": "shop", "labels": {"app": "job"}});
    Ok(configuration)
}

async fn start(egress: &Value) -> Result<(Envoy, SocketAddr)> {
    let mut bootstrap = world::bootstrap()?;
    let plugin = Plugin::new(install::module()?, &configuration(egress)?);
    let mut listener = Inbound::new("out", SocketAddr::new(OFFICE, 0))
        .record(PeerRecord::Absent)
        .filter(plugin.filter())
        .filter(guard())
        .listener(bootstrap.folder());
    let members = listener.as_object_mut().context("no listener")?;
    members.insert("traffic_direction".into(), "OUTBOUND".into());
    bootstrap.listener(listener);
    let envoy = Envoy::start(bootstrap).await?;
    let at = envoy.admin().listener("out").await?;
    Ok((envoy, at))
}

/// `expected` without any header, and with every one of them.
async fn unchanged(egress: &Value, from: IpAddr, lie: IpAddr, expected: u16) -> Result<()> {
    let (_envoy, at) = start(egress).await?;
    let dial = Dial::new(at).from(from);
    for protocol in [Protocol::Http1, Protocol::Http2] {
        let call = Call::get("office", "/");
        let honest = dial.call(protocol, &call).await?.status;
        ensure!(honest == expected, "without any header: {honest}");
        for (header, value) in lies(&lie.to_string(), "alice") {
            let call = call.clone().header(header, value.clone());
            let got = dial.call(protocol, &call).await?.status;
            ensure!(
                got == expected,
                "{protocol:?} with {header}: {value} got {got}"
            );
        }
    }
    Ok(())
}

#[tokio::test]
async fn no_header_changes_where_a_request_goes() -> Result<()> {
    let office = json!([{"action": "Allow", "destination": {"nets": [format!("{OFFICE}/32")]}}]);
    unchanged(&office, ALICE, MALLORY, 200).await?;
    let elsewhere = json!([{"action": "Allow", "destination": {"nets": [format!("{ALICE}/32")]}}]);
    unchanged(&elsewhere, MALLORY, ALICE, 403).await
}

#[tokio::test]
async fn no_header_gives_the_workload_the_address_that_may_go_there() -> Result<()> {
    let alice = json!([{"action": "Allow", "source": {"nets": [format!("{ALICE}/32")]}}]);
    unchanged(&alice, MALLORY, ALICE, 403).await
}

#[tokio::test]
async fn no_header_takes_from_the_workload_the_address_that_may_not() -> Result<()> {
    let mallory = json!([
        {"action": "Deny", "source": {"nets": [format!("{MALLORY}/32")]}},
        {"action": "Allow"},
    ]);
    unchanged(&mallory, MALLORY, ALICE, 403).await
}
