//! What a process shares, others may write to: a module with the same `vm_id` that writes over what
//! our workers tell each other, or holds the right to poll and dies.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use heliast::bundle::hex;
use heliast::config::{BundleSource, PluginConfig};
use heliast_envoy_tests::{Bootstrap, Cluster, Envoy, ListenerFile, Node, Plugin, guard};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::quiet;
use crate::sidecar::{CLUSTER, LISTENER, PATIENCE, Setup, Sidecar, balanced, origin};
use crate::traffic::{ALICE_ALONE, Traffic};
use crate::world::{self, World};

/// The start of the names under which our workers share what they have of this source.
fn shared_under(setup: &Setup) -> Result<String> {
    let configuration = setup.plugin()?.configuration.context("no configuration")?;
    let config = PluginConfig::parse(configuration.as_bytes());
    let config = config.map_err(|problems| anyhow::anyhow!("{problems}"))?;
    let BundleSource::Http(source) = config.bundle else {
        anyhow::bail!("not a source by HTTP");
    };
    Ok(format!("heliast/{}", hex(&source.fingerprint())))
}

/// A module that shares garbage under these names, at every tick.
fn scribbler(under: &str) -> String {
    let (mut data, mut calls) = (String::new(), String::new());
    let garbage = [
        ("lease", "mine, all mine"),
        ("notice", "0 - 99999999999999999999 - - - -"),
        ("whole", "{\\\"kind\\\":\\\"Bundle\\\""),
        ("delta", "\\ff\\fe\\00"),
        ("wanted", "everything"),
    ];
    for (number, (name, value)) in garbage.into_iter().enumerate() {
        let (key, at) = (format!("{under}/{name}"), 1024 + number * 256);
        let length = value.replace("\\\"", "\"").len();
        let length = if name == "delta" { 3 } else { length };
        data.push_str(&format!(
            "(data (i32.const {at}) \"{key}\") (data (i32.const {}) \"{value}\")\n",
            at + 128
        ));
        calls.push_str(&format!(
            "(drop (call $share (i32.const {at}) (i32.const {}) (i32.const {}) (i32.const {length}) (i32.const 0)))\n",
            key.len(),
            at + 128
        ));
    }
    format!(
        r#"(module {IMPORTS} {COMMON} {data}
  (data (i32.const 512) "scribbled")
  (func (export "proxy_on_configure") (param i32 i32) (result i32)
    (drop (call $define (i32.const 0) (i32.const 512) (i32.const 9) (i32.const 600)))
    (drop (call $tick_every (i32.const 10)))
    (i32.const 1))
  (func (export "proxy_on_tick") (param i32)
    (drop (call $increment (i32.load (i32.const 600)) (i64.const 1)))
    {calls}))"#
    )
}

/// A module that takes the right to poll for as long as it may be had, and never polls.
fn dead_leader(under: &str) -> String {
    let key = format!("{under}/lease");
    format!(
        r#"(module {IMPORTS} {COMMON}
  (data (i32.const 1024) "{key}")
  (data (i32.const 1280) "dead ")
  (func (export "proxy_on_configure") (param i32 i32) (result i32)
    (local $left i64) (local $at i32)
    (drop (call $now (i32.const 600)))
    ;; In milliseconds, and a little less than the longest term from now: 13 digits.
    (local.set $left (i64.add (i64.div_u (i64.load (i32.const 600)) (i64.const 1000000))
                              (i64.const 2900)))
    (local.set $at (i32.const 1297))
    (loop $digits
      (i32.store8 (local.get $at)
        (i32.add (i32.const 48) (i32.wrap_i64 (i64.rem_u (local.get $left) (i64.const 10)))))
      (local.set $left (i64.div_u (local.get $left) (i64.const 10)))
      (local.set $at (i32.sub (local.get $at) (i32.const 1)))
      (br_if $digits (i64.ne (local.get $left) (i64.const 0))))
    (drop (call $share (i32.const 1024) (i32.const {length})
                       (i32.const 1280) (i32.const 18) (i32.const 0)))
    (i32.const 1)))"#,
        length = key.len()
    )
}

const IMPORTS: &str = r#"
  (import "env" "proxy_define_metric" (func $define (param i32 i32 i32 i32) (result i32)))
  (import "env" "proxy_increment_metric" (func $increment (param i32 i64) (result i32)))
  (import "env" "proxy_set_shared_data"
    (func $share (param i32 i32 i32 i32 i32) (result i32)))
  (import "env" "proxy_set_tick_period_milliseconds" (func $tick_every (param i32) (result i32)))
  (import "env" "proxy_get_current_time_nanoseconds" (func $now (param i32) (result i32)))"#;

