//! What a module costs before the first request: its size, the time until Envoy is ready, memory.

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::cores::Role;
use crate::rules::{By, Rules};
use crate::runtime;
use crate::section::Laboratory;
use crate::setup::{Setup, Sidecar};
use crate::spread::Spread;
use crate::usage::Memory;

/// One module, started several times.
#[derive(Clone, Debug)]
pub(crate) struct Start {
    /// Which one.
    pub(crate) module: Module,
    /// Of the file, in bytes.
    pub(crate) size: u64,
    /// Until Envoy is ready, in milliseconds.
    pub(crate) ready: Spread,
    /// Of Envoy then, in MiB.
    pub(crate) resident: Spread,
    /// How much longer than without a module, in milliseconds.
    pub(crate) ready_added: Spread,
    /// How much more than without a module, in MiB.
    pub(crate) resident_added: Spread,
}

/// What Envoy is started with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Module {
    /// Nothing.
    None,
    /// The filter that does nothing.
    Empty,
    /// heliast, with one rule.
    Full,
    /// heliast for compiled programs, with the same rule compiled.
    Runtime,
}

impl Module {
    /// As tables have it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::None => "no module",
            Self::Empty => "empty wasm filter",
            Self::Full => "heliast.wasm",
            Self::Runtime => "heliast-runtime.wasm",
        }
    }
}

impl Start {
    /// For machines.
    pub(crate) fn json(&self) -> Value {
        json!({
            "module": self.module.name(),
            "bytes": self.size,
            "ready_ms": self.ready.json(),
            "added_ready_ms": self.ready_added.json(),
            "resident_mib": self.resident.json(),
            "added_resident_mib": self.resident_added.json(),
        })
    }
}

/// Starts each of them in turn, again and again, alone and on all cores.
///
/// # Errors
/// When one does not start.
pub(crate) async fn measure(laboratory: &Laboratory, rounds: usize) -> Result<Vec<Start>> {
    let modules = &laboratory.modules;
    let program = match modules.runtime() {
        Some(_) => runtime::program(&RULE)?,
        None => None,
    };
    let mut kinds = vec![Module::None, Module::Empty, Module::Full];
    kinds.extend(program.is_some().then_some(Module::Runtime));
    let mut costs: Vec<Vec<(Duration, Memory)>> = vec![Vec::new(); kinds.len()];
    laboratory.cores.take(Role::Other)?;
    for _ in 0..rounds {
        for (kind, costs) in kinds.iter().zip(&mut costs) {
            let sidecar = start(*kind, laboratory, program.as_ref()).await;
            let sidecar = sidecar.with_context(|| format!("with {}", kind.name()))?;
            costs.push((sidecar.start_time(), sidecar.memory()?));
        }
    }
    laboratory.cores.take(Role::Client)?;
    let base = costs.first().cloned().unwrap_or_default();
    let measured = kinds.iter().zip(&costs);
    measured
        .map(|(kind, costs)| {
            let file = match kind {
                Module::None => None,
                Module::Empty => Some(modules.empty()?),
                Module::Full => Some(modules.heliast()?),
                Module::Runtime => modules.runtime(),
            };
            summary(*kind, file, costs, &base)
        })
        .collect()
}

/// The only rule.
pub(crate) const RULE: Rules = Rules {
    by: By::Path,
    count: 1,
};

async fn start(kind: Module, laboratory: &Laboratory, program: Option<&Value>) -> Result<Sidecar> {
    let setup = match kind {
        Module::None => Setup::None,
        Module::Empty => Setup::Empty,
        Module::Full => Setup::heliast(RULE),
        Module::Runtime => {
            let program = program.context("no program")?;
            let module = laboratory.modules.runtime().context("no module")?;
            return Sidecar::configured(laboratory, module, program).await;
        }
    };
    setup.start_anywhere(&laboratory.mesh, &laboratory.modules).await
}

fn summary(
    module: Module,
    file: Option<&Path>,
    costs: &[(Duration, Memory)],
    base: &[(Duration, Memory)],
) -> Result<Start> {
    let size = match file {
        Some(file) => fs::metadata(file)?.len(),
        None => 0,
    };
    let milliseconds = |cost: &(Duration, Memory)| cost.0.as_secs_f64() * 1e3;
    let mebibytes = |cost: &(Duration, Memory)| cost.1.mebibytes();
    let pairs = || costs.iter().zip(base);
    let spread = |values: Vec<f64>| Spread::of(values).context("no starts");
    Ok(Start {
        module,
        size,
        ready: spread(costs.iter().map(milliseconds).collect())?,
        resident: spread(costs.iter().map(mebibytes).collect())?,
        ready_added: spread(pairs().map(|(own, base)| milliseconds(own) - milliseconds(base)).collect())?,
        resident_added: spread(pairs().map(|(own, base)| mebibytes(own) - mebibytes(base)).collect())?,
    })
}
