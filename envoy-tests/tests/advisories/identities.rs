//! Peers that were taken for others.

use anyhow::Result;
use heliast_envoy_tests::Leaf;
use heliast_envoy_tests::pki::spiffe;
use serde_json::{Value, json};

use crate::ask::Ask;
use crate::sidecar::{Setting, Sidecar};

const ALLOW_ALICE: &str = "
    rules:
    - from:
      - source: {principals: [cluster.local/ns/shop/sa/alice]}
";

fn leaf(namespace: &str, account: &str) -> Leaf {
    Leaf::with_uris([spiffe("cluster.local", namespace, account)])
}

fn strict() -> Value {
    json!({
        "apiVersion": "security.istio.io/v1",
        "kind": "PeerAuthentication",
        "metadata": {"name": "default", "namespace": "shop"},
        "spec": {"mtls": {"mode": "STRICT"}},
    })
}

/// In plaintext nobody is of a namespace: what excludes one, or denies it, does not see them.
/// PeerAuthentication is the remedy, and the filter enforces it.
#[tokio::test]
async fn row_06_plaintext_and_identities_that_are_excluded() -> Result<()> {
    let ask = Ask::get("/");
    for spec in [
        "rules: [{from: [{source: {notNamespaces: [other]}}]}]",
        "{action: DENY, rules: [{from: [{source: {namespaces: [other]}}]}]}",
    ] {
        let setting = Setting {
            objects: vec![strict()],
            ..Setting::default()
        };
        let sidecar = Sidecar::with(spec, setting).await?;
        ask.is_refused(&sidecar.plain()).await?;
        let other = sidecar.named("other", &leaf("other", "bob"))?;
        ask.is_refused(&other).await?;
        ask.passes(&sidecar.alice()?).await?;
    }
    Ok(())
}

#[tokio::test]
async fn row_10_a_suffix_is_one_of_the_whole_id() -> Result<()> {
    let spec = "
        action: DENY
        rules:
        - from:
          - source: {principals: ['*/ns/shop/sa/mallory']}
    ";
    let sidecar = Sidecar::under(spec).await?;
    let ask = Ask::get("/");
    ask.is_refused(&sidecar.mallory()?).await?;
    ask.passes(&sidecar.alice()?).await?;
    let spec = "rules: [{from: [{source: {principals: ['*/ns/shop/sa/alice']}}]}]";
    let sidecar = Sidecar::under(spec).await?;
    ask.passes(&sidecar.alice()?).await?;
    ask.is_refused(&sidecar.mallory()?).await?;
    ask.is_refused(&sidecar.plain()).await
}

#[tokio::test]
async fn row_16_dots_of_service_accounts() -> Result<()> {
    let spec = "rules: [{from: [{source: {serviceAccounts: [admin.prod]}}]}]";
    let sidecar = Sidecar::under(spec).await?;
    let ask = Ask::get("/");
    ask.passes(&sidecar.named("dot", &leaf("shop", "admin.prod"))?)
        .await?;
    for (number, account) in ["adminXprod", "admin-prod", "admin.prod2"]
        .into_iter()
        .enumerate()
    {
        let other = sidecar.named(&number.to_string(), &leaf("shop", account))?;
        ask.is_refused(&other).await?;
    }
    Ok(())
}

#[tokio::test]
async fn row_17_dots_of_namespaces_and_of_suffixes() -> Result<()> {
    let ask = Ask::get("/");
    for spec in [
        "rules: [{from: [{source: {namespaces: [a.b]}}]}]",
        "rules: [{from: [{source: {principals: ['*/ns/a.b/sa/c.d']}}]}]",
        "rules: [{when: [{key: source.namespace, values: [a.b]}]}]",
    ] {
        let sidecar = Sidecar::under(spec).await?;
        ask.passes(&sidecar.named("dot", &leaf("a.b", "c.d"))?)
            .await?;
        ask.is_refused(&sidecar.named("x", &leaf("aXb", "cXd"))?)
            .await?;
    }
    Ok(())
}

/// Names of certificates end up in headers and logs; these would start a line of their own.
#[tokio::test]
async fn row_26_line_ends_in_a_name() -> Result<()> {
    let sidecar = Sidecar::under(ALLOW_ALICE).await?;
    for (number, tail) in ["\r\nx-role: admin", "\n", "\r", "\u{1b}[31m"]
        .into_iter()
        .enumerate()
    {
        let uri = format!("{}{tail}", spiffe("cluster.local", "shop", "alice"));
        let odd = sidecar.named(&number.to_string(), &Leaf::with_uris([uri]))?;
        Ask::get("/").fails(&odd).await?;
    }
    Ask::get("/").passes(&sidecar.alice()?).await?;
    sidecar.is_well().await
}

#[tokio::test]
async fn row_32_a_nul_in_a_name() -> Result<()> {
    let sidecar = Sidecar::under(ALLOW_ALICE).await?;
    let alice = spiffe("cluster.local", "shop", "alice");
    for (number, uri) in [
        format!("{alice}\0evil"),
        format!("{alice}\0"),
        format!("\0{alice}"),
        "spiffe://cluster.local\0.evil.com/ns/shop/sa/alice".to_owned(),
    ]
    .into_iter()
    .enumerate()
    {
        let odd = sidecar.named(&number.to_string(), &Leaf::with_uris([uri]))?;
        Ask::get("/").fails(&odd).await?;
    }
    Ask::get("/").passes(&sidecar.alice()?).await?;
    sidecar.is_well().await
}

/// An identity is the one URI name of a certificate: not a DNS name, and not one of several.
#[tokio::test]
async fn row_40_one_kind_of_name() -> Result<()> {
    let sidecar = Sidecar::under(ALLOW_ALICE).await?;
    let [alice, mallory] = ["alice", "mallory"].map(|name| spiffe("cluster.local", "shop", name));
    let dns = |name: &str| vec![name.to_owned()];
    for (name, leaf) in [
        (
            "dns",
            Leaf {
                dns: dns("alice.shop"),
                ..Leaf::default()
            },
        ),
        (
            "both",
            Leaf {
                dns: dns("alice.shop"),
                ..Leaf::with_uris([mallory.clone()])
            },
        ),
        ("two", Leaf::with_uris([alice.clone(), mallory.clone()])),
        ("turned", Leaf::with_uris([mallory, alice])),
        ("none", Leaf::default()),
    ] {
        Ask::get("/")
            .is_refused(&sidecar.named(name, &leaf)?)
            .await?;
    }
    Ask::get("/").passes(&sidecar.alice()?).await
}
