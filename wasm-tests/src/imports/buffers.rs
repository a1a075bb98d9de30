//! Bodies, stream data, configurations.

use wasmtime::{Caller, Error, Linker};

use super::ENV;
use crate::abi::{BufferKind, Status};
use crate::guest::{Call, Stop, hostcall};
use crate::http::Side;
use crate::network::Way;
use crate::state::VmState;

pub(super) fn link(linker: &mut Linker<VmState>) -> Result<(), Error> {
    linker.func_wrap(
        ENV,
        "proxy_get_buffer_bytes",
        |c: Caller<'_, VmState>, kind: u32, start: u32, length: u32, to: u32, to_len: u32| {
            hostcall(c, "proxy_get_buffer_bytes", |call| {
                let bytes = buffer(call.state(), kind)?;
                give_part(call, &bytes, (start, length), (to, to_len))
            })
        },
    )?;
    linker.func_wrap(
        ENV,
        "proxy_get_buffer_status",
        |c: Caller<'_, VmState>, kind: u32, length_at: u32, flags_at: u32| {
            hostcall(c, "proxy_get_buffer_status", |call| {
                let length = buffer(call.state(), kind)?.len();
                call.write_u32(length_at, u32::try_from(length).unwrap_or(u32::MAX))?;
                call.write_u32(flags_at, 0)
            })
        },
    )?;
    linker.func_wrap(
        ENV,
        "proxy_set_buffer_bytes",
        |c: Caller<'_, VmState>, kind: u32, start: u32, length: u32, at: u32, len: u32| {
            hostcall(c, "proxy_set_buffer_bytes", |call| {
                let data = call.read(at, len)?;
                set(call, kind, (start, length), &data)
            })
        },
    )?;
    Ok(())
}

/// The bytes of a buffer, where the phase has it.
fn buffer(state: &VmState, kind: u32) -> Result<Vec<u8>, Status> {
    let kind = BufferKind::from_code(kind).ok_or(Status::BadArgument)?;
    let found = match kind {
        BufferKind::RequestBody => state.active_http().and_then(|http| {
            let http = http.borrow();
            http.request.visible.body.then(|| http.request.body.clone())
        }),
        BufferKind::ResponseBody => state.active_http().and_then(|http| {
            let http = http.borrow();
            http.response
                .visible
                .body
                .then(|| http.response.body.clone())
        }),
        BufferKind::DownstreamData => state.active_network().and_then(|network| {
            let half = &network.borrow().downstream;
            half.visible.then(|| half.data.clone())
        }),
        BufferKind::UpstreamData => state.active_network().and_then(|network| {
            let half = &network.borrow().upstream;
            half.visible.then(|| half.data.clone())
        }),
        BufferKind::CallResponseBody => state.call_response().map(|answer| answer.body.clone()),
        BufferKind::VmConfiguration => Some(state.plugin().vm_configuration.clone()),
        BufferKind::PluginConfiguration => state
            .current
            .configuring
            .as_ref()
            .map(|plugin| plugin.configuration.clone()),
        BufferKind::GrpcMessage | BufferKind::CallData => None,
    };
    found.ok_or(Status::NotFound)
}

/// Asking for more than there is gives what there is; for nothing, leaves the caller's pointers alone.
fn give_part(
    call: &mut Call<'_>,
    bytes: &[u8],
    range: (u32, u32),
    to: (u32, u32),
) -> Result<(), Stop> {
    let start = usize::try_from(range.0).map_err(|_narrow| Status::BadArgument)?;
    let length = usize::try_from(range.1).map_err(|_narrow| Status::BadArgument)?;
    let rest = bytes.get(start..).ok_or(Status::BadArgument)?;
    let part = rest.get(..length).unwrap_or(rest);
    if part.is_empty() {
        return Ok(());
    }
    call.give(part, to.0, to.1)
}

fn set(call: &Call<'_>, kind: u32, range: (u32, u32), data: &[u8]) -> Result<(), Stop> {
    match BufferKind::from_code(kind).ok_or(Status::BadArgument)? {
        BufferKind::RequestBody => set_body(call, Side::Request, range, data),
        BufferKind::ResponseBody => set_body(call, Side::Response, range, data),
        BufferKind::DownstreamData => set_data(call, Way::Downstream, range, data),
        BufferKind::UpstreamData => set_data(call, Way::Upstream, range, data),
        BufferKind::CallResponseBody
        | BufferKind::GrpcMessage
        | BufferKind::VmConfiguration
        | BufferKind::PluginConfiguration
        | BufferKind::CallData => Err(Status::BadArgument.into()),
    }
}

fn set_body(call: &Call<'_>, side: Side, range: (u32, u32), data: &[u8]) -> Result<(), Stop> {
    let http = call.state().active_http().ok_or(Status::NotFound)?;
    let mut http = http.borrow_mut();
    let message = http.side_mut(side);
    if !message.visible.body {
        return Err(Status::NotFound.into());
    }
    splice(&mut message.body, range, data)
}

fn set_data(call: &Call<'_>, way: Way, range: (u32, u32), data: &[u8]) -> Result<(), Stop> {
    let network = call.state().active_network().ok_or(Status::NotFound)?;
    let mut network = network.borrow_mut();
    let half = network.half_mut(way);
    if !half.visible {
        return Err(Status::NotFound.into());
    }
    splice(&mut half.data, range, data)
}

/// Envoy can put data before, after, or in place of the whole; nothing in between.
fn splice(buffer: &mut Vec<u8>, range: (u32, u32), data: &[u8]) -> Result<(), Stop> {
    let start = usize::try_from(range.0).map_err(|_narrow| Status::BadArgument)?;
    let length = usize::try_from(range.1).map_err(|_narrow| Status::BadArgument)?;
    if start == 0 && length == 0 {
        buffer.splice(..0, data.iter().copied());
    } else if start == 0 && length >= buffer.len() {
        *buffer = data.to_vec();
    } else if start >= buffer.len() {
        buffer.extend(data);
    } else {
        return Err(Status::BadArgument.into());
    }
    Ok(())
}
