//! What is compared with what.

use crate::call::Call;
use crate::load::Wire;
use crate::rules::{By, Rules};
use crate::section::Section;
use crate::setup::Setup;

/// Numbers of rules.
pub(crate) const COUNTS: [usize; 5] = [1, 10, 100, 1000, 10_000];
/// Workloads of a large fleet.
pub(crate) const FLEET: usize = 100_000;

/// Every kind of filter with one rule, over every kind of wire.
pub(crate) fn filters() -> Section {
    let rules = Rules {
        by: By::Path,
        count: 1,
    };
    Section {
        key: "filters",
        title: "One rule, every kind of filter",
        wires: Wire::ALL.to_vec(),
        setups: vec![
            Setup::None,
            Setup::Empty,
            Setup::Bare,
            Setup::Rbac(rules),
            Setup::Lua(rules),
            Setup::Authorization,
            Setup::Heliast {
                rules,
                guard: false,
                workloads: 0,
            },
            Setup::heliast(rules),
            Setup::Runtime(rules),
        ],
    }
}

/// Calls from a wasm filter to Envoy.
pub(crate) fn calls() -> Section {
    let mut setups = vec![Setup::None, Setup::Bare];
    setups.extend(Call::ALL.map(Setup::Calls));
    Section {
        key: "calls",
        title: "Ten calls from a wasm filter to Envoy",
        wires: vec![Wire::Http1],
        setups,
    }
}

/// More and more rules, by path, and a fleet.
pub(crate) fn paths() -> Section {
    let fleet = |count| Setup::Heliast {
        rules: Rules {
            by: By::Path,
            count,
        },
        guard: true,
        workloads: FLEET,
    };
    let mut setups = sizes(By::Path);
    setups.extend([fleet(1), fleet(10_000)]);
    Section {
        key: "paths",
        title: "Rules by method and path, the last of which matches",
        wires: vec![Wire::Http1],
        setups,
    }
}

/// More and more rules, by identity.
pub(crate) fn identities() -> Section {
    Section {
        key: "identities",
        title: "Rules by identity, the last of which matches",
        wires: vec![Wire::MutualTls],
        setups: sizes(By::Identity),
    }
}

fn sizes(by: By) -> Vec<Setup> {
    let rules = |count| Rules { by, count };
    let mut setups = vec![Setup::None, Setup::Empty];
    setups.extend(COUNTS.map(|count| Setup::Rbac(rules(count))));
    setups.extend(COUNTS.map(|count| Setup::heliast(rules(count))));
    setups
}
