//! Verdicts: what was decided, and by which rule.

#[cfg(feature = "compiled")]
mod serial;

use std::fmt;
use std::sync::{Arc, OnceLock};

/// Which way a request goes, seen from the workload that enforces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Direction {
    /// It comes in.
    Ingress,
    /// It goes out.
    Egress,
}

impl fmt::Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ingress => "ingress",
            Self::Egress => "egress",
        })
    }
}

/// The answer to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Decision {
    /// It passes.
    Allow,
    /// It is refused.
    Deny,
}

impl fmt::Display for Decision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Allow => "Allow",
            Self::Deny => "Deny",
        })
    }
}

/// Which policy.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PolicyId {
    /// The dialect it is written in, such as `calico`.
    pub dialect: &'static str,
    /// The tier it is in; none for profiles.
    pub tier: Option<String>,
    /// Its kind, such as `NetworkPolicy`.
    pub kind: &'static str,
    /// Its namespace; none for cluster-wide kinds.
    pub namespace: Option<String>,
    /// Its name.
    pub name: String,
}

impl PolicyId {
    fn parts(&self) -> [&str; 9] {
        let tier = self.tier.as_deref().unwrap_or("-");
        let namespace = self.namespace.as_deref().unwrap_or("-");
        let (dialect, kind, name) = (self.dialect, self.kind, &*self.name);
        [dialect, "/", tier, "/", kind, "/", namespace, "/", name]
    }
}

impl fmt::Display for PolicyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.parts().concat())
    }
}

/// Which rule; prints the same in logs, metrics, reply details and tests (design section 3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleId(Arc<RuleName>);

#[derive(Debug)]
struct RuleName {
    policy: Arc<PolicyId>,
    direction: Direction,
    index: Option<usize>,
    /// As it prints. Every request is told its rule: joined once, it costs a third less to decide.
    text: OnceLock<String>,
}

impl RuleId {
    /// The rule at a position of a policy's list, from 0; without a position, the end of the tier.
    #[must_use]
    pub fn new(policy: Arc<PolicyId>, direction: Direction, index: Option<usize>) -> Self {
        Self(Arc::new(RuleName {
            policy,
            direction,
            index,
            text: OnceLock::new(),
        }))
    }

    /// The policy the rule is in; for the end of a tier the first one that selected the workload.
    #[must_use]
    pub fn policy(&self) -> &Arc<PolicyId> {
        &self.0.policy
    }

    /// The direction the rule is about.
    #[must_use]
    pub fn direction(&self) -> Direction {
        self.0.direction
    }

    /// Position in the policy's list, from 0; none is the end of the tier.
    #[must_use]
    pub fn index(&self) -> Option<usize> {
        self.0.index
    }

    /// As it prints.
    #[must_use]
    pub fn text(&self) -> &str {
        self.0.text.get_or_init(|| self.0.join())
    }
}

impl RuleName {
    fn join(&self) -> String {
        let direction = match self.direction {
            Direction::Ingress => "/ingress/",
            Direction::Egress => "/egress/",
        };
        let index = self.index.map(|index| index.to_string());
        let [d, a, t, b, k, c, n, e, name] = self.policy.parts();
        let index = index.as_deref().unwrap_or("default");
        [d, a, t, b, k, c, n, e, name, direction, index].concat()
    }
}

/// The text follows from the rest.
impl PartialEq for RuleName {
    fn eq(&self, other: &Self) -> bool {
        let key = |name: &Self| (name.direction, name.index);
        key(self) == key(other) && self.policy == other.policy
    }
}

impl Eq for RuleName {}

impl fmt::Display for RuleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

/// A decision and the rule that made it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// What was decided.
    pub decision: Decision,
    /// By which rule.
    pub rule: RuleId,
}

/// What the policy says of one request. There is always one: evaluation is total, doubt is a Deny.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// What is enforced.
    pub enforced: Outcome,
    /// What would be, were the staged policies enforced (calico.md 3.5); none where no request of
    /// the peer reaches a staged policy, and so nothing would change.
    pub staged: Option<Outcome>,
    /// The Log rules that matched on the way to the enforced decision, and the rules that note a
    /// header which is not as they expect.
    pub logged: Vec<RuleId>,
    /// What happens to the headers of a request that is allowed, in this order.
    pub changes: Vec<HeaderChange>,
}

/// A change of the header lines of a request (kubernetes-cilium.md 3.6). Names are in lower case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HeaderChange {
    /// One more line.
    Add {
        /// Its name.
        name: String,
        /// Its value.
        value: String,
    },
    /// One line in place of all of that name.
    Replace {
        /// Its name.
        name: String,
        /// Its value.
        value: String,
    },
    /// No line of that name.
    Remove {
        /// The name.
        name: String,
    },
}

impl Verdict {
    /// The outcome with staged policies taken as enforced.
    #[must_use]
    pub fn pending(&self) -> &Outcome {
        self.staged.as_ref().unwrap_or(&self.enforced)
    }
}
