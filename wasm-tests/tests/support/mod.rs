//! The real modules.

use heliast_wasm_tests::Module;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// The module, compiled once for all tests of a process.
///
/// # Panics
///
/// If it was not built: a missing module must fail the tests, not skip them.
pub(crate) fn module() -> &'static Module {
    static MODULE: OnceLock<Module> = OnceLock::new();
    MODULE.get_or_init(|| load(&module_path()))
}

/// The module that takes compiled programs alone.
///
/// # Panics
///
/// As [`module`].
#[allow(dead_code, reason = "not every test runs both")]
pub(crate) fn runtime_module() -> &'static Module {
    static MODULE: OnceLock<Module> = OnceLock::new();
    MODULE.get_or_init(|| load(&runtime_module_path()))
}

#[allow(
    clippy::panic,
    reason = "a test without the module must fail, and say how to make it"
)]
fn load(path: &Path) -> Module {
    Module::load_file(path).unwrap_or_else(|error| {
        panic!(
            "{}: {error}; `cargo xtask build` makes the module",
            path.display()
        )
    })
}

/// Where the module is: `$HELIAST_WASM`, or where `cargo xtask build` leaves it.
pub(crate) fn module_path() -> PathBuf {
    let built = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/dist/heliast.wasm");
    std::env::var_os("HELIAST_WASM").map_or_else(|| PathBuf::from(built), PathBuf::from)
}

/// Where the other is: `$HELIAST_RUNTIME_WASM`, or where `cargo xtask build` leaves it.
#[allow(dead_code, reason = "not every test runs both")]
pub(crate) fn runtime_module_path() -> PathBuf {
    let built = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../target/dist/heliast-runtime.wasm"
    );
    std::env::var_os("HELIAST_RUNTIME_WASM").map_or_else(|| PathBuf::from(built), PathBuf::from)
}
