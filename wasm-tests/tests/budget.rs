//! What a decision costs: fuel and host calls, both deterministic, held by `budget.json`.
//!
//! Fuel counts the module's instructions and may grow by 3 %; host calls are counted by kind and
//! may not grow at all. `HELIAST_UPDATE_BUDGET=1` writes what was measured instead. A new compiler
//! is a reason to do that; a change that costs more says in its commit why.

#![allow(
    clippy::indexing_slicing,
    reason = "indexing a JSON value gives null where there is nothing, and never panics"
)]

mod support;

use anyhow::{Context, bail};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use heliast::bundle::Bundle;
use heliast::compiled::{compile, seal};
use heliast_wasm_tests::{Connection, Host, Outcome, PluginConfig};
use libtest_mimic::{Arguments, Trial};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// The most the module may weigh.
const MODULE_BYTES: u64 = 1280 << 10;
/// The most the module that takes compiled programs alone may weigh.
const RUNTIME_MODULE_BYTES: u64 = 512 << 10;
const SUMMARY: &str = "spiffe://cluster.local/ns/default/sa/summary";

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::from_args();
    let trial = Trial::test("decisions stay within their budget", || Ok(hold()?));
    libtest_mimic::run(&arguments, vec![trial]).exit();
}

fn hold() -> anyhow::Result<()> {
    let mut measured = measure(Takes::Objects)?;
    measured["runtime"] = measure(Takes::Programs)?;
    let text = serde_json::to_string_pretty(&measured)? + "\n";
    print("", &measured)?;
    print("runtime-only, ", &measured["runtime"])?;
    let file = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/budget.json"));
    if std::env::var_os("HELIAST_UPDATE_BUDGET").is_some() {
        std::fs::write(&file, text)?;
        return Ok(());
    }
    let budget: Value = serde_json::from_str(&std::fs::read_to_string(&file)?)?;
    let mut excess = excess(&budget, &measured, MODULE_BYTES)?;
    let of_runtime = self::excess(
        &budget["runtime"],
        &measured["runtime"],
        RUNTIME_MODULE_BYTES,
    )?;
    let of_runtime = of_runtime.into_iter();
    excess.extend(of_runtime.map(|line| format!("runtime-only: {line}")));
    if !excess.is_empty() {
        bail!("{}", excess.join("\n"));
    }
    Ok(())
}

fn print(of: &str, measured: &Value) -> anyhow::Result<()> {
    println!("figure: {of}module: {} bytes", measured["moduleBytes"]);
    for (name, fuel) in measured["configure"].as_object().context("configure")? {
        println!("figure: {of}{name}: {fuel} fuel to take in");
    }
    for (name, cost) in measured["decisions"].as_object().context("decisions")? {
        println!(
            "figure: {of}{name}: {} fuel, host calls {}",
            cost["fuel"], cost["calls"]
        );
    }
    Ok(())
}

/// Which module, by what it takes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Takes {
    Objects,
    Programs,
}

/// Every figure that is over its budget.
fn excess(budget: &Value, measured: &Value, most: u64) -> anyhow::Result<Vec<String>> {
    let mut excess = Vec::new();
    let bytes = |of: &Value| of["moduleBytes"].as_u64().context("moduleBytes");
    if bytes(measured)? > most {
        excess.push(format!(
            "the module has {} bytes; at most {most} are allowed",
            bytes(measured)?
        ));
    }
    for (name, cost) in measured["decisions"].as_object().context("decisions")? {
        let allowed = &budget["decisions"][name];
        let fuel = |of: &Value| {
            of["fuel"]
                .as_u64()
                .with_context(|| format!("{name}: no fuel"))
        };
        if fuel(cost)? * 100 > fuel(allowed)? * 103 {
            excess.push(format!(
                "{name}: {} fuel, the budget is {}",
                fuel(cost)?,
                fuel(allowed)?
            ));
        }
        if cost["calls"] != allowed["calls"] {
            excess.push(format!(
                "{name}: host calls {}, the budget is {}",
                cost["calls"], allowed["calls"]
            ));
        }
    }
    Ok(excess)
}

