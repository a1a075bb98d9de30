//! The real module follows a server of bundles: several workers, one clock, a server that is the
//! test's. The protocol itself is tested in the engine (`src/fetch/tests`); here it meets the host.

#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot begin has failed"
)]

mod support;

use heliast::bundle::{Object, Statement, Store, write_bundle, write_delta};
use heliast_wasm_tests::{
    CallResponse, Cluster, Connection, Headers, Host, HostOptions, PendingCall, Plugin,
    PluginConfig, Run,
};
use serde_json::{Value, json};
use std::io::Write;
use std::time::Duration;

const WORKERS: usize = 4;
const SUMMARY: &str = "spiffe://cluster.local/ns/default/sa/summary";
/// A moment in which every worker has seen what is posted.
const MOMENT: Duration = Duration::from_millis(500);

fn object(value: Value) -> Object {
    Object::new(value).expect("an object")
}

fn pod(name: &str, address: &str) -> Object {
    object(json!({"apiVersion": "v1", "kind": "Pod",
        "metadata": {"namespace": "default", "name": name, "labels": {"app": name}},
        "spec": {"serviceAccountName": name}, "status": {"podIP": address}}))
}

/// Whether only summary may ask the database, or nobody.
fn policy(open: bool) -> Object {
    let action = if open { "Allow" } else { "Deny" };
    object(
        json!({"apiVersion": "projectcalico.org/v3", "kind": "GlobalNetworkPolicy",
        "metadata": {"name": "database"},
        "spec": {"selector": "app == 'database'", "types": ["Ingress"], "ingress": [
            {"action": action, "source": {"serviceAccounts": {"names": ["summary"]}}}]}}),
    )
}

fn store(open: bool) -> Store {
    let mut store = Store::default();
    for object in [
        policy(open),
        pod("database", "127.0.10.3"),
        pod("summary", "127.0.10.2"),
    ] {
        store.insert(object);
    }
    store
}

fn statement(store: &Store) -> Statement {
    Statement {
        revision: store.clone().revision(),
        order: None,
        audience: None,
    }
}

fn whole(store: &Store) -> CallResponse {
    let statement = statement(store);
    let text = write_bundle(&statement, &[], store.objects());
    CallResponse::new(200, text).header("etag", &format!("\"{}\"", statement.revision))
}

struct Sidecar {
    host: Host,
    plugin: Plugin,
}

fn configuration(more: &Value) -> PluginConfig {
    let mut config = json!({
        "workload": {"namespace": "default", "name": "database"},
        "direction": "Ingress",
        "bundle": {"http": {"cluster": "heliast", "path": "/v1/bundle"}},
    });
    let more = more.as_object().cloned().unwrap_or_default();
    if let Some(config) = config.as_object_mut() {
        config.extend(more);
    }
    PluginConfig::new(config.to_string().into_bytes())
}

impl Sidecar {
    fn start(more: &Value) -> Self {
        let options = HostOptions {
            workers: WORKERS,
            ..HostOptions::default()
        };
        let host = Host::with_options(support::module(), options);
        host.set_cluster("heliast", Cluster::Manual);
        let plugin = host
            .configure(configuration(more))
            .expect("a configuration");
        Self { host, plugin }
    }

    /// The one call that is on its way.
    fn call(&self) -> PendingCall {
        let mut calls = self.host.pending_calls();
        assert_eq!(calls.len(), 1, "one worker asks for all");
        calls.remove(0)
    }

    /// Lets time go by until a call is on its way.
    fn wait_for_call(&self) {
        let waited = (0..600).find(|_| {
            self.host.advance(Duration::from_millis(100));
            !self.host.pending_calls().is_empty()
        });
        assert!(waited.is_some(), "nobody asks");
    }

    fn answer(&self, response: CallResponse) -> Vec<Run> {
        let call = self.call();
        let mut runs = self.host.deliver(call.id, response).expect("an answer");
        runs.extend(self.host.advance(MOMENT));
        runs
    }

