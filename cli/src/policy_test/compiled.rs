//! Runs cases on compiled programs.

use super::case::Case;
use super::engine::{EngineRunner, Prepared, prepare};
use super::pruned::pruned;
use super::runner::{Observed, Runner};
use anyhow::anyhow;
use heliast::bundle::Bundle;
use heliast::compiled::{Opened, compile, seal};
use heliast::config::PluginConfig;
use heliast::enforcer::Enforcer;

/// Runs cases natively, as [`EngineRunner`] does, on what is left of a bundle that was compiled,
/// sent and loaded.
#[derive(Debug, Default)]
pub struct CompiledRunner;

impl Runner for CompiledRunner {
    fn name(&self) -> &'static str {
        EngineRunner.name()
    }

    fn run(&mut self, case: &Case) -> anyhow::Result<Observed> {
        if let Err(text) = prepare(&case.situation) {
            return Ok(Observed::Error(text));
        }
        let bytes = program(case)?;
        let opened = Opened::new(&bytes).map_err(|why| anyhow!("opened: {why}"))?;
        let bundle = opened
            .load(&bytes)
            .map_err(|why| anyhow!("loaded: {why}"))?;
        let config = PluginConfig::from_value(&case.configuration())?;
        let enforcer = Enforcer::new(config, &case.node(), &bundle);
        let enforcer = enforcer.map_err(|error| anyhow!("the program: {error}"))?;
        Prepared { enforcer }.observe(case)
    }
}

/// The compiled program that the workload of a case would have from a server: of its pruned bundle,
/// or of the whole one where only that will do.
///
/// # Errors
///
/// If its bundle is refused, or cannot be compiled.
pub fn program(case: &Case) -> anyhow::Result<Vec<u8>> {
    let pruned = pruned(case)?;
    let whole = || case.bundle().cloned().map_err(|error| anyhow!("{error}"));
    let bundle: Bundle = pruned.map_or_else(whole, Ok)?;
    let (head, payload) = compile(&bundle, None).map_err(|why| anyhow!(why))?;
    seal(head, Vec::new(), &payload).map_err(|why| anyhow!(why))
}
