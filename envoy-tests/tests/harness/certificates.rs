//! Certificates with every kind of name, and those that must not be believed.

use anyhow::Result;
use heliast_envoy_tests::access_log::MARK;
use heliast_envoy_tests::{Authority, Call, Leaf, Protocol};

use crate::world::World;

#[tokio::test]
async fn the_names_of_a_certificate_are_written_down_as_they_are() -> Result<()> {
    let world = World::start(|inbound| inbound).await?;
    let dns = Leaf {
        dns: vec!["server.example".into()],
        ..Leaf::default()
    };
    for (mark, leaf, names) in [
        ("none", Leaf::default(), None),
        ("dns", dns, None),
        (
            "one",
            Leaf::with_uris(["spiffe://other/ns/a/sa/b"]),
            Some("spiffe://other/ns/a/sa/b"),
        ),
        (
            "two",
            Leaf::with_uris(["spiffe://x/a", "spiffe://x/b"]),
            Some("spiffe://x/a,spiffe://x/b"),
        ),
        (
            "comma",
            Leaf::with_uris(["spiffe://x/a,spiffe://x/b"]),
            Some("spiffe://x/a,spiffe://x/b"),
        ),
    ] {
        let identity = world.authority.sign(mark, &leaf)?;
        let call = Call::get("server", "/").header(MARK, mark);
        assert_eq!(
            world
                .mutual(&identity)?
                .call(Protocol::Http2, &call)
                .await?
                .status,
            200
        );
        let record = world.envoy.access_log("in").marked(mark).await?;
        assert_eq!(record.text("peer_uri_sans"), names, "{mark}");
    }
    Ok(())
}

#[tokio::test]
async fn foreign_expired_and_missing_certificates_end_at_the_handshake() -> Result<()> {
    let world = World::start(|inbound| inbound).await?;
    let foreign = Authority::new("elsewhere")?;
    let foreign = foreign.sign_workload("cluster.local", "default", "client")?;
    let expired = Leaf {
        expired: true,
        ..Leaf::with_uris(["spiffe://cluster.local/ns/a/sa/b"])
    };
    let expired = world.authority.sign("expired", &expired)?;
    let anonymous = world.plain().anonymous_tls(&world.authority)?;
    for dial in [world.mutual(&foreign)?, world.mutual(&expired)?, anonymous] {
        assert!(
            dial.call(Protocol::Http1, &Call::get("server", "/"))
                .await
                .is_err()
        );
    }
    assert_eq!(world.envoy.access_log("in").records()?.len(), 0);
    Ok(())
}
