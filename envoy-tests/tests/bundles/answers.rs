//! Answers that are no bundle, and answers that do not arrive.

use std::time::Duration;

use anyhow::{Result, ensure};
use heliast_envoy_tests::{Reply, Response};

use crate::fault::{Fault, survive};
use crate::world;

/// What would be in force if it were believed.
fn evil() -> Result<Response> {
    Ok(world::evil()?.response())
}

#[tokio::test]
async fn statuses_that_are_no_bundle() -> Result<()> {
    let disguised = Response::new(500).body(world::evil()?.text()).reply();
    survive(&[
        Fault::new("500", Reply::status(500), "status", "answered 500"),
        Fault::new("503", Reply::status(503), "status", "answered 503"),
        Fault::new("404", Reply::status(404), "status", "answered 404"),
        Fault::new("204", Reply::no_content(), "status", "answered 204"),
        Fault::new("a bundle with 500", disguised, "status", "answered 500"),
    ])
    .await
}

#[tokio::test]
async fn a_redirect_is_not_followed() -> Result<()> {
    let elsewhere = crate::sidecar::origin().await?;
    elsewhere.publish(&world::evil()?);
    let location = format!("http://{}/v1/bundle", elsewhere.address());
    let reply = Reply::redirect(&location);
    survive(&[Fault::new("302", reply, "status", "answered 302")]).await?;
    ensure!(elsewhere.count() == 0, "it was followed");
    Ok(())
}

#[tokio::test]
async fn servers_that_do_not_answer() -> Result<()> {
    let ssh = Reply::bytes("SSH-2.0-OpenSSH_9.9\r\n\r\n");
    survive(&[
        Fault::gone("absent", "status", "answered 503"),
        Fault::new("silent", Reply::nothing(), "status", "answered 504"),
        Fault::new("reset", Reply::reset(), "status", "answered 503"),
        Fault::new("closed", Reply::close(), "status", "answered 503"),
        Fault::new("not HTTP", ssh, "status", "answered 50"),
    ])
    .await
}

#[tokio::test]
async fn bodies_that_do_not_arrive() -> Result<()> {
    let (evil, length) = (evil()?, world::evil()?.text().len());
    let drip = evil.drip(Duration::from_millis(200));
    survive(&[
        Fault::new("half", evil.half(), "no-answer", "broke off"),
        Fault::new("slow drip", drip, "no-answer", "broke off"),
        Fault::new("too long", evil.claiming(length + 100), "no-answer", ""),
        Fault::new(
            "too long and open",
            evil.claiming_and_staying(length + 100),
            "no-answer",
            "",
        ),
        Fault::new("too short", evil.claiming(length - 100), "document", ""),
        Fault::new("empty", Response::json("").reply(), "document", ""),
    ])
    .await
}

#[tokio::test]
async fn bodies_without_end() -> Result<()> {
    let blanks = " ".repeat(heliast::limits::BUNDLE_BYTES + 1);
    let over = Response::json(blanks).reply();
    survive(&[
        Fault::new("never ends", evil()?.endless(), "no-answer", "32 MiB"),
        Fault::new("over the limit", over, "no-answer", "32 MiB"),
    ])
    .await
}

#[tokio::test]
async fn gzip_that_cannot_be_undone() -> Result<()> {
    let bomb = Response::json("").bomb("{\"resources\":[", 4096).reply();
    let not_gzip = evil()?.claims_gzip().reply();
    let brotli = evil()?.header("content-encoding", "br").reply();
    let cut = evil()?.gzip().half();
    survive(&[
        Fault::new("bomb", bomb, "too-large", "blanks"),
        Fault::new("not gzip", not_gzip, "encoding", "not gzip"),
        Fault::new("brotli", brotli, "encoding", "`br`"),
        Fault::new("cut short", cut, "no-answer", ""),
    ])
    .await
}
