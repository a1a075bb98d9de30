//! From the model to the program of a workload, and to the rules left for a peer.

use crate::asked::{self, Asked};
use crate::worlds::{NAMES, World};
use divan::Bencher;
use heliast::bundle::Bundle;

/// The program of a workload.
#[divan::bench(args = NAMES, max_time = 2)]
fn program(bencher: Bencher<'_, '_>, name: &str) {
    let world = World::named(name);
    let bundle = Bundle::load(&world.objects).expect("valid objects");
    bencher.bench(|| asked::compile(&world, &bundle.model));
}

/// The rules of a peer that nobody has seen before.
#[divan::bench(args = NAMES, max_time = 2)]
fn new_peer(bencher: Bencher<'_, '_>, name: &str) {
    let asked = Asked::load(name);
    bencher.bench(|| asked.rules());
}
