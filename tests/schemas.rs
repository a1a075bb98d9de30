//! The constraints of every API whose objects heliast takes, walked one by one: for each there is
//! an object that keeps it and one that breaks it alone. The first is taken and the second is
//! refused, or docs/compatibility.md says why not: every row of its table of exceptions has to be
//! of use, so that it lists what is so and nothing else.
//!
//! `tests/schemas/generate.py` makes the tables; `tests/schemas/valid` has the objects.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test, helpers included: what is not there fails it"
)]

#[path = "schemas/breaks.rs"]
mod breaks;
#[path = "schemas/exceptions.rs"]
mod exceptions;
#[path = "schemas/place.rs"]
mod place;
#[path = "schemas/rules.rs"]
mod rules;
#[path = "schemas/sample.rs"]
mod sample;
#[path = "schemas/seeds.rs"]
mod seeds;
#[path = "schemas/table.rs"]
mod table;
#[path = "schemas/walk.rs"]
mod walk;

use exceptions::Exceptions;
use seeds::Seed;
use table::Table;

#[test]
fn what_an_api_refuses_is_refused_or_documented() {
    let tables = Table::all();
    let seeds = Seed::all();
    let exceptions = Exceptions::read();
    let mut faults = Vec::new();
    let mut checks = 0;
    for table in &tables {
        let seeds: Vec<Seed> = seeds.iter().filter_map(|seed| seed.of(table)).collect();
        checks += walk::table(table, &seeds, &exceptions, &mut faults);
    }
    faults.extend(exceptions.unused());
    println!(
        "figure: {} tables, {checks} objects that break one constraint",
        tables.len()
    );
    assert!(
        faults.is_empty(),
        "{} faults:\n{}",
        faults.len(),
        faults.join("\n")
    );
}
