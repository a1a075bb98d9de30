//! Decides a request: tiers in order, policies in order, rules in order (calico.md 3.3). Every
//! layer is asked, and each must let it pass (design section 4).
//!
//! Evaluation is total. An Allow needs certainty, a Deny is met by doubt, and a Pass in doubt is
//! taken both ways: the request passes only if both ways allow it.

mod doubt;
mod rewriting;

pub use self::doubt::Doubt;

use crate::program::{Context, PeerRules, PeerTier, Program, Step, TierProgram, TierSteps};
use crate::request::Request;
use crate::terms::{Action, TierDefault};
use crate::truth::Truth;
use crate::verdict::{Decision, Outcome, RuleId, Verdict};

/// From this many rules on, looking up is cheaper than asking each.
const WORTHWHILE: usize = 8;

/// Whether staged policies count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scope {
    Enforced,
    StagedAsEnforced,
}

/// The verdict on a request of the peer whose rules these are.
#[must_use]
pub fn evaluate(program: &Program, rules: &PeerRules, request: &Request<'_>) -> Verdict {
    let context = Context::new(request, rules.answers.named_ports());
    let mut walk = Walk::new(program, rules, &context);
    let enforced = walk.run(Scope::Enforced);
    let changes = walk.rewrite(enforced.decision);
    let logged = std::mem::take(&mut walk.logged);
    let staged = rules.has_staged.then(|| walk.run(Scope::StagedAsEnforced));
    Verdict {
        enforced,
        staged,
        logged,
        changes,
    }
}

/// What is in doubt where enforced policy refuses the request. It walks anew: only who asks for it
/// pays for it.
#[must_use]
pub fn doubt(program: &Program, rules: &PeerRules, request: &Request<'_>) -> Doubt {
    let context = Context::new(request, rules.answers.named_ports());
    let mut walk = Walk::new(program, rules, &context);
    walk.doubt = Some(Doubt::Nothing);
    walk.run(Scope::Enforced);
    walk.doubt.unwrap_or(Doubt::Nothing)
}

struct Walk<'w> {
    program: &'w Program,
    rules: &'w PeerRules,
    context: &'w Context<'w>,
    logged: Vec<RuleId>,
    /// What was in doubt on the way; none if nobody asks.
    doubt: Option<Doubt>,
    /// The tiers that have allowed the request and may change its headers.
    rewriting: Vec<&'w PeerTier>,
}

/// How a tier ends.
enum TierOutcome<'r> {
    Deny(&'r RuleId),
    Allow {
        rule: &'r RuleId,
        /// Whether a Pass before it may have matched.
        perhaps_passed: bool,
    },
    Pass,
}

impl<'w> Walk<'w> {
    fn new(program: &'w Program, rules: &'w PeerRules, context: &'w Context<'w>) -> Self {
        Self {
            program,
            rules,
            context,
            logged: Vec::new(),
            doubt: None,
            rewriting: Vec::new(),
        }
    }

    fn run(&mut self, scope: Scope) -> Outcome {
        let mut allowed_by = None;
        let mut decided = None;
        for tier in &self.rules.tiers {
            // Its system has allowed the request for good; what is left is to ask the others.
            if decided == Some(tier.layer) {
                continue;
            }
            match self.tier(tier, scope) {
                TierOutcome::Deny(rule) => return outcome(Decision::Deny, rule),
                TierOutcome::Allow {
                    rule,
                    perhaps_passed,
                } => {
                    allowed_by.get_or_insert(rule);
                    if scope == Scope::Enforced && !tier.rewriters.is_empty() {
                        self.rewriting.push(tier);
                    }
                    if !perhaps_passed {
                        decided = Some(tier.layer);
                    }
                }
                TierOutcome::Pass => {}
            }
        }
        outcome(Decision::Allow, allowed_by.unwrap_or(&self.program.profile))
    }

    fn tier(&mut self, tier: &'w PeerTier, scope: Scope) -> TierOutcome<'w> {
        let end = match scope {
            Scope::Enforced => tier.enforced_end.as_ref(),
            Scope::StagedAsEnforced => tier.pending_end.as_ref(),
        };
        let decided = self.find(tier, scope);
        decided.unwrap_or(match (tier.end, end) {
            (TierDefault::Deny, Some(end)) => TierOutcome::Deny(end),
            (TierDefault::Deny, None) | (TierDefault::Pass, _) => TierOutcome::Pass,
        })
    }

    /// How the rules of a tier decide; none if none of them does.
    fn find(&mut self, tier: &'w PeerTier, scope: Scope) -> Option<TierOutcome<'w>> {
        let program = self.program.tiers.get(tier.tier)?;
        let TierSteps { steps, index, .. } = self.program.steps.get(tier.tier)?;
        let left = tier.left.len();
        let index = index.as_ref().filter(|_| left >= WORTHWHILE);
        let found = index.and_then(|index| index.candidates(self.context));
        match found.filter(|found| found.at_most() < left) {
            Some(found) => {
                let steps = found.filter_map(|place| steps.get(place));
                self.walk(program, steps, scope)
            }
            None => {
                let left = tier.left.iter();
                let steps = left.filter_map(|place| steps.get(*place));
                self.walk(program, steps, scope)
            }
        }
    }

    fn walk(
        &mut self,
        tier: &'w TierProgram,
        steps: impl Iterator<Item = &'w Step>,
        scope: Scope,
    ) -> Option<TierOutcome<'w>> {
        let mut perhaps_passed = false;
        for step in steps.filter(|step| !step.staged || scope == Scope::StagedAsEnforced) {
            let rule = &step.rule;
            let judged = self.judge(tier, step);
            if judged == Truth::Unknown {
                self.note_doubt(tier, step);
            }
            match (step.action, judged) {
                (Action::Allow, Truth::True) => {
                    return Some(TierOutcome::Allow {
                        rule,
                        perhaps_passed,
                    });
                }
                (Action::Deny, Truth::True | Truth::Unknown) => {
                    return Some(TierOutcome::Deny(rule));
                }
                (Action::Pass, Truth::True) => return Some(TierOutcome::Pass),
                (Action::Pass, Truth::Unknown) => perhaps_passed = true,
                (Action::Log, Truth::True) => self.logged.push(rule.clone()),
                (Action::Allow | Action::Log, Truth::Unknown) | (_, Truth::False) => {}
            }
        }
        None
    }

    /// Notes what a rule that may match is in doubt about, where somebody asks. A rule that decides
    /// nothing is in nobody's way.
    fn note_doubt(&mut self, tier: &TierProgram, step: &Step) {
        let Some(doubt) = self.doubt.filter(|_| step.action != Action::Log) else {
            return;
        };
        let ends = Doubt::about_ends(step, self.rules);
        let request = tier
            .rule(step)
            .map(|rule| Doubt::about_request(rule, |condition| condition.judge(self.context)));
        let request = request.unwrap_or(Doubt::Nothing);
        self.doubt = Some(doubt.with(ends).with(request));
    }

    /// What a rule says of the request.
    fn judge(&self, tier: &TierProgram, step: &Step) -> Truth {
        let mut all = step.ends(&self.rules.answers);
        if !step.conditional || all == Truth::False {
            return all;
        }
        let Some(rule) = tier.rule(step) else {
            return Truth::Unknown;
        };
        for condition in &rule.conditions {
            all = all.and(condition.judge(self.context));
            if all == Truth::False {
                break;
            }
        }
        all
    }
}

fn outcome(decision: Decision, rule: &RuleId) -> Outcome {
    Outcome {
        decision,
        rule: rule.clone(),
    }
}
