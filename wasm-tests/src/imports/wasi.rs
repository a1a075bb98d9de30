//! The part of WASI preview 1 that Envoy has: clock, random, environment, output, exit; no files.

use wasmtime::{Caller, Error, Linker};

use super::general::nanoseconds;
use crate::abi::LogLevel;
use crate::config::START_OF_TIME;
use crate::guest::{Call, Stop};
use crate::state::VmState;

const MODULES: [&str; 2] = ["wasi_snapshot_preview1", "wasi_unstable"];

const SUCCESS: u32 = 0;
const BAD_FILE: u32 = 8;
const FAULT: u32 = 21;
const NO_SUCH_CALL: u32 = 52;
const NOT_SUPPORTED: u32 = 58;

pub(super) fn link(linker: &mut Linker<VmState>) -> Result<(), Error> {
    for module in MODULES {
        link_system(linker, module)?;
        link_environment(linker, module)?;
        link_files(linker, module)?;
    }
    Ok(())
}

fn link_system(linker: &mut Linker<VmState>, module: &str) -> Result<(), Error> {
    linker.func_wrap(
        module,
        "clock_time_get",
        |c: Caller<'_, VmState>, clock: u32, _precision: u64, to: u32| {
            wasi(c, "clock_time_get", |call| clock_time(call, clock, to))
        },
    )?;
    linker.func_wrap(
        module,
        "random_get",
        |c: Caller<'_, VmState>, at: u32, length: u32| {
            wasi(c, "random_get", |call| {
                let bytes: Vec<u8> = (0..length)
                    .map(|_| call.state_mut().random_byte())
                    .collect();
                call.write(at, &bytes)?;
                Ok(SUCCESS)
            })
        },
    )?;
    linker.func_wrap(
        module,
        "proc_exit",
        |_: Caller<'_, VmState>, code: u32| -> Result<(), Error> {
            Err(Error::msg(format!("proc_exit({code})")))
        },
    )?;
    linker.func_wrap(module, "sched_yield", |c: Caller<'_, VmState>| {
        wasi(c, "sched_yield", |_call| Ok(SUCCESS))
    })?;
    linker.func_wrap(
        module,
        "poll_oneoff",
        |c: Caller<'_, VmState>, _: u32, _: u32, _: u32, _: u32| {
            wasi(c, "poll_oneoff", |_call| Ok(NO_SUCH_CALL))
        },
    )?;
    Ok(())
}

fn link_environment(linker: &mut Linker<VmState>, module: &str) -> Result<(), Error> {
    linker.func_wrap(
        module,
        "environ_sizes_get",
        |c: Caller<'_, VmState>, n: u32, size: u32| {
            wasi(c, "environ_sizes_get", |call| {
                let entries = environment(call);
                let bytes: usize = entries.iter().map(Vec::len).sum();
                call.write_u32(n, u32::try_from(entries.len()).unwrap_or(u32::MAX))?;
                call.write_u32(size, u32::try_from(bytes).unwrap_or(u32::MAX))?;
                Ok(SUCCESS)
            })
        },
    )?;
    linker.func_wrap(
        module,
        "environ_get",
        |c: Caller<'_, VmState>, array: u32, buffer: u32| {
            wasi(c, "environ_get", |call| {
                write_environment(call, array, buffer)
            })
        },
    )?;
    linker.func_wrap(
        module,
        "args_sizes_get",
        |c: Caller<'_, VmState>, n: u32, size: u32| {
            wasi(c, "args_sizes_get", |call| {
                call.write_u32(n, 0)?;
                call.write_u32(size, 0)?;
                Ok(SUCCESS)
            })
        },
    )?;
    linker.func_wrap(
        module,
        "args_get",
        |c: Caller<'_, VmState>, _: u32, _: u32| wasi(c, "args_get", |_call| Ok(SUCCESS)),
    )?;
    Ok(())
}

