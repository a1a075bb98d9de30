//! Two servers of one mesh that differ for a while: policy never goes back, on any worker.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use heliast_envoy_tests::access_log::MARK;
use heliast_envoy_tests::{Call, Cluster, Protocol, Server, figure};
use serde_json::json;
use tempfile::TempDir;
use tokio::time::{Instant, sleep};

use crate::numbered;
use crate::quiet;
use crate::sidecar::{CLUSTER, LISTENER, PATIENCE, Setup, Sidecar};
use crate::world::{ORIGIN, World, pods};

/// For how long there are changes; `cargo xtask soak` says longer.
const SECONDS: u64 = 120;
/// Between two changes.
const PAUSE: Duration = Duration::from_millis(700);
/// Between two requests of a connection.
const BETWEEN: Duration = Duration::from_millis(10);

/// A server, and the file that its numbers come from.
struct Replica {
    server: Server,
    numbers: TempDir,
    /// The number of the policy that it has.
    number: usize,
}

impl Replica {
    async fn start(number: usize) -> Result<Self> {
        let numbers = TempDir::with_prefix("heliast-numbers-")?;
        let file = numbers.path().join("commits");
        fs::write(&file, number.to_string())?;
        let files = [
            ("pods.yaml", &pods()[..]),
            ("policy.yaml", &[numbered::only(number)]),
        ];
        let file = file.display().to_string();
        let server = Server::start(ORIGIN, &files, &["--sequence-file", &file]).await?;
        Ok(Self {
            server,
            numbers,
            number,
        })
    }

    /// Has the policy of this number from now on: first the number, then the policy, so that what
    /// is old never bears a new number while it is served.
    fn catch_up(&mut self, number: usize) -> Result<()> {
        let partial = self.numbers.path().join("partial");
        fs::write(&partial, number.to_string())?;
        fs::rename(&partial, self.numbers.path().join("commits"))?;
        self.server.put("policy.yaml", &[numbered::only(number)])?;
        self.number = number;
        Ok(())
    }
}

/// What chance there is in the test: SplitMix64.
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_servers_that_differ_bring_nothing_back() -> Result<()> {
    let seconds = std::env::var("HELIAST_SOAK_SECONDS").ok();
    let seconds = seconds.map_or(Ok(SECONDS), |text| text.parse())?;
    let turn = quiet::beside_others().await;
    let mut replicas = [Replica::start(1).await?, Replica::start(1).await?];
    let [first, second] = &replicas;
    let cluster = Cluster::new(CLUSTER, first.server.address()).or(second.server.address());
    let setup = Setup {
        source: json!({"path": "/v1/bundle?wait=2s", "timeout": "4s"}),
        ..Setup::default()
    };
    let world = World::new()?;
    let mut sidecar = setup.start_from(turn, world, &cluster, ()).await?;
    enforces(&sidecar, 1).await?;
    let stop = Arc::new(AtomicBool::new(false));
    let mut connections = Vec::new();
    for _ in 0..2 * sidecar.workers {
        let name = format!("c{}", connections.len());
        connections.push(tokio::spawn(ask(&sidecar, name, Arc::clone(&stop))?));
    }
    let begun = Instant::now();
    let mut chance = Chance(seconds);
    let mut number = 1;
    while begun.elapsed() < Duration::from_secs(seconds) {
        number += 1;
        // One of the two has the change at once; the other has it too, or is behind for longer.
        let ahead = chance.below(2);
        for (place, replica) in (0..).zip(&mut replicas) {
            if place == ahead || chance.below(3) == 0 {
                replica.catch_up(number)?;
            }
        }
        sleep(PAUSE).await;
    }
    for replica in &mut replicas {
        if replica.number < number {
            replica.catch_up(number)?;
        }
    }
    enforces(&sidecar, number).await?;
    stop.store(true, Ordering::SeqCst);
    let mut asked = Vec::new();
    for connection in connections {
        asked.push(connection.await??);
    }
    sleep(Duration::from_millis(300)).await;
    let (seen, returns) = returns(&sidecar, &asked)?;
    let state = sidecar.envoy.bundle_state().await?;
    let refused = state.errors.get("replay").copied().unwrap_or(0);
    let requests: usize = asked.iter().map(|(_, count)| count).sum();
    figure(&format!(
        "{number} changes in {:.0} s over two servers that differ, {requests} requests, {seen} of them seen by the first connection; {refused} older bundles refused, {returns} returns",
        begun.elapsed().as_secs_f64()
    ))?;
    ensure!(returns == 0, "old policy came back {returns} times");
    ensure!(refused > 0, "the servers never differed");
    ensure!(seen * 3 > number, "only {seen} of {number} were enforced");
    for replica in &mut replicas {
        ensure!(replica.server.is_alive()?, "{}", replica.server.log()?);
    }
    sidecar.is_well().await
}

/// Waits until the policy of this number is enforced on every worker.
async fn enforces(sidecar: &Sidecar<()>, number: usize) -> Result<()> {
    let deadline = Instant::now() + PATIENCE;
    let path = numbered::path(number);
    let dial = sidecar.world.alice(sidecar.at)?;
    'again: loop {
        ensure!(Instant::now() < deadline, "{number} is not enforced");
        sleep(Duration::from_millis(50)).await;
        let mut sessions = Vec::new();
        for _ in 0..sidecar.workers {
            sessions.push(dial.session(Protocol::Http1).await?);
        }
        for session in &mut sessions {
            if session.call(&Call::get("server", &path)).await?.status != 200 {
                continue 'again;
            }
        }
        return Ok(());
    }
}

/// One connection, and so one worker, that asks on and on; answers its name and how often it asked.
fn ask(
    sidecar: &Sidecar<()>,
    name: String,
    stop: Arc<AtomicBool>,
) -> Result<impl Future<Output = Result<(String, usize)>> + Send + use<>> {
    let dial = sidecar.world.alice(sidecar.at)?;
    Ok(async move {
        let mut session = dial.session(Protocol::Http1).await?;
        let mut count = 0;
        while !stop.load(Ordering::SeqCst) {
            let mark = format!("{name}-{count}");
            let call = Call::get("server", "/always").header(MARK, mark.as_str());
            let answer = session.call(&call).await?;
            ensure!(answer.status == 200, "{} for {mark}", answer.status);
            count += 1;
            sleep(BETWEEN).await;
        }
        Ok((name, count))
    })
}

/// How many numbers the first connection saw, and how often a number fell on any connection.
fn returns(sidecar: &Sidecar<()>, asked: &[(String, usize)]) -> Result<(usize, usize)> {
    let records = sidecar.envoy.access_log(LISTENER).records()?;
    let mut seen = 0;
    let mut returns = 0;
    for (position, (name, count)) in asked.iter().enumerate() {
        let mut decided = vec![0; *count];
        for record in &records {
            let place = record.text("mark").and_then(|mark| mark.strip_prefix(name));
            let place = place.and_then(|rest| rest.strip_prefix('-')?.parse::<usize>().ok());
            let Some(slot) = place.and_then(|place| decided.get_mut(place)) else {
                continue;
            };
            let rule = record.rule().context("a record without a rule")?;
            *slot = numbered::of_rule(rule).with_context(|| rule.to_owned())?;
        }
        ensure!(!decided.contains(&0), "a request of {name} has no record");
        returns += decided
            .iter()
            .zip(decided.iter().skip(1))
            .filter(|(before, after)| after < before)
            .count();
        if position == 0 {
            decided.dedup();
            seen = decided.len();
        }
    }
    Ok((seen, returns))
}
