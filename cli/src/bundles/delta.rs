//! What leads from one bundle to another.

use super::compare::{Change, Difference};
use super::whole::Whole;
use heliast::bundle::{Audience, Object, ObjectKey, Revision, Signature, Statement, write_delta};
use heliast::pace::{Pace, at_once};
use std::fmt;

/// A delta: what to change in a bundle of one revision, to have one of another.
#[derive(Debug, Clone)]
pub struct Delta {
    /// The only revision that it may be applied on.
    pub from: Revision,
    /// What the bundle claims to be that it leads to.
    pub statement: Statement,
    /// Who says so.
    pub signatures: Vec<Signature>,
    /// The objects that are new or changed.
    pub upsert: Vec<Object>,
    /// The objects that are gone.
    pub remove: Vec<ObjectKey>,
}

/// Why a delta does not fit a bundle, or two bundles have none between them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Misfit {
    /// The bundle does not hold what it claims to.
    NotIntact(Revision),
    /// The delta is for another revision.
    OtherBase {
        /// The one that it is for.
        from: Revision,
        /// The one that the bundle has.
        base: Revision,
    },
    /// The two are for different workloads.
    OtherAudience(Option<Audience>, Option<Audience>),
    /// The delta does not lead where it says; this is where it leads.
    Astray(Revision),
}

impl Delta {
    /// The delta that leads from one bundle to another.
    ///
    /// # Errors
    ///
    /// If a filter that has the one could not become one that has the other by it.
    pub fn between(old: &Whole, new: &Whole) -> Result<Self, Misfit> {
        for whole in [old, new] {
            if !whole.is_intact() {
                return Err(Misfit::NotIntact(whole.content()));
            }
        }
        same_audience(&old.statement, &new.statement)?;
        let difference = Difference::between(old.store(), new.store());
        let mut upsert = Vec::new();
        let mut remove = Vec::new();
        for change in difference.changes {
            match change {
                Change::Added(object) | Change::Changed { new: object, .. } => upsert.push(object),
                Change::Removed(object) => remove.push((*object.key).clone()),
            }
        }
        Ok(Self {
            from: old.content(),
            statement: new.statement.clone(),
            signatures: new.signatures.clone(),
            upsert,
            remove,
        })
    }

    /// The bundle that it leads to from this one.
    ///
    /// # Errors
    ///
    /// If it is not for this bundle, or leads somewhere else than it says.
    pub fn apply(self, base: Whole) -> Result<Whole, Misfit> {
        if !base.is_intact() {
            return Err(Misfit::NotIntact(base.content()));
        }
        let (from, base_revision) = (self.from, base.content());
        if from != base_revision {
            let base = base_revision;
            return Err(Misfit::OtherBase { from, base });
        }
        same_audience(&base.statement, &self.statement)?;
        let mut store = base.into_store();
        let to = self.statement.revision;
        let pace = Pace::unbounded();
        at_once(store.apply(self.upsert, &self.remove, to, &pace)).map_err(Misfit::Astray)?;
        Ok(Whole::new(self.statement, self.signatures, store))
    }

    /// The document.
    #[must_use]
    pub fn text(&self) -> String {
        write_delta(
            self.from,
            &self.statement,
            &self.signatures,
            self.upsert.iter(),
            self.remove.iter(),
        )
    }
}

fn same_audience(one: &Statement, other: &Statement) -> Result<(), Misfit> {
    if one.audience == other.audience {
        return Ok(());
    }
    let (one, other) = (one.audience.clone(), other.audience.clone());
    Err(Misfit::OtherAudience(one, other))
}

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whom = |audience: &Option<Audience>| {
            audience
                .as_ref()
                .map_or_else(|| "everyone".to_owned(), ToString::to_string)
        };
        match self {
            Self::NotIntact(content) => write!(
                f,
                "the bundle is damaged: its objects hash to {content}, which is not its revision"
            ),
            Self::OtherBase { from, base } => write!(
                f,
                "the delta is for revision {from}, and the bundle has {base}: fetch the whole bundle"
            ),
            Self::OtherAudience(one, other) => {
                let (one, other) = (whom(one), whom(other));
                write!(f, "the one is for {one}, the other for {other}")
            }
            Self::Astray(result) => write!(
                f,
                "the delta is damaged: it leads to {result}, which is not its `to`"
            ),
        }
    }
}

impl std::error::Error for Misfit {}
