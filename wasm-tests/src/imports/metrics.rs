//! Statistics.

use wasmtime::{Caller, Error, Linker};

use super::ENV;
use crate::abi::{MetricKind, Status};
use crate::guest::{Call, Stop, hostcall};
use crate::state::VmState;

pub(super) fn link(linker: &mut Linker<VmState>) -> Result<(), Error> {
    linker.func_wrap(
        ENV,
        "proxy_define_metric",
        |c: Caller<'_, VmState>, kind: u32, name: u32, n: u32, to: u32| {
            hostcall(c, "proxy_define_metric", |call| {
                define(call, kind, (name, n), to)
            })
        },
    )?;
    linker.func_wrap(
        ENV,
        "proxy_increment_metric",
        |c: Caller<'_, VmState>, id: u32, offset: i64| {
            hostcall(c, "proxy_increment_metric", |call| {
                let state = call.state();
                Ok(state
                    .metrics
                    .increment(&mut state.process.borrow_mut().metrics, id, offset)?)
            })
        },
    )?;
    linker.func_wrap(
        ENV,
        "proxy_record_metric",
        |c: Caller<'_, VmState>, id: u32, value: u64| {
            hostcall(c, "proxy_record_metric", |call| {
                let state = call.state();
                Ok(state
                    .metrics
                    .record(&mut state.process.borrow_mut().metrics, id, value)?)
            })
        },
    )?;
    linker.func_wrap(
        ENV,
        "proxy_get_metric",
        |c: Caller<'_, VmState>, id: u32, to: u32| {
            hostcall(c, "proxy_get_metric", |call| {
                let state = call.state();
                let value = state.metrics.get(&state.process.borrow().metrics, id)?;
                call.write_u64(to, value)
            })
        },
    )?;
    Ok(())
}

fn define(call: &mut Call<'_>, kind: u32, name: (u32, u32), to: u32) -> Result<(), Stop> {
    let kind = MetricKind::from_code(kind).ok_or(Status::BadArgument)?;
    let name = call.read(name.0, name.1)?;
    let name = String::from_utf8_lossy(&name).into_owned();
    let state = call.state_mut();
    let process = std::rc::Rc::clone(&state.process);
    let id = state
        .metrics
        .define(&mut process.borrow_mut().metrics, kind, &name);
    call.write_u32(to, id)
}
