//! A request of a known peer allocates nothing where its path is plain and no rule asks for more
//! than texts as they are.
#![allow(unsafe_code, reason = "an allocator that counts has to be one")]
#![allow(
    clippy::unwrap_used,
    reason = "a test, helpers included: what is not there fails it"
)]

use heliast::bundle::Bundle;
use heliast::config::WorkloadConfig;
use heliast::evaluate::evaluate;
use heliast::peer::{Identity, Peer};
use heliast::program::{Local, Node, PeerRules, Program};
use heliast::request::{Http, Request};
use heliast::settings::Settings;
use heliast::terms::Protocol;
use heliast::verdict::{Decision, Direction};
use serde_json::{Value, json};
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::Arc;

thread_local! {
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
}

struct Counting;

// SAFETY: the system's allocator does all of it.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.with(|count| count.set(count.get().saturating_add(1)));
        // SAFETY: as the caller promises.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: as the caller promises.
        unsafe { System.dealloc(memory, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// A policy of the tier, for ingress.
fn policy(tier: &str, rules: &[Value]) -> Value {
    json!({
        "apiVersion": "projectcalico.org/v3", "kind": "GlobalNetworkPolicy",
        "metadata": {"name": format!("{tier}.p")},
        "spec": {"tier": tier, "selector": "all()", "types": ["Ingress"], "ingress": rules},
    })
}

/// How often a decision on `path` allocates, under these rules of two tiers.
fn allocations(security: &[Value], rules: &[Value], path: &str) -> (Decision, usize) {
    let objects = [
        json!({"apiVersion": "projectcalico.org/v3", "kind": "Tier",
            "metadata": {"name": "security"}, "spec": {"order": 10}}),
        policy("security", security),
        policy("default", rules),
    ];
    let bundle = Bundle::load(&objects).unwrap();
    let config = WorkloadConfig {
        namespace: Some("default".to_owned()),
        ..WorkloadConfig::default()
    };
    let local = Local::resolve(&config, &Node::default(), &bundle.model).unwrap();
    let (model, settings) = (Arc::clone(&bundle.model), Settings::default());
    let program = Program::compile(model, local, Direction::Ingress, settings);
    let peer = Peer {
        address: "10.0.0.1".parse().ok(),
        identity: Identity::Plaintext,
    };
    let rules = PeerRules::new(&program, &peer);
    let lines: [(&[u8], &[u8]); 5] = [
        (b":method", b"GET"),
        (b":path", path.as_bytes()),
        (b":authority", b"shop:80"),
        (b"x-role", b"admin"),
        (b"accept", b"*/*"),
    ];
    let before = ALLOCATIONS.get();
    let request = Request {
        port: Some(80),
        ..Request::new(Protocol::TCP, Some(Http::new(&lines)))
    };
    let verdict = evaluate(&program, &rules, &request);
    let counted = ALLOCATIONS.get().saturating_sub(before);
    (verdict.enforced.decision, counted)
}

fn get(path: &str) -> Value {
    json!({"action": "Allow", "http": {"methods": ["GET"], "paths": [{"exact": path}]}})
}

#[test]
fn a_plain_request_allocates_nothing() {
    let pass = [json!({"action": "Pass"})];
    let many: Vec<Value> = (0..1000)
        .map(|number| get(&format!("/p{number}")))
        .collect();
    let header = json!({"header": "x-role", "operator": "In", "values": ["admin", "guest"]});
    let prefix = json!({"action": "Allow", "protocol": "TCP", "destination": {"ports": [80]},
        "http": {"methods": ["GET"], "paths": [{"prefix": "/a"}], "headers": [header]}});
    let allow = [json!({"action": "Allow", "source": {"nets": ["10.0.0.0/8"]}})];
    for (rules, path) in [
        (allow.as_slice(), "/"),
        (&[get("/a")], "/a?b=c"),
        (&[prefix], "/a/b/"),
        (&many, "/p999"),
    ] {
        let counted = allocations(&pass, rules, path);
        assert_eq!(counted, (Decision::Allow, 0), "{rules:?} {path}");
    }
}

#[test]
fn what_may_be_read_in_many_ways_is_counted() {
    // The allocator counts: this one has to be written down to be read.
    let pass = [json!({"action": "Pass"})];
    let (_, counted) = allocations(&pass, &[get("/a")], "/%61");
    assert!(counted > 0);
}
