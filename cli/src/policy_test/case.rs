//! One case.

use super::expect::Expect;
use super::facts::{Facts, FactsError};
use super::situation::Situation;
use heliast::bundle::Bundle;
use heliast::problem::Problems;
use heliast::program::Node;
use serde_json::Value;
use std::collections::BTreeMap;

/// One case of a policy test.
#[derive(Debug, Clone)]
pub struct Case {
    /// Its name, unique in its document.
    pub name: String,
    /// Where it stands: `file:line`.
    pub place: String,
    /// Who enforces what on which request.
    pub situation: Situation,
    /// What must come of it.
    pub expect: Expect,
    /// Why a runner, by its name, leaves it out.
    pub skip: BTreeMap<String, String>,
}

impl Case {
    /// See [`Situation::configuration`].
    #[must_use]
    pub fn configuration(&self) -> Value {
        self.situation.configuration()
    }

    /// The objects the policy is in.
    #[must_use]
    pub fn resources(&self) -> &[Value] {
        self.situation.objects().values()
    }

    /// See [`Situation::bundle`].
    ///
    /// # Errors
    ///
    /// Everything that is wrong with the objects.
    pub fn bundle(&self) -> Result<&Bundle, &Problems> {
        self.situation.bundle()
    }

    /// See [`Situation::node`].
    #[must_use]
    pub fn node(&self) -> Node {
        self.situation.node()
    }

    /// See [`Situation::facts`].
    ///
    /// # Errors
    ///
    /// If there is no request, the bundle cannot be loaded, or has no such pod.
    pub fn facts(&self) -> Result<Facts, FactsError> {
        self.situation.facts()
    }
}
