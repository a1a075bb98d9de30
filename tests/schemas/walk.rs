//! Walks a table: its objects are taken, and each with one constraint broken is refused.

use super::breaks;
use super::exceptions::Exceptions;
use super::place::{self, Step};
use super::sample;
use super::seeds::Seed;
use super::table::Table;
use heliast::problem::Segment;
use heliast::resources::{Strictness, decode};
use serde_json::{Value, json};

/// Walks a table, adds what is wrong to `faults`, and says how many objects were broken.
pub(crate) fn table(
    table: &Table,
    seeds: &[Seed],
    exceptions: &Exceptions,
    faults: &mut Vec<String>,
) -> usize {
    let name = format!("{} {}", table.api_version, table.kind);
    for seed in seeds {
        if let Some(problems) = refused(&seed.object) {
            faults.push(format!("{name}: a valid object is refused: {problems}"));
        }
    }
    let mut checks = 0;
    for path in table.fields.keys() {
        if is_inside_of_not_taken(table, path, exceptions) || is_like_spec(table, path) {
            continue;
        }
        if exceptions.have(&table.kind, path, "not taken") {
            checks += 1;
            if refused(&sample::with_field(table, seeds, path)).is_none() {
                faults.push(format!("{name}: taken, against the documents: {path}"));
            }
            continue;
        }
        let Some((seed, steps)) = seeds
            .iter()
            .find_map(|seed| Some((seed, place::find(&seed.object, path)?)))
        else {
            faults.push(format!("{name}: no valid object has {path}"));
            continue;
        };
        let value = place::at(&seed.object, &steps);
        for word in breaks::enumerated(&table.fields[path]) {
            // Whether an operator has values depends on which it is.
            if path.ends_with(".operator") {
                continue;
            }
            let object = with_word(&seed.object, &steps, &word);
            let constraint = format!("word {}", word.as_str().unwrap_or_default());
            checks += 1;
            if let Some(problems) = refused(&object)
                && !exceptions.have(&table.kind, path, &constraint)
            {
                faults.push(format!("{name}: refused: {path} {word}: {problems}"));
            }
        }
        for broken in breaks::of(table, seeds, path, value) {
            let is_excepted = || exceptions.have(&table.kind, path, &broken.constraint);
            let object = place::with(&seed.object, &steps, broken.value.clone());
            checks += 1;
            let is_strict = exceptions.are_calico_strict(&table.kind, path, &broken.constraint);
            if is_strict && !is_caught(&object, &steps, Strictness::CalicoCompatible) {
                faults.push(format!(
                    "{name}: taken by --calico-compatible: {path} {}",
                    broken.constraint
                ));
            }
            if !is_caught(&object, &steps, Strictness::Heliast) && !is_excepted() {
                let constraint = &broken.constraint;
                faults.push(format!(
                    "{name}: taken against {path} {constraint}: {}",
                    short(&broken.value)
                ));
            }
        }
    }
    checks
}

/// Whether a field is one of `specs`, of which Cilium asks the same as of the field of `spec`.
fn is_like_spec(table: &Table, path: &str) -> bool {
    let rest = path
        .strip_prefix(".specs[]")
        .filter(|rest| !rest.is_empty());
    let twin = rest.and_then(|rest| table.fields.get(&format!(".spec{rest}")));
    twin.is_some() && twin == table.fields.get(path)
}

/// Whether a field stands in one that heliast does not take at all.
fn is_inside_of_not_taken(table: &Table, path: &str, exceptions: &Exceptions) -> bool {
    let ends = path
        .char_indices()
        .filter(|(_, letter)| ['.', '[', '{'].contains(letter));
    ends.filter_map(|(end, _)| path.get(..end))
        .any(|outer| !outer.is_empty() && exceptions.have(&table.kind, outer, "not taken"))
}

/// The object with a word in place of another, or of all others of its list.
fn with_word(object: &Value, steps: &[Step], word: &Value) -> Value {
    match steps.split_last() {
        Some((Step::Item(_), list)) => place::with(object, list, json!([word])),
        Some((Step::Key(_), _)) | None => place::with(object, steps, word.clone()),
    }
}

fn refused(object: &Value) -> Option<String> {
    decode(std::slice::from_ref(object), Strictness::Heliast)
        .err()
        .map(|problems| problems.to_string())
}

/// Whether the object is refused at this place, around it or inside of it: a refusal for a mistake
/// somewhere else would prove nothing.
fn is_caught(object: &Value, steps: &[Step], strictness: Strictness) -> bool {
    let Err(problems) = decode(std::slice::from_ref(object), strictness) else {
        return false;
    };
    let is_same = |(segment, step): (&Segment, &Step)| match (segment, step) {
        (Segment::Key(key), Step::Key(name)) => key == name,
        (Segment::Index(index), Step::Item(item)) => index == item,
        (Segment::Key(_), Step::Item(_)) | (Segment::Index(_), Step::Key(_)) => false,
    };
    problems.omitted > 0
        || problems
            .errors()
            .any(|problem| problem.path.0.iter().zip(steps).all(is_same))
}

fn short(value: &Value) -> String {
    value.to_string().chars().take(120).collect()
}
