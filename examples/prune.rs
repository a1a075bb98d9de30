//! Prints what pruning costs of the processor, and what it saves, in a large mesh:
//! `cargo run --release --example prune`.

#[path = "../tests/mesh/mesh.rs"]
mod mesh;

use heliast::bundle::{Audience, Object, Statement, write_bundle, write_delta};
use heliast::problem::Problems;
use heliast::prune::{Change, Effect, Fleet, View};
use mesh::Mesh;
use std::error::Error;
use std::time::{Duration, Instant};

const VIEWS: u32 = 1000;

fn main() -> Result<(), Box<dyn Error>> {
    let mesh = Mesh {
        namespaces: 1000,
        pods: 100,
    };
    let objects: Vec<Object> = mesh.objects().collect();
    let bytes: usize = objects.iter().map(|object| object.text.len()).sum();
    println!("whole: {} objects, {bytes} bytes", objects.len());
    println!("memory before: {}", memory());
    let (mut fleet, took) = timed(|| Fleet::load(objects));
    println!("load: {took:?}, memory after: {}", memory());
    let refused = |problems: &mut Problems| problems.list.first().map(ToString::to_string);
    let fleet = fleet
        .as_mut()
        .map_err(|problems| refused(problems).unwrap_or_default())?;
    let audiences: Vec<Audience> = (0..VIEWS).map(|number| audience(mesh, number)).collect();
    let (view, took) = timed(|| audiences.first().and_then(|first| fleet.view(first)));
    println!("first view: {took:?}, {}", view.is_some());
    let make = || audiences.iter().filter_map(|one| fleet.view(one)).collect();
    let (mut views, took): (Vec<View>, _) = timed(make);
    println!(
        "{} views: {took:?}, memory after: {}",
        views.len(),
        memory()
    );
    let mut sizes: Vec<usize> = views.iter().map(size).collect();
    sizes.sort_unstable();
    let counts = views.iter().map(|view| view.store().len()).max();
    let median = sizes.get(sizes.len() / 2);
    println!(
        "pruned: {median:?} bytes (median), {:?} (largest), {counts:?} objects",
        sizes.last()
    );
    let warnings = timed(|| fleet.warnings().list.len());
    println!("warnings: {} in {:?}", warnings.0, warnings.1);
    changes(mesh, fleet, &mut views)
}

fn audience(mesh: Mesh, number: u32) -> Audience {
    let pod = number / 7 % mesh.pods;
    Audience {
        namespace: Mesh::namespace_name(number % mesh.namespaces),
        pod: Mesh::pod_name(pod),
        by_principal: false,
    }
}

fn changes(mesh: Mesh, fleet: &mut Fleet, views: &mut [View]) -> Result<(), Box<dyn Error>> {
    // The namespace of the edge is asked for by a policy of every namespace.
    for (what, namespace, pod, address) in [
        (
            "a pod moves, one namespace sees it",
            3,
            1,
            Some("10.200.0.1"),
        ),
        (
            "a pod moves, every namespace sees it",
            107,
            3,
            Some("10.200.0.2"),
        ),
        ("a pod loses its address", 107, 7, Some("")),
        ("a pod gets an address", 107, 7, Some("10.200.0.3")),
    ] {
        let pod = mesh.pod(namespace, pod, address).ok_or("no pod")?;
        let (effect, took) = timed(|| fleet.apply(vec![pod], Vec::new()));
        let effect = effect.map_err(|problems| problems.to_string())?;
        println!("{what}: apply {took:?}");
        follow(fleet, &effect, views);
    }
    let policy = fleet
        .store()
        .objects()
        .find(|object| object.key.name == "security.vpn");
    let policy = policy.ok_or("no policy")?;
    let mut value: serde_json::Value = serde_json::from_str(&policy.text)?;
    if let Some(order) = value.pointer_mut("/spec/order") {
        *order = serde_json::json!(3);
    }
    let policy = Object::new(value)?;
    let (effect, took) = timed(|| fleet.apply(vec![policy], Vec::new()));
    println!("a policy of all workloads: apply {took:?}");
    follow(
        fleet,
        &effect.map_err(|problems| problems.to_string())?,
        views,
    );
    Ok(())
}

fn follow(fleet: &Fleet, effect: &Effect, views: &mut [View]) {
    let (mut touched, mut largest) = (0_u32, 0);
    let mut changes = Vec::new();
    let ((), all) = timed(|| {
        for view in views.iter_mut() {
            changes.push(view.follow(fleet, effect));
        }
    });
    for (view, change) in views.iter().zip(changes) {
        if let Ok(Some(change)) = change {
            touched = touched.saturating_add(1);
            largest = largest.max(delta(view, &change));
        }
    }
    println!(
        "  {} views: {all:?}, {touched} changed, largest delta {largest} bytes",
        views.len()
    );
}

fn statement(view: &View) -> Statement {
    Statement {
        revision: view.revision(),
        sequence: Some(1_782_864_000_000),
        audience: Some(view.audience().clone()),
    }
}

fn size(view: &View) -> usize {
    write_bundle(&statement(view), &[], view.store().objects()).len()
}

fn delta(view: &View, change: &Change) -> usize {
    let (upsert, remove) = (change.upsert.iter(), change.remove.iter());
    write_delta(change.from, &statement(view), &[], upsert, remove).len()
}

/// What was done, and what it took of the processor; of the clock, where the system does not tell.
fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let (start, clock) = (processor(), Instant::now());
    let done = work();
    let took = processor()
        .zip(start)
        .map(|(end, start)| end.saturating_sub(start));
    (done, took.unwrap_or_else(|| clock.elapsed()))
}

/// The time that this thread has had of a processor.
fn processor() -> Option<Duration> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    let nanoseconds = text.split_whitespace().next()?.parse().ok()?;
    Some(Duration::from_nanos(nanoseconds))
}

/// The memory of this process, where the system tells.
fn memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS"));
    line.unwrap_or("unknown").to_owned()
}
