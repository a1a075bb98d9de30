//! Tricks with paths, sent byte by byte: what some upstream could read as `/admin` never passes for
//! `/public`, and never slips past a Deny.

mod readings;
mod tricks;
#[path = "../mesh/world.rs"]
mod world;

use std::collections::BTreeSet;

use anyhow::{Context, Result, ensure};
use heliast_envoy_tests::access_log::MARK;
use heliast_envoy_tests::{Dial, Envoy, guard};
use serde_json::{Value, json};

use readings::{may_be_under, may_lead_under};
use tricks::{HARMLESS, TRICKS};
use world::{ALICE, MALLORY, World};

fn rules() -> [(&'static str, Value); 4] {
    let paths = |action: &str, path: Value| json!({"action": action, "http": {"paths": [path]}});
    [
        (
            "allow-prefix",
            json!([paths("Allow", json!({"prefix": "/public"}))]),
        ),
        (
            "allow-exact",
            json!([paths("Allow", json!({"exact": "/public"}))]),
        ),
        (
            "deny-prefix",
            json!([paths("Deny", json!({"prefix": "/admin"})), {"action": "Allow"}]),
        ),
        (
            "deny-exact",
            json!([paths("Deny", json!({"exact": "/admin"})), {"action": "Allow"}]),
        ),
    ]
}

async fn start(world: &World) -> Result<Envoy> {
    let mut bootstrap = world::bootstrap()?;
    for (name, rules) in rules() {
        let plugin = world::plugin(&rules)?;
        bootstrap.inbound(&world.inbound(name).filter(plugin.filter()).filter(guard()));
    }
    Envoy::start(bootstrap).await
}

/// The status of a raw path; 0 where Envoy closed the connection without one.
async fn status(dial: &Dial, path: &[u8]) -> u16 {
    let mark = format!(" HTTP/1.1\r\nhost: server\r\n{MARK}: 1\r\n\r\n");
    let bytes = [b"GET ", path, mark.as_bytes()].concat();
    dial.raw(&bytes).await.map_or(0, |answer| answer.status)
}

/// Each trick as it is, with a query, with a fragment, and with a harmless tail.
fn variants(trick: &[u8]) -> Vec<Vec<u8>> {
    let tails: [&[u8]; 4] = [b"", b"?a=/public", b"/", b"/x;y=z"];
    tails.iter().map(|tail| [trick, tail].concat()).collect()
}

#[tokio::test]
async fn what_may_be_the_admins_passes_neither_as_public_nor_past_a_deny() -> Result<()> {
    let world = World::new()?;
    let envoy = start(&world).await?;
    let mut statuses = BTreeSet::new();
    let mut slipped = Vec::new();
    for (name, _) in rules() {
        let at = envoy.admin().listener(name).await?;
        let dials = [
            Dial::new(at).from(ALICE),
            world.mutual(at, ALICE, &world.alice)?,
            world.mutual(at, MALLORY, &world.mallory)?,
        ];
        for (index, trick) in TRICKS.iter().enumerate() {
            for path in variants(trick) {
                let dangerous = match name {
                    // Below an exactly denied path is another path.
                    "deny-exact" => readings::may_be(&path, "/admin"),
                    "deny-prefix" => may_be_under(&path, "/admin"),
                    // An Allow means Calico's reading, in which dots are resolved (C66).
                    _ => may_lead_under(&path, "/admin"),
                };
                let dial = dials.get(index % dials.len()).context("no dial")?;
                let got = status(dial, &path).await;
                statuses.insert(got);
                if got == 200 && dangerous {
                    slipped.push(format!("{name}: {}", path.escape_ascii()));
                }
                ensure!(
                    matches!(got, 0 | 200 | 400 | 403 | 404),
                    "{name}: {} got {got}",
                    path.escape_ascii()
                );
            }
        }
    }
    ensure!(
        slipped.is_empty(),
        "passed, and may be read as /admin:\n{}",
        slipped.join("\n")
    );
    ensure!(
        statuses.contains(&403),
        "nothing got as far as the filter: {statuses:?}"
    );
    Ok(())
}

/// Else the test above would be passed by a filter that refuses everything.
#[tokio::test]
async fn harmless_spellings_of_the_public_path_pass() -> Result<()> {
    let world = World::new()?;
    let envoy = start(&world).await?;
    for name in ["allow-prefix", "deny-prefix", "deny-exact"] {
        let dial = Dial::new(envoy.admin().listener(name).await?).from(ALICE);
        for path in HARMLESS {
            ensure!(!may_be_under(path, "/admin"), "{}", path.escape_ascii());
            let got = status(&dial, path).await;
            ensure!(got == 200, "{name}: {} got {got}", path.escape_ascii());
        }
    }
    Ok(())
}

/// The readings are what the first test believes; a few of them are spelled out here.
#[test]
fn readings_are_those_of_upstreams_we_know() {
    for path in [
        b"/admin".as_slice(),
        b"//admin",
        b"/public/../admin",
        b"/public/..;/admin",
        b"/public%2f..%2fadmin",
        b"/public%252f..%252fadmin",
        b"/public/..%5cadmin",
        b"/%61dmin",
        b"/admin;x=1",
        b"/admin#x",
        b"/admin?x",
        b"/admin/../public",
        b"/a/b/../../admin/x",
    ] {
        assert!(may_be_under(path, "/admin"), "{}", path.escape_ascii());
    }
    for path in [
        b"/public".as_slice(),
        b"/administrator",
        b"/public?x=/admin",
        b"/public/admin",
    ] {
        assert!(!may_be_under(path, "/admin"), "{}", path.escape_ascii());
    }
}
