//! Requests without the usual parts, and in forms that few send.

use std::time::Duration;

use anyhow::{Result, ensure};
use heliast_envoy_tests::{Call, Protocol};
use serde_json::json;

use crate::sidecar::{Sidecar, is_refusal};

/// To what is no request there may be no answer.
const PATIENCE: Duration = Duration::from_secs(1);

/// Sent as they are; none may pass for Mallory, and none may hurt.
const ODD: &[&[u8]] = &[
    b"CONNECT server:443 HTTP/1.1\r\nhost: server:443\r\n\r\n",
    b"CONNECT /admin HTTP/1.1\r\nhost: server\r\n\r\n",
    b"OPTIONS * HTTP/1.1\r\nhost: server\r\n\r\n",
    b"GET * HTTP/1.1\r\nhost: server\r\n\r\n",
    b"GET http://server/ HTTP/1.1\r\nhost: other\r\n\r\n",
    b"GET http://server HTTP/1.1\r\nhost: other\r\n\r\n",
    b"GET / HTTP/1.1\r\nhost:\r\n\r\n",
    b"GET / HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n",
    b"GET / HTTP/1.1\r\n\r\n",
    b"GET / HTTP/1.0\r\n\r\n",
    b"GET /\r\n\r\n",
    b"GET / HTTP/2.0\r\nhost: server\r\n\r\n",
    b"GET / HTTP/1.1\r\nhost: server\r\nx: \0\r\n\r\n",
    b"GET /\0 HTTP/1.1\r\nhost: server\r\n\r\n",
    b"GET /\xff\xfe HTTP/1.1\r\nhost: server\r\n\r\n",
    b"GET /caf\xe9 HTTP/1.1\r\nhost: server\r\n\r\n",
    b"GET / HTTP/1.1\r\nhost: \xff\r\n\r\n",
    b"G\xcbT / HTTP/1.1\r\nhost: server\r\n\r\n",
    b"get / HTTP/1.1\r\nhost: server\r\n\r\n",
    b"GET / HTTP/1.1\r\nhost: server\r\nx-role : admin\r\n\r\n",
    b"GET / HTTP/1.1\r\nhost: server\r\nx-role: guest\r\n admin\r\n\r\n",
    b"GET / HTTP/1.1\r\nhost: server\r\n: empty\r\n\r\n",
    b"GET / HTTP/1.1\r\nhost: server\r\n:path: /public\r\n\r\n",
    b"GET / HTTP/1.1\r\nhost: server\r\nconnection: x-role, host\r\n\r\n",
    b"GET / HTTP/1.1\r\nhost: server\r\nconnection: upgrade\r\nupgrade: h2c\r\nhttp2-settings: AAMAAABkAAQAAP__\r\n\r\n",
    b"GET / HTTP/1.1\r\nhost: server\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n",
    b"POST / HTTP/1.1\r\nhost: server\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    b"POST / HTTP/1.1\r\nhost: server\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab",
    b"POST / HTTP/1.1\r\nhost: server\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nx-role: admin\r\n\r\n",
    b"POST / HTTP/1.1\r\nhost: server\r\nexpect: 100-continue\r\ncontent-length: 0\r\n\r\n",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nxxxx",
    b"\r\n\r\nGET / HTTP/1.1\r\nhost: server\r\n\r\n",
    b"TRACE / HTTP/1.1\r\nhost: server\r\nmax-forwards: 0\r\n\r\n",
];

#[tokio::test]
async fn odd_requests_pass_for_nobody_who_may_not_and_do_no_harm() -> Result<()> {
    let http10 = json!({"http_protocol_options": {"accept_http_10": true, "default_host_for_http_10": "server"}});
    for settings in [json!({}), http10] {
        let sidecar = Sidecar::with_http(&settings).await?;
        for bytes in ODD {
            // Envoy may answer, close the connection without a word, or wait for more.
            let [alice, mallory] = [sidecar.alice()?, sidecar.mallory()?];
            if let Ok(answer) = mallory.patience(PATIENCE).raw(bytes).await {
                ensure!(is_refusal(&answer), "passed: {}", bytes.escape_ascii());
            }
            drop(alice.patience(PATIENCE).raw(bytes).await);
        }
        sidecar.is_well().await?;
    }
    Ok(())
}

/// Rules on paths are not met by what has no path, and a Deny on paths is.
#[tokio::test]
async fn connect_has_no_path_and_is_denied_where_paths_are() -> Result<()> {
    let sidecar = Sidecar::start().await?;
    let connect = b"CONNECT server:443 HTTP/1.1\r\nhost: server:443\r\n\r\n";
    for dial in [sidecar.alice()?, sidecar.mallory()?] {
        ensure!(dial.raw(connect).await?.status == 403, "CONNECT passed");
    }
    sidecar.is_well().await
}

#[tokio::test]
async fn http_1_0_is_decided_like_any_other() -> Result<()> {
    let settings = json!({"http_protocol_options": {"accept_http_10": true, "default_host_for_http_10": "server"}});
    let sidecar = Sidecar::with_http(&settings).await?;
    for (dial, path, expected) in [
        (sidecar.alice()?, "/", 200),
        (sidecar.alice()?, "/admin", 403),
        (sidecar.mallory()?, "/", 403),
    ] {
        let bytes = format!("GET {path} HTTP/1.0\r\n\r\n");
        let got = dial.raw(bytes.as_bytes()).await?.status;
        ensure!(got == expected, "{path} got {got}");
    }
    sidecar.is_well().await
}

#[tokio::test]
async fn a_denied_grpc_call_is_told_so_in_grpc() -> Result<()> {
    let sidecar = Sidecar::start().await?;
    for kind in ["application/grpc", "application/grpc+proto"] {
        let call = Call::new("POST", "server", "/pkg.Service/Method")
            .header("content-type", kind)
            .header("te", "trailers");
        let denied = sidecar.mallory()?.call(Protocol::Http2, &call).await?;
        let status = denied.header("grpc-status");
        ensure!(
            denied.status == 200 && status == Some(b"7"),
            "{kind}: {} {status:?}",
            denied.status
        );
        // What answers for the workload is no gRPC server, and Envoy says so; it has let her in.
        let allowed = sidecar.alice()?.call(Protocol::Http2, &call).await?;
        let status = allowed.header("grpc-status");
        ensure!(
            status.is_some() && status != Some(b"7"),
            "{kind}: Alice got {status:?}"
        );
    }
    sidecar.is_well().await
}

#[tokio::test]
async fn an_upgrade_is_decided_before_anything_is_upgraded() -> Result<()> {
    let sidecar = Sidecar::start().await?;
    let upgrade = |path: &str| {
        Call::get("server", path)
            .header("connection", "upgrade")
            .header("upgrade", "websocket")
            .header("sec-websocket-version", "13")
            .header("sec-websocket-key", "AAAAAAAAAAAAAAAAAAAAAA==")
    };
    for (dial, path, expected) in [
        (sidecar.alice()?, "/", 200),
        (sidecar.alice()?, "/admin", 403),
        (sidecar.mallory()?, "/", 403),
    ] {
        let got = dial.call(Protocol::Http1, &upgrade(path)).await?.status;
        ensure!(got == expected, "{path} got {got}");
    }
    sidecar.is_well().await
}
