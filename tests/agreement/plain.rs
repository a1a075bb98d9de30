//! The plain walk: every rule of every policy asked for everything, each time anew.

use heliast::model::HeaderRewrite;
use heliast::peer::Peer;
use heliast::program::{Context, PeerView, Program, RuleProgram, TierProgram};
use heliast::request::Request;
use heliast::terms::{Action, Mismatch, TierDefault};
use heliast::truth::Truth;
use heliast::verdict::{Decision, HeaderChange, Outcome, RuleId, Verdict};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What the program says.
pub(crate) fn verdict(program: &Program, peer: &Peer, request: &Request<'_>) -> Verdict {
    let plain = Plain {
        program,
        peer,
        request,
    };
    let (enforced, mut logged, allowing) = plain.walk(false);
    let mut changes = Vec::new();
    if enforced.decision == Decision::Allow {
        plain.rewrite(&allowing, &mut changes, &mut logged);
    }
    Verdict {
        enforced,
        staged: Some(plain.walk(true).0),
        logged,
        changes,
    }
}

struct Plain<'p> {
    program: &'p Program,
    peer: &'p Peer,
    request: &'p Request<'p>,
}

/// How a tier ends.
enum End {
    Deny(RuleId),
    Allow(RuleId, bool),
    Pass,
}

impl<'p> Plain<'p> {
    /// The outcome, the Log rules that matched, and the tiers that allowed.
    fn walk(&self, with_staged: bool) -> (Outcome, Vec<RuleId>, Vec<&'p TierProgram>) {
        let (mut logged, mut allowing) = (Vec::new(), Vec::new());
        let mut by = None;
        let mut layer = None;
        for tier in &self.program.tiers {
            if layer == Some(tier.layer) {
                continue;
            }
            match self.tier(tier, with_staged, &mut logged) {
                End::Deny(rule) => {
                    let decision = Decision::Deny;
                    return (Outcome { decision, rule }, logged, allowing);
                }
                End::Allow(rule, perhaps_passed) => {
                    by.get_or_insert(rule);
                    allowing.push(tier);
                    if !perhaps_passed {
                        layer = Some(tier.layer);
                    }
                }
                End::Pass => {}
            }
        }
        let rule = by.unwrap_or_else(|| self.program.profile.clone());
        let decision = Decision::Allow;
        (Outcome { decision, rule }, logged, allowing)
    }

    fn tier(&self, tier: &TierProgram, with_staged: bool, logged: &mut Vec<RuleId>) -> End {
        let mut perhaps_passed = false;
        let counts = |staged: bool| with_staged || !staged;
        for policy in tier.policies.iter().filter(|policy| counts(policy.staged)) {
            for rule in &policy.rules {
                let (id, direction) = (Arc::clone(&policy.id), self.program.direction);
                let id = RuleId::new(id, direction, Some(rule.index));
                match (rule.action, self.judge(rule)) {
                    (Action::Allow, Truth::True) => return End::Allow(id, perhaps_passed),
                    (Action::Deny, Truth::True | Truth::Unknown) => return End::Deny(id),
                    (Action::Pass, Truth::True) => return End::Pass,
                    (Action::Pass, Truth::Unknown) => perhaps_passed = true,
                    (Action::Log, Truth::True) => logged.push(id),
                    (Action::Allow | Action::Log, Truth::Unknown) | (_, Truth::False) => {}
                }
            }
        }
        let mut isolating = tier.policies.iter();
        let isolating = isolating.find(|policy| policy.isolates && counts(policy.staged));
        match (tier.end, isolating) {
            (TierDefault::Deny, Some(policy)) => {
                let id = Arc::clone(&policy.id);
                End::Deny(RuleId::new(id, self.program.direction, None))
            }
            (TierDefault::Deny, None) | (TierDefault::Pass, _) => End::Pass,
        }
    }

    fn judge(&self, rule: &RuleProgram) -> Truth {
        let program = self.program;
        let directory = program.model.directory.read();
        let view = PeerView::new(self.peer, &directory, &program.settings);
        let clauses = view.clauses(program.entities.get(rule.peer).unwrap(), &directory);
        let who = clauses.into_iter().map(|(_, truth)| truth);
        let version = view.judge_ip_version(rule.ip_version);
        let ports = view.named_ports(&program.port_questions);
        let asked = rule.conditions.iter().map(|condition| {
            let context = Context::new(self.request, ports.as_deref());
            condition.judge(&context)
        });
        let ends = who.chain([rule.own_end, version]);
        ends.chain(asked).fold(Truth::True, Truth::and)
    }

    /// Every enforced rule that matches in the tiers that allowed acts, in order.
    fn rewrite(
        &self,
        tiers: &[&TierProgram],
        changes: &mut Vec<HeaderChange>,
        logged: &mut Vec<RuleId>,
    ) {
        let mut headers: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (name, value) in self.request.http.iter().flat_map(|http| http.headers) {
            let name = String::from_utf8_lossy(name).to_ascii_lowercase();
            let value = String::from_utf8_lossy(value).trim().to_owned();
            headers.entry(name).or_default().push(value);
        }
        let policies = tiers.iter().flat_map(|tier| &tier.policies);
        for policy in policies.filter(|policy| !policy.staged) {
            for rule in &policy.rules {
                if rule.rewrites.is_empty() || self.judge(rule) != Truth::True {
                    continue;
                }
                for rewrite in &rule.rewrites {
                    let lines = headers.entry(rewrite.name.clone()).or_default();
                    if is_as_expected(rewrite, lines) {
                        continue;
                    }
                    if rewrite.mismatch == Mismatch::Log {
                        let (id, direction) = (Arc::clone(&policy.id), self.program.direction);
                        logged.push(RuleId::new(id, direction, Some(rule.index)));
                    }
                    changes.extend(change(rewrite, lines));
                }
            }
        }
    }
}

fn is_as_expected(rewrite: &HeaderRewrite, lines: &[String]) -> bool {
    !lines.is_empty()
        && rewrite
            .value
            .as_ref()
            .is_none_or(|value| lines.join(",") == *value)
}

fn change(rewrite: &HeaderRewrite, lines: &mut Vec<String>) -> Option<HeaderChange> {
    let name = rewrite.name.clone();
    match (rewrite.mismatch, rewrite.value.clone()) {
        (Mismatch::Delete, _) if !lines.is_empty() => {
            lines.clear();
            Some(HeaderChange::Remove { name })
        }
        (Mismatch::Add, Some(value)) => {
            lines.push(value.clone());
            Some(HeaderChange::Add { name, value })
        }
        (Mismatch::Replace, Some(value)) => {
            *lines = vec![value.clone()];
            Some(HeaderChange::Replace { name, value })
        }
        (Mismatch::Log | Mismatch::Delete, _) | (Mismatch::Add | Mismatch::Replace, None) => None,
    }
}
