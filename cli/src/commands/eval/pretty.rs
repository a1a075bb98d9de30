//! The verdict and its reasons, on one screen.

use super::View;
use super::walk::{Deed, PolicyPath, TierPath, walk};
use heliast::enforcer::Reason;
use heliast::explain::RuleWalk;
use heliast::resources::calico::{Action, TierDefault};
use heliast::truth::Truth;
use heliast::verdict::{Decision, Outcome, RuleId};
use heliast_cli::diagnostics::{Colour, Style, clean};

/// Most columns of a line.
const WIDTH: usize = 100;
/// Most lines of the walk, unless all are asked for.
const WALK_LINES: usize = 14;

/// The text.
pub(super) fn render(view: &View<'_>, all: bool, colour: Colour) -> String {
    let mut lines = verdict(view, colour);
    lines.push(String::new());
    let walked = Walked { view, all }.lines();
    lines.extend(if all {
        walked.into_iter().map(|line| line.text).collect()
    } else {
        shorten(walked)
    });
    lines.push(String::new());
    lines.extend(nearest(view));
    lines.extend(next(view));
    let lines = lines
        .iter()
        .map(|line| if all { line.clone() } else { fit(line) });
    let mut text = lines.collect::<Vec<_>>().join("\n");
    text.push('\n');
    text
}

fn verdict(view: &View<'_>, colour: Colour) -> Vec<String> {
    let told = view.told;
    let enforced = &told.explanation.verdict.enforced;
    let decision = view.decision();
    let reason = view.ruling.map_or_else(
        || enforced.rule.to_string(),
        |ruling| ruling.reason.to_string(),
    );
    let mut lines = Vec::new();
    if let Some(missing) = view.missing {
        lines.push(format!(
            "{}  {missing}",
            colour.paint(Style::Doubtful, "UNDECIDED")
        ));
        lines.push(format!("      without it: {} {reason}", word(decision)));
    } else {
        let style = if decision == Decision::Allow {
            Style::Good
        } else {
            Style::Bad
        };
        lines.push(format!(
            "{:<5} {reason}",
            colour.paint(style, word(decision))
        ));
    }
    match view.ruling {
        Some(ruling) if matches!(ruling.reason, Reason::Exempt) => {
            lines.push(format!(
                "      an exempt probe; policy alone says {enforced_word}",
                enforced_word = word(enforced.decision)
            ));
        }
        Some(ruling) if ruling.decision != ruling.policy => {
            lines.push(format!(
                "      only observed; policy says {}",
                word(ruling.policy)
            ));
        }
        _ => lines.push(format!("      {}", origin(view, &enforced.rule))),
    }
    if let Some(staged) = &told.explanation.verdict.staged
        && (staged.decision, &staged.rule) != (enforced.decision, &enforced.rule)
    {
        lines.push(staged_line(view, staged));
    }
    let side = match told.facts.direction {
        heliast::verdict::Direction::Ingress => "from ",
        heliast::verdict::Direction::Egress => "to   ",
    };
    lines.push(format!("{side} {}", clean(&told.peer(None))));
    lines.push(format!("asks  {}", clean(&request(view))));
    lines
}

fn word(decision: Decision) -> &'static str {
    match decision {
        Decision::Allow => "ALLOW",
        Decision::Deny => "DENY",
    }
}

fn staged_line(view: &View<'_>, staged: &Outcome) -> String {
    let word = match staged.decision {
        Decision::Allow => "Allow",
        Decision::Deny => "Deny",
    };
    let place = place(view, &staged.rule).map(|place| format!(", {place}"));
    format!(
        "STAGED  would be {word} by {}{}",
        staged.rule,
        place.unwrap_or_default()
    )
}

/// What the deciding rule is, and where it stands.
fn origin(view: &View<'_>, rule: &RuleId) -> String {
    let what = match (&rule.policy.tier, rule.index) {
        (None, _) => {
            return "no tier decided: the profile of the namespace allows the rest".to_owned();
        }
        (Some(_), Some(index)) => {
            format!("rule {index} of {} {}", rule.policy.kind, rule.policy.name)
        }
        (Some(tier), None) => format!("the end of tier {tier}: no rule of it matched"),
    };
    match place(view, rule) {
        Some(place) => format!("{what}, {place}"),
        None => what,
    }
}

fn place(view: &View<'_>, rule: &RuleId) -> Option<String> {
    let mut policies = view
        .told
        .explanation
        .tiers
        .iter()
        .flat_map(|tier| &tier.policies);
    let policy = policies.find(|policy| policy.id == rule.policy)?;
    view.places
        .rule(policy, rule)
        .map(|location| view.places.line(location))
}

