//! A group of lanes that are measured against each other, in one run.

use anyhow::{Context, Result, ensure};
use indicatif::{ProgressBar, ProgressStyle};

use crate::figures::Figures;
use crate::laboratory::Laboratory;
use crate::load::{Load, Wire};
use crate::mesh::Mesh;
use crate::race::{self, Lane};
use crate::setup::Setup;
use crate::sidecar::Sidecar;

/// Setups, each asked in several ways.
#[derive(Clone, Debug)]
pub(crate) struct Section {
    /// The name of its file.
    pub(crate) key: &'static str,
    /// Its heading.
    pub(crate) title: &'static str,
    /// How requests come.
    pub(crate) wires: Vec<Wire>,
    /// What is compared; without a filter first.
    pub(crate) setups: Vec<Setup>,
}

/// The figures of a section.
#[derive(Clone, Debug)]
pub(crate) struct Measured {
    /// The name of its file.
    pub(crate) key: &'static str,
    /// Its heading.
    pub(crate) title: &'static str,
    /// In the order of setups.
    pub(crate) lanes: Vec<(Setup, Wire, Figures)>,
}

impl Section {
    /// Starts the sidecars, holds them to their verdicts, and lets them run against each other.
    ///
    /// # Errors
    /// When one of them does not start, or decides wrongly.
    pub(crate) async fn measure(&self, laboratory: &Laboratory) -> Result<Measured> {
        let wanted = |setup: Setup, wire: Wire| {
            let only = laboratory.only.as_ref();
            if matches!(setup, Setup::Runtime(_)) && laboratory.modules.runtime().is_none() {
                return false;
            }
            setup == Setup::None
                || only.is_none_or(|only| only.is_match(&format!("{setup}, {wire}")))
        };
        let mut sidecars = Vec::new();
        let mut lanes = Vec::new();
        let starting = ProgressBar::no_length().with_style(ProgressStyle::with_template(
            "{spinner} {elapsed} starting {msg}",
        )?);
        for setup in &self.setups {
            let wires: Vec<_> = self
                .wires
                .iter()
                .filter(|wire| wanted(*setup, **wire))
                .collect();
            if wires.is_empty() {
                continue;
            }
            starting.set_message(setup.to_string());
            starting.tick();
            let sidecar = setup.start(laboratory).await?;
            for wire in wires {
                lanes.push(lane(*setup, *wire, sidecars.len(), &sidecar, &laboratory.mesh).await?);
            }
            sidecars.push(sidecar);
        }
        starting.finish_and_clear();
        self.race(laboratory, lanes, &sidecars).await
    }

    async fn race(
        &self,
        laboratory: &Laboratory,
        mut lanes: Vec<Lane>,
        sidecars: &[Sidecar],
    ) -> Result<Measured> {
        let steps = u64::try_from(lanes.len() * laboratory.pace.rounds)?;
        let template = "{elapsed} [{bar:30}] {pos}/{len} {msg}";
        let progress = ProgressBar::new(steps).with_style(ProgressStyle::with_template(template)?);
        let samples = race::run(&mut lanes, sidecars, laboratory.pace, &progress).await?;
        progress.finish_and_clear();
        let mut measured = Vec::new();
        for (lane, own) in lanes.iter().zip(&samples) {
            let base = lanes.iter().zip(&samples);
            let mut base =
                base.filter(|(base, _)| base.setup == Setup::None && base.wire == lane.wire);
            let (_, base) = base
                .next()
                .context("a section without a lane without a filter")?;
            let names = (lane.setup.to_string(), lane.wire.to_string());
            let mut figures = Figures::of(names.0, names.1, own, base)?;
            let sidecar = sidecars.get(lane.sidecar).context("no such sidecar")?;
            figures.memory = sidecar.memory()?;
            figures.start = sidecar.start_time();
            measured.push((lane.setup, lane.wire, figures));
        }
        Ok(Measured {
            key: self.key,
            title: self.title,
            lanes: measured,
        })
    }
}

/// Connects, after the sidecar has shown that it refuses what it should: what lets everything pass
/// is fast.
async fn lane(
    setup: Setup,
    wire: Wire,
    index: usize,
    sidecar: &Sidecar,
    mesh: &Mesh,
) -> Result<Lane> {
    let to = sidecar.address();
    let load = Load::connect(to, wire, mesh, &setup.path())
        .await
        .with_context(|| format!("{setup}, {wire}"))?;
    let path = match setup.rules() {
        Some(rules) => rules.refused_path(),
        None => setup.path(),
    };
    let status = wire.stranger(to, mesh, &path).await?;
    let expected = if setup.rules().is_some() { 403 } else { 200 };
    ensure!(
        status == expected,
        "{setup}, {wire}: a stranger gets {status} and not {expected}"
    );
    Ok(Lane {
        setup,
        wire,
        sidecar: index,
        load,
    })
}
