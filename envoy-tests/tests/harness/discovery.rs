//! Configuration that changes at run time, for better and for worse.

use std::net::SocketAddr;

use anyhow::Result;
use heliast_envoy_tests::{Bootstrap, Call, Dial, Envoy, Inbound, Node, Protocol, address};
use serde_json::json;

use crate::world::SERVER;

#[tokio::test]
async fn listeners_come_at_run_time_and_a_bad_one_is_reported_with_its_reason() -> Result<()> {
    let mut bootstrap = Bootstrap::new(Node::default())?;
    let mut listeners = bootstrap.listener_file()?;
    let envoy = Envoy::start(bootstrap).await?;

    let good = Inbound::new("good", address::free(SERVER, None)?).listener(envoy.folder());
    envoy
        .push_listeners(&mut listeners, std::slice::from_ref(&good))
        .await?;
    let at = envoy.admin().listener("good").await?;
    assert_eq!(
        Dial::new(at)
            .call(Protocol::Http1, &Call::get("good", "/"))
            .await?
            .status,
        200
    );

    let bad = Inbound::new("bad", SocketAddr::new("192.0.2.1".parse()?, 4711));
    let refused = [good, bad.listener(envoy.folder())];
    let error = envoy
        .push_listeners(&mut listeners, &refused)
        .await
        .map_err(|e| e.to_string());
    assert!(
        error
            .as_ref()
            .is_err_and(|error| error.contains("192.0.2.1:4711")),
        "{error:?}"
    );
    let refused = envoy.admin().refused_listeners().await?;
    assert!(
        refused
            .iter()
            .any(|(name, reason)| name == "bad" && reason.contains("4711"))
    );
    assert!(envoy.admin().stat_sum("lds.update_rejected").await? >= 1);
    assert_eq!(
        Dial::new(at)
            .call(Protocol::Http1, &Call::get("good", "/"))
            .await?
            .status,
        200
    );
    Ok(())
}

#[tokio::test]
async fn a_filter_denies_until_it_is_configured_and_keeps_its_last_good_configuration() -> Result<()>
{
    let mut bootstrap = Bootstrap::new(Node::default())?;
    let mut extension = bootstrap.extension_file("switch")?;
    let inbound = Inbound::new("in", SocketAddr::new(SERVER, 0)).filter(extension.filter());
    bootstrap.inbound(&inbound);
    let envoy = Envoy::start(bootstrap).await?;
    let dial = Dial::new(envoy.admin().listener("in").await?);
    let status = async || {
        anyhow::Ok(
            dial.call(Protocol::Http1, &Call::get("in", "/"))
                .await?
                .status,
        )
    };
    assert_eq!(status().await?, 403);

    let kind = "type.googleapis.com/envoy.extensions.filters.http.rbac.v3.RBAC";
    envoy
        .push_extension(&mut extension, &json!({"@type": kind}))
        .await?;
    assert_eq!(status().await?, 200);

    let bad = json!({"@type": kind, "rules": {"policies": {"no": {}}}});
    let error = envoy
        .push_extension(&mut extension, &bad)
        .await
        .map_err(|e| e.to_string());
    assert!(
        error
            .as_ref()
            .is_err_and(|error| error.contains("Permissions")),
        "{error:?}"
    );
    assert_eq!(status().await?, 200);
    Ok(())
}
