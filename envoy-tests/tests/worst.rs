//! The worst policy and the worst request that the budgets of expressions let through, in a real
//! sidecar with either module: how long a worker is kept from others is printed, and nothing traps.

#[path = "../../tests/worst/policy.rs"]
mod policy;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use heliast_envoy_tests::{
    Answer, Bootstrap, Call, Dial, Envoy, Inbound, Node, PeerRecord, Plugin, Protocol, figure,
    guard, install, program,
};
use policy::HEADER_BYTES;
use serde_json::{Value, json};
use tokio::time::sleep;

const SERVER: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 83, 0, 1));
/// As many policies as the tests under wasmtime take.
const POLICIES: usize = 8;
/// Requests of each kind.
const ROUNDS: usize = 5;
/// Statistics are flushed twice in this time.
const FLUSH: Duration = Duration::from_millis(2500);

struct Sidecar {
    envoy: Envoy,
    at: SocketAddr,
}

impl Sidecar {
    /// With a policy that allows everything, until another is pushed.
    async fn start(plugin: Plugin, worst: &Value) -> Result<Self> {
        let node = Node::pod("default", "database", "database", &json!({}), "127.0.10.3");
        let mut bootstrap = Bootstrap::new(node)?;
        bootstrap.count_turns();
        let mut extension = bootstrap.extension_file("heliast")?;
        let inbound = Inbound::new("in", SocketAddr::new(SERVER, 0))
            .record(PeerRecord::ProxyProtocol)
            .filter(extension.filter())
            .filter(guard());
        bootstrap.inbound(&inbound);
        let envoy = Envoy::start(bootstrap).await?;
        let at = envoy.admin().listener("in").await?;
        envoy
            .push_extension(&mut extension, &plugin.typed_config())
            .await?;
        let sidecar = Self { envoy, at };
        let answer = sidecar.ask(b"curl/8.0").await?;
        ensure!(answer.status == 200, "before the worst: {}", answer.status);
        let worst = Plugin {
            configuration: Some(worst.to_string()),
            ..plugin
        };
        sidecar.longest_turns().await?;
        let memory = sidecar.envoy.memory()?;
        sidecar
            .envoy
            .push_extension(&mut extension, &worst.typed_config())
            .await?;
        let (worker, main) = sidecar.longest_turns().await?;
        figure(&format!(
            "  taken in: longest turn of the worker {worker:?}, of the main thread {main:?}; memory {} MiB more",
            sidecar.envoy.memory()?.saturating_sub(memory) >> 20,
        ))?;
        Ok(sidecar)
    }

    /// The longest of the worker and of the main thread in the last seconds.
    async fn longest_turns(&self) -> Result<(Duration, Duration)> {
        let admin = self.envoy.admin();
        let mut longest = (Duration::ZERO, Duration::ZERO);
        let end = Instant::now() + FLUSH;
        while Instant::now() < end {
            let worker = admin.longest_turn("listener_manager.worker_0").await?;
            let main = admin.longest_turn("server").await?;
            longest.0 = longest.0.max(worker.unwrap_or_default());
            longest.1 = longest.1.max(main.unwrap_or_default());
            sleep(FLUSH / 10).await;
        }
        Ok(longest)
    }

    async fn ask(&self, agent: &[u8]) -> Result<Answer> {
        let dial =
            Dial::new(self.at).announce("127.9.0.9:40000".parse()?, "127.0.10.3:80".parse()?);
        let call = Call::get("database", "/").header("user-agent", agent);
        dial.call(Protocol::Http1, &call).await
    }
}

async fn run(plugin: Plugin, worst: &Value, is_ours: bool) -> Result<()> {
    let sidecar = Sidecar::start(plugin, worst).await?;
    let memory = sidecar.envoy.memory()?;
    for (what, agent) in [
        ("worst", vec![b'a'; HEADER_BYTES]),
        ("ordinary", b"curl/8.0".to_vec()),
    ] {
        let mut took = Vec::new();
        for _ in 0..ROUNDS {
            let begin = Instant::now();
            let answer = sidecar.ask(&agent).await?;
            took.push(begin.elapsed());
            // Where the policy is ours, a Deny is met by what takes too much work.
            let expected = if is_ours && what == "worst" { 403 } else { 200 };
            ensure!(answer.status == expected, "{what}: {}", answer.status);
        }
        took.sort_unstable();
        let median = took.get(ROUNDS / 2).context("no rounds")?;
        let longest = took.last().context("no rounds")?;
        figure(&format!(
            "  {what} request: answered within {longest:?} (median {median:?} of {ROUNDS})"
        ))?;
    }
    let (worker, _) = sidecar.longest_turns().await?;
    let reloads = sidecar.envoy.admin().stat_sum("vm_reload").await?;
    figure(&format!(
        "  after requests: longest turn of the worker {worker:?}; memory {} MiB more; {reloads} reloads",
        sidecar.envoy.memory()?.saturating_sub(memory) >> 20,
    ))?;
    ensure!(reloads == 0, "the VM was reloaded {reloads} times");
    Ok(())
}

/// The pod alone, which everybody may call.
fn before(worst: &[Value]) -> Result<[Value; 2]> {
    let open = json!({"apiVersion": "projectcalico.org/v3", "kind": "GlobalNetworkPolicy",
        "metadata": {"name": "open"},
        "spec": {"selector": "all()", "types": ["Ingress"], "ingress": [{"action": "Allow"}]}});
    Ok([worst.first().context("no pod")?.clone(), open])
}

#[tokio::test]
async fn the_worst_policy_and_request_in_the_full_module() -> Result<()> {
    let bundle = |objects: &[Value]| json!({"direction": "Ingress", "bundle": {"inline": {"resources": objects}}});
    for namespace in ["default", "foreign"] {
        figure(&format!(
            "full module, the worst expressions that are taken, policy of namespace {namespace}:"
        ))?;
        let worst = policy::objects(namespace, POLICIES);
        let plugin = Plugin::new(install::module()?, &bundle(&before(&worst)?));
        run(plugin, &bundle(&worst), namespace == "default").await?;
    }
    Ok(())
}

#[tokio::test]
async fn the_worst_policy_and_request_in_the_runtime_only_module() -> Result<()> {
    figure("runtime-only module, the worst expressions that are taken:")?;
    let folder = tempfile::tempdir()?;
    let bundle = |objects: &[Value]| -> Result<Value> {
        let program = program::compile(objects, "default/database", folder.path())?;
        Ok(json!({"direction": "Ingress", "bundle": {"compiled": program}}))
    };
    let worst = policy::objects("default", POLICIES);
    let plugin = Plugin::new(install::runtime_module()?, &bundle(&before(&worst)?)?);
    run(plugin, &bundle(&worst)?, true).await
}
