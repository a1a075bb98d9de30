//! The real module in a real sidecar, as the later tests use it: many workloads in one process,
//! from and to addresses that this machine does not have.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use anyhow::Result;
use heliast_envoy_tests::access_log::MARK;
use heliast_envoy_tests::{
    Bootstrap, Call, Dial, Envoy, Inbound, Node, Options, PeerRecord, Plugin, Protocol, guard,
    install,
};
use serde_json::{Value, json};

const SERVER: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 78, 0, 1));
const WORKLOADS: u8 = 100;

/// One workload that lets in one address.
fn configuration(number: u8) -> Value {
    let name = format!("pod-{number}");
    json!({
        "workload": {"namespace": "default", "name": name, "labels": {"app": name}},
        "peerBinding": "Address",
        "bundle": {"inline": {"resources": [{
            "apiVersion": "projectcalico.org/v3",
            "kind": "GlobalNetworkPolicy",
            "metadata": {"name": "one-address"},
            "spec": {
                "selector": "all()",
                "ingress": [{
                    "action": "Allow",
                    "source": {"nets": [format!("10.0.0.{number}/32")]},
                }],
            },
        }]}},
    })
}

#[tokio::test]
async fn one_process_serves_many_workloads_each_by_its_own_policy() -> Result<()> {
    let module = install::module()?;
    let mut bootstrap = Bootstrap::new(Node::default())?;
    for number in 1..=WORKLOADS {
        let plugin = Plugin::new(module.clone(), &configuration(number));
        let inbound = Inbound::new(&format!("pod-{number}"), SocketAddr::new(SERVER, 0))
            .record(PeerRecord::ProxyProtocol)
            .filter(plugin.filter())
            .filter(guard());
        bootstrap.inbound(&inbound);
    }
    let options = Options {
        patience: Duration::from_secs(180),
        ..Options::default()
    };
    let envoy = Envoy::start_with(bootstrap, options).await?;
    for number in [1, 50, WORKLOADS] {
        let name = format!("pod-{number}");
        let dial = Dial::new(envoy.admin().listener(&name).await?);
        let destination = "10.9.9.9:8080".parse()?;
        for (peer, status, verdict) in [(number, 200, "allow"), (number + 1, 403, "deny")] {
            let dial = dial
                .clone()
                .announce(format!("10.0.0.{peer}:40000").parse()?, destination);
            let call = Call::get(&name, "/").header(MARK, format!("{peer}"));
            assert_eq!(
                dial.call(Protocol::Http2, &call).await?.status,
                status,
                "{name} {peer}"
            );
            let record = envoy.access_log(&name).marked(&peer.to_string()).await?;
            assert_eq!(record.verdict(), Some(verdict), "{name} {peer}");
            let index = if verdict == "allow" { "0" } else { "default" };
            let rule = format!("calico/default/GlobalNetworkPolicy/-/one-address/ingress/{index}");
            assert_eq!(record.rule(), Some(rule.as_str()), "{name} {peer}");
        }
    }
    let machines = envoy.admin().stat_sum("wasm.wasm_vm_count").await?;
    eprintln!(
        "{WORKLOADS} workloads: ready after {:.1} s, {} MB, {machines} virtual machines",
        envoy.start_time().as_secs_f64(),
        envoy.memory()? >> 20,
    );
    Ok(())
}
