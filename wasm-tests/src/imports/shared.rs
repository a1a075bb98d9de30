//! Shared data and shared queues.

use wasmtime::{Caller, Error, Linker};

use super::ENV;
use crate::abi::Status;
use crate::guest::{Call, Stop, hostcall};
use crate::state::VmState;

pub(super) fn link(linker: &mut Linker<VmState>) -> Result<(), Error> {
    link_data(linker)?;
    link_queues(linker)
}

fn link_data(linker: &mut Linker<VmState>) -> Result<(), Error> {
    linker.func_wrap(
        ENV,
        "proxy_get_shared_data",
        |c: Caller<'_, VmState>, key: u32, k: u32, to: u32, to_len: u32, cas: u32| {
            hostcall(c, "proxy_get_shared_data", |call| {
                get(call, (key, k), (to, to_len), cas)
            })
        },
    )?;
    linker.func_wrap(
        ENV,
        "proxy_set_shared_data",
        |c: Caller<'_, VmState>, key: u32, k: u32, value: u32, v: u32, cas: u32| {
            hostcall(c, "proxy_set_shared_data", |call| {
                let (key, value) = (call.read(key, k)?, call.read(value, v)?);
                let vm_id = vm_id(call);
                Ok(call
                    .process_mut()
                    .shared_data
                    .set(&vm_id, &key, &value, cas)?)
            })
        },
    )?;
    Ok(())
}

fn link_queues(linker: &mut Linker<VmState>) -> Result<(), Error> {
    linker.func_wrap(
        ENV,
        "proxy_register_shared_queue",
        |c: Caller<'_, VmState>, name: u32, n: u32, to: u32| {
            hostcall(c, "proxy_register_shared_queue", |call| {
                register(call, (name, n), to)
            })
        },
    )?;
    linker.func_wrap(
        ENV,
        "proxy_resolve_shared_queue",
        |c: Caller<'_, VmState>, id: u32, i: u32, name: u32, n: u32, to: u32| {
            hostcall(c, "proxy_resolve_shared_queue", |call| {
                resolve(call, (id, i), (name, n), to)
            })
        },
    )?;
    linker.func_wrap(
        ENV,
        "proxy_dequeue_shared_queue",
        |c: Caller<'_, VmState>, token: u32, to: u32, to_len: u32| {
            hostcall(c, "proxy_dequeue_shared_queue", |call| {
                let item = call.process_mut().queues.dequeue(token)?;
                call.give(&item, to, to_len)
            })
        },
    )?;
    linker.func_wrap(
        ENV,
        "proxy_enqueue_shared_queue",
        |c: Caller<'_, VmState>, token: u32, at: u32, len: u32| {
            hostcall(c, "proxy_enqueue_shared_queue", |call| {
                let item = call.read(at, len)?;
                Ok(call.process_mut().queues.enqueue(token, &item)?)
            })
        },
    )?;
    Ok(())
}

fn vm_id(call: &Call<'_>) -> String {
    call.state().config.vm_id.clone()
}

fn get(call: &mut Call<'_>, key: (u32, u32), to: (u32, u32), cas_at: u32) -> Result<(), Stop> {
    let key = call.read(key.0, key.1)?;
    let found = call.process().shared_data.get(&vm_id(call), &key);
    let (value, cas) = found.ok_or(Status::NotFound)?;
    call.give(&value, to.0, to.1)?;
    call.write_u32(cas_at, cas)
}

fn register(call: &mut Call<'_>, name: (u32, u32), to: u32) -> Result<(), Stop> {
    let name = call.read(name.0, name.1)?;
    let (vm, root) = (call.state().number, call.state().active_root_id());
    let vm_id = vm_id(call);
    let token = call.process_mut().queues.register(&vm_id, &name, vm, root);
    call.write_u32(to, token)
}

fn resolve(call: &mut Call<'_>, id: (u32, u32), name: (u32, u32), to: u32) -> Result<(), Stop> {
    let id = String::from_utf8_lossy(&call.read(id.0, id.1)?).into_owned();
    let name = call.read(name.0, name.1)?;
    let id = if id.is_empty() { vm_id(call) } else { id };
    let token = call
        .process()
        .queues
        .resolve(&id, &name)
        .ok_or(Status::NotFound)?;
    call.write_u32(to, token)
}
