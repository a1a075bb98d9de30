//! Bundles as files: built from manifests, read with the place of every mistake, compared, applied,
//! written.

mod compare;
mod delta;
mod fields;
mod gather;
mod program;
mod read;
mod refusal;
mod save;
mod summary;
mod whole;

pub use self::compare::{Change, Difference};
pub use self::delta::{Delta, Misfit};
pub use self::fields::FieldChange;
pub use self::gather::gather;
pub use self::program::Program;
pub use self::read::{Opened, WholeFile, open, read};
pub use self::refusal::{Refusal, Unread};
pub use self::save::save;
pub use self::summary::{PolicyEntry, PolicySummary, Summary, TierSummary, WorkloadSummary};
pub use self::whole::Whole;
