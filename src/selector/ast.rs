//! The tree of a selector: its canonical text, its rewriting, its evaluation.

#[cfg(feature = "compiled")]
use crate::reader::{Read, Reader};
use std::fmt;

use super::Labels;
use crate::substring;
use crate::truth::Truth;

/// A selector, or a part of one.
///
/// AND and OR lists have two members or more, and a negation is never negated again: both keep
/// the canonical text unique.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Node {
    All,
    Global,
    Label { key: String, test: Test },
    Not(Box<Node>),
    And(Vec<Node>),
    Or(Vec<Node>),
}

/// What is asked of one label.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "compiler", derive(serde::Serialize))]
pub(super) enum Test {
    Present,
    Equals(String),
    Differs(String),
    /// A set, as [`crate::gather`] has it.
    In(Vec<String>),
    /// A set too.
    NotIn(Vec<String>),
    Contains(String),
    StartsWith(String),
    EndsWith(String),
}

#[cfg(feature = "compiled")]
impl Read for Test {
    fn read(from: &mut Reader<'_>) -> Self {
        match from.variant() {
            0 => Self::Present,
            1 => Self::Equals(from.read()),
            2 => Self::Differs(from.read()),
            3 => Self::In(set(from)),
            4 => Self::NotIn(set(from)),
            5 => Self::Contains(from.read()),
            6 => Self::StartsWith(from.read()),
            7 => Self::EndsWith(from.read()),
            _ => from.refuse(Self::Present),
        }
    }
}

#[cfg(feature = "compiled")]
fn set(from: &mut Reader<'_>) -> Vec<String> {
    let set: Vec<String> = from.read();
    if set.is_sorted_by(|one, next| one < next) {
        set
    } else {
        from.refuse(set)
    }
}

impl Node {
    pub(super) fn matches(&self, labels: &(impl Labels + ?Sized)) -> bool {
        match self {
            Self::All | Self::Global => true,
            Self::Label { key, test } => test.holds(labels.value(key)),
            Self::Not(node) => !node.matches(labels),
            Self::And(nodes) => nodes.iter().all(|node| node.matches(labels)),
            Self::Or(nodes) => nodes.iter().any(|node| node.matches(labels)),
        }
    }

    pub(super) fn judge(
        &self,
        labels: &(impl Labels + ?Sized),
        known: &dyn Fn(&str) -> bool,
    ) -> Truth {
        let each = |node: &Self| node.judge(labels, known);
        match self {
            Self::All | Self::Global => Truth::True,
            Self::Label { key, test } if known(key) => test.holds(labels.value(key)).into(),
            Self::Label { .. } => Truth::Unknown,
            Self::Not(node) => each(node).negate(),
            Self::And(nodes) => nodes.iter().map(each).fold(Truth::True, Truth::and),
            Self::Or(nodes) => nodes.iter().map(each).fold(Truth::False, Truth::or),
        }
    }

    pub(super) fn negate(self) -> Self {
        if let Self::Not(node) = self {
            *node
        } else {
            Self::Not(Box::new(self))
        }
    }

    /// The same tree with every leaf changed.
    pub(super) fn map_leaves(self, change: &dyn Fn(Self) -> Self) -> Self {
        let all = |nodes: Vec<Self>| {
            nodes
                .into_iter()
                .map(|node| node.map_leaves(change))
                .collect()
        };
        match self {
            // Not rebuilt as it was: the leaf below may have become a negation.
            Self::Not(node) => node.map_leaves(change).negate(),
            Self::And(nodes) => Self::And(all(nodes)),
            Self::Or(nodes) => Self::Or(all(nodes)),
            Self::All | Self::Global | Self::Label { .. } => change(self),
        }
    }

    /// The same tree where every test of the label, negated or not, is passed.
    #[cfg(feature = "objects")]
    pub(super) fn without_tests_of(self, key: &str) -> Self {
        let asks = |node: &Self| matches!(node, Self::Label { key: asked, .. } if asked == key);
        let all = |nodes: Vec<Self>| {
            let nodes = nodes.into_iter();
            nodes.map(|node| node.without_tests_of(key)).collect()
        };
        match self {
            Self::Not(node) if asks(&node) => Self::All,
            Self::Label { key: asked, .. } if asked == key => Self::All,
            Self::And(nodes) => Self::And(all(nodes)),
            Self::Or(nodes) => Self::Or(all(nodes)),
            Self::All | Self::Global | Self::Label { .. } | Self::Not(_) => self,
        }
    }

    pub(super) fn with_prefix(self, prefix: &str) -> Self {
        if let Self::Label { key, test } = self {
            Self::Label {
                key: format!("{prefix}{key}"),
                test,
            }
        } else {
            self
        }
    }

