//! gRPC calls: known, and always failing.

use wasmtime::{Caller, Error, Linker};

use super::ENV;
use crate::abi::Status;
use crate::guest::hostcall;
use crate::state::VmState;

pub(super) fn link(linker: &mut Linker<VmState>) -> Result<(), Error> {
    linker.func_wrap(
        ENV,
        "proxy_grpc_call",
        |c: Caller<'_, VmState>,
         _: u32,
         _: u32,
         _: u32,
         _: u32,
         _: u32,
         _: u32,
         _: u32,
         _: u32,
         _: u32,
         _: u32,
         _: u32,
         _: u32| { fail(c, "proxy_grpc_call") },
    )?;
    linker.func_wrap(
        ENV,
        "proxy_grpc_stream",
        |c: Caller<'_, VmState>,
         _: u32,
         _: u32,
         _: u32,
         _: u32,
         _: u32,
         _: u32,
         _: u32,
         _: u32,
         _: u32| { fail(c, "proxy_grpc_stream") },
    )?;
    linker.func_wrap(
        ENV,
        "proxy_grpc_send",
        |c: Caller<'_, VmState>, _: u32, _: u32, _: u32, _: u32| fail(c, "proxy_grpc_send"),
    )?;
    linker.func_wrap(
        ENV,
        "proxy_grpc_cancel",
        |c: Caller<'_, VmState>, _: u32| fail(c, "proxy_grpc_cancel"),
    )?;
    linker.func_wrap(ENV, "proxy_grpc_close", |c: Caller<'_, VmState>, _: u32| {
        fail(c, "proxy_grpc_close")
    })?;
    Ok(())
}

fn fail(caller: Caller<'_, VmState>, name: &'static str) -> Result<u32, Error> {
    hostcall(caller, name, |_call| Err(Status::InternalFailure.into()))
}
