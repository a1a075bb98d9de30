//! What following the bundle of a large mesh as raw objects costs a worker:
//!
//!     cargo run -p heliast-wasm-tests --example mesh
//!
//! prints fuel, milliseconds and memory of taking in 100,000 pods and 10,000 policies, and of a
//! delta that moves one pod. Times are of wasmtime counting fuel; nothing in our tests depends on
//! them. `HELIAST_MESH=<namespaces>` makes the mesh smaller.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a measurement that cannot go on has failed, and prints what it finds"
)]

#[path = "../../tests/mesh/mesh.rs"]
mod mesh;
#[path = "../tests/support/mod.rs"]
mod support;

use flate2::Compression;
use flate2::write::GzEncoder;
use heliast::bundle::{Object, Statement, Store, write_bundle, write_delta};
use heliast_wasm_tests::{CallResponse, Cluster, Host, HostOptions, PluginConfig, Run};
use mesh::Mesh;
use serde_json::json;
use std::io::Write;
use std::time::{Duration, Instant};

/// A pod that everybody may be called by, and that moves.
const MOVED: (u32, u32) = (7, 3);
const DELTAS: u32 = 20;
/// Less than this is a tick that finds nothing to do, in fuel.
const QUIET: u64 = 300_000;
const TICK: Duration = Duration::from_millis(10);

fn main() {
    let namespaces = std::env::var("HELIAST_MESH").ok();
    let namespaces = namespaces.and_then(|namespaces| namespaces.parse().ok());
    let mesh = Mesh {
        namespaces: namespaces.unwrap_or(Mesh::LARGE.namespaces),
        ..Mesh::LARGE
    };
    let mut store = Store::default();
    for object in mesh.objects() {
        store.insert(object);
    }
    let before = statement(&mut store);
    let text = write_bundle(&before, &[], store.objects());
    let body = gzip(text.as_bytes());
    println!(
        "figure: mesh of {} objects, {} bytes, gzip {} bytes",
        store.len(),
        text.len(),
        body.len()
    );
    let tag = format!("\"{}\"", before.revision);
    let whole = CallResponse::new(200, body).header("content-encoding", "gzip");
    drop(text);

    let host = follow();
    let mut cost = Cost::default();
    cost.until_called(&host);
    let mut cost = Cost::default();
    cost.answer(&host, whole.header("etag", &tag));
    cost.until(&host, "heliast_bundle_revision", before.revision.number());
    cost.print("whole bundle");
    cost.settle(&host);
    cost.print("whole bundle, twice: the main thread has a VM too");

    let mut all = Cost::default();
    let mut longest = Vec::new();
    let mut from = before;
    for round in 0..DELTAS {
        let address = format!("10.200.0.{round}");
        let pod = mesh.pod(MOVED.0, MOVED.1, Some(&address)).expect("a pod");
        let (delta, to) = delta(&mut store, &from, &pod);
        let mut cost = Cost::default();
        cost.until_called(&host);
        let mut cost = Cost::default();
        let tag = format!("\"{}\"", to.revision);
        cost.answer(&host, CallResponse::new(200, delta).header("etag", &tag));
        cost.until(&host, "heliast_bundle_revision", to.revision.number());
        longest.push(cost.milliseconds);
        all.add(&cost);
        from = to;
    }
    longest.sort_by(f64::total_cmp);
    all.print(&format!("{DELTAS} deltas of a pod"));
    println!(
        "figure: a delta takes {:.2} ms of a worker in all (median of {DELTAS}), {} fuel",
        longest.get(longest.len() / 2).copied().unwrap_or_default(),
        all.fuel / u64::from(DELTAS)
    );
}

