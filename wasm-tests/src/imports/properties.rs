//! Properties: reading all of them, writing filter state.

use wasmtime::{Caller, Error, Linker};

use super::ENV;
use crate::abi::Status;
use crate::guest::{Call, Stop, hostcall};
use crate::properties::{Found, PropertyPath};
use crate::state::VmState;

/// Filter state that `set_property` writes has this in front of its name.
const STATE_PREFIX: &str = "wasm.";

pub(super) fn link(linker: &mut Linker<VmState>) -> Result<(), Error> {
    linker.func_wrap(
        ENV,
        "proxy_get_property",
        |c: Caller<'_, VmState>, path: u32, p: u32, to: u32, to_len: u32| {
            hostcall(c, "proxy_get_property", |call| {
                let path = call.read(path, p)?;
                let value = get(call.state(), &PropertyPath::from_guest(&path))?;
                call.give(&value, to, to_len)
            })
        },
    )?;
    linker.func_wrap(
        ENV,
        "proxy_set_property",
        |c: Caller<'_, VmState>, path: u32, p: u32, value: u32, v: u32| {
            hostcall(c, "proxy_set_property", |call| {
                let (path, value) = (call.read(path, p)?, call.read(value, v)?);
                set(call, &String::from_utf8_lossy(&path), &value)
            })
        },
    )?;
    Ok(())
}

fn get(state: &VmState, path: &PropertyPath) -> Result<Vec<u8>, Status> {
    match state.property(path) {
        Found::Value(value) => value.encode(),
        Found::Container => Err(Status::SerializationFailure),
        Found::Missing => Err(Status::NotFound),
    }
}

/// Only streams have filter state. A built-in name is no error, and changes nothing one could read under it.
fn set(call: &Call<'_>, path: &str, value: &[u8]) -> Result<(), Stop> {
    let key = format!("{STATE_PREFIX}{path}");
    if let Some(http) = call.state().active_http() {
        http.borrow_mut().set_state(key, value);
        return Ok(());
    }
    let network = call.state().active_network().ok_or(Status::NotFound)?;
    network.borrow().connection.set_state(&key, value);
    Ok(())
}
