//! From the clauses of a rule to conditions.

use super::condition::Condition;
use super::text::TextCondition;
use super::token::TokenCondition;
use crate::model::Clause;

/// The conditions that clauses stand for, in their order.
pub(super) fn conditions(clauses: &[Clause]) -> Vec<Condition> {
    clauses.iter().map(condition).collect()
}

fn condition(clause: &Clause) -> Condition {
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
            let alternatives = alternatives.iter();
            Condition::AnyOf(alternatives.map(|clauses| conditions(clauses)).collect())
        }
    }
}

/// The paths of dynamic metadata that conditions ask for.
pub(super) fn metadata<'c>(conditions: &'c [Condition], into: &mut Vec<&'c Vec<String>>) {
    for condition in conditions {
        match condition {
            Condition::Text(text) => into.extend(text.metadata()),
            Condition::Token(token) => into.extend(token.metadata()),
            Condition::AnyOf(alternatives) => {
                for conditions in alternatives {
                    metadata(conditions, into);
                }
            }
            Condition::Protocol(_)
            | Condition::NotProtocol(_)
            | Condition::OwnNets(_)
            | Condition::OwnNotNets(_)
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
