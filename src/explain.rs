//! Explains a verdict: the walk that led to it, and the rule that almost matched.
//!
//! An observer on the real evaluation: it asks the same clauses of the same program, only all of
//! them, and takes its verdict from [`evaluate`].

#[cfg(test)]
mod tests;

use crate::evaluate::evaluate;
use crate::model::{Directory, Entity, Layer};
use crate::peer::Peer;
use crate::program::{
    Context, PeerClause, PeerRules, PeerView, PolicyProgram, Program, RuleProgram,
};
use crate::request::Request;
use crate::terms::{Action, NetGroup, TierDefault};
use crate::truth::Truth;
use crate::verdict::{Decision, Direction, PolicyId, RuleId, Verdict};
use std::sync::Arc;

/// The walk of one request through a program.
#[derive(Debug)]
pub struct Explanation {
    /// What was decided.
    pub verdict: Verdict,
    /// On what grounds the peer is, or is not, one of the known workloads.
    pub grounds: &'static str,
    /// The tiers that govern the workload, in order.
    pub tiers: Vec<TierWalk>,
}

/// The walk through one tier.
#[derive(Debug)]
pub struct TierWalk {
    /// The system it belongs to.
    pub layer: Layer,
    /// Its name.
    pub name: String,
    /// What its end does.
    pub end: TierDefault,
    /// Its policies, in order.
    pub policies: Vec<PolicyWalk>,
}

/// The walk through one policy.
#[derive(Debug)]
pub struct PolicyWalk {
    /// Which policy.
    pub id: Arc<PolicyId>,
    /// Position of its object in the input, from 0.
    pub document: usize,
    /// Whether it is only evaluated, never enforced.
    pub staged: bool,
    /// Its rules, in order; those that can never match at this workload are left out.
    pub rules: Vec<RuleWalk>,
}

/// What one rule says of the request.
#[derive(Debug)]
pub struct RuleWalk {
    /// Which rule.
    pub id: RuleId,
    /// What it does.
    pub action: Action,
    /// Whether it matches.
    pub truth: Truth,
    /// Its clauses, those that ask something.
    pub clauses: Vec<ClauseWalk>,
}

/// What one clause says of the request.
#[derive(Debug)]
pub struct ClauseWalk {
    /// The field of the rule, such as `http.methods` or `source`.
    pub field: String,
    /// What it asks for.
    pub wants: String,
    /// Whether it is met.
    pub truth: Truth,
}

impl Explanation {
    /// The rule of the other decision that came nearest: the one with the fewest unmet clauses,
    /// and with at least one met, or else the fewest clauses of all.
    #[must_use]
    pub fn nearest(&self) -> Option<&RuleWalk> {
        let wanted = match self.verdict.enforced.decision {
            Decision::Allow => Action::Deny,
            Decision::Deny => Action::Allow,
        };
        let policies = self.tiers.iter().flat_map(|tier| &tier.policies);
        policies
            .filter(|policy| !policy.staged)
            .flat_map(|policy| &policy.rules)
            .filter(|rule| rule.action == wanted && rule.truth != Truth::True)
            .min_by_key(|rule| rule.unmet().count())
    }
}

impl RuleWalk {
    /// The clauses that keep the rule from matching.
    pub fn unmet(&self) -> impl Iterator<Item = &ClauseWalk> {
        self.clauses
            .iter()
            .filter(|clause| clause.truth != Truth::True)
    }
}

/// What a clause asks for that names a service.
const UNKNOWABLE: &str = "a service, which heliast cannot look up";

/// Walks a request through a program.
#[must_use]
pub fn explain(program: &Program, peer: &Peer, request: &Request<'_>) -> Explanation {
    let rules = PeerRules::new(program, peer);
    let directory = program.model.directory.read();
    let view = PeerView::new(peer, &directory, &program.settings);
    let context = Context::new(request, rules.answers.named_ports());
    let walker = Walker {
        program,
        directory: &directory,
        view: &view,
        context: &context,
    };
    let tiers = program.tiers.iter().map(|tier| TierWalk {
        layer: tier.layer,
        name: tier.name.clone(),
        end: tier.end,
        policies: tier
            .policies
            .iter()
            .map(|policy| walker.policy(policy))
            .collect(),
    });
    Explanation {
        tiers: tiers.collect(),
        grounds: view.grounds(),
        verdict: evaluate(program, &rules, request),
    }
}

