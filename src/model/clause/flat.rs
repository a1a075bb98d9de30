//! Clauses in compiled programs: without recursion, so that no input decides how deep a stack
//! grows. Alternatives come behind the clauses they are made of.

use super::{Clause, Pattern, Subject};
use ipnet::IpNet;
use serde::de::Error as _;
use serde::ser::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// How deep alternatives may nest; policy of today makes two levels.
const DEPTH: usize = 8;

/// A clause, or what makes one of those before it.
#[derive(Serialize, Deserialize)]
enum Part {
    Http,
    Text(Subject, Vec<Pattern>, Vec<Pattern>),
    Ports(Vec<(u16, u16)>, Vec<(u16, u16)>),
    LocalNets(Vec<IpNet>, Vec<IpNet>),
    RemoteNets(Vec<IpNet>, Vec<IpNet>),
    RequestPrincipals(Vec<(Pattern, Pattern)>, Vec<(Pattern, Pattern)>),
    /// Alternatives of so many clauses each.
    AnyOf(Vec<usize>),
}

pub(in crate::model) fn serialize<S: Serializer>(
    clauses: &[Clause],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let mut parts = Vec::new();
    if !flatten(clauses, DEPTH, &mut parts) {
        return Err(S::Error::custom("clauses are nested too deeply"));
    }
    parts.serialize(serializer)
}

/// Whether they are nested as deep as that at most.
fn flatten(clauses: &[Clause], depth: usize, into: &mut Vec<Part>) -> bool {
    clauses.iter().all(|clause| {
        let part = match clause.clone() {
            Clause::Http => Part::Http,
            Clause::Text { subject, any, none } => Part::Text(subject, any, none),
            Clause::Ports { any, none } => Part::Ports(any, none),
            Clause::LocalNets { any, none } => Part::LocalNets(any, none),
            Clause::RemoteNets { any, none } => Part::RemoteNets(any, none),
            Clause::RequestPrincipals { any, none } => Part::RequestPrincipals(any, none),
            Clause::AnyOf(alternatives) => {
                let Some(below) = depth.checked_sub(1) else {
                    return false;
                };
                if !alternatives.iter().all(|one| flatten(one, below, into)) {
                    return false;
                }
                Part::AnyOf(alternatives.iter().map(Vec::len).collect())
            }
        };
        into.push(part);
        true
    })
}

pub(in crate::model) fn deserialize<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<Clause>, D::Error> {
    let parts = Vec::<Part>::deserialize(deserializer)?;
    gather(parts).ok_or_else(|| D::Error::custom("are no clauses"))
}

fn gather(parts: Vec<Part>) -> Option<Vec<Clause>> {
    let mut made: Vec<(Clause, usize)> = Vec::new();
    for part in parts {
        let mut depth = 0;
        let clause = match part {
            Part::Http => Clause::Http,
            Part::Text(subject, any, none) => Clause::Text { subject, any, none },
            Part::Ports(any, none) => Clause::Ports { any, none },
            Part::LocalNets(any, none) => Clause::LocalNets { any, none },
            Part::RemoteNets(any, none) => Clause::RemoteNets { any, none },
            Part::RequestPrincipals(any, none) => Clause::RequestPrincipals { any, none },
            Part::AnyOf(counts) => {
                let mut alternatives = Vec::new();
                for count in counts.into_iter().rev() {
                    let from = made.len().checked_sub(count)?;
                    let taken = made.split_off(from);
                    let deepest = taken.iter().map(|(_, depth)| *depth).max();
                    depth = depth.max(deepest.unwrap_or_default());
                    alternatives.push(taken.into_iter().map(|(clause, _)| clause).collect());
                }
                alternatives.reverse();
                depth = depth.checked_add(1).filter(|depth| *depth <= DEPTH)?;
                Clause::AnyOf(alternatives)
            }
        };
        made.push((clause, depth));
    }
    Some(made.into_iter().map(|(clause, _)| clause).collect())
}