    pub(super) fn mentions_global(&self) -> bool {
        match self {
            Self::Global => true,
            Self::All | Self::Label { .. } => false,
            Self::Not(node) => node.mentions_global(),
            Self::And(nodes) | Self::Or(nodes) => nodes.iter().any(Self::mentions_global),
        }
    }

    /// Every test of a label in it, with the key.
    pub(super) fn tests(&self) -> Vec<(&str, &Self)> {
        match self {
            Self::All | Self::Global => Vec::new(),
            Self::Label { key, .. } => vec![(key, self)],
            Self::Not(node) => node.tests(),
            Self::And(nodes) | Self::Or(nodes) => nodes.iter().flat_map(Self::tests).collect(),
        }
    }

    pub(super) fn add_required<'s>(&'s self, required: &mut Vec<(&'s str, Vec<&'s str>)>) {
        match self {
            Self::Label { key, test } => match test {
                Test::Equals(value) => required.push((key, vec![value])),
                Test::In(values) => {
                    required.push((key, values.iter().map(String::as_str).collect()));
                }
                Test::Present
                | Test::Differs(_)
                | Test::NotIn(_)
                | Test::Contains(_)
                | Test::StartsWith(_)
                | Test::EndsWith(_) => {}
            },
            Self::And(nodes) => nodes.iter().for_each(|node| node.add_required(required)),
            Self::All | Self::Global | Self::Not(_) | Self::Or(_) => {}
        }
    }

    /// How deep the canonical text nests: parentheses and `!` together.
    #[cfg(feature = "objects")]
    pub(super) fn depth(&self) -> usize {
        match self {
            Self::All | Self::Global | Self::Label { .. } => 0,
            Self::Not(node) => 1 + node.depth(),
            Self::And(nodes) | Self::Or(nodes) => {
                1 + nodes.iter().map(Self::depth).max().unwrap_or_default()
            }
        }
    }
}

impl Test {
    /// A missing label fails every test but the two negative ones, which it passes.
    pub(super) fn holds(&self, value: Option<&str>) -> bool {
        match self {
            Self::Present => value.is_some(),
            Self::Equals(wanted) => value == Some(wanted),
            Self::Differs(wanted) => value != Some(wanted),
            Self::In(set) => value.is_some_and(|value| has(set, value)),
            Self::NotIn(set) => value.is_none_or(|value| !has(set, value)),
            Self::Contains(part) => {
                value.is_some_and(|value| substring::after(value, part).is_some())
            }
            Self::StartsWith(part) => value.is_some_and(|value| value.starts_with(part)),
            Self::EndsWith(part) => value.is_some_and(|value| value.ends_with(part)),
        }
    }
}

impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("all()"),
            Self::Global => f.write_str("global()"),
            Self::Label { key, test } => test.write(key, f),
            Self::Not(node) => write!(f, "!{node}"),
            Self::And(nodes) => write_list(f, nodes, " && "),
            Self::Or(nodes) => write_list(f, nodes, " || "),
        }
    }
}

impl Test {
    fn write(&self, key: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Present => write!(f, "has({key})"),
            Self::Equals(value) => write!(f, "{key} == {}", Quoted(value)),
            Self::Differs(value) => write!(f, "{key} != {}", Quoted(value)),
            Self::In(set) => write!(f, "{key} in {}", QuotedSet(set)),
            Self::NotIn(set) => write!(f, "{key} not in {}", QuotedSet(set)),
            Self::Contains(part) => write!(f, "{key} contains {}", Quoted(part)),
            Self::StartsWith(part) => write!(f, "{key} starts with {}", Quoted(part)),
            Self::EndsWith(part) => write!(f, "{key} ends with {}", Quoted(part)),
        }
    }
}

fn has(set: &[String], value: &str) -> bool {
    set.binary_search_by(|known| known.as_str().cmp(value))
        .is_ok()
}

fn write_list(f: &mut fmt::Formatter<'_>, nodes: &[Node], operator: &str) -> fmt::Result {
    f.write_str("(")?;
    for (index, node) in nodes.iter().enumerate() {
        let separator = if index == 0 { "" } else { operator };
        write!(f, "{separator}{node}")?;
    }
    f.write_str(")")
}

struct Quoted<'a>(&'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let quote = if self.0.contains('"') { '\'' } else { '"' };
        write!(f, "{quote}{}{quote}", self.0)
    }
}

struct QuotedSet<'a>(&'a [String]);

impl fmt::Display for QuotedSet<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("{")?;
        for (index, value) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { ", " };
            write!(f, "{separator}{}", Quoted(value))?;
        }
        f.write_str("}")
    }
}
