//! Headers: bytes that are no text, too large, and too many.

use anyhow::{Result, ensure};
use heliast_envoy_tests::{Call, Protocol};
use serde_json::json;

use crate::sidecar::Sidecar;

const BOTH: [Protocol; 2] = [Protocol::Http1, Protocol::Http2];

/// What Alice gets.
async fn expect(sidecar: &Sidecar, protocol: Protocol, call: &Call, expected: u16) -> Result<()> {
    let got = sidecar.alice()?.call(protocol, call).await?.status;
    let (lines, path) = (call.headers.len(), call.path.len());
    ensure!(
        got == expected,
        "{protocol:?}: {lines} lines and a path of {path} bytes got {got}"
    );
    Ok(())
}

/// A path of many segments.
fn long(bytes: usize, segment: &str, last: &str) -> String {
    format!("/{}{last}", segment.repeat(bytes / segment.len()))
}

#[tokio::test]
async fn header_bytes_that_are_no_text_are_bytes() -> Result<()> {
    let sidecar = Sidecar::start().await?;
    for protocol in BOTH {
        for value in [
            b"\x80".as_slice(),
            b"\xff\xfe\xfd",
            b"caf\xe9",
            b"\xc0\xae\xc0\xae",
            b"\xed\xa0\x80",
            b"admin\xff",
        ] {
            let call = Call::get("server", "/").header("x-role", value);
            let got = sidecar.alice()?.call(protocol, &call).await?.status;
            ensure!(
                got == 200,
                "{protocol:?} {} got {got}",
                value.escape_ascii()
            );
            // One line that is no text hides no other.
            let call = call.header("x-role", "admin");
            let got = sidecar.alice()?.call(protocol, &call).await?.status;
            ensure!(
                got == 403,
                "{protocol:?} {} and admin got {got}",
                value.escape_ascii()
            );
            let got = sidecar.mallory()?.call(protocol, &call).await?.status;
            ensure!(got == 403, "Mallory got {got}");
        }
    }
    sidecar.is_well().await
}

#[tokio::test]
async fn a_header_as_large_as_envoy_takes_is_read_to_its_end() -> Result<()> {
    let sidecar = Sidecar::start().await?;
    for protocol in BOTH {
        // Envoy takes 60 KiB in all.
        let call = Call::get("server", "/").header("x-large", vec![b'x'; 58 << 10]);
        expect(&sidecar, protocol, &call, 200).await?;
        expect(&sidecar, protocol, &call.header("x-role", "admin"), 403).await?;
        for (kilobytes, segment, last, expected) in [
            (7, "a/", "b", 200),
            (7, "a/../", "b", 200),
            (7, "a/../", "admin", 403),
            // Longer than any path is read: to a Deny on paths it may be anything.
            (40, "a/", "b", 403),
            (40, "a/../", "admin", 403),
        ] {
            let call = Call::get("server", &long(kilobytes << 10, segment, last));
            expect(&sidecar, protocol, &call, expected).await?;
        }
    }
    sidecar.is_well().await
}

/// The limit of 1,024 lines (envoy-wasm.md 1.4) is for what a module tells the host.
#[tokio::test]
async fn thousands_of_headers_are_all_read() -> Result<()> {
    let settings = json!({
        "common_http_protocol_options": {"max_headers_count": 4000},
        "max_request_headers_kb": 8192,
    });
    let sidecar = Sidecar::with_http(&settings).await?;
    for protocol in BOTH {
        for lines in [1000, 1040, 3000] {
            let call = (0..lines).fold(Call::get("server", "/"), |call, index| {
                call.header(&format!("x-{index}"), "y")
            });
            expect(&sidecar, protocol, &call, 200).await?;
            expect(&sidecar, protocol, &call.header("x-role", "admin"), 403).await?;
        }
    }
    sidecar.is_well().await
}

/// The limit of a mebibyte is, too.
#[tokio::test]
async fn a_mebibyte_of_headers_is_read_to_its_end() -> Result<()> {
    let settings = json!({"max_request_headers_kb": 8192});
    let sidecar = Sidecar::with_http(&settings).await?;
    for lines in [18, 22, 60] {
        let call = (0..lines).fold(Call::get("server", "/"), |call, index| {
            call.header(&format!("x-{index}"), vec![b'x'; 50 << 10])
        });
        // Over HTTP/2 Envoy ends the connection over so much.
        expect(&sidecar, Protocol::Http1, &call, 200).await?;
        let call = call.header("x-role", "admin");
        expect(&sidecar, Protocol::Http1, &call, 403).await?;
    }
    sidecar.is_well().await
}

#[tokio::test]
async fn the_same_header_a_hundred_times_is_judged_a_hundred_times() -> Result<()> {
    let sidecar = Sidecar::start().await?;
    for protocol in BOTH {
        for position in [0, 40, 79] {
            let call = (0..80).fold(Call::get("server", "/"), |call, index| {
                let value = if index == position { "admin" } else { "guest" };
                call.header("x-role", value)
            });
            let got = sidecar.alice()?.call(protocol, &call).await?.status;
            ensure!(got == 403, "{protocol:?}: admin at {position} got {got}");
        }
    }
    sidecar.is_well().await
}
