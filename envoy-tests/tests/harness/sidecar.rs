//! Protocols, addresses, and what the filters are told.

use std::net::SocketAddr;

use anyhow::Result;
use heliast_envoy_tests::access_log::MARK;
use heliast_envoy_tests::{
    Address, Bootstrap, Call, Dial, Envoy, Inbound, Node, Outbound, PeerRecord, Protocol, Route,
    Target, Upstream, address, guard, upstream,
};
use hyper::StatusCode;

use crate::world::{CLIENT, SERVER, World};

const CLIENT_NAME: &str = "spiffe://cluster.local/ns/default/sa/client";

fn marked(mark: &str) -> Call {
    Call::get("server", "/a?b=c").header(MARK, mark)
}

#[tokio::test]
async fn both_protocols_with_and_without_tls_arrive_from_the_address_that_was_bound() -> Result<()>
{
    let world = World::start(|inbound| inbound).await?;
    let mutual = world.mutual(&world.client)?;
    let log = world.envoy.access_log("in");
    for (mark, dial, protocol) in [
        ("plain-1", world.plain(), Protocol::Http1),
        ("plain-2", world.plain(), Protocol::Http2),
        ("tls-1", mutual.clone(), Protocol::Http1),
        ("tls-2", mutual, Protocol::Http2),
    ] {
        let answer = dial.call(protocol, &marked(mark)).await?;
        assert_eq!(
            (answer.status, answer.text().as_str()),
            (200, "passed\n"),
            "{mark}"
        );
        let record = log.marked(mark).await?;
        let version = if protocol == Protocol::Http1 {
            "HTTP/1.1"
        } else {
            "HTTP/2"
        };
        assert_eq!(record.text("protocol"), Some(version), "{mark}");
        let peer: Option<SocketAddr> = record.text("direct").and_then(|text| text.parse().ok());
        assert_eq!(peer.map(|peer| peer.ip()), Some(CLIENT), "{mark}");
        let name = mark.starts_with("tls").then_some(CLIENT_NAME);
        assert_eq!(record.text("uri_sans"), name, "{mark}");
    }
    Ok(())
}

#[tokio::test]
async fn the_peer_is_written_down_as_the_connection_has_it_whatever_a_header_says() -> Result<()> {
    let world = World::start(|inbound| inbound).await?;
    let call = |mark| marked(mark).header("x-forwarded-for", "9.8.7.6");
    let log = world.envoy.access_log("in");

    world
        .mutual(&world.client)?
        .call(Protocol::Http1, &call("tls"))
        .await?;
    let record = log.marked("tls").await?;
    assert_eq!(
        record.text("peer_address"),
        Some(CLIENT.to_string().as_str())
    );
    assert_eq!(record.text("peer_uri_sans"), Some(CLIENT_NAME));
    assert_eq!(
        record.text("source"),
        Some("9.8.7.6:0"),
        "use_remote_address must be off"
    );

    world.plain().call(Protocol::Http1, &call("plain")).await?;
    let record = log.marked("plain").await?;
    assert_eq!(
        record.text("peer_address"),
        Some(CLIENT.to_string().as_str())
    );
    assert_eq!(record.text("peer_uri_sans"), None);
    Ok(())
}

#[tokio::test]
async fn without_the_record_nothing_is_written_down() -> Result<()> {
    let world = World::start(|inbound| inbound.record(PeerRecord::Absent)).await?;
    world
        .mutual(&world.client)?
        .call(Protocol::Http1, &marked("tls"))
        .await?;
    let record = world.envoy.access_log("in").marked("tls").await?;
    assert_eq!(
        (record.text("peer_address"), record.text("peer_uri_sans")),
        (None, None)
    );
    Ok(())
}

