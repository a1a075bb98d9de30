//! Header and trailer maps.

use wasmtime::{Caller, Error, Linker};

use super::ENV;
use crate::abi::{MapKind, Status};
use crate::guest::{Call, Stop, hostcall};
use crate::headers::Headers;
use crate::pairs;
use crate::state::VmState;

pub(super) fn link(linker: &mut Linker<VmState>) -> Result<(), Error> {
    link_readers(linker)?;
    link_writers(linker)
}

fn link_readers(linker: &mut Linker<VmState>) -> Result<(), Error> {
    linker.func_wrap(
        ENV,
        "proxy_get_header_map_value",
        |c: Caller<'_, VmState>, kind: u32, key: u32, k: u32, to: u32, to_len: u32| {
            hostcall(c, "proxy_get_header_map_value", |call| {
                let key = call.read(key, k)?;
                let headers = readable(call.state(), kind)?.ok_or(Status::BadArgument)?;
                let first = headers.get(&key).ok_or(Status::NotFound)?;
                call.give(first, to, to_len)
            })
        },
    )?;
    linker.func_wrap(
        ENV,
        "proxy_get_header_map_pairs",
        |c: Caller<'_, VmState>, kind: u32, to: u32, to_len: u32| {
            hostcall(c, "proxy_get_header_map_pairs", |call| {
                let headers = readable(call.state(), kind)?.unwrap_or_default();
                if headers.is_empty() {
                    return call.give(&[], to, to_len);
                }
                call.give(&pairs::encode(headers.lines()), to, to_len)
            })
        },
    )?;
    linker.func_wrap(
        ENV,
        "proxy_get_header_map_size",
        |c: Caller<'_, VmState>, kind: u32, to: u32| {
            hostcall(c, "proxy_get_header_map_size", |call| {
                let mut size = 0;
                change(call, kind, |headers| size = headers.byte_size())?;
                call.write_u32(to, u32::try_from(size).unwrap_or(u32::MAX))
            })
        },
    )?;
    Ok(())
}

fn link_writers(linker: &mut Linker<VmState>) -> Result<(), Error> {
    linker.func_wrap(
        ENV,
        "proxy_set_header_map_pairs",
        |c: Caller<'_, VmState>, kind: u32, at: u32, len: u32| {
            hostcall(c, "proxy_set_header_map_pairs", |call| {
                let pairs = call.read(at, len)?;
                change(call, kind, |headers| {
                    *headers = pairs::decode(&pairs).into()
                })
            })
        },
    )?;
    linker.func_wrap(
        ENV,
        "proxy_add_header_map_value",
        |c: Caller<'_, VmState>, kind: u32, key: u32, k: u32, value: u32, v: u32| {
            hostcall(c, "proxy_add_header_map_value", |call| {
                let (key, value) = (call.read(key, k)?, call.read(value, v)?);
                change(call, kind, |headers| headers.add(key, value))
            })
        },
    )?;
    linker.func_wrap(
        ENV,
        "proxy_replace_header_map_value",
        |c: Caller<'_, VmState>, kind: u32, key: u32, k: u32, value: u32, v: u32| {
            hostcall(c, "proxy_replace_header_map_value", |call| {
                let (key, value) = (call.read(key, k)?, call.read(value, v)?);
                change(call, kind, |headers| headers.replace(key, value))
            })
        },
    )?;
    linker.func_wrap(
        ENV,
        "proxy_remove_header_map_value",
        |c: Caller<'_, VmState>, kind: u32, key: u32, k: u32| {
            hostcall(c, "proxy_remove_header_map_value", |call| {
                let key = call.read(key, k)?;
                change(call, kind, |headers| headers.remove(key))
            })
        },
    )?;
    Ok(())
}

/// The map, if this phase has it; outside, the single getter fails and the full one is empty.
fn readable(state: &VmState, kind: u32) -> Result<Option<Headers>, Status> {
    let kind = MapKind::from_code(kind).ok_or(Status::BadArgument)?;
    Ok(match kind {
        MapKind::CallResponseHeaders => state.call_response().map(|answer| answer.headers.clone()),
        MapKind::CallResponseTrailers => state
            .call_response()
            .filter(|answer| !answer.trailers.is_empty())
            .map(|answer| answer.trailers.clone()),
        MapKind::RequestHeaders
        | MapKind::RequestTrailers
        | MapKind::ResponseHeaders
        | MapKind::ResponseTrailers
        | MapKind::GrpcInitialMetadata
        | MapKind::GrpcTrailingMetadata => state
            .active_http()
            .and_then(|http| http.borrow().map(kind).cloned()),
    })
}

fn change(call: &Call<'_>, kind: u32, edit: impl FnOnce(&mut Headers)) -> Result<(), Stop> {
    let kind = MapKind::from_code(kind).ok_or(Status::BadArgument)?;
    let http = call.state().active_http().ok_or(Status::BadArgument)?;
    let mut http = http.borrow_mut();
    edit(http.map_mut(kind).ok_or(Status::BadArgument)?);
    Ok(())
}
