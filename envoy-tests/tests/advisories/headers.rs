//! Header lines that were overlooked, joined, cut short, or believed.

use anyhow::{Result, ensure};
use heliast_envoy_tests::{Call, Protocol};

use crate::ask::Ask;
use crate::sidecar::Sidecar;

const DENY_ADMINS: &str = "
    action: DENY
    rules:
    - when:
      - {key: 'request.headers[x-role]', values: [admin]}
";

const ALLOW_GUESTS: &str = "
    rules:
    - when:
      - {key: 'request.headers[x-role]', values: [guest]}
";

const ALLOW_ALL_BUT_ADMINS: &str = "
    rules:
    - when:
      - {key: 'request.headers[x-role]', notValues: [admin]}
";

/// A request with these lines.
fn ask(lines: &[&str]) -> Ask {
    lines.iter().fold(Ask::get("/"), Ask::header)
}

/// In which order the lines come makes no difference.
fn both_ways(one: &str, other: &str) -> [Ask; 2] {
    [ask(&[one, other]), ask(&[other, one])]
}

#[tokio::test]
async fn row_04_every_line_of_a_header() -> Result<()> {
    let sidecar = Sidecar::under(DENY_ADMINS).await?;
    for ask in both_ways("x-role: admin", "x-role: guest") {
        sidecar.refuses(&ask).await?;
    }
    sidecar
        .refuses(&ask(&["x-role: a", "x-role: admin", "x-role: b"]))
        .await?;
    sidecar
        .passes(&ask(&["x-role: guest", "x-role: guest"]))
        .await
}

#[tokio::test]
async fn row_11_a_good_line_and_a_bad_one() -> Result<()> {
    let sidecar = Sidecar::under(ALLOW_GUESTS).await?;
    for ask in both_ways("x-role: guest", "x-role: admin") {
        sidecar.refuses(&ask).await?;
    }
    sidecar
        .passes(&ask(&["x-role: guest", "x-role: guest"]))
        .await
}

#[tokio::test]
async fn row_14_lines_are_not_joined() -> Result<()> {
    let sidecar = Sidecar::under(ALLOW_ALL_BUT_ADMINS).await?;
    for ask in both_ways("x-role: admin", "x-role: false") {
        sidecar.refuses(&ask).await?;
    }
    sidecar
        .passes(&ask(&["x-role: false", "x-role: guest"]))
        .await?;
    // Nor is one line taken apart.
    sidecar.passes(&ask(&["x-role: false,guest"])).await
}

#[tokio::test]
async fn row_21_bytes_that_are_latin_1() -> Result<()> {
    let spec = "
        action: DENY
        rules:
        - when:
          - {key: 'request.headers[x-name]', values: [caf*]}
        - when:
          - {key: 'request.headers[x-name]', values: ['*end']}
        - to:
          - operation: {paths: [/caf*]}
    ";
    let sidecar = Sidecar::under(spec).await?;
    for value in [&b"caf\xe9"[..], b"caf\xe9\xff", b"\xe9end"] {
        let line = [b"x-name: ", value].concat();
        sidecar.refuses(&Ask::get("/").header(line)).await?;
    }
    sidecar
        .passes(&Ask::get("/").header(b"x-name: \xe9"))
        .await?;
    // Envoy itself does not take it in a path; encoded it does.
    Ask::get(b"/caf\xe9").fails(&sidecar.plain()).await?;
    sidecar.refuses(&Ask::get("/caf%e9")).await?;
    sidecar.is_well().await
}

#[tokio::test]
async fn row_25_an_original_path_that_the_client_sent() -> Result<()> {
    let spec = "
        action: DENY
        rules:
        - to:
          - operation: {paths: [/admin]}
    ";
    let sidecar = Sidecar::under(spec).await?;
    for header in ["x-envoy-original-path", "x-original-url", "x-rewrite-url"] {
        let lie = format!("{header}: /public");
        sidecar.refuses(&Ask::get("/admin").header(lie)).await?;
        let lie = format!("{header}: /admin");
        sidecar.passes(&Ask::get("/public").header(lie)).await?;
    }
    Ok(())
}

