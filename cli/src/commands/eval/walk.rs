//! How far the request got: what each rule on the way did.

use heliast::explain::{Explanation, PolicyWalk, RuleWalk, TierWalk};
use heliast::terms::{Action, TierDefault};
use heliast::truth::Truth;
use heliast::verdict::RuleId;

/// What a rule did to the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Deed {
    /// It decided.
    Decides,
    /// It allows, if a Pass before it did not match.
    PerhapsDecides,
    /// It sent the request on to the next tier.
    Passes,
    /// It perhaps sent the request on: both ways are taken.
    PerhapsPasses,
    /// It took note of the request.
    Logs,
    /// It does not match, or not for certain.
    Nothing,
    /// The request did not get there.
    NotReached,
}

/// The walk through one tier.
#[derive(Debug)]
pub(super) struct TierPath<'e> {
    pub(super) tier: &'e TierWalk,
    pub(super) policies: Vec<PolicyPath<'e>>,
    pub(super) end: Deed,
}

/// The walk through one policy.
#[derive(Debug)]
pub(super) struct PolicyPath<'e> {
    pub(super) policy: &'e PolicyWalk,
    pub(super) rules: Vec<(&'e RuleWalk, Deed)>,
}

impl TierPath<'_> {
    /// Whether the request got to this tier, and the tier has something to enforce.
    pub(super) fn is_reached(&self) -> bool {
        let rules = self.policies.iter().flat_map(|policy| &policy.rules);
        self.end != Deed::NotReached
            || rules
                .map(|(_, deed)| *deed)
                .any(|deed| deed != Deed::NotReached)
    }

    /// Whether all its policies are staged, so that it is not there for enforcement.
    pub(super) fn is_staged(&self) -> bool {
        self.policies.iter().all(|path| path.policy.staged)
    }
}

/// The walk of the request, staged policies left out of it.
pub(super) fn walk(explanation: &Explanation) -> Vec<TierPath<'_>> {
    let mut walker = Walker {
        decided_by: &explanation.verdict.enforced.rule,
        is_over: false,
    };
    explanation
        .tiers
        .iter()
        .map(|tier| walker.tier(tier))
        .collect()
}

/// The enforced rules that the request got to.
pub(super) fn reached(explanation: &Explanation) -> Vec<&RuleWalk> {
    let policies = walk(explanation).into_iter().flat_map(|tier| tier.policies);
    let rules = policies
        .filter(|path| !path.policy.staged)
        .flat_map(|path| path.rules);
    rules
        .filter(|(_, deed)| *deed != Deed::NotReached)
        .map(|(rule, _)| rule)
        .collect()
}

struct Walker<'e> {
    decided_by: &'e RuleId,
    is_over: bool,
}

impl Walker<'_> {
    fn tier<'e>(&mut self, tier: &'e TierWalk) -> TierPath<'e> {
        let mut has_passed = false;
        let mut policies = Vec::new();
        for policy in &tier.policies {
            let mut rules = Vec::new();
            for rule in &policy.rules {
                let deed = if policy.staged || self.is_over || has_passed {
                    Deed::NotReached
                } else {
                    self.rule(rule)
                };
                has_passed |= deed == Deed::Passes;
                self.is_over |= deed == Deed::Decides;
                rules.push((rule, deed));
            }
            policies.push(PolicyPath { policy, rules });
        }
        let is_enforced = tier.policies.iter().any(|policy| !policy.staged);
        let end = match tier.end {
            _ if self.is_over || has_passed || !is_enforced => Deed::NotReached,
            TierDefault::Pass => Deed::Passes,
            TierDefault::Deny => Deed::Decides,
        };
        self.is_over |= end == Deed::Decides;
        TierPath {
            tier,
            policies,
            end,
        }
    }

    fn rule(&self, rule: &RuleWalk) -> Deed {
        match (rule.action, rule.truth) {
            // Where a Pass was in doubt, the first Allow is the one that is named.
            (Action::Allow, Truth::True) if rule.id == *self.decided_by => Deed::Decides,
            (Action::Allow, Truth::True) => Deed::PerhapsDecides,
            (Action::Deny, Truth::True | Truth::Unknown) => Deed::Decides,
            (Action::Pass, Truth::True) => Deed::Passes,
            (Action::Pass, Truth::Unknown) => Deed::PerhapsPasses,
            (Action::Log, Truth::True) => Deed::Logs,
            (Action::Allow | Action::Log, Truth::Unknown) | (_, Truth::False) => Deed::Nothing,
        }
    }
}
