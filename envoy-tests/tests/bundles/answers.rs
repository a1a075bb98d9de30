//! Answers that are no bundle, and answers that do not arrive.

use std::time::Duration;

use anyhow::Result;
use heliast_envoy_tests::{Reply, Response};

use crate::fault::{Fault, Trouble};
use crate::world;

/// What would be in force if it were believed.
fn evil() -> Result<Response> {
    Ok(world::evil()?.response())
}

fn evil_length() -> Result<usize> {
    Ok(world::evil()?.text().len())
}

#[tokio::test]
async fn nobody_listens() -> Result<()> {
    Fault::new(Trouble::Gone, "status", "503")?.survived().await
}

#[tokio::test]
async fn status_500() -> Result<()> {
    Fault::answer(Reply::status(500), "status", "500")?
        .survived()
        .await
}

#[tokio::test]
async fn status_503() -> Result<()> {
    Fault::answer(Reply::status(503), "status", "503")?
        .survived()
        .await
}

#[tokio::test]
async fn status_404() -> Result<()> {
    Fault::answer(Reply::status(404), "status", "404")?
        .survived()
        .await
}

/// A bundle under an error's status is no bundle.
#[tokio::test]
async fn a_bundle_under_the_status_of_an_error() -> Result<()> {
    let reply = Response::new(500).body(world::evil()?.text()).reply();
    Fault::answer(reply, "status", "500")?.survived().await
}

#[tokio::test]
async fn a_redirect_is_not_followed() -> Result<()> {
    let elsewhere = crate::sidecar::origin().await?;
    elsewhere.publish(&world::evil()?);
    let location = format!("http://{}/v1/bundle", elsewhere.address());
    Fault::answer(Reply::redirect(&location), "status", "302")?
        .survived()
        .await?;
    anyhow::ensure!(elsewhere.count() == 0, "it was followed");
    Ok(())
}

#[tokio::test]
async fn no_content() -> Result<()> {
    Fault::answer(Reply::no_content(), "status", "204")?
        .survived()
        .await
}

#[tokio::test]
async fn an_empty_body() -> Result<()> {
    Fault::answer(Response::json("").reply(), "document", "")?
        .survived()
        .await
}

#[tokio::test]
async fn no_answer_at_all() -> Result<()> {
    Fault::answer(Reply::nothing(), "status", "504")?
        .survived()
        .await
}

#[tokio::test]
async fn a_slow_drip_past_the_timeout() -> Result<()> {
    let drip = evil()?.drip(Duration::from_millis(200));
    Fault::answer(drip, "no-answer", "")?.survived().await
}

#[tokio::test]
async fn connections_that_are_reset() -> Result<()> {
    Fault::answer(Reply::reset(), "status", "503")?
        .survived()
        .await
}

#[tokio::test]
async fn connections_that_are_closed() -> Result<()> {
    Fault::answer(Reply::close(), "status", "503")?
        .survived()
        .await
}

#[tokio::test]
async fn something_that_is_not_http() -> Result<()> {
    let reply = Reply::bytes("SSH-2.0-OpenSSH_9.9\r\n\r\n");
    Fault::answer(reply, "status", "50")?.survived().await
}

#[tokio::test]
async fn half_a_body() -> Result<()> {
    Fault::answer(evil()?.half(), "no-answer", "")?
        .survived()
        .await
}

#[tokio::test]
async fn a_content_length_that_is_too_long() -> Result<()> {
    let reply = evil()?.claiming(evil_length()? + 100);
    Fault::answer(reply, "no-answer", "")?.survived().await
}

#[tokio::test]
async fn a_content_length_that_is_too_long_and_a_connection_that_stays() -> Result<()> {
    let reply = evil()?.claiming_and_staying(evil_length()? + 100);
    Fault::answer(reply, "no-answer", "")?.survived().await
}

#[tokio::test]
async fn a_content_length_that_is_too_short() -> Result<()> {
    let reply = evil()?.claiming(evil_length()? - 100);
    Fault::answer(reply, "document", "")?.survived().await
}

#[tokio::test]
async fn a_body_that_never_ends() -> Result<()> {
    Fault::answer(evil()?.endless(), "no-answer", "")?
        .survived()
        .await
}

#[tokio::test]
async fn a_body_over_the_limit() -> Result<()> {
    let blanks = " ".repeat(heliast::limits::BUNDLE_BYTES + 1);
    let reply = Response::json(blanks).reply();
    Fault::answer(reply, "no-answer", "")?.survived().await
}

#[tokio::test]
async fn a_gzip_bomb() -> Result<()> {
    let bomb = Response::json("").bomb("{\"resources\":[", 4096).reply();
    Fault::answer(bomb, "too-large", "")?.survived().await
}

#[tokio::test]
async fn gzip_that_is_corrupt() -> Result<()> {
    let reply = evil()?.claims_gzip().reply();
    Fault::answer(reply, "encoding", "")?.survived().await
}

#[tokio::test]
async fn gzip_that_is_cut_short() -> Result<()> {
    let reply = evil()?.gzip().half();
    Fault::answer(reply, "no-answer", "")?.survived().await
}
