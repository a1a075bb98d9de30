//! What a module costs before the first request: its size, the time until Envoy is ready, memory.

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use heliast_envoy_tests::{Bootstrap, Inbound, Node, PeerRecord};
use serde_json::{Value, json};

use crate::cores::Role;
use crate::filters;
use crate::laboratory::Laboratory;
use crate::rules::{By, Rules};
use crate::runtime;
use crate::setup;
use crate::sidecar::Sidecar;
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
    /// The size of the module's file.
    pub(crate) fn kibibytes(&self) -> f64 {
        u32::try_from(self.size).map_or(f64::INFINITY, f64::from) / 1024.0
    }

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
    let mut kinds = vec![Module::None, Module::Empty, Module::Full];
    let mut program = None;
    if modules.runtime().is_some() {
        program = Some(runtime::configuration(RULE)?);
        kinds.push(Module::Runtime);
    }
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

/// On all cores, as sidecars start.
async fn start(kind: Module, laboratory: &Laboratory, program: Option<&Value>) -> Result<Sidecar> {
    let modules = &laboratory.modules;
    let rules = setup::configuration(RULE, 0);
    let filters = match kind {
        Module::None => Vec::new(),
        Module::Empty => vec![filters::wasm("empty", modules.empty()?, "")],
        Module::Full => guarded(modules.heliast()?, &rules)?,
        Module::Runtime => guarded(
            modules.runtime().context("no module")?,
            program.context("no program")?,
        )?,
    };
    let record = match kind {
        Module::None | Module::Empty => PeerRecord::Absent,
        Module::Full | Module::Runtime => PeerRecord::Direct,
    };
    let mut bootstrap = Bootstrap::new(Node::default())?;
    let inbound = setup::inbound(&laboratory.mesh, record);
    bootstrap.inbound(&filters.into_iter().fold(inbound, Inbound::filter));
    Sidecar::start(bootstrap, None).await
}

fn guarded(module: &Path, configuration: &Value) -> Result<Vec<Value>> {
    let (filter, guard) = filters::heliast(module, configuration)?;
    Ok(vec![filter, guard])
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
        ready_added: spread(
            pairs()
                .map(|(own, base)| milliseconds(own) - milliseconds(base))
                .collect(),
        )?,
        resident_added: spread(
            pairs()
                .map(|(own, base)| mebibytes(own) - mebibytes(base))
                .collect(),
        )?,
    })
}
