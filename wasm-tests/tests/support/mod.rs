//! The real module.

use heliast_wasm_tests::Module;
use std::path::PathBuf;
use std::sync::OnceLock;

/// The module, compiled once for all tests of a process.
///
/// # Panics
///
/// If it was not built: a missing module must fail the tests, not skip them.
#[allow(
    clippy::panic,
    reason = "a test without the module must fail, and say how to make it"
)]
pub(crate) fn module() -> &'static Module {
    static MODULE: OnceLock<Module> = OnceLock::new();
    MODULE.get_or_init(|| {
        let path = module_path();
        Module::load_file(&path).unwrap_or_else(|error| {
            panic!(
                "{}: {error}; `cargo xtask build` makes the module",
                path.display()
            )
        })
    })
}

/// Where the module is: `$HELIAST_WASM`, or where `cargo xtask build` leaves it.
pub(crate) fn module_path() -> PathBuf {
    let built = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/dist/heliast.wasm");
    std::env::var_os("HELIAST_WASM").map_or_else(|| PathBuf::from(built), PathBuf::from)
}
