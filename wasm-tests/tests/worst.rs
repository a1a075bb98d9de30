//! The worst policy and the worst request that the budgets of expressions let through: in both
//! modules they end, within bounds of time and memory that are printed.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a test that cannot begin has failed"
)]

#[path = "../../tests/worst/policy.rs"]
mod policy;
mod support;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use heliast::bundle::Bundle;
use heliast::compiled::{compile, seal};
use heliast_wasm_tests::{Connection, Host, Module, Outcome, Plugin, PluginConfig};
use policy::{HEADER_BYTES, MOST, groups, objects, policy};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

fn configure(module: &Module, bundle: &Value) -> Result<(Host, Plugin), String> {
    let host = Host::new(module);
    let config = json!({"direction": "Ingress", "bundle": bundle}).to_string();
    let config = PluginConfig::new(config.into_bytes())
        .node_metadata(json!({"NAMESPACE": "default", "NAME": "database"}));
    let configured = host.configure(config);
    configured
        .map(|plugin| (host.clone(), plugin))
        .map_err(|_| {
            let logs = host.logs().into_iter().map(|line| line.message);
            logs.collect::<Vec<_>>().join("\n")
        })
}

/// What both modules take of the same objects.
fn bundles(objects: &[Value]) -> [(&'static str, &'static Module, Value); 2] {
    let bundle = Bundle::load(objects).unwrap();
    let (head, policy) = compile(&bundle, None).unwrap();
    let program = STANDARD.encode(seal(head, Vec::new(), &policy).unwrap());
    [
        (
            "full module",
            support::module(),
            json!({"inline": {"resources": objects}}),
        ),
        (
            "runtime-only module",
            support::runtime_module(),
            json!({"compiled": program}),
        ),
    ]
}

fn ask(plugin: &Plugin, agent: &[u8]) -> Outcome {
    let outside = Connection::new("127.9.0.9:40000", "127.0.10.3:80")
        .filter_state("heliast.peer_address", "127.9.0.9");
    let lines: [(&[u8], &[u8]); 4] = [
        (b":method", b"GET"),
        (b":authority", b"database"),
        (b":path", b"/"),
        (b"user-agent", agent),
    ];
    let lines = lines.map(|(name, value)| (name.to_vec(), value.to_vec()));
    let outcome = plugin
        .worker(0)
        .open_stream(&outside)
        .request_headers(lines.to_vec(), true);
    assert_eq!(outcome.trap(), None);
    outcome
}

#[test]
fn the_worst_policy_and_request_end() {
    for namespace in ["default", "foreign"] {
        let objects = objects(namespace, 8);
        for (of, module, bundle) in bundles(&objects) {
            let begin = Instant::now();
            let (_host, plugin) = configure(module, &bundle).expect("within the budgets");
            let taken = begin.elapsed();
            let worker = plugin.worker(0);
            let before = worker.memory_pages();
            let startup = plugin.startup().iter().map(|run| run.fuel).max();
            let mut longest = (0, Duration::ZERO);
            for agent in [vec![b'a'; HEADER_BYTES], b"curl/8.0".to_vec()] {
                for _ in 0..3 {
                    let begin = Instant::now();
                    let outcome = ask(&plugin, &agent);
                    longest = longest.max((outcome.fuel(), begin.elapsed()));
                    // Where the policy is ours, a Deny is met by what takes too much work.
                    let is_short = agent.len() < HEADER_BYTES;
                    assert!(namespace == "foreign" || is_short || outcome.reply.is_some());
                }
            }
            let pages = plugin.worker(0).memory_pages();
            println!(
                "figure: {of}, the worst expressions that are taken, policy of namespace {namespace}: taken in within {taken:?} (longest callback {} fuel), memory {} KiB, after requests {} KiB; longest decision {} fuel, {:?}",
                startup.unwrap_or_default(),
                before * 64,
                pages * 64,
                longest.0,
                longest.1,
            );
            assert!(pages * 64 < 96 << 10, "{pages} pages");
        }
    }
}

#[test]
fn beyond_the_budget_of_an_object_the_bundle_is_refused() {
    let mut objects = objects("default", 1);
    objects.push(policy("more", "foreign", MOST + 1));
    let bundle = json!({"inline": {"resources": objects}});
    let refused = configure(support::module(), &bundle).expect_err("beyond the budget");
    assert!(refused.contains("more than 250000 steps"), "{refused}");
}

/// What many rules share is kept once.
#[test]
fn a_large_group_of_networks_in_many_rules_ends() {
    let objects = groups(150_000, 200);
    let bundle = json!({"inline": {"resources": objects}});
    let (_host, plugin) = configure(support::module(), &bundle).expect("within the budgets");
    let startup = plugin.startup().iter().map(|run| run.fuel).max();
    let outcome = ask(&plugin, b"curl/8.0");
    let pages = plugin.worker(0).memory_pages();
    println!(
        "figure: full module, a group of 150000 networks in 4000 rules: longest callback {} fuel, memory {} KiB; a new peer {} fuel",
        startup.unwrap_or_default(),
        pages * 64,
        outcome.fuel(),
    );
    assert!(pages * 64 < 96 << 10, "{pages} pages");
}
