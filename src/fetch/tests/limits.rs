//! Bounds in time and size of what workers do. The numbers are written out: a limit that changes is
//! to be noticed.

mod alone;
mod posting;

use super::world::{World, source};
use crate::fetch::{Answer, Lease, Process, RefusalKind, Schedule};
use crate::host::HeaderLines;
use serde_json::json;

const NOW: u64 = 1_700_000_000_000;

#[test]
fn a_lease_holds_for_three_seconds() {
    let until = |ends| Lease { holder: 5, ends };
    assert!(until(NOW + 3_000).holds(NOW));
    assert!(
        !until(NOW + 3_001).holds(NOW),
        "nobody takes one for longer"
    );
    let world = World::default();
    world.now.set(NOW);
    world.share("lease", b"", None);
    assert!(Lease::take(&world, "lease", 5));
    let taken = Lease::parse(&world.shared("lease").unwrap().value);
    assert_eq!(taken, Some(until(NOW + 3_000)));
}

#[test]
fn a_lease_is_renewed_when_less_than_two_seconds_are_left() {
    for (left, renewed) in [(2_000, 2_000), (1_999, 3_000)] {
        let world = World::default();
        world.now.set(NOW);
        let ends = NOW + left;
        let lease = Lease { holder: 5, ends };
        world.share("lease", lease.to_string().as_bytes(), None);
        assert!(Lease::take(&world, "lease", 5));
        let ends = NOW + renewed;
        let expected = Lease { holder: 5, ends };
        let found = Lease::parse(&world.shared("lease").unwrap().value);
        assert_eq!(found, Some(expected), "{left} are left");
    }
}

#[test]
fn a_long_poll_that_brought_something_is_asked_again_after_a_tenth_of_a_second() {
    let path = "/v1/bundle?wait=30s";
    let more = json!({"path": path, "timeout": "40s", "pollInterval": "10s"});
    let mut schedule = Schedule::new(&source(&more));
    schedule.start(NOW);
    schedule.changed(NOW + 1_000, 0);
    assert!(!schedule.is_due(NOW + 1_099));
    assert!(schedule.is_due(NOW + 1_100));
}

/// When the server is asked again after so many failures in a row, at the latest.
fn latest(interval: &str, failures: usize) -> u64 {
    let mut schedule = Schedule::new(&source(&json!({"pollInterval": interval})));
    schedule.start(NOW);
    for _ in 0..failures {
        schedule.failed(NOW, 0);
    }
    // Without chance half of the wait is left.
    let wait = (0..200_000).find(|wait| schedule.is_due(NOW + wait));
    wait.unwrap() * 2
}

#[test]
fn failures_are_waited_for_three_intervals_at_most_and_never_for_more_than_a_minute() {
    assert_eq!(latest("1s", 1), 100);
    assert_eq!(latest("1s", 20), 3_000);
    assert_eq!(latest("60s", 1), 1_000);
    assert_eq!(latest("60s", 20), 60_000);
}

#[test]
fn an_entity_tag_is_sent_back_if_it_has_256_bytes_at_most() {
    for (bytes, is_kept) in [(256, true), (257, false)] {
        let tag = "t".repeat(bytes);
        let headers: HeaderLines = [(":status", "200"), ("etag", &*tag)].into_iter().collect();
        let Ok(Answer::Document { etag, .. }) = Answer::read(&headers, Vec::new(), false) else {
            panic!("a document");
        };
        assert_eq!(etag.is_some(), is_kept, "{bytes}");
    }
}

#[test]
fn an_answer_has_32_mib_at_most() {
    let headers: HeaderLines = [(":status", "200")].into_iter().collect();
    let most = vec![b' '; 32 << 20];
    assert!(Answer::read(&headers, most.clone(), false).is_ok());
    let more = [most, vec![b' ']].concat();
    let refusal = Answer::read(&headers, more, false).unwrap_err();
    assert_eq!(refusal.kind, RefusalKind::TooLarge);
}
