//! Log, clock, tick, done, effective context, status, foreign functions.

use std::rc::Rc;
use std::time::Duration;

use wasmtime::{Caller, Error, Linker};

use super::ENV;
use crate::abi::{LogLevel, Status};
use crate::guest::{Call, Stop, hostcall};
use crate::state::{Deferred, VmState};

pub(super) fn link(linker: &mut Linker<VmState>) -> Result<(), Error> {
    link_log_and_time(linker)?;
    link_contexts(linker)
}

fn link_log_and_time(linker: &mut Linker<VmState>) -> Result<(), Error> {
    linker.func_wrap(
        ENV,
        "proxy_log",
        |c: Caller<'_, VmState>, level: u32, at: u32, len: u32| {
            hostcall(c, "proxy_log", |call| log(call, level, at, len))
        },
    )?;
    linker.func_wrap(
        ENV,
        "proxy_get_log_level",
        |c: Caller<'_, VmState>, to: u32| {
            hostcall(c, "proxy_get_log_level", |call| {
                let level = call.process().log_level.code();
                call.write_u32(to, level)
            })
        },
    )?;
    linker.func_wrap(
        ENV,
        "proxy_get_current_time_nanoseconds",
        |c: Caller<'_, VmState>, to: u32| {
            hostcall(c, "proxy_get_current_time_nanoseconds", |call| {
                let now = nanoseconds(call.process().now);
                call.write_u64(to, now)
            })
        },
    )?;
    linker.func_wrap(
        ENV,
        "proxy_set_tick_period_milliseconds",
        |c: Caller<'_, VmState>, period: u32| {
            hostcall(c, "proxy_set_tick_period_milliseconds", |call| {
                set_tick(call, period)
            })
        },
    )?;
    Ok(())
}

fn link_contexts(linker: &mut Linker<VmState>) -> Result<(), Error> {
    linker.func_wrap(ENV, "proxy_done", |c: Caller<'_, VmState>| {
        hostcall(c, "proxy_done", done)
    })?;
    linker.func_wrap(
        ENV,
        "proxy_set_effective_context",
        |c: Caller<'_, VmState>, id: u32| {
            hostcall(c, "proxy_set_effective_context", |call| {
                set_effective(call, id)
            })
        },
    )?;
    linker.func_wrap(
        ENV,
        "proxy_get_status",
        |c: Caller<'_, VmState>, code: u32, pointer: u32, length: u32| {
            hostcall(c, "proxy_get_status", |call| {
                call.write_u32(code, 0)?;
                call.give(&[], pointer, length)
            })
        },
    )?;
    linker.func_wrap(
        ENV,
        "proxy_call_foreign_function",
        |c: Caller<'_, VmState>, name: u32, n: u32, args: u32, a: u32, to: u32, to_len: u32| {
            hostcall(c, "proxy_call_foreign_function", |call| {
                foreign(call, (name, n), (args, a), (to, to_len))
            })
        },
    )?;
    Ok(())
}

/// Microsecond grain, as in Envoy.
pub(super) fn nanoseconds(now: Duration) -> u64 {
    u64::try_from(now.as_micros().saturating_mul(1000)).unwrap_or(u64::MAX)
}

fn log(call: &Call<'_>, level: u32, at: u32, length: u32) -> Result<(), Stop> {
    let level = LogLevel::from_code(level).ok_or(Status::BadArgument)?;
    let message = call.read(at, length)?;
    call.state()
        .log(level, String::from_utf8_lossy(&message).into_owned());
    Ok(())
}

/// Always the root's timer, whichever context asks; 0 stops it.
fn set_tick(call: &mut Call<'_>, period: u32) -> Result<(), Stop> {
    let now = call.process().now;
    let root = call.state().active_root_id();
    let root = call.state_mut().root_mut(root).ok_or(Status::BadArgument)?;
    root.tick_period = (period > 0).then(|| Duration::from_millis(period.into()));
    root.next_tick = root.tick_period.map(|period| now + period);
    Ok(())
}

fn done(call: &mut Call<'_>) -> Result<(), Stop> {
    let id = call.state().active_id();
    match call.state().root(id) {
        Some(root) if root.waits_for_done => {
            call.state_mut().deferred.push_back(Deferred::RootDone(id));
            Ok(())
        }
        Some(_) | None => Err(Status::NotFound.into()),
    }
}

fn set_effective(call: &mut Call<'_>, id: u32) -> Result<(), Stop> {
    if !call.state().contexts.contains_key(&id) {
        return Err(Status::BadArgument.into());
    }
    call.state_mut().current.effective = Some(id);
    Ok(())
}

fn foreign(
    call: &mut Call<'_>,
    name: (u32, u32),
    arguments: (u32, u32),
    result: (u32, u32),
) -> Result<(), Stop> {
    let name = call.read(name.0, name.1)?;
    let arguments = call.read(arguments.0, arguments.1)?;
    let name = String::from_utf8_lossy(&name).into_owned();
    let function = call
        .process()
        .foreign
        .get(&name)
        .map(Rc::clone)
        .ok_or(Status::NotFound)?;
    let answer = function(&arguments)?;
    if result.0 == 0 {
        return Ok(());
    }
    call.give(&answer, result.0, result.1)
}
