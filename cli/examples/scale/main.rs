//! What `heliast serve` costs in a large mesh: `cargo xtask scale` builds and runs it, docs/scale.md
//! has its output. It measures and prints; it asserts only that what came is what was asked for.

#[allow(
    clippy::too_many_lines,
    reason = "a list of objects is no less clear for being long"
)]
#[path = "../../../tests/mesh/mesh.rs"]
mod mesh;
mod process;
mod sidecar;

use self::mesh::Mesh;
use self::process::Process;
use self::sidecar::{Arrival, Sidecar};
use anyhow::{Context, Result, bail, ensure};
use flate2::Compression;
use flate2::write::GzEncoder;
use rustix::process::{Resource, getrlimit, setrlimit};
use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};
use tokio::sync::mpsc;
use tokio::time::timeout;

/// A hundred pods and ten policies in each namespace.
const LARGE: Mesh = Mesh {
    namespaces: 1000,
    pods: 100,
};
/// How many sidecars follow at once, one in each namespace.
const SIDECARS: u32 = 1000;
/// How often a pod changes.
const ROUNDS: u32 = 20;
/// A namespace whose pods may call a service of every other (see the mesh's policy `edge`), and
/// such a pod.
const EDGE: (u32, u32) = (7, 3);
/// How long any step may take.
const PATIENCE: Duration = Duration::from_secs(300);

#[tokio::main]
async fn main() -> Result<()> {
    let Some(program) = std::env::args().nth(1) else {
        bail!("usage: scale <heliast>");
    };
    raise_descriptors()?;
    let mesh = LARGE;
    let folder = tempfile::tempdir()?;
    let files = write(mesh, folder.path())?;
    let policies = mesh.namespaces * 10;
    println!(
        "mesh              {} pods, {policies} policies and more in {} namespaces, {} files",
        mesh.pods * mesh.namespaces,
        mesh.namespaces,
        files
    );
    let process = Process::start(&program, folder.path()).await?;
    println!("ready after       {:.1?}", process.ready_after);
    println!("memory            {} MiB", process.memory()?);
    whole(&process).await?;
    pruned(&process).await?;

    let path = |namespace: u32| {
        let name = Mesh::namespace_name(namespace);
        format!("/v1/bundle/{name}/{}", Mesh::pod_name(0))
    };
    let (sender, mut arrivals) = mpsc::unbounded_channel();
    let begin = Instant::now();
    for number in 0..SIDECARS {
        let sidecar = Sidecar::new(process.address, number, path(number), None);
        tokio::spawn(sidecar.follow(sender.clone()));
    }
    gather(&mut arrivals, "first bundles").await?;
    println!(
        "first bundles     {SIDECARS} sidecars have theirs after {:.2?}",
        begin.elapsed()
    );
    println!(
        "memory            {} MiB with their pruned bundles",
        process.memory()?
    );
    push(mesh, folder.path(), &mut arrivals, "pruned").await?;
    println!("memory            {} MiB", process.memory()?);
    // The pruned ones still wait while the others come.
    let tag = process.get("/v1/bundle", &[]).await?.tag;
    let (sender, mut arrivals) = mpsc::unbounded_channel();
    for number in 0..SIDECARS {
        let path = "/v1/bundle".to_owned();
        let sidecar = Sidecar::new(process.address, SIDECARS + number, path, Some(tag.clone()));
        tokio::spawn(sidecar.follow(sender.clone()));
    }
    process.wait_for_polls(2 * SIDECARS).await?;
    push(mesh, folder.path(), &mut arrivals, "whole").await?;
    println!("memory            {} MiB at the end", process.memory()?);
    Ok(())
}

/// Writes a file for each namespace, and one for what belongs to none.
fn write(mesh: Mesh, folder: &Path) -> Result<usize> {
    let mut files: BTreeMap<String, String> = BTreeMap::new();
    for object in mesh.objects() {
        let key = &object.key;
        let of_namespace = (key.kind == "Namespace").then_some(&key.name);
        let name = key.namespace.as_ref().or(of_namespace);
        let file = files.entry(name.cloned().unwrap_or_else(|| "global".to_owned()));
        let text = file.or_default();
        text.push_str("---\n");
        text.push_str(&object.text);
        text.push('\n');
    }
    for (name, text) in &files {
        fs::write(folder.join(format!("{name}.yaml")), text)?;
    }
    Ok(files.len())
}

async fn whole(process: &Process) -> Result<()> {
    let plain = process.get("/v1/bundle", &[]).await?;
    let begin = Instant::now();
    let zipped = process
        .get("/v1/bundle", &[("accept-encoding", "gzip")])
        .await?;
    println!(
        "whole bundle      {:.1} MiB, gzip {:.1} MiB made and sent in {:.2?}",
        mebibytes(plain.bytes.len()),
        mebibytes(zipped.bytes.len()),
        begin.elapsed()
    );
    Ok(())
}

