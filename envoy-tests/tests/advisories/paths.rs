//! Paths that were read in two ways.

use anyhow::Result;
use serde_json::json;

use crate::ask::Ask;
use crate::sidecar::{Setting, Sidecar};

const DENY_ADMIN: &str = "
    action: DENY
    rules:
    - to:
      - operation: {paths: [/admin, /admin/*]}
";

const ALLOW_PUBLIC: &str = "
    rules:
    - to:
      - operation: {paths: [/public, /public/*]}
";

/// Under a DENY of `/admin` none of these gets through, and `/public` does.
async fn none_gets_past_a_deny(paths: &[&str]) -> Result<()> {
    let sidecar = Sidecar::under(DENY_ADMIN).await?;
    for path in paths {
        sidecar.refuses(&Ask::get(path)).await?;
    }
    sidecar.passes(&Ask::get("/public")).await
}

/// Under an ALLOW of `/public` none of these gets through, and `/public` does.
async fn none_passes_for_public(paths: &[&str]) -> Result<()> {
    let sidecar = Sidecar::under(ALLOW_PUBLIC).await?;
    for path in paths {
        sidecar.refuses(&Ask::get(path)).await?;
    }
    sidecar.passes(&Ask::get("/public/x")).await
}

/// Envoy refuses a fragment, or takes it off as Istio has it; here it is told to do neither.
#[tokio::test]
async fn row_01_fragment_in_path() -> Result<()> {
    for strip in [true, false] {
        let setting = Setting {
            runtime: vec![
                ("http_reject_path_with_fragment", false),
                ("http_strip_fragment_from_path_unsafe_if_disabled", strip),
            ],
            ..Setting::default()
        };
        let sidecar = Sidecar::with(DENY_ADMIN, setting).await?;
        for path in ["/admin#x", "/admin#", "/admin#/../public", "/admin?x#y"] {
            sidecar.refuses(&Ask::get(path)).await?;
        }
        sidecar.passes(&Ask::get("/public")).await?;
        // Encoded it is data.
        sidecar.passes(&Ask::get("/public%23/admin")).await?;
    }
    Ok(())
}

#[tokio::test]
async fn row_05_slashes_and_encoded_slashes() -> Result<()> {
    let spellings = [
        "//admin",
        "///admin//x",
        "/a%2f..%2fadmin",
        "/a%5c..%5cadmin",
        "/a\\..\\admin",
        "/%2fadmin",
        "/%61dmin",
    ];
    none_gets_past_a_deny(&spellings).await?;
    none_passes_for_public(&["/public%2f..%2fadmin", "/public/..%5cadmin"]).await
}

#[tokio::test]
async fn row_09_query_in_exact_path() -> Result<()> {
    none_gets_past_a_deny(&["/admin?x", "/admin?", "/admin?/../public"]).await?;
    none_passes_for_public(&["/admin?/public", "/?/public"]).await
}

#[tokio::test]
async fn row_18_parameters_of_the_last_segment() -> Result<()> {
    none_gets_past_a_deny(&["/admin;x=1", "/admin;", "/admin;x=1/y", "/admin;/y"]).await
}

#[tokio::test]
async fn row_19_parameters_of_an_earlier_segment() -> Result<()> {
    none_gets_past_a_deny(&["/;a=b/admin", "/;/admin", "/x/..;a/;b/admin;c"]).await
}

#[tokio::test]
async fn row_20_dot_segments_with_parameters() -> Result<()> {
    let spellings = ["/public/..;/admin", "/public/..;x=1/admin", "/.;/admin"];
    none_gets_past_a_deny(&spellings).await?;
    none_passes_for_public(&["/public/..;/admin", "/public/x/..;/.;/..;/admin"]).await
}

#[tokio::test]
async fn row_36_dot_segments() -> Result<()> {
    let spellings = [
        "/info/../admin",
        "/./admin",
        "/info/%2e%2e/admin",
        "/info/.%2E/admin",
    ];
    none_gets_past_a_deny(&spellings).await?;
    none_passes_for_public(&["/public/../admin", "/public/%2e%2e/admin"]).await?;
    // Whether Envoy resolves them, as Istio has it, or not.
    let setting = Setting {
        http: json!({"normalize_path": true}),
        ..Setting::default()
    };
    let sidecar = Sidecar::with(DENY_ADMIN, setting).await?;
    for path in spellings {
        sidecar.refuses(&Ask::get(path)).await?;
    }
    sidecar.passes(&Ask::get("/admin/../public")).await
}
