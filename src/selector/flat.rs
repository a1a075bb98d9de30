//! Selectors in compiled programs: without recursion, so that no input decides how deep a stack
//! grows. Every part comes behind those it is made of.

use super::ast::Node;
#[cfg(feature = "compiler")]
use super::ast::Test;
use super::{MAX_DEPTH, Selector};
use crate::reader::{Read, Reader};
#[cfg(feature = "compiler")]
use serde::{Serialize, Serializer, ser::Error as _};

/// Rewrites put selectors together that were each of the greatest depth.
const DEPTH: usize = 2 * MAX_DEPTH;

/// A part of a selector.
#[cfg(feature = "compiler")]
#[derive(Serialize)]
enum Part {
    All,
    Global,
    Label(String, Test),
    /// What the part before it is not.
    Not,
    /// All of so many parts before it.
    And(usize),
    /// One of so many parts before it.
    Or(usize),
}

#[cfg(feature = "compiler")]
impl Serialize for Selector {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.root.depth() > DEPTH {
            return Err(S::Error::custom("a selector is nested too deeply"));
        }
        let mut parts = Vec::new();
        flatten(&self.root, &mut parts);
        parts.serialize(serializer)
    }
}

#[cfg(feature = "compiler")]
fn flatten(node: &Node, into: &mut Vec<Part>) {
    match node {
        Node::All => into.push(Part::All),
        Node::Global => into.push(Part::Global),
        Node::Label { key, test } => into.push(Part::Label(key.clone(), test.clone())),
        Node::Not(node) => {
            flatten(node, into);
            into.push(Part::Not);
        }
        Node::And(nodes) => {
            nodes.iter().for_each(|node| flatten(node, into));
            into.push(Part::And(nodes.len()));
        }
        Node::Or(nodes) => {
            nodes.iter().for_each(|node| flatten(node, into));
            into.push(Part::Or(nodes.len()));
        }
    }
}

impl Read for Selector {
    fn read(from: &mut Reader<'_>) -> Self {
        let mut made = Vec::new();
        from.each(|from| {
            let node = node(from, &mut made).filter(|(_, depth)| *depth <= DEPTH);
            made.push(node.unwrap_or_else(|| from.refuse((Node::All, 0))));
        });
        let last = made.pop().filter(|_| made.is_empty());
        let (root, _) = last.unwrap_or_else(|| from.refuse((Node::All, 0)));
        Self { root }
    }
}

/// The next node and how deep it is; it is made of the last of those before.
fn node(from: &mut Reader<'_>, made: &mut Vec<(Node, usize)>) -> Option<(Node, usize)> {
    match from.variant() {
        0 => Some((Node::All, 0)),
        1 => Some((Node::Global, 0)),
        2 => {
            let (key, test) = from.read();
            Some((Node::Label { key, test }, 0))
        }
        3 => {
            let (node, depth) = made.pop()?;
            Some((Node::Not(Box::new(node)), depth.checked_add(1)?))
        }
        4 => {
            let (nodes, depth) = last(made, from.read())?;
            Some((Node::And(nodes), depth))
        }
        5 => {
            let (nodes, depth) = last(made, from.read())?;
            Some((Node::Or(nodes), depth))
        }
        _ => None,
    }
}

/// The last so many nodes, and the depth of what they are put into.
fn last(made: &mut Vec<(Node, usize)>, count: usize) -> Option<(Vec<Node>, usize)> {
    let from = made.len().checked_sub(count)?;
    let deepest = made.get(from..)?.iter().map(|(_, depth)| *depth).max();
    let nodes = made.split_off(from).into_iter().map(|(node, _)| node);
    Some((nodes.collect(), deepest.unwrap_or_default().checked_add(1)?))
}