#[tokio::test]
async fn row_27_bytes_that_are_no_text() -> Result<()> {
    let sidecar = Sidecar::under(DENY_ADMINS).await?;
    for value in [&b"\xff"[..], b"\xc0\xae", b"\xed\xa0\x80", b"admin\xff"] {
        let line = [b"x-role: ", value].concat();
        let ask = Ask::get("/").header(&line);
        sidecar.passes(&ask).await?;
        // They hide no line beside them.
        sidecar.refuses(&ask.header("x-role: admin")).await?;
        sidecar
            .refuses(&Ask::get("/").header("x-role: admin").header(&line))
            .await?;
    }
    sidecar.is_well().await
}

/// Names of odd letters are for Envoy to refuse; those it takes are the same in any case.
#[tokio::test]
async fn row_28_names_in_any_case() -> Result<()> {
    let spec = "
        action: DENY
        rules:
        - when:
          - {key: 'request.headers[X-Role]', values: [admin]}
    ";
    let sidecar = Sidecar::under(spec).await?;
    for name in ["x-role", "X-ROLE", "X-rOlE"] {
        let line = format!("{name}: admin");
        sidecar.refuses(&Ask::get("/").header(line)).await?;
    }
    for line in [
        "x role: admin",
        "x-role : admin",
        "x-r\u{f6}le: admin",
        ": admin",
    ] {
        let ask = Ask::get("/").header(line);
        if let Ok(answer) = ask.answer(&sidecar.plain()).await {
            ensure!(
                matches!(answer.status, 200 | 400 | 403),
                "{line}: {}",
                answer.status
            );
        }
    }
    // CGI and WSGI take the underscore for the hyphen (docs/semantics/envoy.md).
    sidecar
        .refuses(&Ask::get("/").header("x_role: admin"))
        .await?;
    sidecar.is_well().await
}

#[tokio::test]
async fn row_37_a_nul_in_a_value() -> Result<()> {
    let sidecar = Sidecar::under(ALLOW_GUESTS).await?;
    for dial in [sidecar.plain(), sidecar.alice()?] {
        Ask::get("/")
            .header(b"x-role: guest\0admin")
            .fails(&dial)
            .await?;
    }
    sidecar.passes(&ask(&["x-role: guest"])).await
}

#[tokio::test]
async fn row_38_blanks_around_a_value_and_no_host() -> Result<()> {
    let sidecar = Sidecar::under(DENY_ADMINS).await?;
    for line in ["x-role: admin ", "x-role:   admin\t", "x-role:admin"] {
        sidecar.refuses(&ask(&[line])).await?;
    }
    for bytes in [
        &b"GET / HTTP/1.1\r\n\r\n"[..],
        b"GET / HTTP/1.1\r\nhost:\r\n\r\n",
    ] {
        if let Ok(answer) = sidecar.plain().raw(bytes).await {
            ensure!(matches!(answer.status, 200 | 400), "{}", answer.status);
        }
    }
    sidecar.passes(&Ask::get("/")).await?;
    sidecar.is_well().await
}

#[tokio::test]
async fn row_39_attributes_that_the_client_sent() -> Result<()> {
    let spec = "
        rules:
        - from:
          - source: {principals: [cluster.local/ns/shop/sa/alice]}
    ";
    let sidecar = Sidecar::under(spec).await?;
    let alice = "spiffe://cluster.local/ns/shop/sa/alice";
    let mallory = sidecar.mallory()?;
    for name in [
        "x-istio-attributes",
        "x-forwarded-client-cert",
        "x-envoy-peer-metadata",
        "x-envoy-peer-metadata-id",
        "io.istio.peer_principal",
        "baggage",
    ] {
        for value in [
            alice.to_owned(),
            format!("URI={alice}"),
            format!("source.principal={alice}"),
        ] {
            let call = Call::get("server", "/").header(name, value);
            for protocol in [Protocol::Http1, Protocol::Http2] {
                let got = mallory.call(protocol, &call).await?.status;
                ensure!(got == 403, "{name} over {protocol:?} got {got}");
            }
        }
    }
    Ask::get("/").passes(&sidecar.alice()?).await
}
