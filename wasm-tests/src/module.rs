//! A compiled module.

use std::cell::RefCell;
use std::path::Path;
use std::rc::Rc;

use wasmtime::{Config, Engine, Linker, Store};

use crate::config::{HostOptions, PluginConfig};
use crate::error::HostError;
use crate::imports;
use crate::process::Process;
use crate::run::VmRole;
use crate::state::VmState;

/// A compiled module. Compile once, share it: clones and threads use the same code.
#[derive(Clone, Debug)]
pub struct Module {
    engine: Engine,
    code: wasmtime::Module,
}

const ABI_MARKERS: [&str; 3] = [
    "proxy_abi_version_0_1_0",
    "proxy_abi_version_0_2_0",
    "proxy_abi_version_0_2_1",
];

impl Module {
    /// Compiles a module from its bytes, or from WebAssembly text.
    ///
    /// # Errors
    /// If it is not valid WebAssembly, or announces no ABI that Envoy speaks.
    pub fn load(bytes: impl AsRef<[u8]>) -> Result<Self, HostError> {
        let mut config = Config::new();
        config.consume_fuel(true);
        let engine = Engine::new(&config).map_err(|error| compile_error(&error))?;
        let code = wasmtime::Module::new(&engine, bytes).map_err(|error| compile_error(&error))?;
        if !code
            .exports()
            .any(|export| ABI_MARKERS.contains(&export.name()))
        {
            return Err(HostError::UnknownAbi);
        }
        Ok(Self { engine, code })
    }

    /// Compiles the module in a file.
    ///
    /// # Errors
    /// If the file cannot be read; otherwise as [`Module::load`].
    pub fn load_file(path: impl AsRef<Path>) -> Result<Self, HostError> {
        let path = path.as_ref();
        let read = std::fs::read(path);
        let bytes = read.map_err(|cause| HostError::Read {
            path: path.to_owned(),
            cause,
        })?;
        Self::load(bytes)
    }

    /// Imports that Envoy does not link, as `module.name`. Envoy refuses to load such a module; here calling one
    /// traps.
    ///
    /// # Errors
    /// If the host's own functions cannot be linked.
    pub fn unknown_imports(&self) -> Result<Vec<String>, HostError> {
        let linker = self.linker().map_err(|error| compile_error(&error))?;
        let process = Rc::new(RefCell::new(Process::new(HostOptions::default())));
        let state = VmState::new(process, VmRole::Canary, Rc::new(PluginConfig::default()));
        let mut store = Store::new(&self.engine, state);
        let mut unknown = Vec::new();
        for import in self.code.imports() {
            if linker
                .get(&mut store, import.module(), import.name())
                .is_err()
            {
                unknown.push(format!("{}.{}", import.module(), import.name()));
            }
        }
        Ok(unknown)
    }

    /// The names of all exports.
    pub fn exports(&self) -> impl Iterator<Item = &str> {
        self.code.exports().map(|export| export.name())
    }

    pub(crate) fn engine(&self) -> &Engine {
        &self.engine
    }

    pub(crate) fn code(&self) -> &wasmtime::Module {
        &self.code
    }

    pub(crate) fn linker(&self) -> Result<Linker<VmState>, wasmtime::Error> {
        let mut linker = Linker::new(&self.engine);
        imports::link(&mut linker)?;
        Ok(linker)
    }
}

fn compile_error(error: &wasmtime::Error) -> HostError {
    HostError::Compile(format!("{error:#}"))
}
