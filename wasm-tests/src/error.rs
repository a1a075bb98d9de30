//! What can go wrong before a stream exists.

use std::path::PathBuf;

use crate::VmRole;

/// Why a module could not be loaded or a configuration was not taken.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HostError {
    /// The file is not there or cannot be read.
    #[error("cannot read the module `{}`: {cause}", path.display())]
    Read {
        /// The file asked for.
        path: PathBuf,
        /// What the system said.
        cause: std::io::Error,
    },
    /// The bytes are not WebAssembly that this engine takes.
    #[error("cannot compile the module: {0}")]
    Compile(String),
    /// Envoy finds no function that announces an ABI it speaks.
    #[error(
        "the module exports none of proxy_abi_version_0_1_0, _0_2_0, _0_2_1: Envoy would not load it"
    )]
    UnknownAbi,
    /// Instantiation or the module's own start function failed.
    #[error("the {role} VM did not start: {cause}")]
    Start {
        /// The VM that failed.
        role: VmRole,
        /// The trap, with the guest's backtrace.
        cause: String,
    },
    /// The canary refused the configuration; the last good one keeps serving.
    #[error("the canary VM refused the configuration in {callback}: {cause}")]
    Rejected {
        /// The callback that answered false or trapped.
        callback: &'static str,
        /// The trap, or that the callback answered false.
        cause: String,
    },
    /// An earlier configuration failed on a worker after the canary had taken it. Envoy then refuses
    /// every configuration until `vm_id`, the VM configuration or the code changes.
    #[error(
        "the base VM is marked as failed by an earlier configuration: change vm_id or the VM configuration"
    )]
    Poisoned,
    /// There is no pending callout of that number.
    #[error("no pending call {0}: it was answered, timed out, or its VM is gone")]
    NoSuchCall(u64),
}
