//! What a refusal was in doubt about, for operators who watch policy before they enforce it.

use crate::program::{Condition, PeerRules, RuleProgram, Step};
use crate::truth::Truth;
use std::fmt;

/// What was not certain of a request that policy refuses: had it been, the request might have
/// passed. A refusal by a rule that surely matches, with no Allow in doubt before it, has none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doubt {
    /// Nothing: the refusal is certain.
    Nothing,
    /// Who the peer is: its address and its certificate do not fit, or one of them is not known.
    Peer,
    /// Which address, port name or labels the enforcing workload itself has.
    OwnEnd,
    /// How the request is read: its path, method, host, a header or another text of it.
    Reading,
    /// A fact of the connection, such as an address or a port, is not known.
    Connection,
    /// More than one of these.
    Several,
}

impl Doubt {
    /// As it prints in the metric `heliast_observed_denials_total`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Nothing => "none",
            Self::Peer => "peer",
            Self::OwnEnd => "own-end",
            Self::Reading => "reading",
            Self::Connection => "connection",
            Self::Several => "several",
        }
    }

    /// Both of them together.
    pub(super) fn with(self, other: Self) -> Self {
        match (self, other) {
            (Self::Nothing, one) | (one, Self::Nothing) => one,
            (one, same) if one == same => one,
            (_, _) => Self::Several,
        }
    }

    /// What a step is in doubt about, as far as the ends of the connection go.
    pub(super) fn about_ends(step: &Step, rules: &PeerRules) -> Self {
        let own = if step.own_end() == Truth::Unknown {
            Self::OwnEnd
        } else {
            Self::Nothing
        };
        match step.peer_end(&rules.answers) {
            Truth::Unknown => own.with(Self::Peer),
            Truth::False | Truth::True => own,
        }
    }

    /// What a rule is in doubt about in the request, given what each of its conditions says.
    pub(super) fn about_request(rule: &RuleProgram, judge: impl Fn(&Condition) -> Truth) -> Self {
        let unsure = rule.conditions.iter();
        let unsure = unsure.filter(|condition| judge(condition) == Truth::Unknown);
        unsure
            .map(|condition| of_condition(condition))
            .fold(Self::Nothing, Self::with)
    }
}

fn of_condition(condition: &Condition) -> Doubt {
    match condition {
        Condition::Http
        | Condition::Methods(_)
        | Condition::Paths(_)
        | Condition::Header(_)
        | Condition::Text(_)
        | Condition::Token(_)
        | Condition::AnyOf(_) => Doubt::Reading,
        Condition::OwnNets(_)
        | Condition::OwnNotNets(_)
        | Condition::OwnAddress(_)
        | Condition::LocalNets(..) => Doubt::OwnEnd,
        Condition::Protocol(_)
        | Condition::NotProtocol(_)
        | Condition::SourcePorts(_)
        | Condition::SourceNotPorts(_)
        | Condition::Ports(_)
        | Condition::NotPorts(_)
        | Condition::PortRanges(..)
        | Condition::RemoteNets(..) => Doubt::Connection,
    }
}

impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}
