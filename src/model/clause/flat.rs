//! Clauses in compiled programs: without recursion, so that no input decides how deep a stack
//! grows. Alternatives come behind the clauses they are made of.

use super::Clause;
#[cfg(feature = "compiler")]
use super::{Pattern, Subject};
use crate::reader::Reader;
#[cfg(feature = "compiler")]
use ipnet::IpNet;
#[cfg(feature = "compiler")]
use serde::{Serialize, Serializer, ser::Error as _};

/// How deep alternatives may nest; policy of today makes two levels.
const DEPTH: usize = 8;

/// A clause, or what makes one of those before it.
#[cfg(feature = "compiler")]
#[derive(Serialize)]
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

#[cfg(feature = "compiler")]
pub(in crate::model) fn write<S: Serializer>(
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
#[cfg(feature = "compiler")]
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

pub(in crate::model) fn read(from: &mut Reader<'_>) -> Vec<Clause> {
    let mut made = Vec::new();
    from.each(|from| {
        let clause = clause(from, &mut made);
        made.push(clause.unwrap_or_else(|| from.refuse((Clause::Http, 0))));
    });
    made.into_iter().map(|(clause, _)| clause).collect()
}

/// The next clause and how deep it is; alternatives are made of the last of those before.
fn clause(from: &mut Reader<'_>, made: &mut Vec<(Clause, usize)>) -> Option<(Clause, usize)> {
    let clause = match from.variant() {
        0 => Clause::Http,
        1 => Clause::Text {
            subject: from.read(),
            any: from.read(),
            none: from.read(),
        },
        2 => Clause::Ports {
            any: from.read(),
            none: from.read(),
        },
        3 => Clause::LocalNets {
            any: from.read(),
            none: from.read(),
        },
        4 => Clause::RemoteNets {
            any: from.read(),
            none: from.read(),
        },
        5 => Clause::RequestPrincipals {
            any: from.read(),
            none: from.read(),
        },
        6 => {
            let counts: Vec<usize> = from.read();
            let mut alternatives = Vec::new();
            let mut deepest = 0;
            for count in counts.into_iter().rev() {
                let taken = made.split_off(made.len().checked_sub(count)?);
                let depths = taken.iter().map(|(_, depth)| *depth);
                deepest = depths.fold(deepest, usize::max);
                alternatives.push(taken.into_iter().map(|(clause, _)| clause).collect());
            }
            alternatives.reverse();
            let depth = deepest.checked_add(1).filter(|depth| *depth <= DEPTH)?;
            return Some((Clause::AnyOf(alternatives), depth));
        }
        _ => return None,
    };
    Some((clause, 0))
}
