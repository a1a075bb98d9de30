//! Requests without a path, with more than one request in them, or with very much in them.

use std::time::Duration;

use anyhow::{Result, ensure};
use heliast_envoy_tests::{Call, Protocol};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;

use crate::ask::Ask;
use crate::sidecar::Sidecar;

const DENY_ADMIN: &str = "
    action: DENY
    rules:
    - to:
      - operation: {paths: [/admin]}
    - when:
      - {key: 'request.headers[x-role]', values: [admin]}
";

#[tokio::test]
async fn row_22_connect_has_no_path() -> Result<()> {
    let connect = Ask::line("CONNECT server:443").host("server:443");
    let sidecar = Sidecar::under(DENY_ADMIN).await?;
    sidecar.refuses(&connect).await?;
    sidecar.passes(&Ask::get("/")).await?;
    sidecar.is_well().await?;
    let sidecar = Sidecar::under("rules: [{to: [{operation: {paths: ['/*']}}]}]").await?;
    sidecar.refuses(&connect).await?;
    sidecar.passes(&Ask::get("/")).await?;
    sidecar.is_well().await
}

/// What comes behind a refused upgrade is no second request, or one that is judged like any other.
#[tokio::test]
async fn row_24_early_data_behind_an_upgrade() -> Result<()> {
    let sidecar = Sidecar::under(DENY_ADMIN).await?;
    let upgrade = Ask::get("/admin")
        .header("connection: upgrade")
        .header("upgrade: websocket")
        .header("sec-websocket-version: 13")
        .header("sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==");
    let connect = Ask::line("CONNECT server:443").host("server:443");
    for first in [upgrade, connect] {
        let bytes = [first.bytes(), Ask::get("/admin").bytes()].concat();
        for dial in [sidecar.plain(), sidecar.alice()?] {
            let mut stream = dial.connect(Protocol::Http1).await?;
            stream.write_all(&bytes).await?;
            let mut answers = Vec::new();
            // It ends when Envoy closes the connection, or has nothing more to say.
            let reading = stream.read_to_end(&mut answers);
            drop(timeout(Duration::from_millis(500), reading).await);
            let answers = String::from_utf8_lossy(&answers);
            ensure!(answers.starts_with("HTTP/1.1 403"), "{answers}");
            ensure!(
                !answers.contains(" 200 ") && !answers.contains(" 101 "),
                "{answers}"
            );
        }
    }
    sidecar.is_well().await
}

#[tokio::test]
async fn row_34_cookies_without_end() -> Result<()> {
    let sidecar = Sidecar::under(DENY_ADMIN).await?;
    for (protocol, count) in [
        (Protocol::Http1, 90),
        (Protocol::Http2, 90),
        (Protocol::Http2, 5000),
    ] {
        let call = (0..count).fold(Call::get("server", "/"), |call, number| {
            call.header("cookie", format!("c{number}=x"))
        });
        let alice = sidecar.alice()?;
        // Envoy may refuse so many by itself.
        if let Ok(answer) = alice.call(protocol, &call).await {
            ensure!(answer.status != 403, "{count} cookies got 403");
        }
        let call = call.header("x-role", "admin");
        if let Ok(answer) = alice.call(protocol, &call).await {
            ensure!(answer.status != 200, "{count} cookies hid a header");
        }
    }
    sidecar.passes(&Ask::get("/")).await?;
    sidecar.is_well().await
}
