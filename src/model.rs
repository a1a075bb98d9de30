//! The policy model: one tiered form for all dialects (design section 4).
//!
//! Second stage of the arrow. Tiers and policies are in evaluation order; every shorthand of a
//! dialect is spelt out; the [`Directory`] knows who is behind an address.

#[cfg(feature = "objects")]
mod calico;
#[cfg(feature = "objects")]
mod cilium;
mod clause;
mod directory;
mod entity;
mod interest;
#[cfg(feature = "objects")]
mod istio;
#[cfg(feature = "objects")]
mod kubernetes;
mod labels;
#[cfg(feature = "objects")]
mod layers;
mod localhost;
mod mutual_tls;
mod policy;
mod principal;
mod rewrite;
mod shared;
#[cfg(feature = "objects")]
mod tiers;
mod workload;

pub use self::clause::{Clause, MetadataShape, Pattern, Subject};
#[cfg(feature = "objects")]
pub use self::directory::{Change, Changes};
pub use self::directory::{Directory, Members, Placed, Stamp};
pub use self::entity::{Entity, IdentityClause, NamespaceClause};
pub use self::interest::Interest;
#[cfg(feature = "objects")]
pub(crate) use self::labels::may_select;
pub(crate) use self::labels::{CLUSTER_LABEL, InCluster};
pub use self::labels::{Inherited, SetLabels};
#[cfg(feature = "objects")]
pub(crate) use self::localhost::EXEMPTION;
pub(crate) use self::localhost::always;
pub use self::mutual_tls::MutualTls;
pub use self::policy::{Layer, Policy, Rule, Tier};
pub use self::principal::{PrincipalClause, PrincipalPattern};
pub use self::rewrite::HeaderRewrite;
pub use self::shared::SharedDirectory;
pub use self::workload::{NetworkSet, Workload};

use crate::pace::Pace;
#[cfg(feature = "objects")]
use crate::pace::at_once;
#[cfg(feature = "compiled")]
use crate::reader::{Read, Reader};
#[cfg(feature = "objects")]
use crate::resources::Resources;

/// What it costs to free an entry, or a rule of a policy.
const RELEASE_UNITS: usize = 16;

/// All policy of a bundle, and all that its rules can ask about.
#[derive(Debug, Default)]
#[cfg_attr(feature = "compiler", derive(serde::Serialize))]
pub struct Model {
    /// The tiers in evaluation order, layer by layer, those without policy left out.
    pub tiers: Vec<Tier>,
    /// What Istio's peer authentications say.
    pub mutual_tls: Vec<MutualTls>,
    /// Who is behind an address.
    pub directory: SharedDirectory,
    /// For whom it was made.
    #[cfg_attr(feature = "compiler", serde(skip))]
    pub interest: Interest,
}

#[cfg(feature = "compiled")]
impl Read for Model {
    fn read(from: &mut Reader<'_>) -> Self {
        Self {
            tiers: from.read(),
            mutual_tls: from.read(),
            directory: from.read(),
            interest: Default::default(),
        }
    }
}

impl Model {
    /// The model of these resources.
    #[cfg(feature = "objects")]
    #[must_use]
    pub fn build(resources: &Resources) -> Self {
        at_once(Self::build_in_slices(resources, &Pace::unbounded()))
    }

    /// The model of these resources, built in slices.
    #[cfg(feature = "objects")]
    pub async fn build_in_slices(resources: &Resources, pace: &Pace) -> Self {
        let directory = Directory::build(resources, pace).await;
        let interest = Interest::Everyone;
        Self::over(SharedDirectory::from(directory), interest, resources, pace).await
    }

    #[cfg(feature = "objects")]
    /// The model of these resources over a directory that is there, built in slices.
    pub async fn over(
        directory: SharedDirectory,
        interest: Interest,
        resources: &Resources,
        pace: &Pace,
    ) -> Self {
        let mut tiers = layers::tiers(resources, &interest, pace).await;
        if interest != Interest::Everyone {
            for policy in tiers.iter_mut().flat_map(|tier| &mut tier.policies) {
                interest.trim_spelt(policy);
                pace.spend(RELEASE_UNITS).await;
            }
        }
        Self {
            tiers,
            interest,
            mutual_tls: istio::mutual_tls(resources),
            directory,
        }
    }

    /// Frees it in slices.
    pub async fn release(self, pace: &Pace) {
        for policy in self.tiers.into_iter().flat_map(|tier| tier.policies) {
            let rules = [&policy.ingress, &policy.egress].into_iter().flatten();
            let rules: usize = rules.map(Vec::len).sum();
            drop(policy);
            pace.spend(RELEASE_UNITS.saturating_mul(rules.saturating_add(1)))
                .await;
        }
        if let Some(directory) = self.directory.into_sole() {
            directory.release(pace).await;
        }
    }
}
