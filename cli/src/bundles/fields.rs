//! Two objects, field by field.

use heliast::problem::{FieldPath, Segment};
use serde_json::Value;
use std::collections::BTreeSet;

/// A field that differs.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldChange {
    /// The field. An item of a list that is gone has the position that it had, every other item the
    /// one that it has.
    pub path: FieldPath,
    /// What it was; none if it is new.
    pub old: Option<Value>,
    /// What it is; none if it is gone.
    pub new: Option<Value>,
}

/// The fields in which two values differ: the deepest there are.
pub(super) fn compare(old: &Value, new: &Value) -> Vec<FieldChange> {
    let mut found = Found {
        path: Vec::new(),
        changes: Vec::new(),
    };
    found.value(Some(old), Some(new));
    found.changes
}

struct Found {
    path: Vec<Segment>,
    changes: Vec<FieldChange>,
}

impl Found {
    fn value(&mut self, old: Option<&Value>, new: Option<&Value>) {
        match (old, new) {
            (Some(old), Some(new)) if old == new => {}
            (Some(Value::Object(old)), Some(Value::Object(new))) => {
                let keys: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
                for key in keys {
                    self.at(Segment::Key(key.clone()), old.get(key), new.get(key));
                }
            }
            (Some(Value::Array(old)), Some(Value::Array(new))) => self.list(old, new),
            (old, new) => self.changes.push(FieldChange {
                path: FieldPath(self.path.clone()),
                old: old.cloned(),
                new: new.cloned(),
            }),
        }
    }

    /// What both ends of two lists share is set aside, so that an item that was put in or taken out
    /// does not make all that follow it differ.
    fn list(&mut self, old: &[Value], new: &[Value]) {
        let pairs = old.iter().zip(new);
        let start = pairs.take_while(|(old, new)| old == new).count();
        let (old, new) = (
            old.get(start..).unwrap_or_default(),
            new.get(start..).unwrap_or_default(),
        );
        let pairs = old.iter().rev().zip(new.iter().rev());
        let end = pairs.take_while(|(old, new)| old == new).count();
        let (old_left, new_left) = (old.len().saturating_sub(end), new.len().saturating_sub(end));
        for offset in 0..old_left.max(new_left) {
            let index = Segment::Index(start.saturating_add(offset));
            let old = old.get(offset).filter(|_| offset < old_left);
            let new = new.get(offset).filter(|_| offset < new_left);
            self.at(index, old, new);
        }
    }

    fn at(&mut self, segment: Segment, old: Option<&Value>, new: Option<&Value>) {
        self.path.push(segment);
        self.value(old, new);
        self.path.pop();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[track_caller]
    fn check(old: &Value, new: &Value, expected: &[&str]) {
        let show = |value: Option<Value>| value.map_or("-".to_owned(), |value| value.to_string());
        let changes = compare(old, new).into_iter();
        let lines: Vec<String> = changes
            .map(|change| format!("{} {} {}", change.path, show(change.old), show(change.new)))
            .collect();
        assert_eq!(lines, expected);
    }

    #[test]
    fn the_deepest_fields_are_told() {
        check(&json!({"a": 1}), &json!({"a": 1}), &[]);
        check(
            &json!({"a": {"b": 1, "c": null}, "d": 2}),
            &json!({"a": {"b": 2}, "e": {"f": 3}}),
            &["a.b 1 2", "a.c null -", "d 2 -", "e - {\"f\":3}"],
        );
        check(&json!({"a": [1]}), &json!({"a": {}}), &["a [1] {}"]);
        check(&json!(1), &json!(2), &[" 1 2"]);
    }

    #[test]
    fn an_item_put_in_or_taken_out_leaves_the_others_alone() {
        check(
            &json!({"a": [1, 2, 3]}),
            &json!({"a": [1, 9, 2, 3]}),
            &["a[1] - 9"],
        );
        check(
            &json!({"a": [1, 2, 3]}),
            &json!({"a": [1, 3]}),
            &["a[1] 2 -"],
        );
        check(
            &json!({"a": []}),
            &json!({"a": [1, 2]}),
            &["a[0] - 1", "a[1] - 2"],
        );
        check(
            &json!({"a": [1, 1]}),
            &json!({"a": [1, 1, 1]}),
            &["a[2] - 1"],
        );
        check(
            &json!({"a": [{"b": 1}, 2]}),
            &json!({"a": [{"b": 3}, 4, 2]}),
            &["a[0].b 1 3", "a[1] - 4"],
        );
    }
}
