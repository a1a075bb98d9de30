//! Fetching bundles: one poll for a whole process, and what it brings for each of its workers
//! (design sections 6.1 and 7; envoy-wasm.md section 4).
//!
//! Every worker of Envoy runs the module in a VM of its own. A [`Follower`] in each of them looks
//! at what the process shares: whoever holds the [`Lease`] asks the server, verifies what it
//! answers, compiles it, and only then posts it under a [`Notice`]; the others take it from there,
//! and verify it again, because other modules may write to what a process shares.
//!
//! Nothing here knows proxy-wasm: the [`Process`] is asked, and tests answer for it.

mod answer;
mod follower;
mod held;
mod intake;
mod lease;
mod notice;
mod process;
mod refusal;
mod schedule;
#[cfg(test)]
mod tests;

pub use self::answer::Answer;
pub use self::follower::{Follower, News};
pub use self::lease::Lease;
pub use self::notice::Notice;
pub use self::process::{Poll, Process, Shared, Uncallable};
pub use self::refusal::{Refusal, RefusalKind};
pub use self::schedule::Schedule;
