//! The host's side of a host call: the guest's memory and the state behind it.

use std::cell::{Ref, RefMut};

use wasmtime::{Caller, Error, Extern, Memory};

use crate::abi::Status;
use crate::process::Process;
use crate::state::VmState;

/// Why a host call does not end with `Ok`.
pub(crate) enum Stop {
    Status(Status),
    Trap(Error),
}

impl From<Status> for Stop {
    fn from(status: Status) -> Self {
        Self::Status(status)
    }
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Trap(error)
    }
}

/// Calls of these names also work while the module starts.
const ALLOWED_IN_START: [&str; 9] = [
    "proxy_log",
    "fd_write",
    "clock_time_get",
    "random_get",
    "environ_get",
    "environ_sizes_get",
    "args_get",
    "args_sizes_get",
    "proc_exit",
];

/// Runs one proxy-wasm host call: counted, checked against capabilities, its result a status code.
pub(crate) fn hostcall(
    caller: Caller<'_, VmState>,
    name: &'static str,
    body: impl FnOnce(&mut Call<'_>) -> Result<(), Stop>,
) -> Result<u32, Error> {
    let mut call = Call::enter(caller, name)?;
    let outcome = if call.caller.data().plugin().allows(name) {
        body(&mut call)
    } else {
        call.log_denied(name);
        Err(Status::InternalFailure.into())
    };
    match outcome {
        Ok(()) => Ok(Status::Ok.code()),
        Err(Stop::Status(status)) => Ok(status.code()),
        Err(Stop::Trap(error)) => Err(error),
    }
}

pub(crate) struct Call<'a> {
    caller: Caller<'a, VmState>,
    memory: Memory,
}

impl<'a> Call<'a> {
    pub(crate) fn enter(
        mut caller: Caller<'a, VmState>,
        name: &'static str,
    ) -> Result<Self, Error> {
        let state = caller.data_mut();
        state.current.calls.record(name);
        if state.current.restricted && !ALLOWED_IN_START.contains(&name) {
            return Err(Error::msg(format!(
                "restricted_callback: {name} while the module starts"
            )));
        }
        let Some(Extern::Memory(memory)) = caller.get_export("memory") else {
            return Err(Error::msg("the module exports no memory"));
        };
        Ok(Self { caller, memory })
    }

    pub(crate) fn state(&self) -> &VmState {
        self.caller.data()
    }

    pub(crate) fn state_mut(&mut self) -> &mut VmState {
        self.caller.data_mut()
    }

    pub(crate) fn process(&self) -> Ref<'_, Process> {
        self.caller.data().process.borrow()
    }

    pub(crate) fn process_mut(&self) -> RefMut<'_, Process> {
        self.caller.data().process.borrow_mut()
    }

    pub(crate) fn read(&self, at: u32, length: u32) -> Result<Vec<u8>, Stop> {
        let (start, length) = (address(at)?, address(length)?);
        let end = start
            .checked_add(length)
            .ok_or(Status::InvalidMemoryAccess)?;
        let bytes = self.memory.data(&self.caller).get(start..end);
        Ok(bytes.ok_or(Status::InvalidMemoryAccess)?.to_vec())
    }

    pub(crate) fn read_u32(&self, at: u32) -> Result<u32, Stop> {
        let bytes = self.read(at, 4)?;
        let bytes = bytes.first_chunk().ok_or(Status::InvalidMemoryAccess)?;
        Ok(u32::from_le_bytes(*bytes))
    }

    pub(crate) fn write(&mut self, at: u32, bytes: &[u8]) -> Result<(), Stop> {
        let written = self.memory.write(&mut self.caller, address(at)?, bytes);
        written.map_err(|_outside| Status::InvalidMemoryAccess.into())
    }

    pub(crate) fn write_u32(&mut self, at: u32, value: u32) -> Result<(), Stop> {
        self.write(at, &value.to_le_bytes())
    }

    pub(crate) fn write_u64(&mut self, at: u32, value: u64) -> Result<(), Stop> {
        self.write(at, &value.to_le_bytes())
    }

    /// Hands bytes over in memory that the guest allocates; nothing is a null pointer.
    pub(crate) fn give(
        &mut self,
        bytes: &[u8],
        pointer_at: u32,
        length_at: u32,
    ) -> Result<(), Stop> {
        let at = if bytes.is_empty() {
            0
        } else {
            self.allocate(bytes)?
        };
        let length = u32::try_from(bytes.len()).map_err(|_large| Status::InvalidMemoryAccess)?;
        self.write_u32(pointer_at, at)?;
        self.write_u32(length_at, length)
    }

    fn allocate(&mut self, bytes: &[u8]) -> Result<u32, Stop> {
        self.state_mut().current.calls.record_allocation();
        let length = u32::try_from(bytes.len()).map_err(|_large| Status::InvalidMemoryAccess)?;
        let exported = ["proxy_on_memory_allocate", "malloc"]
            .into_iter()
            .find_map(|name| self.caller.get_export(name)?.into_func());
        let Some(function) = exported else {
            return Err(Error::msg("the module exports no allocator").into());
        };
        let at = function
            .typed::<u32, u32>(&self.caller)?
            .call(&mut self.caller, length)?;
        if at == 0 {
            return Err(Status::InvalidMemoryAccess.into());
        }
        self.write(at, bytes)?;
        Ok(at)
    }

    fn log_denied(&self, name: &str) {
        let message = format!("restricted_callback: {name} is not in the allowed capabilities");
        self.state().log(crate::abi::LogLevel::Error, message);
    }
}

fn address(value: u32) -> Result<usize, Status> {
    usize::try_from(value).map_err(|_narrow| Status::InvalidMemoryAccess)
}