fn link_files(linker: &mut Linker<VmState>, module: &str) -> Result<(), Error> {
    linker.func_wrap(
        module,
        "fd_write",
        |c: Caller<'_, VmState>, file: u32, vectors: u32, count: u32, written: u32| {
            wasi(c, "fd_write", |call| {
                print(call, file, (vectors, count), written)
            })
        },
    )?;
    linker.func_wrap(
        module,
        "fd_read",
        |c: Caller<'_, VmState>, _: u32, _: u32, _: u32, _: u32| {
            wasi(c, "fd_read", |_call| Ok(NO_SUCH_CALL))
        },
    )?;
    linker.func_wrap(
        module,
        "fd_seek",
        |c: Caller<'_, VmState>, _: u32, _: i64, _: u32, _: u32| {
            wasi(c, "fd_seek", |_call| Ok(BAD_FILE))
        },
    )?;
    linker.func_wrap(module, "fd_close", |c: Caller<'_, VmState>, _: u32| {
        wasi(c, "fd_close", |_call| Ok(BAD_FILE))
    })?;
    linker.func_wrap(
        module,
        "fd_fdstat_get",
        |c: Caller<'_, VmState>, file: u32, to: u32| {
            wasi(c, "fd_fdstat_get", |call| file_status(call, file, to))
        },
    )?;
    linker.func_wrap(
        module,
        "fd_prestat_get",
        |c: Caller<'_, VmState>, _: u32, _: u32| wasi(c, "fd_prestat_get", |_call| Ok(BAD_FILE)),
    )?;
    linker.func_wrap(
        module,
        "fd_prestat_dir_name",
        |c: Caller<'_, VmState>, _: u32, _: u32, _: u32| {
            wasi(c, "fd_prestat_dir_name", |_call| Ok(BAD_FILE))
        },
    )?;
    Ok(())
}

fn wasi(
    caller: Caller<'_, VmState>,
    name: &'static str,
    body: impl FnOnce(&mut Call<'_>) -> Result<u32, Stop>,
) -> Result<u32, Error> {
    let mut call = Call::enter(caller, name)?;
    match body(&mut call) {
        Ok(code) => Ok(code),
        Err(Stop::Status(_outside_memory)) => Ok(FAULT),
        Err(Stop::Trap(error)) => Err(error),
    }
}

/// 0 is the wall clock, 1 counts from the start of the process.
fn clock_time(call: &mut Call<'_>, clock: u32, to: u32) -> Result<u32, Stop> {
    let now = call.process().now;
    let time = match clock {
        0 => now,
        1 => now.saturating_sub(START_OF_TIME),
        _ => return Ok(NOT_SUPPORTED),
    };
    call.write_u64(to, nanoseconds(time))?;
    Ok(SUCCESS)
}

fn environment(call: &Call<'_>) -> Vec<Vec<u8>> {
    let variables = call.state().config.environment.iter();
    variables
        .map(|(name, value)| format!("{name}={value}\0").into_bytes())
        .collect()
}

fn write_environment(call: &mut Call<'_>, array: u32, buffer: u32) -> Result<u32, Stop> {
    let (mut array, mut buffer) = (array, buffer);
    for entry in environment(call) {
        call.write_u32(array, buffer)?;
        call.write(buffer, &entry)?;
        array = array.saturating_add(4);
        buffer = buffer.saturating_add(u32::try_from(entry.len()).unwrap_or(u32::MAX));
    }
    Ok(SUCCESS)
}

/// Standard output is logged as info, standard error as error, without a newline at the end.
fn print(call: &mut Call<'_>, file: u32, vectors: (u32, u32), to: u32) -> Result<u32, Stop> {
    let level = match file {
        1 => LogLevel::Info,
        2 => LogLevel::Error,
        _ => return Ok(BAD_FILE),
    };
    let mut text = Vec::new();
    for index in 0..vectors.1 {
        let vector = vectors.0.saturating_add(index.saturating_mul(8));
        let (at, length) = (
            call.read_u32(vector)?,
            call.read_u32(vector.saturating_add(4))?,
        );
        text.extend(call.read(at, length)?);
    }
    let message = String::from_utf8_lossy(text.strip_suffix(b"\n").unwrap_or(&text)).into_owned();
    if !text.is_empty() {
        call.state().log(level, message);
    }
    call.write_u32(to, u32::try_from(text.len()).unwrap_or(u32::MAX))?;
    Ok(SUCCESS)
}

/// Only the two outputs exist, and only writing to them is allowed.
fn file_status(call: &mut Call<'_>, file: u32, to: u32) -> Result<u32, Stop> {
    if file != 1 && file != 2 {
        return Ok(BAD_FILE);
    }
    let mut status = [0; 24];
    status[8] = 64;
    call.write(to, &status)?;
    Ok(SUCCESS)
}
