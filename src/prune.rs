//! Pruned bundles: what one workload of a fleet needs to decide as it would with the whole bundle.
//!
//! A [`Fleet`] holds every object; a [`View`] is the bundle of one workload, and follows the fleet
//! change by change. Nothing of this runs in the filter: servers and the command line prune, and
//! what comes out is a bundle like any other.
//!
//! A view holds the policies that select the workload, their tiers, its own pod, the network sets
//! and the labels of namespaces and service accounts that some rule can tell apart, and all pods of
//! the identities that matter to a rule, folded into `WorkloadGroup`s. Where a policy has nodes for
//! peers it holds all nodes. Where Kubernetes policy stands in Calico's tiers and nothing of
//! Calico's selects the workload, it holds the tier `default` to say so.
//!
//! # Why a view decides alike
//!
//! A rule asks of a peer who it is: labels of the workloads at its address, of the network sets
//! around it, and what its certificate says ([`crate::program::PeerView`]). Take a peer at an
//! address whose workloads were left out. No selector of the rule matches any of them, or they
//! would be needed; so for the labels the address may as well be that of nobody. A certificate
//! that agrees with the address makes what a rule says of it certain, and one from an address of
//! nobody does not; so an address where labels alone make the rule True, because it asks only who
//! the peer is not, or by a network set beside an identity, is needed as well. Where they make it
//! False, what the certificate's holders say decides. A holder that a selector matches is needed;
//! of the others it must be known that there are any, where the rule may not be False of a pod of
//! theirs that nobody knows (`prune/question.rs`).
//!
//! A rule asks of the workload's own end what is true of whoever has an address of it, so those are
//! kept as well.
//!
//! At one address either all workloads are kept or none that matters, hence identities that share
//! an address are kept together. Outgoing requests know no certificates: there an identity counts
//! only where a selector matches it at an address of the rule's networks.
//!
//! Where the certificate alone counts, a principal that nobody is known to hold is judged by what
//! follows from its name; an identity is needed if its workloads say anything else.

mod admission;
mod effect;
mod entry;
mod fleet;
mod fold;
mod identities;
mod naming;
mod place;
mod question;
mod questions;
mod relevance;
mod surroundings;
#[cfg(test)]
mod tests;
mod view;
mod warnings;

pub use self::effect::{Change, Effect};
pub use self::fleet::Fleet;
pub use self::view::{Gone, View};
