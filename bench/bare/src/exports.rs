//! The callbacks; only for wasm32.

#![allow(
    unsafe_code,
    reason = "functions that the host finds by their names; nothing else is unsafe"
)]

use crate::calls;
use std::mem::ManuallyDrop;

const YES: u32 = 1;
const CONTINUE: u32 = 0;

#[unsafe(no_mangle)]
extern "C" fn _initialize() {}

#[unsafe(no_mangle)]
extern "C" fn proxy_abi_version_0_2_1() {}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_memory_allocate(size: usize) -> *mut u8 {
    ManuallyDrop::new(Vec::with_capacity(size)).as_mut_ptr()
}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_context_create(_context: u32, _root: u32) {}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_vm_start(_root: u32, _size: usize) -> u32 {
    YES
}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_configure(_root: u32, size: usize) -> u32 {
    calls::configure(size);
    YES
}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_request_headers(_stream: u32, _count: usize, _end_of_stream: u32) -> u32 {
    calls::make();
    CONTINUE
}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_delete(_context: u32) {}
