//! The walk tier by tier, and what of it fits on a screen.

use crate::commands::eval::View;
use crate::commands::eval::walk::{Deed, PolicyPath, TierPath, walk};
use heliast::explain::RuleWalk;
use heliast::terms::{Action, TierDefault};
use heliast::truth::Truth;

/// Most lines of the walk, unless all are asked for.
const WALK_LINES: usize = 10;

/// A line of the walk.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) text: String,
    idle: Option<Idle>,
}

/// A policy that did nothing to the request: its line may be summed up with others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Idle {
    rules: usize,
    is_reached: bool,
}

impl Line {
    fn kept(text: String) -> Self {
        Self { text, idle: None }
    }

    /// Whether it may be summed up together with `next`.
    fn joins(&self, next: &Self) -> bool {
        match (self.idle, next.idle) {
            (Some(one), Some(other)) => one.is_reached == other.is_reached,
            (_, None) | (None, _) => false,
        }
    }
}

/// Sums up policies that did nothing, if there are too many lines, and says what was left out.
pub(super) fn shorten(lines: Vec<Line>) -> Vec<String> {
    if lines.len() <= WALK_LINES {
        return lines.into_iter().map(|line| line.text).collect();
    }
    let runs = lines.chunk_by(Line::joins).map(|run| match run {
        [line] => line.text.clone(),
        run => sum_up(run),
    });
    let mut kept: Vec<String> = runs.collect();
    let excess = kept.len().saturating_sub(WALK_LINES);
    if excess > 0 {
        // Many tiers: the first and the last say most.
        let first = WALK_LINES / 2;
        let left_out = format!("  .. {excess} more lines; --all shows them");
        kept.splice(first..first.saturating_add(excess), [left_out]);
    }
    kept
}

fn sum_up(run: &[Line]) -> String {
    let idle = run.iter().filter_map(|line| line.idle);
    let rules: usize = idle.map(|idle| idle.rules).sum();
    let is_reached = run
        .iter()
        .filter_map(|line| line.idle)
        .any(|idle| idle.is_reached);
    let did = if is_reached {
        "none matches"
    } else {
        "not reached"
    };
    format!(
        "  .. {} policies with {rules} rules: {did}; --all shows them",
        run.len()
    )
}

/// The walk as lines.
pub(super) struct Walked<'v> {
    pub(super) view: &'v View<'v>,
    /// Whether rules that did nothing are shown as well.
    pub(super) all: bool,
}

impl Walked<'_> {
    pub(super) fn lines(&self) -> Vec<Line> {
        let tiers = walk(&self.view.told.explanation);
        if tiers.is_empty() {
            return vec![Line::kept(
                "no policy selects this workload in this direction".to_owned(),
            )];
        }
        tiers.iter().flat_map(|tier| self.tier(tier)).collect()
    }

    fn tier(&self, path: &TierPath<'_>) -> Vec<Line> {
        let end = match path.tier.end {
            TierDefault::Pass => "Pass",
            TierDefault::Deny => "Deny",
        };
        let name = &path.tier.name;
        if !path.is_reached() && !path.is_staged() {
            return vec![Line::kept(format!("tier {name}: not reached"))];
        }
        let mut lines = vec![Line::kept(format!("tier {name}, ends in {end}"))];
        lines.extend(path.policies.iter().flat_map(|policy| self.policy(policy)));
        lines.extend(
            match path.end {
                Deed::Decides => Some("  end of tier: Deny, decides"),
                Deed::Passes => Some("  end of tier: Pass, on to the next tier"),
                Deed::NotReached if path.is_staged() => {
                    Some("  all staged: the tier enforces nothing")
                }
                Deed::NotReached
                | Deed::PerhapsDecides
                | Deed::PerhapsPasses
                | Deed::Logs
                | Deed::Nothing => None,
            }
            .map(|text| Line::kept(text.to_owned())),
        );
        lines
    }

    fn policy(&self, path: &PolicyPath<'_>) -> Vec<Line> {
        let id = &path.policy.id;
        let namespace = id
            .namespace
            .as_ref()
            .map(|namespace| format!("{namespace}/"));
        let staged = if path.policy.staged { ", staged" } else { "" };
        let name = format!(
            "  {} {}{}{staged}",
            id.kind,
            namespace.unwrap_or_default(),
            id.name
        );
        let count = path.rules.len();
        let is_passed_by = !path.policy.staged
            && count > 0
            && path.rules.iter().all(|(_, deed)| *deed == Deed::NotReached);
        if is_passed_by {
            return vec![Line {
                text: format!("{name}: not reached"),
                idle: Some(Idle {
                    rules: count,
                    is_reached: false,
                }),
            }];
        }
        let telling = path
            .rules
            .iter()
            .filter(|(rule, deed)| self.all || tells(rule, *deed, path.policy.staged));
        let rules: Vec<Line> = telling
            .map(|(rule, deed)| self.rule(rule, *deed, path.policy.staged))
            .collect();
        if rules.is_empty() {
            let text = match count {
                0 => format!("{name}: no rule can match here"),
                1 => format!("{name}: its rule does not match"),
                _ => format!("{name}: none of {count} rules matches"),
            };
            return vec![Line {
                text,
                idle: Some(Idle {
                    rules: count,
                    is_reached: true,
                }),
            }];
        }
        let mut lines = vec![Line::kept(name)];
        lines.extend(rules);
        lines
    }

    fn rule(&self, rule: &RuleWalk, deed: Deed, staged: bool) -> Line {
        let index = rule.id.index().unwrap_or_default();
        let unmet: Vec<&str> = rule.unmet().map(|clause| clause.field.as_str()).collect();
        let unmet = unmet.join(", ");
        let said = match deed {
            Deed::Decides if rule.truth == Truth::Unknown => {
                format!("decides: {unmet} cannot be ruled out")
            }
            Deed::Decides => "matches, decides".to_owned(),
            Deed::PerhapsDecides => "matches; a Pass before it is in doubt".to_owned(),
            Deed::Passes => "matches, on to the next tier".to_owned(),
            Deed::PerhapsPasses => format!("in doubt for {unmet}: both ways are taken"),
            Deed::Logs => "matches, noted".to_owned(),
            Deed::NotReached if !staged => "not reached".to_owned(),
            Deed::Nothing | Deed::NotReached => match rule.truth {
                Truth::True => "matches".to_owned(),
                Truth::Unknown if staged => format!("in doubt for {unmet}"),
                Truth::Unknown => format!("in doubt for {unmet}, so no match"),
                Truth::False => format!("no match: {unmet}"),
            },
        };
        let action = match rule.action {
            Action::Allow => "Allow",
            Action::Deny => "Deny",
            Action::Log => "Log",
            Action::Pass => "Pass",
        };
        Line::kept(format!("    {index} {action}: {said}"))
    }
}

/// Whether a rule did something, or might have.
fn tells(rule: &RuleWalk, deed: Deed, staged: bool) -> bool {
    match deed {
        Deed::Decides | Deed::PerhapsDecides | Deed::Passes | Deed::PerhapsPasses | Deed::Logs => {
            true
        }
        Deed::Nothing => rule.truth == Truth::Unknown,
        Deed::NotReached => staged && rule.truth != Truth::False,
    }
}
