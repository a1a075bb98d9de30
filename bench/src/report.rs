//! All that was measured in one run.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::deltas::Deltas;
use crate::figures::Figures;
use crate::load::Wire;
use crate::section::Measured;
use crate::setup::Setup;
use crate::starts::Start;

/// Section by section, as far as they were measured.
#[derive(Clone, Debug, Default)]
pub(crate) struct Report {
    /// Where and how.
    pub(crate) conditions: Vec<(&'static str, String)>,
    /// Filters against each other.
    pub(crate) sections: Vec<Measured>,
    /// Policy that changes.
    pub(crate) deltas: Option<Deltas>,
    /// Starts of Envoy.
    pub(crate) starts: Vec<Start>,
}

impl Report {
    /// The section with this key.
    pub(crate) fn section(&self, key: &str) -> Option<&Measured> {
        self.sections.iter().find(|section| section.key == key)
    }

    /// Writes a file of JSON for each section.
    ///
    /// # Errors
    /// When one cannot be written.
    pub(crate) fn write(&self, folder: &Path) -> Result<()> {
        fs::create_dir_all(folder)
            .with_context(|| format!("cannot create {}", folder.display()))?;
        let conditions: Vec<_> = self
            .conditions
            .iter()
            .map(|(what, is)| json!({"what": what, "is": is}))
            .collect();
        write(folder, "conditions", &json!(conditions))?;
        for section in &self.sections {
            let lanes: Vec<_> = section
                .lanes
                .iter()
                .map(|(_, _, lane)| lane.json())
                .collect();
            let value = json!({"title": section.title, "lanes": lanes});
            write(folder, section.key, &value)?;
        }
        if let Some(deltas) = &self.deltas {
            write(folder, "deltas", &deltas.json())?;
        }
        if !self.starts.is_empty() {
            let starts: Vec<_> = self.starts.iter().map(Start::json).collect();
            write(folder, "starts", &json!(starts))?;
        }
        Ok(())
    }
}

impl Measured {
    /// The figures of one lane.
    pub(crate) fn lane(&self, setup: Setup, wire: Wire) -> Option<&Figures> {
        let mut lanes = self.lanes.iter();
        let lane = lanes.find(|(own, by, _)| *own == setup && *by == wire);
        lane.map(|(_, _, figures)| figures)
    }
}

fn write(folder: &Path, name: &str, value: &Value) -> Result<()> {
    let file = folder.join(format!("{name}.json"));
    fs::write(&file, serde_json::to_string_pretty(value)? + "\n")
        .with_context(|| format!("cannot write {}", file.display()))
}
