//! What all measurements share.

use regex::Regex;

use crate::cores::Cores;
use crate::mesh::Mesh;
use crate::modules::Modules;
use crate::race::Pace;

/// What all sections share.
#[derive(Debug)]
pub(crate) struct Laboratory {
    /// Who asks whom.
    pub(crate) mesh: Mesh,
    /// What Envoy loads.
    pub(crate) modules: Modules,
    /// Who runs where.
    pub(crate) cores: Cores,
    /// How long.
    pub(crate) pace: Pace,
    /// Which lanes, by their names; those without a filter are always there.
    pub(crate) only: Option<Regex>,
}