    /// Whether each worker lets summary ask, and why not.
    fn verdicts(&self) -> Vec<Option<String>> {
        let verdict = |worker: usize| {
            let connection = Connection::mtls("127.0.10.2:40000", "127.0.10.3:2379", SUMMARY)
                .filter_state("heliast.peer_address", "127.0.10.2");
            let mut stream = self.plugin.worker(worker).open_stream(connection);
            let headers = Headers::from([(":method", "GET"), (":path", "/"), (":authority", "d")]);
            let outcome = stream.request_headers(headers, true);
            assert_eq!(outcome.trap(), None);
            outcome.reply.map(|reply| reply.details)
        };
        (0..WORKERS).map(verdict).collect()
    }

    fn all(&self, verdict: Option<&str>) {
        let verdict = verdict.map(|rule| format!("rbac_access_denied_matched_policy[{rule}]"));
        assert_eq!(self.verdicts(), vec![verdict; WORKERS]);
    }
}

const DENIED: &str = "calico/default/GlobalNetworkPolicy/-/database/ingress/0";

#[test]
fn every_worker_enforces_what_one_has_fetched() {
    let sidecar = Sidecar::start(&json!({}));
    sidecar.all(Some("heliast/no-bundle"));
    sidecar.host.advance(MOMENT);
    let call = sidecar.call();
    assert_eq!(call.headers.get("accept-encoding"), Some(&b"gzip"[..]));
    assert_eq!(call.headers.get("if-none-match"), None);
    let open = store(true);
    sidecar.answer(whole(&open));
    sidecar.all(None);
    let number = statement(&open).revision.number();
    assert_eq!(sidecar.host.metric("heliast_bundle_revision"), Some(number));
    assert_eq!(sidecar.host.metric("heliast_bundle_changes_total"), Some(5));
    assert_eq!(sidecar.host.metric("heliast_bundle_polls_total"), Some(1));
    assert_eq!(sidecar.host.metric("heliast_bundle_error"), Some(0));
}

#[test]
fn a_delta_reaches_every_worker() {
    let sidecar = Sidecar::start(&json!({}));
    sidecar.host.advance(MOMENT);
    let (open, closed) = (store(true), store(false));
    sidecar.answer(whole(&open));
    sidecar.host.advance(Duration::from_secs(11));
    let call = sidecar.call();
    let tag = format!("\"{}\"", statement(&open).revision);
    assert_eq!(call.headers.get("if-none-match"), Some(tag.as_bytes()));
    let changed = policy(false);
    let delta = write_delta(
        statement(&open).revision,
        &statement(&closed),
        &[],
        [&changed].into_iter(),
        [].into_iter(),
    );
    sidecar.answer(CallResponse::new(200, delta));
    sidecar.all(Some(DENIED));
}

