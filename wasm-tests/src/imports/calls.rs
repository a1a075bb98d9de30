//! HTTP calls to clusters.

use wasmtime::{Caller, Error, Linker};

use super::ENV;
use crate::abi::Status;
use crate::callouts::{CallOwner, NewCall};
use crate::guest::{Call, Stop, hostcall};
use crate::pairs;
use crate::state::VmState;

pub(super) fn link(linker: &mut Linker<VmState>) -> Result<(), Error> {
    linker.func_wrap(
        ENV,
        "proxy_http_call",
        |c: Caller<'_, VmState>,
         cluster: u32,
         cluster_length: u32,
         headers: u32,
         headers_length: u32,
         body: u32,
         body_length: u32,
         trailers: u32,
         trailers_length: u32,
         timeout_milliseconds: u32,
         token_at: u32| {
            hostcall(c, "proxy_http_call", |call| {
                let cluster = call.read(cluster, cluster_length)?;
                let new = NewCall {
                    cluster: String::from_utf8_lossy(&cluster).into_owned(),
                    headers: pairs::decode(&call.read(headers, headers_length)?).into(),
                    body: call.read(body, body_length)?,
                    trailers: pairs::decode(&call.read(trailers, trailers_length)?).into(),
                    timeout_milliseconds,
                };
                start(call, new, token_at)
            })
        },
    )?;
    Ok(())
}

/// The call belongs to the root, also when a stream makes it.
fn start(call: &mut Call<'_>, new: NewCall, token_at: u32) -> Result<(), Stop> {
    call.write_u32(token_at, 0)?;
    if i32::try_from(new.timeout_milliseconds).is_err() {
        return Err(Status::BadArgument.into());
    }
    let state = call.state_mut();
    let token = state.next_call();
    let owner = CallOwner {
        vm: state.number,
        root: state.active_root_id(),
        token,
    };
    let role = state.role;
    {
        let mut process = call.process_mut();
        let now = process.now;
        process.callouts.start(new, role, owner, now)?;
    }
    call.write_u32(token_at, token)
}
