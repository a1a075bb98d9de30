//! The origin does as it is told: else a test of a fault would be a test of nothing.

use std::io::Read;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result};
use flate2::read::GzDecoder;
use heliast::bundle::{Body, Document, Order, Statement};
use heliast::pace::{Pace, at_once};
use heliast_envoy_tests::{Answer, Call, Dial, Edition, Origin, Protocol, Reply, Response, Signer};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::world::SERVER;

const DELTA: &str = "application/vnd.heliast.delta+json, application/json";
const SOON: Duration = Duration::from_secs(5);

async fn start() -> Result<Origin> {
    Origin::start(SocketAddr::new(SERVER, 0)).await
}

fn pod(name: &str, address: &str) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": "shop", "labels": {"note": "x".repeat(2000)}},
        "status": {"podIP": address},
    })
}

/// Two that differ in one object of two.
fn editions() -> Result<[Edition; 2]> {
    let kept = pod("kept", "10.0.0.1");
    Ok([
        Edition::new(&[kept.clone(), pod("moved", "10.0.0.2")])?,
        Edition::new(&[kept, pod("moved", "10.0.0.3")])?,
    ])
}

fn call(path: &str, known: Option<&Edition>) -> Call {
    let call = Call::get("bundles.test", path).header("accept", DELTA);
    match known {
        Some(known) => call.header("if-none-match", format!("\"{}\"", known.revision())),
        None => call,
    }
}

async fn ask(origin: &Origin, call: &Call) -> Result<Answer> {
    Dial::new(origin.address())
        .call(Protocol::Http1, call)
        .await
}

fn open(answer: &Answer) -> Result<Document> {
    let opened = at_once(Document::open(&answer.body, &Pace::unbounded()));
    opened.map_err(anyhow::Error::msg)
}

#[tokio::test]
async fn it_serves_as_the_contract_says_and_remembers_what_it_was_asked() -> Result<()> {
    let origin = start().await?;
    assert_eq!(ask(&origin, &call("/v1/bundle", None)).await?.status, 404);
    let [old, new] = editions()?;
    origin.publish(&old);
    let whole = ask(&origin, &call("/v1/bundle", None)).await?;
    assert_eq!(whole.status, 200);
    assert_eq!(open(&whole)?.statement.revision, old.revision());
    let etag = format!("\"{}\"", old.revision());
    assert_eq!(whole.header("etag"), Some(etag.as_bytes()));
    let same = ask(&origin, &call("/v1/bundle", Some(&old))).await?;
    assert_eq!((same.status, same.body.len()), (304, 0));

    origin.publish(&new);
    let delta = ask(&origin, &call("/v1/bundle", Some(&old))).await?;
    let kind = delta.header("content-type");
    assert_eq!(kind, Some(&b"application/vnd.heliast.delta+json"[..]));
    let document = open(&delta)?;
    let Body::Delta { from, upsert, .. } = document.body else {
        anyhow::bail!("no delta");
    };
    assert_eq!((from, upsert.len()), (old.revision(), 1));
    assert_eq!(document.statement.revision, new.revision());

    let last = origin.asked().pop().context("nothing was remembered")?;
    assert_eq!(
        (last.method.as_str(), last.path.as_str()),
        ("GET", "/v1/bundle")
    );
    assert_eq!(last.header("host"), Some("bundles.test"));
    assert_eq!(last.header("if-none-match"), Some(etag.as_str()));
    assert_eq!(origin.count(), 4);
    Ok(())
}

#[tokio::test]
async fn a_long_poll_ends_with_news_or_with_its_time() -> Result<()> {
    let origin = start().await?;
    let [old, new] = editions()?;
    origin.publish(&old);
    let begun = Instant::now();
    let nothing = call("/v1/bundle?wait=300ms", Some(&old));
    assert_eq!(ask(&origin, &nothing).await?.status, 304);
    assert!(begun.elapsed() >= Duration::from_millis(300));

    let waiting = call("/v1/bundle?wait=30s", Some(&old));
    let (answer, published) = tokio::join!(ask(&origin, &waiting), async {
        origin.more(1, SOON).await?;
        origin.publish(&new);
        anyhow::Ok(Instant::now())
    });
    assert_eq!(open(&answer?)?.statement.revision, new.revision());
    assert!(published?.elapsed() < SOON);
    // Without a revision there is nothing to wait for.
    let whole = ask(&origin, &call("/v1/bundle?wait=30s", None)).await?;
    assert_eq!(whole.status, 200);
    Ok(())
}

