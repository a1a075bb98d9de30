//! Decisions.

use crate::asked::Asked;
use crate::worlds::NAMES;
use divan::Bencher;
use divan::counter::ItemsCount;

/// A request of a known peer, from its header lines to the verdict.
#[divan::bench(args = NAMES, max_time = 2)]
fn decision(bencher: Bencher<'_, '_>, name: &str) {
    let asked = Asked::load(name);
    let rules = asked.rules();
    bencher
        .counter(ItemsCount::new(1_u8))
        .bench(|| asked.decide(&rules));
}

/// The first request of a new peer: its rules, and the verdict.
#[divan::bench(args = NAMES, max_time = 2)]
fn first_decision(bencher: Bencher<'_, '_>, name: &str) {
    let asked = Asked::load(name);
    bencher
        .counter(ItemsCount::new(1_u8))
        .bench(|| asked.decide(&asked.rules()));
}
