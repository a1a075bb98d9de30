//! Addresses that were lost, or believed.

use anyhow::Result;
use heliast_envoy_tests::Dial;
use serde_json::{Value, json};

use crate::ask::Ask;
use crate::sidecar::{Setting, Sidecar, port, proxy_protocol};
use crate::world::{ALICE, MALLORY};

fn behind_proxy(rules: &Value) -> Setting {
    Setting {
        ahead: Some(proxy_protocol(rules)),
        ..Setting::default()
    }
}

/// `remoteIpBlocks` are the PROXY line's address, `ipBlocks` the connection's own.
#[tokio::test]
async fn row_12_addresses_of_the_proxy_protocol() -> Result<()> {
    let said = port("10.9.9.9")?;
    let other = port("10.6.6.6")?;
    let to = port("10.0.0.1")?;
    let ask = Ask::get("/");
    for (field, block, passes) in [
        ("remoteIpBlocks", "10.9.9.9".to_owned(), [true, false]),
        ("ipBlocks", "10.9.9.9".to_owned(), [false, false]),
        ("ipBlocks", ALICE.to_string(), [true, true]),
        ("remoteIpBlocks", ALICE.to_string(), [false, false]),
    ] {
        let spec = format!("rules: [{{from: [{{source: {{{field}: [{block}]}}}}]}}]");
        let sidecar = Sidecar::with(&spec, behind_proxy(&json!([]))).await?;
        for (source, passes) in [said, other].into_iter().zip(passes) {
            for dial in [sidecar.plain(), sidecar.alice()?] {
                let dial = dial.announce(source, to);
                if passes {
                    ask.passes(&dial).await?;
                } else {
                    ask.is_refused(&dial).await?;
                }
            }
        }
    }
    Ok(())
}

/// Headers by which a caller of a private address once passed for a trusted hop.
#[tokio::test]
async fn row_30_headers_of_internal_requests() -> Result<()> {
    let spec = format!("rules: [{{from: [{{source: {{ipBlocks: [{ALICE}]}}}}]}}]");
    let sidecar = Sidecar::under(&spec).await?;
    let mallory = Dial::new(sidecar.at).from(MALLORY);
    for line in [
        format!("x-envoy-external-address: {ALICE}"),
        format!("x-envoy-internal: true\r\nx-forwarded-for: {ALICE}"),
        format!("x-forwarded-for: {ALICE}"),
        format!("x-real-ip: {ALICE}"),
        format!("forwarded: for={ALICE}"),
        format!("true-client-ip: {ALICE}"),
    ] {
        Ask::get("/").header(&line).is_refused(&mallory).await?;
        Ask::get("/")
            .header(&line)
            .is_refused(&sidecar.mallory()?)
            .await?;
    }
    sidecar.passes(&Ask::get("/")).await?;
    // Nor does a header lose Alice her address.
    sidecar
        .passes(&Ask::get("/").header(format!("x-forwarded-for: {MALLORY}")))
        .await
}

/// A PROXY header of version 2, from this address, with metadata that is no text.
fn with_broken_metadata(source: [u8; 4]) -> Vec<u8> {
    let metadata = b"\xea\x00\x04\xff\xfe\xc0\xae";
    let mut bytes = b"\r\n\r\n\0\r\nQUIT\n\x21\x11\x00".to_vec();
    bytes.push(12 + 7);
    bytes.extend_from_slice(&source);
    bytes.extend_from_slice(&[10, 0, 0, 1]);
    bytes.extend_from_slice(&[0x0f, 0xa0, 0x0f, 0xa0]);
    bytes.extend_from_slice(metadata);
    bytes
}

/// An input that cannot be read is no way around the policy.
#[tokio::test]
async fn row_31_metadata_of_the_proxy_protocol_that_is_no_text() -> Result<()> {
    let namespace = "envoy.filters.listener.proxy";
    let rules = json!([{
        "tlv_type": 0xEA,
        "on_tlv_present": {"metadata_namespace": namespace, "key": "who"},
    }]);
    let spec = format!(
        "
        action: DENY
        rules:
        - from:
          - source: {{remoteIpBlocks: [10.6.6.6]}}
        - when:
          - {{key: 'experimental.{namespace}[who]', values: [mallory]}}
        "
    );
    let sidecar = Sidecar::with(&spec, behind_proxy(&rules)).await?;
    let request = Ask::get("/").bytes();
    for (source, expected) in [([10, 6, 6, 6], 403), ([10, 9, 9, 9], 200)] {
        let bytes = [with_broken_metadata(source), request.clone()].concat();
        let got = sidecar.plain().raw(&bytes).await?.status;
        anyhow::ensure!(got == expected, "{source:?} got {got}");
    }
    sidecar.is_well().await
}
