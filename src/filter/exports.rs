//! The callbacks of the proxy-wasm ABI 0.2.1 that the module answers, and no others: Envoy enters
//! the VM for each one that it finds, also for the many that a policy filter has no use for, and
//! each entry costs about a microsecond (envoy-wasm.md 5.3).

#![allow(
    unsafe_code,
    reason = "functions that the host finds by their names; nothing else is unsafe"
)]

use super::contexts;
use super::logging;
use super::stream::Action;
use std::mem::ManuallyDrop;

unsafe extern "C" {
    /// The constructors of WASI's C library.
    fn __wasm_call_ctors();
}

/// Called first, once for each VM.
#[unsafe(no_mangle)]
extern "C" fn _initialize() {
    // SAFETY: the linker makes it, and the host calls this function once, before all others.
    unsafe { __wasm_call_ctors() };
    logging::install();
}

/// By its name the host knows which ABI the module speaks.
#[unsafe(no_mangle)]
extern "C" fn proxy_abi_version_0_2_1() {}

/// Memory for bytes that the host hands over; see `receive` in [`super::hostcalls`]. It is not
/// cleared: the host fills all of it, and clearing costs more than reading it.
#[unsafe(no_mangle)]
extern "C" fn proxy_on_memory_allocate(size: usize) -> *mut u8 {
    ManuallyDrop::new(Vec::with_capacity(size)).as_mut_ptr()
}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_context_create(context: u32, root: u32) {
    contexts::create(context, root);
}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_vm_start(_root: u32, _size: usize) -> u32 {
    u32::from(true)
}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_configure(root: u32, _size: usize) -> u32 {
    u32::from(contexts::configure(root))
}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_tick(root: u32) {
    contexts::tick(root);
}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_http_call_response(
    root: u32,
    token: u32,
    _headers: usize,
    _body_size: usize,
    _trailers: usize,
) {
    contexts::answered(root, token);
}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_request_headers(stream: u32, _count: usize, _end_of_stream: u32) -> u32 {
    match contexts::request_headers(stream) {
        Action::Continue => 0,
        Action::Pause => 1,
    }
}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_delete(context: u32) {
    contexts::delete(context);
}
