//! Hosts that were read in two ways.

use anyhow::{Result, ensure};
use heliast_envoy_tests::{Call, Protocol};

use crate::ask::Ask;
use crate::sidecar::Sidecar;

const DENY_SECRET: &str = "
    action: DENY
    rules:
    - to:
      - operation: {hosts: [secret.com]}
";

const ALLOW_OPEN: &str = "
    rules:
    - to:
      - operation: {hosts: [open.com]}
";

#[tokio::test]
async fn row_02_case_of_the_host() -> Result<()> {
    let sidecar = Sidecar::under(DENY_SECRET).await?;
    for host in ["secret.com", "SECRET.com", "sEcReT.CoM"] {
        sidecar.refuses(&Ask::get("/").host(host)).await?;
    }
    sidecar.passes(&Ask::get("/").host("open.com")).await?;
    let sidecar = Sidecar::under(ALLOW_OPEN).await?;
    sidecar.passes(&Ask::get("/").host("OPEN.com")).await
}

#[tokio::test]
async fn row_03_port_of_the_host() -> Result<()> {
    let sidecar = Sidecar::under(DENY_SECRET).await?;
    for host in [
        "secret.com:80",
        "SECRET.com:8080",
        "secret.com.",
        "secret.com.:80",
    ] {
        sidecar.refuses(&Ask::get("/").host(host)).await?;
    }
    sidecar.passes(&Ask::get("/").host("open.com:80")).await
}

/// Over HTTP/2 a request may have both; `:authority` is the host, for policy and for routes.
#[tokio::test]
async fn row_23_host_beside_authority() -> Result<()> {
    for (spec, authority, host, expected) in [
        (DENY_SECRET, "secret.com", "open.com", 403),
        (DENY_SECRET, "open.com", "secret.com", 200),
        (ALLOW_OPEN, "secret.com", "open.com", 403),
        (ALLOW_OPEN, "open.com", "secret.com", 200),
    ] {
        let sidecar = Sidecar::under(spec).await?;
        let call = Call::get(authority, "/").header("host", host);
        for dial in [sidecar.plain(), sidecar.alice()?] {
            let got = dial.call(Protocol::Http2, &call).await?.status;
            ensure!(got == expected, "{authority} with host {host} got {got}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn row_29_case_of_the_scheme() -> Result<()> {
    let sidecar = Sidecar::under(DENY_SECRET).await?;
    for scheme in ["http", "htTp", "htTps", "HTTPS"] {
        let ask = Ask::get(format!("{scheme}://secret.com/")).host("open.com");
        for dial in [sidecar.plain(), sidecar.alice()?] {
            ask.fails(&dial).await?;
        }
    }
    let open = Ask::get("http://open.com/").host("secret.com");
    sidecar.passes(&open).await
}
