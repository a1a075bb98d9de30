//! The rules of a tier, one behind the other, as they are walked; made from a finished program.

use super::{PeerAnswers, RuleIndex, RuleProgram, TierProgram};
use crate::gather;
use crate::terms::{Action, IpVersion};
use crate::truth::Truth;
use crate::verdict::{Direction, RuleId};
use std::sync::Arc;

/// From this many rules on, looking up those of an entity is cheaper than asking each.
const WORTHWHILE: usize = 8;

/// The rules of a tier, and how those are found that a request can match.
#[derive(Debug)]
pub struct TierSteps {
    /// The rules of all its policies, in order.
    pub steps: Vec<Step>,
    /// Finds them, where there are many.
    pub index: Option<RuleIndex>,
    by_entity: ByEntity,
}

/// The steps of a tier, grouped by the entity that they ask the peer to be.
#[derive(Debug)]
struct ByEntity {
    /// Where in `places` those of each entity end; they begin where those before it end.
    ends: Vec<usize>,
    /// Places of steps; those of each entity in order.
    places: Vec<usize>,
}

/// A rule in its place.
#[derive(Debug)]
pub struct Step {
    /// The rule.
    pub rule: RuleId,
    /// What it does.
    pub action: Action,
    /// Whether it is only evaluated, never enforced.
    pub staged: bool,
    /// Position of its policy in the tier, and of the rule in the policy.
    pub position: (usize, usize),
    /// Whether it may change headers.
    pub rewrites: bool,
    /// Whether it asks anything of the request.
    pub conditional: bool,
    own_end: Truth,
    peer: usize,
    ip_version: Option<IpVersion>,
}

impl TierSteps {
    /// The rules of a tier.
    #[must_use]
    pub fn of(tier: &TierProgram, direction: Direction) -> Self {
        let mut steps = Vec::new();
        let mut rules = Vec::new();
        for (place, policy) in tier.policies.iter().enumerate() {
            for (position, rule) in policy.rules.iter().enumerate() {
                let id = RuleId::new(Arc::clone(&policy.id), direction, Some(rule.index));
                steps.push(Step::new(id, rule, policy.staged, (place, position)));
                rules.push(rule);
            }
        }
        Self {
            index: RuleIndex::build(&rules),
            by_entity: ByEntity::of(&steps),
            steps,
        }
    }

    /// The places of the steps whose entity the peer is, or may be, and perhaps of others; in order.
    pub(super) fn of_peer(&self, answers: &PeerAnswers) -> Vec<usize> {
        let all = self.steps.len();
        let mut places = Vec::new();
        if all >= WORTHWHILE {
            for entity in answers.entities() {
                places.extend_from_slice(self.by_entity.get(entity));
            }
        }
        if all < WORTHWHILE || places.len() == all {
            return (0..all).collect();
        }
        gather::numbers(places)
    }
}

impl ByEntity {
    fn of(steps: &[Step]) -> Self {
        let entities = steps.iter().map(|step| step.peer).max();
        let entities = entities.map_or(0, |last| last.saturating_add(1));
        let mut ends = vec![0_usize; entities];
        for step in steps {
            if let Some(count) = ends.get_mut(step.peer) {
                *count = count.saturating_add(1);
            }
        }
        let mut end = 0_usize;
        for count in &mut ends {
            // For now, where they begin.
            end = end.saturating_add(std::mem::replace(count, end));
        }
        let mut places = vec![0; steps.len()];
        for (place, step) in steps.iter().enumerate() {
            if let Some(next) = ends.get_mut(step.peer) {
                if let Some(free) = places.get_mut(*next) {
                    *free = place;
                }
                *next = next.saturating_add(1);
            }
        }
        Self { ends, places }
    }

    fn get(&self, entity: usize) -> &[usize] {
        let before = entity.checked_sub(1);
        let start = before.map_or(Some(0), |before| self.ends.get(before).copied());
        let range = start.zip(self.ends.get(entity).copied());
        range
            .and_then(|(start, end)| self.places.get(start..end))
            .unwrap_or_default()
    }
}

impl Step {
    fn new(id: RuleId, rule: &RuleProgram, staged: bool, position: (usize, usize)) -> Self {
        Self {
            rule: id,
            action: rule.action,
            staged,
            position,
            rewrites: !rule.rewrites.is_empty() && !staged,
            conditional: !rule.conditions.is_empty(),
            own_end: rule.own_end,
            peer: rule.peer,
            ip_version: rule.ip_version,
        }
    }

    /// What its clauses about the ends say of a peer.
    #[must_use]
    pub fn ends(&self, answers: &PeerAnswers) -> Truth {
        self.own_end.and(self.peer_end(answers))
    }

    /// What its clauses about the peer say of one.
    #[must_use]
    pub fn peer_end(&self, answers: &PeerAnswers) -> Truth {
        let peer = answers.entity(self.peer);
        peer.and(answers.ip_version(self.ip_version))
    }

    /// What its clauses about the enforcing workload say.
    #[must_use]
    pub fn own_end(&self) -> Truth {
        self.own_end
    }

    /// Whether no request of a peer goes past this rule, given what it says of the ends.
    pub(super) fn decides_all(&self, ends: Truth) -> bool {
        let met = match self.action {
            Action::Allow | Action::Pass => ends == Truth::True,
            Action::Deny => true,
            Action::Log => false,
        };
        met && !self.conditional && !self.staged
    }
}
