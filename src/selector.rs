//! Calico selectors: what a policy, or a side of a rule, says about labels.
//!
//! The grammar is calico.md 2.1, complete; the rewrites that make one effective selector of
//! several fields are those of 2.3 and 2.4. They work on the tree, so a quoted value that happens
//! to read `all()` stays a value (2.6, case 102).

use litemap::LiteMap;
use std::fmt;
#[cfg(feature = "objects")]
use std::str::FromStr;

use crate::gather;
use crate::truth::Truth;

mod ast;
#[cfg(feature = "objects")]
mod error;
#[cfg(feature = "compiled")]
mod flat;
#[cfg(feature = "objects")]
mod lexer;
#[cfg(feature = "objects")]
mod parser;
#[cfg(test)]
#[cfg(feature = "objects")]
mod tests;

use ast::{Node, Test};

#[cfg(feature = "objects")]
pub use error::SelectorError;

/// Deepest nesting of a selector: parentheses and runs of `!` together, both as written and in the
/// canonical text, so that what we print we can read. It bounds every recursion over selectors.
pub const MAX_DEPTH: usize = 128;

/// What a selector is asked about: the labels of one workload, network set or namespace.
///
/// Values compare byte for byte, and a label with an empty value is present (calico.md 2.1).
pub trait Labels {
    /// The value of the label, or `None` if there is no such label.
    fn value(&self, key: &str) -> Option<&str>;
}

impl Labels for LiteMap<String, String> {
    fn value(&self, key: &str) -> Option<&str> {
        self.get(key).map(String::as_str)
    }
}

/// A parsed selector (calico.md 2.1).
///
/// Two selectors are equal if their canonical text is. That text ([`fmt::Display`]) has AND and OR
/// lists in parentheses, sets sorted and without repetitions, and values in double quotes unless
/// they contain one. It parses back to an equal selector, with two exceptions that no parsed
/// selector meets, only one put together by hand or by a rewrite: a value with both kinds of
/// quotes in it cannot be written, and a text beyond [`MAX_DEPTH`] or a label beyond 512 bytes is
/// refused.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Selector {
    root: Node,
}

impl Selector {
    #[cfg(feature = "objects")]
    /// Reads a selector (calico.md 2.1). Empty text, or only blanks, selects everything.
    ///
    /// Takes time linear in the text and a bounded depth of stack, whatever the text; its length
    /// is for the caller to limit.
    ///
    /// # Errors
    ///
    /// If the text is no selector, or is nested deeper than [`MAX_DEPTH`].
    pub fn parse(text: &str) -> Result<Self, SelectorError> {
        parser::parse(text).map(Self::of)
    }

    /// `all()`: everything.
    #[must_use]
    pub fn all() -> Self {
        Self::of(Node::All)
    }

    /// `has(key)`: the label is there, whatever its value.
    #[must_use]
    pub fn has(key: impl Into<String>) -> Self {
        Self::label(key.into(), Test::Present)
    }

    /// `key == "value"`.
    #[must_use]
    pub fn equals(key: impl Into<String>, value: impl Into<String>) -> Self {
        Self::label(key.into(), Test::Equals(value.into()))
    }

    /// `key in {"value", ..}`. Without values it selects nothing.
    #[must_use]
    pub fn is_in<V: Into<String>>(
        key: impl Into<String>,
        values: impl IntoIterator<Item = V>,
    ) -> Self {
        let values = gather::set(values.into_iter().map(Into::into));
        Self::label(key.into(), Test::In(values))
    }

    /// What all of these select; everything if there are none.
    #[must_use]
    pub fn all_of(selectors: impl IntoIterator<Item = Self>) -> Self {
        let mut nodes: Vec<Node> = selectors.into_iter().map(|one| one.root).collect();
        let only = if nodes.len() < 2 { nodes.pop() } else { None };
        match only {
            Some(only) => Self::of(only),
            None if nodes.is_empty() => Self::all(),
            None => Self::of(Node::And(nodes)),
        }
    }

