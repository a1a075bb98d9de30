//! Local replies, resuming and closing; all of it done after the callback has returned.

use wasmtime::{Caller, Error, Linker};

use super::ENV;
use crate::abi::{Status, StreamKind};
use crate::guest::{Call, Stop, hostcall};
use crate::pairs;
use crate::reply::LocalReply;
use crate::state::{Deferred, VmState};

pub(super) fn link(linker: &mut Linker<VmState>) -> Result<(), Error> {
    linker.func_wrap(
        ENV,
        "proxy_send_local_response",
        |c: Caller<'_, VmState>,
         status: u32,
         details: u32,
         details_length: u32,
         body: u32,
         body_length: u32,
         headers: u32,
         headers_length: u32,
         grpc_status: i32| {
            hostcall(c, "proxy_send_local_response", |call| {
                let details = call.read(details, details_length)?;
                let reply = LocalReply {
                    status,
                    details: String::from_utf8_lossy(&details).replace(' ', "_"),
                    headers: pairs::decode(&call.read(headers, headers_length)?).into(),
                    body: call.read(body, body_length)?,
                    grpc_status: u32::try_from(grpc_status).ok(),
                };
                send(call, reply);
                Ok(())
            })
        },
    )?;
    linker.func_wrap(
        ENV,
        "proxy_continue_stream",
        |c: Caller<'_, VmState>, kind: u32| {
            hostcall(c, "proxy_continue_stream", |call| resume(call, kind))
        },
    )?;
    linker.func_wrap(
        ENV,
        "proxy_close_stream",
        |c: Caller<'_, VmState>, kind: u32| {
            hostcall(c, "proxy_close_stream", |call| close(call, kind))
        },
    )?;
    Ok(())
}

/// Ok also where nothing will come of it: in a root or a network context.
fn send(call: &mut Call<'_>, reply: LocalReply) {
    let id = call.state().active_id();
    let is_http = call.state().active_http().is_some();
    let state = call.state_mut();
    if is_http {
        state.deferred.push_back(Deferred::Reply(id, reply));
    }
    state.current.stop_iteration = true;
}

fn resume(call: &mut Call<'_>, kind: u32) -> Result<(), Stop> {
    let kind = StreamKind::from_code(kind).ok_or(Status::BadArgument)?;
    let id = call.state().active_id();
    match kind {
        StreamKind::Request | StreamKind::Response => {
            if let Some(http) = call.state().active_http() {
                let visible = &mut http.borrow_mut().request.visible;
                (visible.headers, visible.body, visible.trailers) = (false, false, false);
            }
        }
        StreamKind::Downstream => {}
        StreamKind::Upstream => return Err(Status::Unimplemented.into()),
    }
    call.state_mut()
        .deferred
        .push_back(Deferred::Continue(id, kind));
    Ok(())
}

fn close(call: &mut Call<'_>, kind: u32) -> Result<(), Stop> {
    let kind = StreamKind::from_code(kind).ok_or(Status::BadArgument)?;
    let id = call.state().active_id();
    call.state_mut()
        .deferred
        .push_back(Deferred::Close(id, kind));
    Ok(())
}
