//! Every function that Envoy links for an ABI 0.2.1 module.

mod buffers;
mod calls;
mod general;
mod grpc;
mod maps;
mod metrics;
mod properties;
mod shared;
mod streams;
mod wasi;

use wasmtime::{Error, Linker};

use crate::state::VmState;

/// The module that proxy-wasm imports come from.
const ENV: &str = "env";

pub(crate) fn link(linker: &mut Linker<VmState>) -> Result<(), Error> {
    general::link(linker)?;
    buffers::link(linker)?;
    maps::link(linker)?;
    properties::link(linker)?;
    shared::link(linker)?;
    metrics::link(linker)?;
    calls::link(linker)?;
    streams::link(linker)?;
    grpc::link(linker)?;
    wasi::link(linker)
}