    /// What both select.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self::of(Node::And(vec![self.root, other.root]))
    }

    /// What this one does not select.
    #[must_use]
    pub fn negate(self) -> Self {
        Self::of(self.root.negate())
    }

    /// The same tests on other labels: every key with `prefix` in front, as `pcns.` for the labels
    /// of the namespace and `pcsa.` for those of the service account (calico.md 2.2 to 2.4).
    #[must_use]
    pub fn with_prefix(self, prefix: &str) -> Self {
        Self::of(self.root.map_leaves(&|leaf| leaf.with_prefix(prefix)))
    }

    /// Every `all()` in it becomes `replacement` (calico.md 2.3, 2.4).
    #[must_use]
    pub fn replace_all_with(self, replacement: &Self) -> Self {
        self.replace(&Node::All, replacement)
    }

    /// Every `global()` in it becomes `replacement` (calico.md 2.4).
    #[must_use]
    pub fn replace_global_with(self, replacement: &Self) -> Self {
        self.replace(&Node::Global, replacement)
    }

    /// The same selector where everybody has the label `key` with this value; none if it does not
    /// ask for the label.
    #[must_use]
    pub(crate) fn settled(&self, key: &str, value: &str) -> Option<Self> {
        if !self.root.tests().iter().any(|(asked, _)| *asked == key) {
            return None;
        }
        let settle = |leaf| {
            let Node::Label { key: asked, test } = &leaf else {
                return leaf;
            };
            if asked != key {
                return leaf;
            }
            if test.holds(Some(value)) {
                Node::All
            } else {
                Node::All.negate()
            }
        };
        Some(Self::of(self.root.clone().map_leaves(&settle)))
    }

    /// A selector of everything that this one selects with any value of the label `key`, for
    /// selectors that are a list of requirements.
    #[cfg(feature = "objects")]
    pub(crate) fn without_tests_of(self, key: &str) -> Self {
        Self::of(self.root.without_tests_of(key))
    }

    /// Whether it is `global()` and nothing else.
    #[must_use]
    pub fn is_global(&self) -> bool {
        self.root == Node::Global
    }

    /// Whether `global()` occurs anywhere in it. Calico allows that in the namespaceSelector of a
    /// rule only (calico.md 1.6, row 5).
    #[must_use]
    pub fn mentions_global(&self) -> bool {
        self.root.mentions_global()
    }

    /// Whether it selects what has these labels (calico.md 2.1). `global()` selects everything.
    #[must_use]
    pub fn matches(&self, labels: &(impl Labels + ?Sized)) -> bool {
        self.root.matches(labels)
    }

    /// Whether it selects what has these labels, where some of the labels may be unknown.
    ///
    /// A test on a key that is not `known` is Unknown. So True and False are certain: they hold
    /// whatever the unknown labels turn out to be.
    #[must_use]
    pub fn judge(&self, labels: &(impl Labels + ?Sized), known: &dyn Fn(&str) -> bool) -> Truth {
        self.root.judge(labels, known)
    }

    /// Every test of a label in it: the key, and the test as a selector of its own. What answers
    /// all of them alike is selected alike.
    #[must_use]
    pub fn tests(&self) -> Vec<(&str, Self)> {
        let tests = self.root.tests().into_iter();
        tests
            .map(|(key, test)| (key, Self::of(test.clone())))
            .collect()
    }

    /// Labels without which nothing is selected: of each its key, and the values one of which it
    /// must have.
    pub(crate) fn required(&self) -> Vec<(&str, Vec<&str>)> {
        let mut required = Vec::new();
        self.root.add_required(&mut required);
        required
    }

    fn of(root: Node) -> Self {
        Self { root }
    }

    fn label(key: String, test: Test) -> Self {
        Self::of(Node::Label { key, test })
    }

    fn replace(self, old: &Node, new: &Self) -> Self {
        let change = |leaf| if leaf == *old { new.root.clone() } else { leaf };
        Self::of(self.root.map_leaves(&change))
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.root.fmt(f)
    }
}

#[cfg(feature = "objects")]
impl FromStr for Selector {
    type Err = SelectorError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}
