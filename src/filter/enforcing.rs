//! What every stream of one configuration shares.

use super::metrics::Metrics;
use crate::enforcer::Enforcer;
use std::rc::Rc;

/// A configuration that is enforced, and its metrics.
#[derive(Debug)]
pub(super) struct Enforcing {
    pub(super) enforcer: Enforcer,
    pub(super) metrics: Rc<Metrics>,
}
