//! The different peer clauses of the rules of a program, and how those are found that a peer can
//! be, without asking the others.
//!
//! Each entity is filed under one of its clauses ([`filing`]). It is left out only where the peer
//! has nothing of what that clause asks for; then the clause is False, and so is the entity. Where
//! it is not certain what the peer has, every entity that is filed there is asked.

mod mark;
#[cfg(test)]
mod tests;

use self::mark::Mark;
use super::PeerView;
use super::filing::{self, Filed};
use crate::gather;
use crate::model::Entity;
use std::sync::Arc;

/// From this many entities on, looking up is cheaper than asking each.
const WORTHWHILE: usize = 16;

/// The entities of a program, each once.
#[derive(Debug)]
pub struct Entities {
    all: Vec<Arc<Entity>>,
    tables: Vec<Table>,
    /// The entities that are filed under nothing.
    rest: Vec<usize>,
}

/// What entities ask of one mark of a peer.
#[derive(Debug)]
struct Table {
    mark: Mark,
    filed: Filed,
}

impl Entities {
    /// These entities; each is known by its position.
    pub(super) fn new(all: Vec<Arc<Entity>>) -> Self {
        if all.len() < WORTHWHILE {
            return Self {
                tables: Vec::new(),
                rest: (0..all.len()).collect(),
                all,
            };
        }
        let (marks, rest) = filing::file(all.iter().map(|entity| mark::asked(entity)));
        let tables = marks.into_iter().map(|(mark, filed)| Table {
            mark: mark.to_owned(),
            filed,
        });
        let tables = tables.collect();
        Self { all, tables, rest }
    }

    /// The entity at this position.
    #[must_use]
    pub fn get(&self, position: usize) -> Option<&Entity> {
        self.all.get(position).map(AsRef::as_ref)
    }

    /// The entities that a peer can be, with their positions, in order.
    pub(super) fn candidates(&self, peer: &PeerView<'_>) -> impl Iterator<Item = (usize, &Entity)> {
        let mut found = self.rest.clone();
        for table in &self.tables {
            table.look_up(peer, &mut found);
        }
        if !self.tables.is_empty() {
            found = gather::numbers(found);
        }
        let found = found.into_iter();
        found.filter_map(|position| Some((position, self.get(position)?)))
    }
}

impl Table {
    fn look_up(&self, peer: &PeerView<'_>, found: &mut Vec<usize>) {
        let before = found.len();
        let certain = self.mark.hashes(peer, &self.filed.lengths, &mut |hash| {
            found.extend(self.filed.with(hash).iter().map(|(_, entity)| *entity));
        });
        if !certain {
            found.truncate(before);
            found.extend(self.filed.things.iter().map(|(_, entity)| *entity));
        }
    }
}
