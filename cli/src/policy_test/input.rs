//! The objects of a case, and the bundle they make.

use crate::manifests::Objects;
use heliast::bundle::Bundle;
use heliast::problem::Problems;
use std::sync::OnceLock;

/// The objects of a case; cases without objects of their own share one.
#[derive(Debug)]
pub(super) struct Input {
    pub(super) objects: Objects,
    bundle: OnceLock<Result<Bundle, Problems>>,
}

impl Input {
    pub(super) fn new(objects: Objects) -> Self {
        Self {
            objects,
            bundle: OnceLock::new(),
        }
    }

    /// The bundle, loaded when it is first asked for.
    pub(super) fn bundle(&self) -> Result<&Bundle, &Problems> {
        self.bundle
            .get_or_init(|| Bundle::load(self.objects.values()))
            .as_ref()
    }
}