/// Sizes of pruned bundles, and how long one takes that nobody asked for before.
async fn pruned(process: &Process) -> Result<()> {
    let mut sizes = Vec::new();
    let mut times = Vec::new();
    for number in 0..40 {
        let (namespace, pod) = (number * 25 + 3, number % 4);
        let name = Mesh::namespace_name(namespace);
        let path = format!("/v1/bundle/{name}/{}", Mesh::pod_name(pod));
        let begin = Instant::now();
        let answer = process.get(&path, &[]).await?;
        times.push(begin.elapsed());
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(&answer.bytes)?;
        sizes.push((answer.bytes.len(), encoder.finish()?.len()));
    }
    sizes.sort_unstable();
    times.sort_unstable();
    let (plain, zipped) = rank(&sizes, 50);
    let (largest, _) = rank(&sizes, 100);
    println!(
        "pruned bundle     {:.1} KiB, gzip {:.1} KiB (median of {}); {:.1} KiB the largest",
        kibibytes(plain),
        kibibytes(zipped),
        sizes.len(),
        kibibytes(largest)
    );
    println!(
        "pruning for a pod {:.2?} median, {:.2?} the slowest",
        rank(&times, 50),
        rank(&times, 100)
    );
    Ok(())
}

/// Changes one pod that everybody's policy asks about, again and again.
async fn push(
    mesh: Mesh,
    folder: &Path,
    arrivals: &mut mpsc::UnboundedReceiver<Arrival>,
    what: &str,
) -> Result<()> {
    let (namespace, pod) = EDGE;
    let name = Mesh::namespace_name(namespace);
    let path = folder.join(format!("{name}.yaml"));
    let mut text = fs::read_to_string(&path)?;
    let mut old = mesh.pod(namespace, pod, None).context("no such pod")?;
    if !text.contains(&*old.text) {
        // Another push has left it elsewhere.
        let last = address(ROUNDS - 1);
        old = mesh
            .pod(namespace, pod, Some(&last))
            .context("no such pod")?;
    }
    let mut times = Vec::new();
    let mut firsts = Vec::new();
    let mut lasts = Vec::new();
    let mut bytes = Vec::new();
    for round in 0..ROUNDS {
        let new = if round == 0 && what == "whole" {
            mesh.pod(namespace, pod, None)
        } else {
            mesh.pod(namespace, pod, Some(&address(round)))
        };
        let new = new.context("no such pod")?;
        ensure!(text.contains(&*old.text), "the pod is not in its file");
        text = text.replace(&*old.text, &new.text);
        old = new;
        let beside = folder.join(".beside");
        fs::write(&beside, &text)?;
        let begin = Instant::now();
        fs::rename(&beside, &path)?;
        let mut round: Vec<Duration> = Vec::new();
        for arrival in gather(arrivals, what).await? {
            ensure!(arrival.is_delta, "a whole bundle came instead of a delta");
            round.push(arrival.at.duration_since(begin));
            bytes.push(arrival.bytes);
        }
        round.sort_unstable();
        firsts.push(rank(&round, 0));
        lasts.push(rank(&round, 100));
        times.extend(round);
    }
    for list in [&mut times, &mut firsts, &mut lasts] {
        list.sort_unstable();
    }
    bytes.sort_unstable();
    println!(
        "push, {what:<11} one pod to {SIDECARS} sidecars, {ROUNDS} times, from the write of the file: \
         median {:.0?}, p99 {:.0?}, last {:.0?}; first sidecar {:.0?} (median)",
        rank(&times, 50),
        rank(&times, 99),
        rank(&lasts, 100),
        rank(&firsts, 50),
    );
    println!(
        "received, {what:<7} {} bytes each (median), {} at most",
        rank(&bytes, 50),
        rank(&bytes, 100)
    );
    Ok(())
}

fn address(round: u32) -> String {
    format!("10.200.0.{}", round + 1)
}

/// One arrival at each sidecar.
async fn gather(
    arrivals: &mut mpsc::UnboundedReceiver<Arrival>,
    what: &str,
) -> Result<Vec<Arrival>> {
    let mut all = Vec::new();
    for _ in 0..SIDECARS {
        let arrival = timeout(PATIENCE, arrivals.recv()).await;
        let arrival = arrival.with_context(|| format!("{what}: {} came in time", all.len()))?;
        all.push(arrival.context("no sidecar is left")?);
    }
    Ok(all)
}

/// The value that so many in a hundred are not above; of a sorted list.
fn rank<T: Copy + Default>(sorted: &[T], percent: usize) -> T {
    let last = sorted.len().saturating_sub(1);
    sorted
        .get(last * percent / 100)
        .copied()
        .unwrap_or_default()
}

/// Twice as many connections as sidecars must be open at both ends.
fn raise_descriptors() -> Result<()> {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    setrlimit(Resource::Nofile, limit).context("cannot raise the limit of open files")
}

fn kibibytes(bytes: usize) -> f64 {
    f64::from(u32::try_from(bytes).unwrap_or(u32::MAX)) / 1024.0
}

fn mebibytes(bytes: usize) -> f64 {
    kibibytes(bytes) / 1024.0
}
