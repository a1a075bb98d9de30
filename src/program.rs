//! The program: what one workload enforces in one direction (design section 1).
//!
//! Third stage of the arrow. Policies that do not select the workload are gone, its own end of
//! every rule is settled, and what is left of a rule is a question about the peer ([`crate::model::Entity`]) and
//! a few about the request ([`Condition`]). [`PeerRules`] settles the first for one peer.

mod aliases;
mod clauses;
mod compile;
mod condition;
mod conditions;
mod entities;
mod filing;
mod header;
mod index;
mod local;
mod mutual_tls;
mod own_end;
mod peer_answers;
mod peer_ports;
mod peer_rules;
mod peer_view;
mod port_set;
mod steps;
mod text;
mod token;

pub(crate) use self::compile::is_governed;
pub use self::condition::{Condition, Context};
pub use self::entities::Entities;
pub use self::header::HeaderCondition;
pub use self::index::{Candidates, RuleIndex};
pub use self::local::Node;
pub use self::peer_answers::PeerAnswers;
pub use self::peer_ports::{PeerPort, PortQuestion};
pub use self::peer_rules::{PeerRules, PeerTier, Uses};
pub use self::peer_view::{PeerClause, PeerView};
#[cfg(feature = "objects")]
pub(crate) use self::peer_view::{holds_identity, judge_unknown};
pub use self::port_set::PortSet;
pub use self::steps::{Step, TierSteps};
pub use self::text::TextCondition;
pub use self::token::TokenCondition;

use crate::model::{HeaderRewrite, Layer, Model, Workload};
use crate::settings::Settings;
use crate::terms::{Action, IpVersion, TierDefault};
use crate::truth::Truth;
use crate::verdict::{Direction, PolicyId, RuleId};
use std::net::IpAddr;
use std::sync::Arc;

/// The workload that enforces.
#[derive(Debug, Clone)]
pub struct Local {
    /// What selectors see of it.
    pub workload: Workload,
    /// Its addresses, as far as they are known.
    pub addresses: Vec<IpAddr>,
    /// The addresses of the node it runs on, as far as they are known.
    pub node_addresses: Vec<IpAddr>,
    /// Whether its named ports are known: they come with its pod in the bundle.
    pub ports_known: bool,
}

/// What one workload enforces in one direction.
#[derive(Debug)]
pub struct Program {
    /// The model it was made from; peers are looked up in its directory.
    pub model: Arc<Model>,
    /// The workload that enforces.
    pub local: Local,
    /// The direction.
    pub direction: Direction,
    /// How the operator wants policy to be read.
    pub settings: Settings,
    /// The tiers of which a policy selects the workload.
    pub tiers: Vec<TierProgram>,
    /// The rules of each tier as they are walked: made from [`Self::tiers`] by [`TierSteps::of`].
    pub steps: Vec<TierSteps>,
    /// The different peer clauses of the rules; most rules share theirs with others.
    pub entities: Entities,
    /// What rules ask about named ports of the peer, each once.
    pub port_questions: Vec<PortQuestion>,
    /// The paths of dynamic metadata that rules ask for.
    pub metadata: Vec<Vec<String>>,
    /// The namespace's profile, which allows what no tier decided (calico.md 2.5).
    pub profile: RuleId,
}

/// A tier of a program.
#[derive(Debug)]
pub struct TierProgram {
    /// The system it belongs to.
    pub layer: Layer,
    /// Its name.
    pub name: String,
    /// What its end does.
    pub end: TierDefault,
    /// The policies that select the workload, in order.
    pub policies: Vec<PolicyProgram>,
    /// Whether a rule of it may change headers.
    pub rewrites: bool,
}

/// A policy of a program.
#[derive(Debug)]
pub struct PolicyProgram {
    /// Which policy.
    pub id: Arc<PolicyId>,
    /// Position of its object in the input, from 0.
    pub document: usize,
    /// Whether it is only evaluated, never enforced.
    pub staged: bool,
    /// Whether the end of the tier applies because of it.
    pub isolates: bool,
    /// Its rules, those that can never match left out.
    pub rules: Vec<RuleProgram>,
}

/// What is left of a rule.
#[derive(Debug)]
pub struct RuleProgram {
    /// Position in the policy's list, from 0.
    pub index: usize,
    /// What to do.
    pub action: Action,
    /// What the workload's own end says whichever of its addresses was called: True, or Unknown.
    pub own_end: Truth,
    /// Who the peer must be: position in [`Program::entities`].
    pub peer: usize,
    /// The IP version of the peer.
    pub ip_version: Option<IpVersion>,
    /// What the request must be, besides; rules that ask the same share it.
    pub conditions: Vec<Arc<Condition>>,
    /// What happens to the headers of a request that matches and is allowed.
    pub rewrites: Vec<HeaderRewrite>,
}

impl TierProgram {
    /// The rule at a step of the tier.
    #[must_use]
    pub fn rule(&self, step: &Step) -> Option<&RuleProgram> {
        let (policy, rule) = step.position;
        self.policies.get(policy)?.rules.get(rule)
    }
}

impl Program {
    /// How many rules are left.
    #[must_use]
    pub fn rule_count(&self) -> usize {
        let policies = self.tiers.iter().flat_map(|tier| &tier.policies);
        policies.map(|policy| policy.rules.len()).sum()
    }
}
