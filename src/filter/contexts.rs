//! The contexts that Envoy has made in this VM: a root for each plugin, and streams.

use super::root::Root;
use super::stream::{self, Action};
use crate::config::DenyReply;
use crate::enforcer::Reason;
use litemap::LiteMap;
use std::cell::RefCell;

thread_local! {
    static CONTEXTS: RefCell<Contexts> = const { RefCell::new(Contexts::new()) };
}

struct Contexts {
    roots: LiteMap<u32, Root>,
    /// The root of each stream whose headers have not come yet; then nothing of it is kept. Envoy
    /// makes a stream when its headers are there, and counts contexts upwards.
    waiting: LiteMap<u32, u32>,
}

impl Contexts {
    const fn new() -> Self {
        Self {
            roots: LiteMap::new_vec(),
            waiting: LiteMap::new_vec(),
        }
    }
}

/// A root, if `root` is 0; a stream of that root otherwise.
pub(super) fn create(context: u32, root: u32) {
    with(|contexts| {
        if root == 0 {
            contexts.roots.insert(context, Root::default());
        } else {
            contexts.waiting.insert(context, root);
        }
    });
}

/// Whether the configuration of a plugin is taken.
pub(super) fn configure(root: u32) -> bool {
    with(|contexts| contexts.roots.get_mut(&root).is_some_and(Root::configure)) == Some(true)
}

/// Time goes on.
pub(super) fn tick(root: u32) {
    with(|contexts| contexts.roots.get_mut(&root).map(Root::tick));
}

/// A server has answered a call of this root.
pub(super) fn answered(root: u32, token: u32) {
    with(|contexts| {
        contexts
            .roots
            .get_mut(&root)
            .map(|root| root.answered(token))
    });
}

/// The headers of a request have come: it is decided under the policy of this moment.
pub(super) fn request_headers(stream: u32) -> Action {
    let action = with(|contexts| {
        let root = contexts.waiting.remove(&stream)?;
        let enforcing = contexts.roots.get(&root)?.enforcing()?;
        Some(stream::decide(enforcing))
    });
    // Without a root that is configured nothing may pass.
    let refuse = || stream::refuse(&DenyReply::default(), &Reason::NoBundle, "");
    action.flatten().unwrap_or_else(refuse)
}

/// A context is gone.
pub(super) fn delete(context: u32) {
    with(|contexts| {
        contexts.waiting.remove(&context);
        contexts.roots.remove(&context)
    });
}

/// Envoy puts off what a callback brings about until that callback has returned; should it ever not,
/// nothing is done, and a request is refused.
fn with<T>(then: impl FnOnce(&mut Contexts) -> T) -> Option<T> {
    CONTEXTS.with(|contexts| {
        contexts
            .try_borrow_mut()
            .ok()
            .map(|mut contexts| then(&mut contexts))
    })
}
