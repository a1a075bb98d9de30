//! AuthorizationPolicy against Envoy's own RBAC: policies at random, translated a second time by
//! [`emitter`], asked by the same requests in the same real Envoy as the filter under test.
//!
//! `HELIAST_PROPTEST_CASES` sets how many requests are compared, and `HELIAST_PROPTEST_SEED` where
//! chance begins; without them both are fixed. The full number:
//!
//! `HELIAST_PROPTEST_CASES=10000 cargo test -p heliast-envoy-tests --test rbac`

mod emitter;
mod fleet;
mod generator;
mod peer;
mod policy;
mod protobuf;
mod random;
mod request;
mod site;
mod subject;
#[path = "../hostile/tweak.rs"]
mod tweak;

use anyhow::Result;
use std::collections::BTreeMap;
use std::time::Instant;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn native_only() -> Result<()> {
    let certificates = peer::Certificates::new()?;
    let n: usize = std::env::var("SETS").map_or(20, |n| n.parse().unwrap());
    let scenes: Vec<_> = (0..n)
        .map(|number| generator::Scene::new(2026, number, 20))
        .collect();
    let t = Instant::now();
    let fleet = fleet::Fleet::start(&scenes, &certificates).await?;
    println!("start {:?} {:?}", t.elapsed(), fleet.start_time());
    let mut count: BTreeMap<u16, usize> = BTreeMap::new();
    let t = Instant::now();
    for scene in &scenes {
        for request in &scene.requests {
            let status = fleet.ask_native(scene.number, request).await?;
            *count.entry(status).or_default() += 1;
            if !matches!(status, 200 | 403) {
                println!("{status}\n{request}");
            }
        }
    }
    println!("{count:?} {:?}", t.elapsed());
    Ok(())
}
