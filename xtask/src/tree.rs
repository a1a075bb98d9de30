//! Where things lie in the checkout.

use std::path::PathBuf;

/// The workspace's root folder.
pub(crate) fn root() -> PathBuf {
    let mut root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    root.pop();
    root
}

/// What `cargo xtask build` leaves for others: `target/dist`.
pub(crate) fn dist() -> PathBuf {
    root().join("target").join("dist")
}

/// The filter, as Envoy loads it.
pub(crate) fn module() -> PathBuf {
    dist().join("heliast.wasm")
}

/// The filter that takes compiled programs alone.
pub(crate) fn runtime_module() -> PathBuf {
    dist().join("heliast-runtime.wasm")
}

/// The command, as people run it.
pub(crate) fn command() -> PathBuf {
    dist().join(format!("heliast{}", std::env::consts::EXE_SUFFIX))
}

/// Where cargo leaves what it compiles; not always `target/`.
pub(crate) fn cargo_target() -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(folder) => root().join(folder),
        None => root().join("target"),
    }
}
