//! From the clauses of a rule to conditions.

use super::condition::Condition;
use super::text::TextCondition;
use super::token::TokenCondition;
use crate::model::Clause;

/// The condition that a clause stands for.
pub(super) fn condition(clause: &Clause) -> Condition {
    match clause {
        Clause::Http => Condition::Http,
        Clause::Text { subject, any, none } => {
            Condition::Text(TextCondition::compile(subject, any, none))
        }
        Clause::Ports { any, none } => Condition::PortRanges(any.clone(), none.clone()),
        Clause::LocalNets { any, none } => Condition::LocalNets(any.clone(), none.clone()),
        Clause::RemoteNets { any, none } => Condition::RemoteNets(any.clone(), none.clone()),
        Clause::RequestPrincipals { any, none } => {
            Condition::Token(TokenCondition::compile(any, none))
        }
        Clause::AnyOf(alternatives) => {
            let all = |clauses: &Vec<Clause>| clauses.iter().map(condition).collect();
            Condition::AnyOf(alternatives.iter().map(all).collect())
        }
    }
}

/// Adds a path that is not there yet: few are ever different.
fn add<'c>(path: &'c Vec<String>, into: &mut Vec<&'c Vec<String>>) {
    if !into.contains(&path) {
        into.push(path);
    }
}

/// The paths of dynamic metadata that conditions ask for, each once.
pub(super) fn metadata<'c>(
    conditions: impl IntoIterator<Item = &'c Condition>,
    into: &mut Vec<&'c Vec<String>>,
) {
    for condition in conditions {
        match condition {
            Condition::Text(text) => text.metadata().into_iter().for_each(|path| add(path, into)),
            Condition::Token(token) => token
                .metadata()
                .into_iter()
                .for_each(|path| add(path, into)),
            Condition::AnyOf(alternatives) => {
                for conditions in alternatives {
                    metadata(conditions, into);
                }
            }
            Condition::Protocol(_)
            | Condition::NotProtocol(_)
            | Condition::OwnNets(_)
            | Condition::OwnNotNets(_)
            | Condition::OwnAddress(_)
            | Condition::SourcePorts(_)
            | Condition::SourceNotPorts(_)
            | Condition::Ports(_)
            | Condition::NotPorts(_)
            | Condition::Http
            | Condition::Methods(_)
            | Condition::Paths(_)
            | Condition::Header(_)
            | Condition::PortRanges(..)
            | Condition::LocalNets(..)
            | Condition::RemoteNets(..) => {}
        }
    }
}
