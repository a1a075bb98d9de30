//! What the module costs a sidecar: printed, not judged; a busy machine judges badly.
//!
//! `cargo test -p heliast-envoy-tests --test cost`

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use anyhow::{Context, Result};
use heliast_envoy_tests::{Bootstrap, Envoy, Inbound, Node, Plugin, guard, install};
use libtest_mimic::{Arguments, Trial};
use serde_json::json;

/// Starts of each kind, in turn.
const ROUNDS: usize = 3;

/// One start.
#[derive(Clone, Copy, Debug)]
struct Cost {
    start: Duration,
    memory: u64,
}

async fn measure(with_module: bool) -> Result<Cost> {
    let mut bootstrap = Bootstrap::new(Node::default())?;
    let address = SocketAddr::from((Ipv4Addr::new(127, 81, 0, 1), 0));
    let mut inbound = Inbound::new("in", address);
    if with_module {
        let configuration = json!({
            "workload": {"namespace": "default", "name": "server"},
            "peerBinding": "Principal",
            "bundle": {"inline": {"resources": [{
                "apiVersion": "projectcalico.org/v3",
                "kind": "GlobalNetworkPolicy",
                "metadata": {"name": "p"},
                "spec": {"selector": "all()", "ingress": [{"action": "Allow"}]},
            }]}},
        });
        let plugin = Plugin::new(install::module()?, &configuration);
        inbound = inbound.filter(plugin.filter()).filter(guard());
    }
    bootstrap.inbound(&inbound);
    let envoy = Envoy::start(bootstrap).await?;
    Ok(Cost {
        start: envoy.start_time(),
        memory: envoy.memory()?,
    })
}

fn median<T: Ord + Copy>(values: impl Iterator<Item = T>) -> Result<T> {
    let mut values: Vec<_> = values.collect();
    values.sort_unstable();
    values.get(values.len() / 2).copied().context("no values")
}

fn main() -> Result<()> {
    let arguments = Arguments::from_args();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let trial = Trial::test(
        "start time and memory with the module and without",
        move || Ok(runtime.block_on(compare())?),
    );
    libtest_mimic::run(&arguments, vec![trial]).exit()
}

async fn compare() -> Result<()> {
    let (mut bare, mut loaded) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        bare.push(measure(false).await?);
        loaded.push(measure(true).await?);
    }
    let module = std::fs::metadata(install::module()?)?.len();
    println!("figure: module: {} KiB", module >> 10);
    for (name, costs) in [("bare Envoy", &bare), ("with the module", &loaded)] {
        let start = median(costs.iter().map(|cost| cost.start))?;
        let memory = median(costs.iter().map(|cost| cost.memory))?;
        println!(
            "figure: {name:16} ready in {:5} ms, {:4} MiB resident (medians of {ROUNDS})",
            start.as_millis(),
            memory >> 20
        );
    }
    Ok(())
}
