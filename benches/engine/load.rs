//! From the text of a bundle to the model.

use crate::worlds::{NAMES, World};
use divan::Bencher;
use heliast::bundle::Bundle;
use serde_json::Value;

/// JSON to objects.
#[divan::bench(args = NAMES, max_time = 2)]
fn parse(bencher: Bencher<'_, '_>, name: &str) {
    let text = serde_json::to_vec(&World::named(name).objects).expect("JSON");
    bencher.bench(|| serde_json::from_slice::<Vec<Value>>(&text));
}

/// Objects to the model, and their revision.
#[divan::bench(args = NAMES, max_time = 2)]
fn bundle(bencher: Bencher<'_, '_>, name: &str) {
    let world = World::named(name);
    bencher.bench(|| Bundle::load(&world.objects));
}