const COMMON: &str = r#"
  (memory (export "memory") 4)
  (global $free (mut i32) (i32.const 8192))
  (func (export "proxy_abi_version_0_2_1"))
  (func (export "_initialize"))
  (func (export "proxy_on_memory_allocate") (param $size i32) (result i32)
    (global.get $free)
    (global.set $free (i32.add (global.get $free) (local.get $size))))
  (func (export "proxy_on_context_create") (param i32 i32))
  (func (export "proxy_on_vm_start") (param i32 i32) (result i32) (i32.const 1))"#;

/// A sidecar, and a listener beside it for a module that shares its `vm_id`.
struct Neighbours {
    sidecar: Sidecar,
    file: ListenerFile,
    ours: Value,
}

impl Neighbours {
    async fn start(setup: &Setup) -> Result<Self> {
        let world = World::new()?;
        let turn = quiet::beside_others().await;
        let origin = origin().await?;
        origin.publish(&world::good()?);
        let mut bootstrap = Bootstrap::new(Node::default())?;
        bootstrap.cluster(Cluster::new(CLUSTER, origin.address()).to_envoy());
        let mut file = bootstrap.listener_file()?;
        let inbound = world.inbound(LISTENER).filter(setup.plugin()?.filter());
        let ours = balanced(&inbound.filter(guard()), &bootstrap)?;
        file.write(std::slice::from_ref(&ours))?;
        let envoy = Envoy::start_with(bootstrap, setup.options()).await?;
        let sidecar = Sidecar::new(envoy, world, origin, setup.workers, turn).await?;
        sidecar.enforces(&world::good()?, 0).await?;
        Ok(Self {
            sidecar,
            file,
            ours,
        })
    }

    /// Lets the neighbour move in.
    async fn join(&mut self, module: PathBuf) -> Result<()> {
        let envoy = &self.sidecar.envoy;
        let plugin = Plugin {
            name: "neighbour".into(),
            ..Plugin::new(module, &json!({}))
        };
        let inbound = self.sidecar.world.inbound("neighbour");
        let theirs = inbound.filter(plugin.filter()).listener(envoy.folder());
        let both = [self.ours.clone(), theirs];
        envoy.push_listeners(&mut self.file, &both).await
    }
}

fn compile(folder: &Path, text: &str) -> Result<PathBuf> {
    let file = folder.join("neighbour.wasm");
    fs::write(&file, wat::parse_str(text).context("no module")?)?;
    Ok(file)
}

/// Workers that cannot hear each other each ask for themselves, and enforce the same.
#[tokio::test]
async fn garbage_in_what_is_shared_changes_no_verdict() -> Result<()> {
    let setup = Setup::default();
    let mut pair = Neighbours::start(&setup).await?;
    let text = scribbler(&shared_under(&setup)?);
    let module = compile(pair.sidecar.envoy.folder(), &text)?;
    let traffic = Traffic::start(&pair.sidecar, ALICE_ALONE)?;
    pair.join(module).await?;
    for round in 0..5 {
        let edition = world::lets_in("alice", &format!("round-{round}"))?;
        let before = pair.sidecar.envoy.bundle_state().await?.changes;
        pair.sidecar.origin.publish(&edition);
        let changes = before + pair.sidecar.machines();
        pair.sidecar
            .envoy
            .shows("the change", PATIENCE, |state| state.changes >= changes)
            .await?;
        pair.sidecar.expect(200, 403).await?;
    }
    let scribbled = pair.sidecar.envoy.admin().stat_sum("scribbled").await?;
    ensure!(
        scribbled > 10,
        "the neighbour has not done much: {scribbled}"
    );
    traffic.finish().await?;
    pair.sidecar.is_well().await
}

/// Whoever holds the right to poll and does not, is replaced when its term is over.
#[tokio::test]
async fn a_leader_that_is_dead_is_replaced() -> Result<()> {
    let setup = Setup::default();
    let mut pair = Neighbours::start(&setup).await?;
    let text = dead_leader(&shared_under(&setup)?);
    let module = compile(pair.sidecar.envoy.folder(), &text)?;
    let traffic = Traffic::start(&pair.sidecar, ALICE_ALONE)?;
    pair.join(module).await?;
    let (begun, next) = (Instant::now(), world::next()?);
    let before = pair.sidecar.origin.asked();
    let last = before.last().context("nobody asked")?.at;
    pair.sidecar.take(&next).await?;
    let asked = pair.sidecar.origin.asked();
    let times: Vec<_> = asked.iter().map(|asked| asked.at).collect();
    let gaps = times.windows(2).filter_map(|pair| match pair {
        [first, second] if *second >= last => Some(*second - *first),
        _ => None,
    });
    let longest = gaps.max().context("nobody asked again")?;
    println!(
        "polls paused for {longest:?}; the change took {:?}",
        begun.elapsed()
    );
    ensure!(
        longest >= Duration::from_secs(2),
        "the dead leader was not believed: {longest:?}"
    );
    ensure!(
        longest < Duration::from_secs(10),
        "{longest:?} without polls"
    );
    pair.sidecar.expect(200, 403).await?;
    traffic.finish().await?;
    pair.sidecar.is_well().await
}