#[tokio::test]
async fn what_it_signs_is_signed_and_what_it_unpacks_to_is_the_same() -> Result<()> {
    let origin = start().await?;
    let (ours, other) = (Signer::new(1)?, Signer::new(2)?);
    let [edition, _] = editions()?;
    let edition = edition.sequence(7).only_for("shop", "kept", false);
    origin.publish(&edition.clone().signed(&ours));
    let zipped = call("/v1/bundle", None).header("accept-encoding", "gzip");
    let answer = ask(&origin, &zipped).await?;
    assert_eq!(answer.header("content-encoding"), Some(&b"gzip"[..]));
    let mut text = String::new();
    GzDecoder::new(answer.body.as_slice()).read_to_string(&mut text)?;
    assert_eq!(text, edition.signed(&ours).text());

    let plain = ask(&origin, &call("/v1/bundle", None)).await?;
    let document = open(&plain)?;
    let statement: &Statement = &document.statement;
    assert_eq!(statement.order, Some(Order::of_number(7)));
    let signature = document.signatures.first().context("not signed")?;
    for (signer, expected) in [(&ours, true), (&other, false)] {
        let key = heliast::bundle::PublicKey::parse(&signer.public_key());
        let key = key.map_err(anyhow::Error::msg)?;
        assert_eq!(key.has_signed(statement, signature), expected);
    }
    Ok(())
}

#[tokio::test]
async fn each_way_to_go_wrong_goes_wrong_on_the_wire() -> Result<()> {
    let origin = start().await?;
    let response = Response::json("0123456789".repeat(10));
    let broken = [
        ("half", response.half()),
        ("too long", response.claiming(200)),
        ("nothing", Reply::nothing()),
        ("reset", Reply::reset()),
        ("closed", Reply::close()),
        ("no HTTP", Reply::bytes("SSH-2.0-no\r\n\r\n")),
        ("endless", response.endless()),
        ("slow", response.drip(SOON)),
    ];
    let dial = Dial::new(origin.address()).patience(Duration::from_millis(300));
    for (what, reply) in broken {
        origin.answer(reply);
        let answer = dial.call(Protocol::Http1, &call("/", None)).await;
        assert!(answer.is_err(), "{what}: {answer:?}");
    }
    for (reply, status, length) in [
        (Reply::status(503), 503, 34),
        (Reply::not_modified(), 304, 0),
        (Reply::no_content(), 204, 0),
        (Reply::redirect("http://elsewhere.test/"), 302, 0),
        (response.claiming(20), 200, 20),
        (response.drip(Duration::from_millis(1)), 200, 100),
        (Reply::status(500).after(Duration::from_millis(50)), 500, 34),
    ] {
        origin.answer(reply);
        let answer = dial.call(Protocol::Http1, &call("/", None)).await?;
        assert_eq!((answer.status, answer.body.len()), (status, length));
    }
    Ok(())
}

#[tokio::test]
async fn it_leaves_and_comes_back_and_does_a_thing_once() -> Result<()> {
    let origin = start().await?;
    let [edition, _] = editions()?;
    origin.publish(&edition);
    origin.answer_once(Reply::status(500));
    for expected in [500, 200] {
        assert_eq!(ask(&origin, &call("/", None)).await?.status, expected);
    }
    origin.stop().await;
    assert!(ask(&origin, &call("/", None)).await.is_err());
    origin.restart().await?;
    assert_eq!(ask(&origin, &call("/", None)).await?.status, 200);
    origin.answer(Reply::hold());
    let (answer, ()) = tokio::join!(async { ask(&origin, &call("/", None)).await }, async {
        drop(origin.more(1, SOON).await);
        origin.recover()
    },);
    assert_eq!(answer?.status, 200);
    Ok(())
}

#[tokio::test]
async fn a_bomb_is_small_and_what_comes_out_of_it_is_not() -> Result<()> {
    let origin = start().await?;
    origin.answer(Response::json("").bomb("{\"kind\":", 2048).reply());
    let bomb = ask(&origin, &call("/", None)).await?;
    assert!(bomb.body.len() < 8 << 20, "{} bytes", bomb.body.len());
    let mut unpacked = vec![0; 16 << 20];
    GzDecoder::new(bomb.body.as_slice()).read_exact(&mut unpacked)?;
    assert!(unpacked.starts_with(b"{\"kind\":    "));
    assert!(unpacked.ends_with(b"    "));
    Ok(())
}