#[tokio::test]
async fn a_proxy_line_gives_any_source_and_any_destination() -> Result<()> {
    let world = World::start(|inbound| inbound.record(PeerRecord::ProxyProtocol)).await?;
    let dial = world
        .mutual(&world.client)?
        .announce("10.1.2.3:40000".parse()?, "10.9.9.9:8443".parse()?);
    for (mark, protocol) in [("one", Protocol::Http1), ("two", Protocol::Http2)] {
        assert_eq!(dial.call(protocol, &marked(mark)).await?.status, 200);
        let record = world.envoy.access_log("in").marked(mark).await?;
        assert_eq!(record.text("peer_address"), Some("10.1.2.3"));
        assert_eq!(record.text("peer_uri_sans"), Some(CLIENT_NAME));
        assert_eq!(record.text("destination"), Some("10.9.9.9:8443"));
    }
    Ok(())
}

#[tokio::test]
async fn the_guard_denies_where_no_module_ran() -> Result<()> {
    let world = World::start(|inbound| inbound.filter(guard())).await?;
    let mutual = world.mutual(&world.client)?;
    for dial in [world.plain(), mutual] {
        assert_eq!(
            dial.call(Protocol::Http1, &marked("denied")).await?.status,
            403
        );
    }
    let record = world.envoy.access_log("in").marked("denied").await?;
    assert_eq!((record.verdict(), record.rule()), (None, None));
    assert!(
        record
            .text("details")
            .is_some_and(|details| details.contains("rbac_access_denied"))
    );
    Ok(())
}

#[tokio::test]
async fn a_request_goes_through_two_sidecars_to_the_workload() -> Result<()> {
    let world = World::start(|inbound| inbound).await?;
    let mut bootstrap = Bootstrap::new(Node::default())?;
    let app: Address = bootstrap.folder().join("app").into();
    let door: Address = bootstrap.folder().join("door").into();
    let workload = Upstream::start(app, async |request| {
        upstream::respond(StatusCode::OK, format!("workload saw {}", request.uri()))
    })
    .await?;
    let server = world.authority.sign(
        "second-server",
        &heliast_envoy_tests::Leaf::with_uris([CLIENT_NAME]),
    )?;
    let inbound = Inbound::new("second", address::free(SERVER, None)?)
        .mutual_tls(&server, &world.authority)
        .strict()
        .target(Target::Upstream(workload.address().clone()));
    bootstrap.inbound(&inbound);
    let route = Route {
        authorities: vec!["server".into()],
        to: inbound.address(),
        principal: CLIENT_NAME.into(),
    };
    let outbound = Outbound::new("out", door.clone(), CLIENT);
    bootstrap.outbound(&outbound.route(route, &world.client, &world.authority));
    let envoy = Envoy::start(bootstrap).await?;

    let answer = Dial::new(door)
        .call(Protocol::Http1, &marked("through"))
        .await?;
    assert_eq!(
        (answer.status, answer.text().as_str()),
        (200, "workload saw /a?b=c")
    );
    let record = envoy.access_log("second").marked("through").await?;
    assert_eq!(
        record.text("peer_address"),
        Some(CLIENT.to_string().as_str())
    );
    assert_eq!(record.text("peer_uri_sans"), Some(CLIENT_NAME));
    Ok(())
}

#[tokio::test]
async fn the_process_tells_its_memory_and_ends_with_its_owner() -> Result<()> {
    let world = World::start(|inbound| inbound).await?;
    assert!(world.envoy.memory()? > 10 << 20);
    assert!(world.envoy.admin().stat_sum("server.live").await? == 1);
    let (process, folder) = (
        format!("/proc/{}", world.envoy.id()),
        world.envoy.folder().to_owned(),
    );
    drop(world);
    assert!(!std::path::Path::new(&process).exists() && !folder.exists());
    Ok(())
}

#[tokio::test]
async fn a_refused_bootstrap_is_reported_with_its_reason() -> Result<()> {
    let mut bootstrap = Bootstrap::new(Node::default())?;
    bootstrap.listener(serde_json::json!({"name": "bad", "adress": {}}));
    let error = Envoy::start(bootstrap)
        .await
        .err()
        .map(|error| format!("{error:#}"));
    assert!(
        error.as_ref().is_some_and(|error| error.contains("adress")),
        "{error:?}"
    );
    Ok(())
}
