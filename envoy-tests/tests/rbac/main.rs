//! AuthorizationPolicy against Envoy's own RBAC: policies at random, translated a second time by
//! [`emitter`], asked by the same requests in the same real Envoy as the filter under test.
//!
//! `HELIAST_PROPTEST_CASES` sets how many requests are compared, and `HELIAST_PROPTEST_SEED` where
//! chance begins; without them both are fixed. The full number:
//!
//! `HELIAST_PROPTEST_CASES=10000 cargo test -p heliast-envoy-tests --test rbac`
//!
//! A second comparison is with what Istio's own code makes of the policies: see [`istio`].

mod apart;
#[path = "../mesh/claims.rs"]
mod claims;
mod doubt;
mod emitter;
mod explain;
mod fleet;
mod generator;
mod istio;
mod peer;
mod policy;
mod question;
mod random;
#[path = "../paths/readings.rs"]
#[expect(
    dead_code,
    reason = "only the readings, not what the tests of paths ask of them"
)]
mod readings;
mod reason;
mod reduce;
mod request;
mod site;
mod subject;
mod tally;
#[path = "../hostile/tweak.rs"]
#[expect(
    dead_code,
    reason = "all listeners of this test have an ordinary address"
)]
mod tweak;
mod verdict;

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Result, bail, ensure};
use heliast_envoy_tests::figure;
use tokio::task::JoinSet;

use fleet::{Fleet, Listeners};
use generator::Scene;
use peer::Certificates;
use tally::Tally;
use verdict::Verdict;

/// Requests compared where nobody says how many.
const CASES: usize = 1_000;
/// Requests for one set of policies.
const REQUESTS: usize = 20;
/// Sets of policies in one Envoy.
const BATCH: usize = 100;
/// Differences that are reduced and shown; the others are counted.
const SHOWN: usize = 3;

/// A number that the environment gives, or the usual one.
fn number(name: &str, usual: usize) -> Result<usize> {
    match std::env::var(name) {
        Ok(text) => Ok(text.parse()?),
        Err(_) => Ok(usual),
    }
}

/// Where chance begins.
fn seed() -> Result<u64> {
    Ok(u64::try_from(number("HELIAST_PROPTEST_SEED", 2026)?)?)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_filter_decides_as_native_rbac_does() -> Result<()> {
    let seed = seed()?;
    let cases = number("HELIAST_PROPTEST_CASES", CASES)?;
    let begun = Instant::now();
    let certificates = Arc::new(Certificates::new()?);
    let mut tally = Tally::default();
    let mut next = 0;
    while tally.cases() < cases {
        let missing = (cases - tally.cases()).div_ceil(REQUESTS);
        let end = next + missing.min(BATCH);
        let scenes = (next..end).map(|number| Scene::new(seed, number, REQUESTS));
        compare(scenes.collect(), &certificates, &mut tally).await?;
        next = end;
    }
    figure(&format!(
        "AuthorizationPolicy and native RBAC, seed {seed}, {next} sets of policies, {:.0} s: {tally}",
        begun.elapsed().as_secs_f64()
    ))?;
    many_sided(&tally)?;
    explained(&tally, &certificates).await
}

/// Else the comparison would be one of little.
fn many_sided(tally: &Tally) -> Result<()> {
    let least = tally.cases() / 5;
    ensure!(
        tally.allowed > least && tally.denied > least,
        "one-sided: {tally}"
    );
    Ok(())
}

/// Puts every request of these scenes to both, a few scenes at a time.
async fn compare(
    scenes: Vec<Scene>,
    certificates: &Arc<Certificates>,
    tally: &mut Tally,
) -> Result<()> {
    let fleet = Arc::new(Fleet::start(&scenes, Listeners::Both, Arc::clone(certificates)).await?);
    let mut scenes = scenes.into_iter();
    let mut asking = JoinSet::new();
    loop {
        while asking.len() < 4
            && let Some(scene) = scenes.next()
        {
            asking.spawn(ask(scene, Arc::clone(&fleet)));
        }
        let Some(asked) = asking.join_next().await else {
            break;
        };
        let (scene, verdicts) = asked??;
        for (request, verdict) in scene.requests.iter().zip(verdicts) {
            tally.count(&scene, request, verdict);
        }
    }
    fleet.is_well().await?;
    tally.look_again(certificates).await
}

async fn ask(scene: Scene, fleet: Arc<Fleet>) -> Result<(Scene, Vec<Verdict>)> {
    let mut verdicts = Vec::new();
    for request in &scene.requests {
        verdicts.push(verdict::judge(&fleet, &scene, request).await?);
    }
    Ok((scene, verdicts))
}

/// Fails with the smallest scenes that show what is not explained.
async fn explained(tally: &Tally, certificates: &Arc<Certificates>) -> Result<()> {
    if tally.unexplained.is_empty() {
        return Ok(());
    }
    let mut text = String::new();
    // What gets past the filter comes first.
    let mut of_scenes = tally.unexplained.clone();
    of_scenes.sort_by_key(|(_, verdict)| !verdict.is_unsafe());
    of_scenes.dedup_by_key(|(scene, _)| scene.number);
    for (scene, verdict) in of_scenes.iter().take(SHOWN) {
        // What another has translated would have to be translated again with every step.
        let scene = match &scene.translated {
            Some(_) => scene.clone(),
            None => reduce::reduce(scene, certificates).await?,
        };
        writeln!(text, "\nscene {}: {verdict:?}", scene.number)?;
        writeln!(text, "{:?}", scene.settings)?;
        if let Some(filters) = &scene.translated {
            writeln!(text, "{}", serde_json::to_string(filters)?)?;
        }
        for document in &scene.documents {
            write!(text, "---\n{}", yaml_serde::to_string(document)?)?;
        }
        for request in &scene.requests {
            write!(text, "---\n{request}")?;
        }
    }
    bail!(
        "{} differences are not explained; the first of them:\n{text}",
        tally.unexplained.len()
    )
}
