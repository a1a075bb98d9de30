//! The long forms of tests that watch for what is rare.

use anyhow::Result;

use crate::{artifacts, envoy, run, tree};

/// For how long two servers that differ are followed, in seconds: ten minutes.
const SECONDS: &str = "600";
/// The tests that take their time from `HELIAST_SOAK_SECONDS`, by package, binary and name.
const LONG: [(&str, &str, &str); 1] = [(
    "heliast-envoy-tests",
    "bundles",
    "replicas::two_servers_that_differ_bring_nothing_back",
)];

/// Builds the filter and the command, and runs every long test for its full time.
pub(crate) fn run() -> Result<bool> {
    let envoy = envoy::ensure()?;
    artifacts::build_all()?;
    for (package, binary, name) in LONG {
        let mut test = run::cargo();
        test.args(["test", "--package", package, "--test", binary, "--"])
            .args(["--exact", "--nocapture"])
            .arg(name)
            .env("HELIAST_WASM", tree::module())
            .env("HELIAST_RUNTIME_WASM", tree::runtime_module())
            .env("HELIAST", tree::command())
            .env("HELIAST_SOAK_SECONDS", SECONDS)
            .env("ENVOY", &envoy);
        run::checked(&mut test)?;
    }
    Ok(true)
}