/// One worker that follows a server, on behalf of a pod that much of the policy selects.
fn follow() -> Host {
    let options = HostOptions {
        workers: 1,
        ..HostOptions::default()
    };
    let host = Host::with_options(support::module(), options);
    host.set_cluster("heliast", Cluster::Manual);
    let config = json!({
        "workload": {"namespace": Mesh::namespace_name(3), "name": Mesh::pod_name(0)},
        "direction": "Ingress",
        "bundle": {"http": {"cluster": "heliast", "path": "/v1/bundle", "pollInterval": "1s"}},
    });
    let config = PluginConfig::new(config.to_string().into_bytes());
    host.configure(config).expect("a configuration");
    host
}

fn statement(store: &mut Store) -> Statement {
    Statement {
        revision: store.revision(),
        order: None,
        audience: None,
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).expect("memory");
    encoder.finish().expect("memory")
}

fn delta(store: &mut Store, from: &Statement, pod: &Object) -> (String, Statement) {
    store.insert(pod.clone());
    let to = statement(store);
    let upsert = [pod].into_iter();
    let text = write_delta(from.revision, &to, &[], upsert, [].into_iter());
    (text, to)
}

/// What callbacks have cost.
#[derive(Default)]
struct Cost {
    ticks: usize,
    fuel: u64,
    most_fuel: u64,
    milliseconds: f64,
    most_milliseconds: f64,
    pages: u64,
}

impl Cost {
    fn count(&mut self, runs: &[Run], begin: Instant) {
        let took = begin.elapsed().as_secs_f64() * 1e3;
        self.milliseconds += took;
        self.most_milliseconds = self.most_milliseconds.max(took);
        for run in runs {
            assert_eq!(run.trap, None);
            self.ticks += 1;
            self.fuel += run.fuel;
            self.most_fuel = self.most_fuel.max(run.fuel);
            self.pages = self.pages.max(run.memory_pages);
        }
    }

    fn add(&mut self, other: &Self) {
        self.ticks += other.ticks;
        self.fuel += other.fuel;
        self.most_fuel = self.most_fuel.max(other.most_fuel);
        self.milliseconds += other.milliseconds;
        self.most_milliseconds = self.most_milliseconds.max(other.most_milliseconds);
        self.pages = self.pages.max(other.pages);
    }

    fn tick(&mut self, host: &Host) {
        let begin = Instant::now();
        let runs = host.advance(TICK);
        self.count(&runs, begin);
    }

    fn until_called(&mut self, host: &Host) {
        for _ in 0..10_000 {
            if !host.pending_calls().is_empty() {
                return;
            }
            self.tick(host);
        }
        panic!("nobody asks");
    }

    fn answer(&mut self, host: &Host, response: CallResponse) {
        let call = host.pending_calls().remove(0);
        let begin = Instant::now();
        let runs = host.deliver(call.id, response).expect("an answer");
        self.count(&runs, begin);
    }

    fn until(&mut self, host: &Host, metric: &str, value: u64) {
        for _ in 0..100_000 {
            if host.metric(metric) == Some(value) {
                return;
            }
            self.tick(host);
        }
        for line in host.logs() {
            println!("{}", line.message);
        }
        panic!("{metric} is not {value}");
    }

    /// Until nobody is at work: Envoy's main thread has a VM too, which takes what was posted.
    fn settle(&mut self, host: &Host) {
        let mut quiet = 0;
        for _ in 0..100_000 {
            let mut tick = Self::default();
            tick.tick(host);
            quiet = if tick.most_fuel < QUIET { quiet + 1 } else { 0 };
            self.add(&tick);
            if quiet > 100 {
                return;
            }
        }
    }

    fn print(&self, what: &str) {
        println!(
            "figure: {what}: {} callbacks, {} fuel, at most {} in one; {:.0} ms, at most {:.1}; {:.1} MiB of memory",
            self.ticks,
            self.fuel,
            self.most_fuel,
            self.milliseconds,
            self.most_milliseconds,
            f64::from(u32::try_from(self.pages).unwrap_or(u32::MAX)) / 16.0
        );
    }
}