fn request(view: &View<'_>) -> String {
    let facts = &view.told.facts;
    let mut parts = Vec::new();
    match &facts.http {
        None => parts.push("TCP".to_owned()),
        Some(http) => {
            let words = [http.method.clone(), http.path.clone()];
            parts.push(words.into_iter().flatten().collect::<Vec<_>>().join(" "));
            parts.extend(http.host.iter().map(|host| format!("host {host}")));
            parts.extend(
                http.headers
                    .iter()
                    .map(|(name, value)| format!("{name}: {value}")),
            );
        }
    }
    parts.extend(facts.port.map(|port| format!("port {port}")));
    parts.join(", ")
}

/// A line of the walk.
struct Line {
    text: String,
    /// How many rules it stands for; none if it must not be left out.
    rules: Option<usize>,
}

impl Line {
    fn kept(text: String) -> Self {
        Self { text, rules: None }
    }
}

/// Leaves out what did nothing, as far as needed, and says how much that was.
fn shorten(lines: Vec<Line>) -> Vec<String> {
    let mut excess = lines.len().saturating_sub(WALK_LINES);
    if excess > 0 {
        // The line that says what was left out.
        excess = excess.saturating_add(1);
    }
    let mut kept = Vec::new();
    let (mut rules, mut policies) = (0_usize, 0_usize);
    for line in lines {
        match line.rules {
            Some(count) if excess > 0 => {
                excess = excess.saturating_sub(1);
                rules = rules.saturating_add(count);
                policies = policies.saturating_add(1);
            }
            Some(_) | None => kept.push(line.text),
        }
    }
    // Many tiers: the first and the last say most.
    let middle = kept.len().saturating_sub(WALK_LINES);
    if middle > 0 {
        let half = WALK_LINES / 2;
        kept.splice(
            half..half.saturating_add(middle),
            [format!("  .. {middle} more lines; --all shows them")],
        );
    }
    if policies > 0 {
        kept.push(format!(
            "{rules} rules of {policies} policies did nothing and are left out; --all shows them"
        ));
    }
    kept
}

struct Walked<'v> {
    view: &'v View<'v>,
    all: bool,
}

impl Walked<'_> {
    fn lines(&self) -> Vec<Line> {
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
                rules: Some(count),
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
                rules: Some(count),
            }];
        }
        let mut lines = vec![Line::kept(name)];
        lines.extend(rules);
        lines
    }

    fn rule(&self, rule: &RuleWalk, deed: Deed, staged: bool) -> Line {
        let index = rule.id.index.unwrap_or_default();
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
        Deed::NotReached => staged && rule.truth == Truth::True,
    }
}

fn nearest(view: &View<'_>) -> Vec<String> {
    let Some(nearest) = view.told.nearest(view.places) else {
        return Vec::new();
    };
    let lines = nearest.lines(view.places).into_iter().enumerate();
    let mut lines: Vec<String> = lines
        .map(|(position, line)| format!("{} {line}", if position == 0 { "near " } else { "     " }))
        .collect();
    // A rule may be far off in many ways; the first few say so.
    let most = 10;
    if lines.len() > most {
        let more = lines.len().saturating_sub(most) / 2;
        lines.truncate(most);
        lines.push(format!("      and {more} more clauses"));
    }
    lines
}

fn next(view: &View<'_>) -> Vec<String> {
    if view.decision() == Decision::Allow || view.missing.is_some() {
        return Vec::new();
    }
    let rule = &view.told.explanation.verdict.enforced.rule;
    let name = format!("{} {}", rule.policy.kind, rule.policy.name);
    let hint = match (rule.index, view.told.explanation.nearest()) {
        (None, Some(_)) => {
            "if this request is meant to pass, widen that rule, or add an Allow to the tier"
                .to_owned()
        }
        (None, None) => {
            "if this request is meant to pass, add an Allow rule to the tier".to_owned()
        }
        (Some(index), _) => format!(
            "if this request is meant to pass, narrow rule {index} of {name}, or allow it before"
        ),
    };
    vec![format!("next  {hint}")]
}

/// The line, cut where the screen ends.
fn fit(line: &str) -> String {
    // Colours take no room; only lines without them are ever long.
    if line.chars().count() <= WIDTH || line.contains('\x1b') {
        return line.to_owned();
    }
    let cut: String = line.chars().take(WIDTH.saturating_sub(2)).collect();
    format!("{cut}..")
}