struct Walker<'w> {
    directory: &'w Directory,
    program: &'w Program,
    view: &'w PeerView<'w>,
    context: &'w Context<'w>,
}

impl Walker<'_> {
    fn policy(&self, policy: &PolicyProgram) -> PolicyWalk {
        PolicyWalk {
            id: Arc::clone(&policy.id),
            document: policy.document,
            staged: policy.staged,
            rules: policy
                .rules
                .iter()
                .map(|rule| self.rule(policy, rule))
                .collect(),
        }
    }

    fn rule(&self, policy: &PolicyProgram, rule: &RuleProgram) -> RuleWalk {
        let mut clauses = self.peer_clauses(rule);
        clauses.extend(rule.conditions.iter().map(|condition| ClauseWalk {
            field: condition.field().to_owned(),
            wants: condition.to_string(),
            truth: condition.judge(self.context),
        }));
        clauses.extend(self.own_end(rule));
        let met = clauses
            .iter()
            .fold(Truth::True, |all, clause| all.and(clause.truth));
        let id = RuleId::new(
            Arc::clone(&policy.id),
            self.program.direction,
            Some(rule.index),
        );
        RuleWalk {
            id,
            action: rule.action,
            truth: met,
            clauses,
        }
    }

    /// The workload's own end, where it is in doubt: rules it fails are not walked at all.
    fn own_end(&self, rule: &RuleProgram) -> Option<ClauseWalk> {
        let end = match self.program.direction {
            Direction::Ingress => "destination",
            Direction::Egress => "source",
        };
        (rule.own_end != Truth::True).then(|| ClauseWalk {
            field: end.to_owned(),
            wants: "what is not known of the workload itself: its addresses, or a service"
                .to_owned(),
            truth: rule.own_end,
        })
    }

    fn peer_clauses(&self, rule: &RuleProgram) -> Vec<ClauseWalk> {
        let end = match self.program.direction {
            Direction::Ingress => "source",
            Direction::Egress => "destination",
        };
        let mut clauses = Vec::new();
        if let Some(version) = rule.ip_version {
            clauses.push(ClauseWalk {
                field: "ipVersion".to_owned(),
                wants: format!("IP{}", format!("{version:?}").to_ascii_lowercase()),
                truth: self.view.judge_ip_version(rule.ip_version),
            });
        }
        let Some(entity) = self.program.entities.get(rule.peer) else {
            return clauses;
        };
        let judged = self.view.clauses(entity, self.directory);
        clauses.extend(judged.into_iter().map(|(clause, truth)| {
            let (field, wants) = describe(clause, entity);
            ClauseWalk {
                field: format!("{end}{field}"),
                wants,
                truth,
            }
        }));
        clauses
    }
}

/// A clause about the peer, in the words of the rule.
fn describe(clause: PeerClause, entity: &Entity) -> (&'static str, String) {
    let list = |nets: &[ipnet::IpNet]| {
        let nets: Vec<String> = nets.iter().map(ToString::to_string).collect();
        nets.join(", ")
    };
    match clause {
        PeerClause::Nets => (".nets", list(&entity.nets)),
        PeerClause::NotNets => (".notNets", format!("not {}", list(&entity.not_nets))),
        PeerClause::Group => {
            let name = entity.group.as_ref().map(NetGroup::name);
            (".cidrGroupRef", name.unwrap_or_default().to_owned())
        }
        PeerClause::Node => {
            let wants = match entity.node {
                Some(false) => "no node",
                Some(true) | None => "a node",
            };
            ("", wants.to_owned())
        }
        PeerClause::Verified => {
            let wants = match entity.verified {
                Some(false) => "no certificate that is accepted",
                Some(true) | None => "a certificate that is accepted",
            };
            ("", wants.to_owned())
        }
        PeerClause::Principal(index) => {
            let clause = entity.principals.get(index);
            let wants = clause.map(ToString::to_string).unwrap_or_default();
            (" principal", wants)
        }
        PeerClause::Who => {
            let member = entity.member.iter().map(ToString::to_string);
            let not_member = entity.not_member.iter().map(|not| format!("!{not}"));
            let parts: Vec<String> = member.chain(not_member).collect();
            (
                "",
                if parts.is_empty() {
                    UNKNOWABLE.to_owned()
                } else {
                    parts.join(" && ")
                },
            )
        }
    }
}