/// calico.md 6, row C40: it leaves the old tier and joins the new one.
#[test]
fn a_policy_moves_to_another_tier() {
    let sidecar = Sidecar::start(&json!({}));
    sidecar.host.advance(MOMENT);
    let closed = store(false);
    sidecar.answer(whole(&closed));
    sidecar.all(Some(DENIED));
    let tier = object(json!({"apiVersion": "projectcalico.org/v3", "kind": "Tier",
        "metadata": {"name": "platform"}, "spec": {"order": 100}}));
    let text = policy(false)
        .text
        .replace(r#""spec":{"#, r#""spec":{"tier":"platform","#);
    let text = text.replace(r#""name":"database""#, r#""name":"platform.database""#);
    let old = policy(false).key;
    let new = object(serde_json::from_str(&text).expect("a policy"));
    let mut moved = closed.clone();
    moved.remove(&old);
    let upsert = [tier, new];
    for object in &upsert {
        moved.insert(object.clone());
    }
    let (from, to) = (statement(&closed).revision, statement(&moved));
    let delta = write_delta(from, &to, &[], upsert.iter(), [&*old].into_iter());
    sidecar.wait_for_call();
    sidecar.answer(CallResponse::new(200, delta));
    sidecar.all(Some(
        "calico/platform/GlobalNetworkPolicy/-/platform.database/ingress/0",
    ));
}

#[test]
fn what_is_refused_changes_nothing_and_is_told_once() {
    let sidecar = Sidecar::start(&json!({}));
    sidecar.host.advance(MOMENT);
    sidecar.answer(whole(&store(true)));
    for _ in 0..3 {
        sidecar.wait_for_call();
        sidecar.answer(CallResponse::new(200, "{\"kind\": \"Nonsense\"}"));
        sidecar.all(None);
    }
    let lines = sidecar.host.logs();
    let told = lines
        .iter()
        .filter(|line| line.message.contains("bundle refused (document)"));
    assert_eq!(told.count(), 1);
    assert_eq!(sidecar.host.metric("heliast_bundle_error"), Some(6));
    let counter = "kind=.=document;.;heliast_bundle_errors_total";
    assert_eq!(sidecar.host.metric(counter), Some(3));
}

#[test]
fn policy_grows_stale_and_fresh_again() {
    let bundle =
        json!({"http": {"cluster": "heliast", "path": "/v1/bundle", "maxStaleness": "30s"}});
    let sidecar = Sidecar::start(&json!({"bundle": bundle}));
    sidecar.host.advance(MOMENT);
    sidecar.answer(whole(&store(true)));
    sidecar.all(None);
    sidecar.host.advance(Duration::from_secs(29));
    sidecar.all(None);
    sidecar.host.advance(Duration::from_secs(3));
    sidecar.all(Some("heliast/stale-bundle"));
    sidecar.answer(CallResponse::new(304, ""));
    sidecar.all(None);
}

#[test]
fn the_operator_may_let_requests_pass_before_the_first_bundle() {
    let sidecar = Sidecar::start(&json!({"onMissingBundle": "Allow"}));
    sidecar.all(None);
    sidecar.host.advance(MOMENT);
    sidecar.answer(whole(&store(false)));
    sidecar.all(Some(DENIED));
}

#[test]
fn a_new_configuration_goes_on_with_the_policy_that_is_there() {
    let mut sidecar = Sidecar::start(&json!({}));
    sidecar.host.advance(MOMENT);
    sidecar.answer(whole(&store(true)));
    let other = configuration(&json!({"deny": {"status": 401}}));
    sidecar.plugin = sidecar.host.configure(other).expect("a configuration");
    // Not one tick, and not one call.
    sidecar.all(None);
    assert!(sidecar.host.pending_calls().is_empty());
}

#[test]
fn no_slice_of_a_large_bundle_holds_a_worker_up() {
    let sidecar = Sidecar::start(&json!({}));
    sidecar.host.advance(MOMENT);
    let mut large = store(true);
    for number in 0..20_000 {
        let address = format!(
            "10.{}.{}.{}",
            number / 65_536,
            number / 256 % 256,
            number % 256
        );
        large.insert(pod(&format!("pod-{number}"), &address));
    }
    let call = sidecar.call();
    let mut runs = sidecar
        .host
        .deliver(call.id, whole(&large))
        .expect("an answer");
    for _ in 0..60 {
        runs.extend(sidecar.host.advance(Duration::from_secs(1)));
    }
    sidecar.all(None);
    let ticks = runs.iter().filter(|run| run.callback == "proxy_on_tick");
    let most = ticks.map(|run| run.fuel).max().unwrap_or_default();
    let pages = runs
        .iter()
        .map(|run| run.memory_pages)
        .max()
        .unwrap_or_default();
    let bytes = large.bytes();
    // Past the capture of the test runner.
    let figure = writeln!(
        std::io::stdout(),
        "figure: bundle of 20,000 pods ({bytes} bytes) taken in: at most {most} fuel in one tick, {} MiB of memory in each VM",
        pages / 16
    );
    assert!(figure.is_ok());
    assert!(most < MOST_FUEL, "{most}");
}

/// Some five milliseconds of a worker's time.
const MOST_FUEL: u64 = 20_000_000;
