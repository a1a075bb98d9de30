//! Requests that no library sends.

use anyhow::Result;
use heliast_envoy_tests::access_log::MARK;
use heliast_envoy_tests::{Call, Protocol};

use crate::world::World;

#[tokio::test]
async fn methods_paths_and_header_bytes_arrive_as_written() -> Result<()> {
    let world = World::start(|inbound| inbound).await?;
    let mutual = world.mutual(&world.client)?;
    for (mark, method, path) in [
        ("rare", "PURGE", "/pot"),
        ("dots", "GET", "/a/../b//c/%2e%2e/d?x=1"),
        ("odd", "GET", "/a|b{c}\"d"),
    ] {
        let call = Call::new(method, "server", path)
            .header(MARK, mark)
            .header("x-role", "admin")
            .header("x-role", "guest")
            .header("x-bytes", b"\x80\xff".to_vec());
        let answer = mutual.call(Protocol::Http1, &call).await?;
        assert_eq!(answer.status, 200, "{mark}");
        let record = world.envoy.access_log("in").marked(mark).await?;
        assert_eq!(record.text("method"), Some(method), "{mark}");
        assert_eq!(record.text("path"), Some(path), "{mark}");
    }
    Ok(())
}

/// So no filter has to have an opinion on `*`.
#[tokio::test]
async fn envoy_itself_refuses_a_path_without_a_slash() -> Result<()> {
    let world = World::start(|inbound| inbound.filter(heliast_envoy_tests::guard())).await?;
    let call = Call::new("OPTIONS", "server", "*").header(MARK, "asterisk");
    assert_eq!(
        world.plain().call(Protocol::Http1, &call).await?.status,
        404
    );
    let record = world.envoy.access_log("in").marked("asterisk").await?;
    assert_eq!(record.text("details"), Some("absolute_path_rejected"));
    Ok(())
}

#[tokio::test]
async fn connect_reaches_the_filters_in_both_protocols() -> Result<()> {
    let world = World::start(|inbound| inbound.filter(heliast_envoy_tests::guard())).await?;
    let bytes = b"CONNECT server:443 HTTP/1.1\r\nhost: server:443\r\n\r\n";
    assert_eq!(world.plain().raw(bytes).await?.status, 403);
    let log = world.envoy.access_log("in");
    let record = log
        .wait(|record| record.text("method") == Some("CONNECT"))
        .await?;
    assert!(
        record
            .text("details")
            .is_some_and(|details| details.contains("rbac"))
    );
    Ok(())
}

#[tokio::test]
async fn bytes_that_are_no_http_get_the_answer_they_deserve() -> Result<()> {
    let world = World::start(|inbound| inbound).await?;
    for bytes in [
        b"GET /\0 HTTP/1.1\r\nhost: server\r\n\r\n".as_slice(),
        b"GET / HTTP/1.1\r\nhost: server\r\nx-role: a\0b\r\n\r\n".as_slice(),
        b"GET /\xff HTTP/1.1\r\nhost: server\r\n\r\n".as_slice(),
        b"BREW /pot HTTP/1.1\r\nhost: server\r\n\r\n".as_slice(),
        b"GET / HTTP/1.1\r\n\r\n".as_slice(),
    ] {
        assert_eq!(
            world.plain().raw(bytes).await?.status,
            400,
            "{}",
            bytes.escape_ascii()
        );
    }
    Ok(())
}

#[tokio::test]
async fn head_has_no_body_and_a_session_serves_many_requests() -> Result<()> {
    let world = World::start(|inbound| inbound).await?;
    for protocol in [Protocol::Http1, Protocol::Http2] {
        let mut session = world.mutual(&world.client)?.session(protocol).await?;
        for _ in 0..20 {
            assert_eq!(session.call(&Call::get("server", "/")).await?.status, 200);
        }
        let head = session.call(&Call::new("HEAD", "server", "/")).await?;
        assert_eq!((head.status, head.body.len()), (200, 0));
    }
    let raw = world
        .plain()
        .raw(b"HEAD / HTTP/1.1\r\nhost: server\r\n\r\n")
        .await?;
    assert_eq!((raw.status, raw.body.len()), (200, 0));
    Ok(())
}
