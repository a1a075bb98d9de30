//! For how long what a VM died over is left alone, and how that is noted.

use crate::fetch::tests::postings::{one_behind, post, read, write};
use crate::fetch::tests::world::{Server, TICK, Workers, World};
use crate::fetch::{Follower, News, Poll, Process, RefusalKind, Shared, Uncallable};
use std::cell::Cell;

/// Another worker began to take this revision in, so many milliseconds ago, and said no more of it.
fn note(workers: &Workers, server: &Server, age: u64) {
    let said = workers.world.now.get() - age;
    let revision = server.statement().revision;
    let text = format!("abcdef {revision} {said}\n");
    write(workers, "/notes", text.as_bytes());
}

fn crashes(workers: &mut Workers) -> usize {
    let news = workers.news.drain(..);
    news.filter(|news| matches!(news, News::Refused(refusal) if refusal.kind == RefusalKind::Crash))
        .count()
}

#[test]
fn what_another_has_posted_is_left_alone_after_five_seconds_of_silence() {
    for (age, is_left) in [
        (4_999, false),
        (5_000, true),
        (599_999, true),
        (600_000, false),
    ] {
        let (server, mut workers) = one_behind();
        post(&workers, &server);
        note(&workers, &server, age);
        workers.tick(0);
        assert_eq!(crashes(&mut workers), usize::from(is_left), "{age}");
        assert_eq!(workers.all_have(&server), !is_left, "{age}");
    }
}

#[test]
fn what_the_server_has_is_left_alone_after_two_seconds_of_silence() {
    for (age, is_left) in [
        (1_999, false),
        (2_000, true),
        (599_999, true),
        (600_000, false),
    ] {
        let (server, mut workers) = one_behind();
        for _ in 0..60 {
            workers.tick(0);
            workers.answer(&mut |poll| Some(server.answer(poll)));
            if workers.list[0].is_busy() {
                break;
            }
            workers.world.now.set(workers.world.now.get() + TICK);
        }
        note(&workers, &server, age);
        workers.tick(0);
        assert_eq!(crashes(&mut workers), usize::from(is_left), "{age}");
        assert_eq!(workers.all_have(&server), !is_left, "{age}");
    }
}

#[test]
fn a_posting_that_is_left_alone_is_looked_at_again_after_two_seconds() {
    let (server, mut workers) = one_behind();
    post(&workers, &server);
    note(&workers, &server, 10_000);
    let mut looks = Vec::new();
    for _ in 0..60 {
        let now = workers.world.now.get();
        workers.round(&mut |_| None);
        looks.extend((crashes(&mut workers) > 0).then_some(now));
    }
    let gaps: Vec<u64> = looks.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert_eq!(gaps, [2_000]);
}

/// What is left alone is that posting, not the next one.
#[test]
fn another_posting_is_taken_at_once() {
    let (mut server, mut workers) = one_behind();
    post(&workers, &server);
    note(&workers, &server, 10_000);
    workers.tick(0);
    assert_eq!(crashes(&mut workers), 1);
    server.set(2, "well");
    post(&workers, &server);
    workers.tick(0);
    assert!(workers.all_have(&server));
}

#[test]
fn a_note_is_renewed_every_half_second() {
    let (server, mut workers) = one_behind();
    let _preparing = workers.list[0].preparing();
    post(&workers, &server);
    let mut said: Vec<u64> = Vec::new();
    for _ in 0..40 {
        workers.round(&mut |_| None);
        let notes = read(&workers, "/notes");
        let last = notes.split_ascii_whitespace().last();
        said.extend(last.map(|said| said.parse::<u64>().unwrap()));
    }
    said.dedup();
    assert!(said.len() >= 3);
    assert!(
        said.windows(2).all(|pair| pair[1] - pair[0] == 500),
        "{said:?}"
    );
}

#[test]
fn no_more_than_64_notes_are_kept() {
    let (server, mut workers) = one_behind();
    let _preparing = workers.list[0].preparing();
    post(&workers, &server);
    let now = workers.world.now.get();
    let other = "0".repeat(64);
    let line = |worker: u64| format!("{:x} {other} {now}\n", worker + 1);
    let text: String = (0..200).map(line).collect();
    write(&workers, "/notes", text.as_bytes());
    workers.tick(0);
    let notes = read(&workers, "/notes");
    assert_eq!(notes.lines().count(), 64);
    let own = server.statement().revision.to_string();
    assert!(notes.lines().any(|line| line.contains(&own)));
}

/// A process in which somebody else always was the last to write a note.
struct Contested<'w> {
    world: &'w World,
    tries: Cell<usize>,
}

impl Process for Contested<'_> {
    fn now(&self) -> u64 {
        self.world.now()
    }

    fn random(&self) -> u64 {
        self.world.random()
    }

    fn shared(&self, key: &str) -> Option<Shared> {
        self.world.shared(key)
    }

    fn share(&self, key: &str, value: &[u8], version: Option<u32>) -> bool {
        if key.ends_with("/notes") {
            self.tries.set(self.tries.get() + 1);
            return false;
        }
        self.world.share(key, value, version)
    }

    fn call(&self, poll: &Poll) -> Result<u32, Uncallable> {
        self.world.call(poll)
    }
}

#[test]
fn a_note_is_written_four_times_at_most() {
    let (server, mut workers) = one_behind();
    let _preparing = workers.list[0].preparing();
    post(&workers, &server);
    let Workers { world, list, .. } = &mut workers;
    let contested = Contested {
        world,
        tries: Cell::new(0),
    };
    let news = Follower::tick(&mut list[0], &contested);
    assert_eq!(news, Some(News::Bundle), "it is taken in all the same");
    assert_eq!(contested.tries.get(), 4);
}
