//! Selectors in compiled programs: without recursion, so that no input decides how deep a stack
//! grows. Every part comes behind those it is made of.

use super::ast::{Node, Test};
use super::{MAX_DEPTH, Selector};
use serde::de::Error as _;
use serde::ser::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Rewrites put selectors together that were each of the greatest depth.
const DEPTH: usize = 2 * MAX_DEPTH;

/// A part of a selector.
#[derive(Serialize, Deserialize)]
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

impl<'de> Deserialize<'de> for Selector {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let parts = Vec::<Part>::deserialize(deserializer)?;
        let root = gather(parts).ok_or_else(|| D::Error::custom("is no selector"))?;
        Ok(Self { root })
    }
}

/// The node that parts make, if they make one, and it is not too deep.
fn gather(parts: Vec<Part>) -> Option<Node> {
    let mut made: Vec<(Node, usize)> = Vec::new();
    for part in parts {
        let (node, depth) = match part {
            Part::All => (Node::All, 0),
            Part::Global => (Node::Global, 0),
            Part::Label(key, test) => {
                test.is_sound().then_some(())?;
                (Node::Label { key, test }, 0)
            }
            Part::Not => {
                let (node, depth) = made.pop()?;
                (Node::Not(Box::new(node)), depth.checked_add(1)?)
            }
            Part::And(count) => {
                let (nodes, depth) = last(&mut made, count)?;
                (Node::And(nodes), depth)
            }
            Part::Or(count) => {
                let (nodes, depth) = last(&mut made, count)?;
                (Node::Or(nodes), depth)
            }
        };
        if depth > DEPTH {
            return None;
        }
        made.push((node, depth));
    }
    let (node, _) = made.pop()?;
    made.is_empty().then_some(node)
}

/// The last so many nodes, and the depth of what they are put into.
fn last(made: &mut Vec<(Node, usize)>, count: usize) -> Option<(Vec<Node>, usize)> {
    let from = made.len().checked_sub(count)?;
    let deepest = made.get(from..)?.iter().map(|(_, depth)| *depth).max();
    let nodes = made.split_off(from).into_iter().map(|(node, _)| node);
    Some((nodes.collect(), deepest.unwrap_or_default().checked_add(1)?))
}