fn measure(takes: Takes) -> anyhow::Result<Value> {
    let mut decisions = Map::new();
    let mut note = |name: &str, outcome: &Outcome| decisions.insert(name.to_owned(), cost(outcome));

    let database = start(takes, "database", &yao_bank()?)?;
    let summary = mtls("127.0.10.2", SUMMARY);
    note(
        "identity only, new peer",
        &ask(&database, &summary, "GET", "/v2/keys"),
    );
    note(
        "identity only, known connection",
        &ask(&database, &summary, "GET", "/v2/keys"),
    );
    let again = mtls("127.0.10.2", SUMMARY);
    note(
        "identity only, known peer, new connection",
        &ask(&database, &again, "GET", "/v2/keys"),
    );
    let attack = mtls("127.0.10.4", SUMMARY);
    note(
        "stolen key, refused",
        &ask(&database, &attack, "PUT", "/v2/keys"),
    );
    note(
        "stolen key, refused again",
        &ask(&database, &attack, "PUT", "/v2/keys"),
    );

    let customer = start(takes, "customer", &yao_bank()?)?;
    let outside = Connection::new("127.9.0.9:40000", "127.0.10.1:80")
        .filter_state("heliast.peer_address", "127.9.0.9");
    ask(&customer, &outside, "GET", "/");
    note(
        "one method, known connection",
        &ask(&customer, &outside, "GET", "/"),
    );

    let many = start(takes, "customer", &thousand_paths()?)?;
    ask(&many, &outside, "GET", "/p999");
    note(
        "1,000 paths, the last matches, known connection",
        &ask(&many, &outside, "GET", "/p999"),
    );

    let path = match takes {
        Takes::Objects => support::module_path(),
        Takes::Programs => support::runtime_module_path(),
    };
    let bytes = std::fs::metadata(path)?.len();
    let configure = json!({
        "YAO Bank": taking_in(&database),
        "1,000 paths": taking_in(&many),
    });
    Ok(json!({"moduleBytes": bytes, "configure": configure, "decisions": decisions}))
}

/// What it cost a worker to take its configuration and policy in; shown, not held to anything.
fn taking_in((_, plugin): &(Host, heliast_wasm_tests::Plugin)) -> u64 {
    let runs = plugin.startup().iter();
    let configured = runs.filter(|run| run.callback == "proxy_on_configure");
    configured.map(|run| run.fuel).max().unwrap_or_default()
}

fn cost(outcome: &Outcome) -> Value {
    let calls = outcome.calls();
    let calls: BTreeMap<String, u64> = calls
        .iter()
        .map(|(name, count)| (name.to_string(), count))
        .collect();
    json!({"fuel": outcome.fuel(), "calls": calls})
}

/// The objects of the YAO Bank story.
fn yao_bank() -> anyhow::Result<Vec<Value>> {
    let mut manifests = heliast_cli::manifests::Manifests::new();
    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../policies/yao-bank"));
    let mut objects = Vec::new();
    for file in ["policy.yaml", "workloads.yaml"] {
        let documents = manifests.read(&folder.join(file))?;
        let read = documents
            .iter()
            .filter_map(|index| manifests.documents().get(*index));
        objects.extend(read.map(heliast_cli::manifests::Document::to_value));
    }
    Ok(objects)
}

/// The story with a policy of a thousand rules, each for one path, in front of the customer.
fn thousand_paths() -> anyhow::Result<Vec<Value>> {
    let rule = |path: usize| json!({"action": "Allow", "http": {"paths": [{"exact": format!("/p{path}")}]}});
    let mut objects = yao_bank()?;
    objects.retain(|object| object["kind"] != "GlobalNetworkPolicy");
    objects.push(json!({
        "apiVersion": "projectcalico.org/v3", "kind": "GlobalNetworkPolicy",
        "metadata": {"name": "many"},
        "spec": {"selector": "app == 'customer'", "types": ["Ingress"],
            "ingress": (0..1000).map(rule).collect::<Vec<_>>()},
    }));
    Ok(objects)
}

fn start(
    takes: Takes,
    pod: &str,
    objects: &[Value],
) -> anyhow::Result<(Host, heliast_wasm_tests::Plugin)> {
    let (module, bundle) = match takes {
        Takes::Objects => (support::module(), json!({"inline": {"resources": objects}})),
        Takes::Programs => {
            let bundle = Bundle::load(objects)?;
            let sealed = compile(&bundle, None).and_then(|(head, policy)| {
                let signatures = Vec::new();
                seal(head, signatures, &policy)
            });
            let program = sealed.map_err(|why| anyhow::anyhow!(why))?;
            let program = STANDARD.encode(program);
            (support::runtime_module(), json!({"compiled": program}))
        }
    };
    let host = Host::new(module);
    let config = json!({"direction": "Ingress", "bundle": bundle});
    let config = PluginConfig::new(config.to_string().into_bytes())
        .node_metadata(json!({"NAMESPACE": "default", "NAME": pod}));
    let plugin = host.configure(config)?;
    Ok((host, plugin))
}

fn mtls(source: &str, principal: &str) -> Connection {
    Connection::mtls(&format!("{source}:40000"), "127.0.10.3:2379", principal)
        .filter_state("heliast.peer_address", source.to_owned())
        .filter_state("heliast.peer_uri_sans", principal.to_owned())
}

/// One request with the headers that Envoy and a usual client send.
fn ask(
    (_, plugin): &(Host, heliast_wasm_tests::Plugin),
    connection: &Connection,
    method: &str,
    path: &str,
) -> Outcome {
    let headers = [
        (":method", method),
        (":scheme", "http"),
        (":authority", "database:2379"),
        (":path", path),
        ("user-agent", "curl/8.9.1"),
        ("accept", "*/*"),
        ("x-forwarded-proto", "https"),
        ("x-request-id", "f7b6fd2f-4c35-9c3b-8a6e-1d2f3a4b5c6d"),
    ];
    plugin
        .worker(0)
        .open_stream(connection)
        .request_headers(headers, true)
}
