//! What may come into a fleet.

use super::entry::{self, Decoded};
use super::fleet::Fleet;
use super::naming::{Name, name};
use crate::bundle::{Object, ObjectKey};
use crate::limits;
use crate::problem::{FieldPath, Problem, Problems, Report, Segment, Severity};
use std::collections::{BTreeMap, BTreeSet};

impl Fleet {
    /// Decodes what is to come in, and holds it against what stays.
    pub(super) fn admit(
        &self,
        upsert: &[Object],
        remove: &[ObjectKey],
    ) -> Result<Vec<Decoded>, Problems> {
        let report = Report::default();
        let gone: BTreeSet<&ObjectKey> = remove.iter().collect();
        let mut seen: BTreeMap<Name, usize> = BTreeMap::new();
        let mut decoded = Vec::with_capacity(upsert.len());
        for (position, object) in upsert.iter().enumerate() {
            let mistake = |code, message, help: &str| {
                report.add(Problem {
                    severity: Severity::Error,
                    code,
                    document: position,
                    object: object.key.to_string(),
                    path: FieldPath(vec![
                        Segment::Key("metadata".to_owned()),
                        Segment::Key("name".to_owned()),
                    ]),
                    message,
                    help: Some(help.to_owned()),
                });
            };
            match entry::decode(object) {
                Ok(one) => decoded.push(one),
                Err(problems) => {
                    for problem in problems.list {
                        report.add(Problem {
                            document: position,
                            ..problem
                        });
                    }
                }
            }
            let name = name(&object.key);
            let there = self.names.get(&name);
            let other = there.filter(|key| **key != object.key && !gone.contains(&***key));
            let first = *seen.entry(name).or_insert(position);
            if first != position {
                let places = format!("in document {first} and in document {position}");
                let message = format!("defined twice: {places}");
                mistake("duplicate-object", message, "remove one of them");
            } else if let Some(other) = other {
                let message = format!("defined twice: it is there as {}", other.api_version);
                mistake("duplicate-object", message, "remove one of them");
            }
        }
        let leaving = gone.iter().filter(|key| self.store.get(key).is_some());
        let staying = self.store.len().saturating_sub(leaving.count());
        let is_new =
            |object: &&Object| self.store.get(&object.key).is_none() || gone.contains(&*object.key);
        let coming = upsert.iter().filter(is_new).count();
        if staying.saturating_add(coming) > limits::OBJECTS {
            report.add(too_many(upsert.len().saturating_sub(1)));
        }
        if report.is_refused() {
            Err(report.into_problems())
        } else {
            Ok(decoded)
        }
    }
}

fn too_many(position: usize) -> Problem {
    Problem {
        severity: Severity::Error,
        code: "too-many",
        document: position,
        object: String::new(),
        path: FieldPath::default(),
        message: format!("more than {} objects", limits::OBJECTS),
        help: None,
    }
}
