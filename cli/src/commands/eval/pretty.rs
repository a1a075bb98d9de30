//! The verdict and its reasons, on one screen.

mod walked;

use self::walked::{Walked, shorten};
use super::View;
use heliast::enforcer::Reason;
use heliast::truth::Truth;
use heliast::verdict::{Decision, Outcome, RuleId};
use heliast_cli::diagnostics::{Colour, Style, WIDTH, clean, wrap};

/// The text.
pub(super) fn render(view: &View<'_>, all: bool, colour: Colour) -> String {
    let mut lines = verdict(view, colour);
    lines.push(String::new());
    let walked = Walked { view, all }.lines();
    if all {
        lines.extend(walked.into_iter().map(|line| line.text));
    } else {
        lines.extend(shorten(walked).iter().map(|line| fit(line)));
    }
    let reasons = [nearest(view), next(view)].concat();
    if !reasons.is_empty() {
        lines.push(String::new());
        lines.extend(reasons);
    }
    let mut text = lines.join("\n");
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
        && staged.decision != enforced.decision
    {
        lines.extend(wrap(&staged_line(view, staged), 6));
    }
    let side = match told.facts.direction {
        heliast::verdict::Direction::Ingress => "from ",
        heliast::verdict::Direction::Egress => "to   ",
    };
    lines.extend(wrap(&format!("{side} {}", clean(&told.peer(None))), 6));
    lines.extend(wrap(&format!("asks  {}", clean(&request(view))), 6));
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
    let what = match (&rule.policy().tier, rule.index()) {
        (None, _) => {
            return "no tier decided: the profile of the namespace allows the rest".to_owned();
        }
        (Some(_), Some(index)) => {
            format!(
                "rule {index} of {} {}",
                rule.policy().kind,
                rule.policy().name
            )
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
    let policy = policies.find(|policy| policy.id == *rule.policy())?;
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
            parts.extend(http.host.iter().map(|host| match host.as_str() {
                "" => "an empty host".to_owned(),
                host => format!("host {host}"),
            }));
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

/// Most clauses of the nearest rule that are shown: one that is far off says little.
const CLAUSES: usize = 2;

fn nearest(view: &View<'_>) -> Vec<String> {
    let Some(mut nearest) = view.told.nearest(view.places) else {
        return Vec::new();
    };
    let more = nearest.unmet.len().saturating_sub(CLAUSES);
    nearest.unmet.truncate(CLAUSES);
    let lines = nearest.lines(view.places).into_iter().enumerate();
    let label = |position| if position == 0 { "near " } else { "     " };
    let mut lines: Vec<String> = lines
        .flat_map(|(position, line)| wrap(&format!("{} {line}", label(position)), 10))
        .collect();
    if more > 0 {
        let clauses = if more == 1 { "clause" } else { "clauses" };
        lines.push(format!("      and {more} more {clauses}"));
    }
    lines
}

fn next(view: &View<'_>) -> Vec<String> {
    if view.decision() == Decision::Allow || view.missing.is_some() {
        return Vec::new();
    }
    let rule = &view.told.explanation.verdict.enforced.rule;
    let nearest = view.told.explanation.nearest();
    let doubts_peer = nearest.is_some_and(|nearest| {
        nearest
            .unmet()
            .any(|clause| clause.truth == Truth::Unknown && clause.field == "source")
    });
    let hint = match (rule.index(), nearest) {
        _ if doubts_peer => {
            format!(
                "find out about the peer before the policy: {}",
                view.told.explanation.grounds
            )
        }
        (None, Some(_)) => {
            "if this request is meant to pass, widen that rule, or add an Allow to the tier"
                .to_owned()
        }
        (None, None) => {
            "if this request is meant to pass, add an Allow rule to the tier".to_owned()
        }
        (Some(index), _) => format!(
            "if this request is meant to pass, narrow rule {index} of {} {}, or allow it before",
            rule.policy().kind,
            rule.policy().name
        ),
    };
    wrap(&format!("next  {hint}"), 6)
}

/// The line, cut where the screen ends.
fn fit(line: &str) -> String {
    if line.chars().count() <= WIDTH {
        return line.to_owned();
    }
    let cut: String = line.chars().take(WIDTH.saturating_sub(2)).collect();
    format!("{cut}..")
}
