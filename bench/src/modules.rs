//! The wasm modules that are measured.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use heliast_envoy_tests::install;

/// Where the modules lie.
#[derive(Clone, Debug)]
pub(crate) struct Modules {
    heliast: Option<PathBuf>,
    empty: Option<PathBuf>,
    bare: Option<PathBuf>,
    runtime: Option<PathBuf>,
}

impl Modules {
    /// What `cargo xtask build` and `cargo xtask bench` leave in `target/dist`, unless the
    /// environment names others.
    pub(crate) fn find() -> Self {
        Self {
            heliast: install::module().ok(),
            empty: built("HELIAST_EMPTY_WASM", "empty.wasm"),
            bare: built("HELIAST_BARE_WASM", "bare.wasm"),
            runtime: built("HELIAST_RUNTIME_WASM", "heliast-runtime.wasm"),
        }
    }

    /// The filter.
    ///
    /// # Errors
    /// When it was not built.
    pub(crate) fn heliast(&self) -> Result<&Path> {
        there(self.heliast.as_deref(), "heliast.wasm")
    }

    /// The filter that does nothing.
    ///
    /// # Errors
    /// When it was not built.
    pub(crate) fn empty(&self) -> Result<&Path> {
        there(self.empty.as_deref(), "empty.wasm")
    }

    /// The filter that does nothing, without the SDK.
    ///
    /// # Errors
    /// When it was not built.
    pub(crate) fn bare(&self) -> Result<&Path> {
        there(self.bare.as_deref(), "bare.wasm")
    }

    /// The filter that takes only compiled programs, if there is one.
    pub(crate) fn runtime(&self) -> Option<&Path> {
        self.runtime.as_deref()
    }
}

fn built(variable: &str, name: &str) -> Option<PathBuf> {
    let file = match std::env::var_os(variable) {
        Some(chosen) => PathBuf::from(chosen),
        None => install::root().join("target").join("dist").join(name),
    };
    file.is_file().then_some(file)
}

fn there<'a>(file: Option<&'a Path>, name: &str) -> Result<&'a Path> {
    match file {
        Some(file) => Ok(file),
        None => bail!("no {name} in target/dist: run `cargo xtask bench`, which builds it"),
    }
}
