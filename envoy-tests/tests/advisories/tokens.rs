//! Tokens that nobody verified.

use anyhow::Result;
use serde_json::json;

use crate::ask::Ask;
use crate::claims::{TOKEN_HEADER, header};
use crate::sidecar::Sidecar;

/// `{"alg":"none"}.{"iss":"issuer.example","sub":"alice"}.`: what is in it is not looked at.
const UNVERIFIED: &str = "authorization: Bearer \
    eyJhbGciOiJub25lIn0.eyJpc3MiOiJpc3N1ZXIuZXhhbXBsZSIsInN1YiI6ImFsaWNlIn0.";

/// What `jwt_authn` leaves behind, had it verified this issuer's token.
fn verified(issuer: &str) -> Ask {
    let claims = json!({"iss": issuer, "sub": "alice"});
    Ask::get("/").header(format!("{TOKEN_HEADER}: {}", header(&claims)))
}

#[tokio::test]
async fn row_08_a_token_of_an_unknown_issuer() -> Result<()> {
    for values in ["['*']", "[issuer.example/alice]"] {
        let spec = format!("rules: [{{from: [{{source: {{requestPrincipals: {values}}}}}]}}]");
        let sidecar = Sidecar::under(&spec).await?;
        sidecar.refuses(&Ask::get("/")).await?;
        sidecar.refuses(&Ask::get("/").header(UNVERIFIED)).await?;
        sidecar.passes(&verified("issuer.example")).await?;
    }
    let spec = "rules: [{from: [{source: {requestPrincipals: [issuer.example/alice]}}]}]";
    let sidecar = Sidecar::under(spec).await?;
    sidecar.refuses(&verified("elsewhere")).await
}

/// Without the keys of an issuer nothing is verified, and nothing takes its place.
#[tokio::test]
async fn row_15_no_keys_are_no_principal() -> Result<()> {
    let spec = "
        action: DENY
        rules:
        - from:
          - source: {notRequestPrincipals: ['*']}
    ";
    let sidecar = Sidecar::under(spec).await?;
    sidecar.refuses(&Ask::get("/")).await?;
    sidecar.refuses(&Ask::get("/").header(UNVERIFIED)).await?;
    sidecar.passes(&verified("issuer.example")).await
}
