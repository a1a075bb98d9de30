//! The proxy-wasm imports. Each is a call, a status and some bytes; none can panic, whatever the
//! host answers (envoy-wasm.md 1.2, 1.5, pitfalls 2 and 3).

#![allow(
    unsafe_code,
    reason = "foreign functions of the proxy-wasm ABI; nothing else is unsafe"
)]

use std::ptr;
use std::time::Duration;

/// The call worked.
const OK: u32 = 0;
/// There is no such thing.
const NOT_FOUND: u32 = 1;
/// An argument is not as it should be, such as a cluster that is not known.
pub(super) const BAD_ARGUMENT: u32 = 2;
/// The map of request headers.
const REQUEST_HEADERS: u32 = 0;
/// The map of a call's response headers.
const CALL_HEADERS: u32 = 6;
/// The buffer that holds the body of a call's response.
const CALL_BODY: u32 = 4;
/// The buffer that holds the plugin's configuration.
const PLUGIN_CONFIGURATION: u32 = 7;
/// The kind of metric that only grows.
const COUNTER: u32 = 0;
/// The kind of metric that is set.
const GAUGE: u32 = 1;
/// The clock that tells the time of day.
const REALTIME: u32 = 0;
/// A map without pairs: its count.
const NO_PAIRS: [u8; 4] = [0; 4];
/// No gRPC status: Envoy derives one from the HTTP status for gRPC requests.
const NO_GRPC_STATUS: i32 = -1;

#[link(wasm_import_module = "env")]
unsafe extern "C" {
    fn proxy_log(level: u32, message: *const u8, message_len: usize) -> u32;
    fn proxy_http_call(
        cluster: *const u8,
        cluster_len: usize,
        headers: *const u8,
        headers_len: usize,
        body: *const u8,
        body_len: usize,
        trailers: *const u8,
        trailers_len: usize,
        timeout: u32,
        token: *mut u32,
    ) -> u32;
    fn proxy_get_property(
        path: *const u8,
        path_len: usize,
        data: *mut *mut u8,
        len: *mut usize,
    ) -> u32;
    fn proxy_set_property(path: *const u8, path_len: usize, data: *const u8, len: usize) -> u32;
    fn proxy_get_header_map_value(
        map: u32,
        name: *const u8,
        name_len: usize,
        data: *mut *mut u8,
        len: *mut usize,
    ) -> u32;
    fn proxy_get_header_map_pairs(map: u32, data: *mut *mut u8, len: *mut usize) -> u32;
    fn proxy_add_header_map_value(
        map: u32,
        name: *const u8,
        name_len: usize,
        value: *const u8,
        value_len: usize,
    ) -> u32;
    fn proxy_replace_header_map_value(
        map: u32,
        name: *const u8,
        name_len: usize,
        value: *const u8,
        value_len: usize,
    ) -> u32;
    fn proxy_remove_header_map_value(map: u32, name: *const u8, name_len: usize) -> u32;
    fn proxy_get_buffer_bytes(
        buffer: u32,
        start: usize,
        max: usize,
        data: *mut *mut u8,
        len: *mut usize,
    ) -> u32;
    fn proxy_send_local_response(
        status: u32,
        details: *const u8,
        details_len: usize,
        body: *const u8,
        body_len: usize,
        headers: *const u8,
        headers_len: usize,
        grpc_status: i32,
    ) -> u32;
    fn proxy_set_tick_period_milliseconds(period: u32) -> u32;
    fn proxy_get_shared_data(
        key: *const u8,
        key_len: usize,
        data: *mut *mut u8,
        len: *mut usize,
        cas: *mut u32,
    ) -> u32;
    fn proxy_set_shared_data(
        key: *const u8,
        key_len: usize,
        data: *const u8,
        len: usize,
        cas: u32,
    ) -> u32;
    fn proxy_define_metric(kind: u32, name: *const u8, name_len: usize, id: *mut u32) -> u32;
    fn proxy_increment_metric(id: u32, by: i64) -> u32;
    fn proxy_record_metric(id: u32, value: u64) -> u32;
}

// What std has of these panics when the host refuses, with the text of every error there is.
#[link(wasm_import_module = "wasi_snapshot_preview1")]
unsafe extern "C" {
    fn clock_time_get(clock: u32, precision: u64, nanoseconds: *mut u64) -> u32;
    fn random_get(bytes: *mut u8, len: usize) -> u32;
}

/// How grave a line of the log is.
#[derive(Debug, Clone, Copy)]
pub(super) enum LogLevel {
    /// For who looks for a mistake in the filter.
    Trace,
    /// The same, with less of it.
    Debug,
    /// For operators.
    Info,
    /// Something is not as it should be.
    Warn,
    /// Something does not work.
    Error,
    /// The module is about to stop.
    Critical,
}

/// Writes a line to Envoy's log. A line that cannot be written changes no verdict.
pub(super) fn log(level: LogLevel, message: &str) {
    let level = match level {
        LogLevel::Trace => 0,
        LogLevel::Debug => 1,
        LogLevel::Info => 2,
        LogLevel::Warn => 3,
        LogLevel::Error => 4,
        LogLevel::Critical => 5,
    };
    // SAFETY: the host reads the message during the call only.
    let _status = unsafe { proxy_log(level, message.as_ptr(), message.len()) };
}

/// Sends a request without a body; `headers` are in the format of [`super::pairs`]. Answers the
/// token that the answer will carry.
pub(super) fn http_call(cluster: &str, headers: &[u8], timeout: Duration) -> Result<u32, u32> {
    let timeout = u32::try_from(timeout.as_millis()).unwrap_or(u32::MAX);
    let mut token = 0;
    // SAFETY: the host reads every argument during the call only, and writes the token during it.
    let status = unsafe {
        proxy_http_call(
            cluster.as_ptr(),
            cluster.len(),
            headers.as_ptr(),
            headers.len(),
            ptr::null(),
            0,
            NO_PAIRS.as_ptr(),
            NO_PAIRS.len(),
            timeout,
            &raw mut token,
        )
    };
    if status == OK { Ok(token) } else { Err(status) }
}

/// What a call gave: the bytes, nothing, or a status that tells why not.
pub(super) type Bytes = Result<Option<Vec<u8>>, u32>;

/// Takes over the bytes that the host wrote into memory it had us allocate.
fn receive(call: impl FnOnce(*mut *mut u8, *mut usize) -> u32) -> Bytes {
    let mut data: *mut u8 = ptr::null_mut();
    let mut len = 0;
    match call(&raw mut data, &raw mut len) {
        OK if data.is_null() || len == 0 => Ok(Some(Vec::new())),
        // SAFETY: on success the host has filled `len` bytes that it got from our exported
        // allocator, a vector with room for that many, and it keeps no reference.
        OK => Ok(Some(unsafe { Vec::from_raw_parts(data, len, len) })),
        NOT_FOUND => Ok(None),
        status => Err(status),
    }
}

/// A property; the parts of its path are joined by NUL.
pub(super) fn property(path: &str) -> Bytes {
    // SAFETY: the host reads the path during the call only.
    receive(|data, len| unsafe { proxy_get_property(path.as_ptr(), path.len(), data, len) })
}

/// Sets a property of the stream; Envoy stores it as filter state `wasm.<name>`.
pub(super) fn set_property(name: &str, value: &str) -> Result<(), u32> {
    // SAFETY: the host copies name and value during the call.
    let status =
        unsafe { proxy_set_property(name.as_ptr(), name.len(), value.as_ptr(), value.len()) };
    if status == OK { Ok(()) } else { Err(status) }
}

/// All request headers, in the format of [`super::pairs`].
pub(super) fn request_headers() -> Bytes {
    header_map(REQUEST_HEADERS)
}

/// The value of a request header of which there is one at most.
pub(super) fn request_header(name: &str) -> Bytes {
    // SAFETY: the host reads the name during the call only; and see `receive`.
    receive(|data, len| unsafe {
        proxy_get_header_map_value(REQUEST_HEADERS, name.as_ptr(), name.len(), data, len)
    })
}

/// Adds a line to the request headers.
pub(super) fn add_request_header(name: &str, value: &str) -> Result<(), u32> {
    // SAFETY: the host copies name and value during the call.
    let status = unsafe {
        proxy_add_header_map_value(
            REQUEST_HEADERS,
            name.as_ptr(),
            name.len(),
            value.as_ptr(),
            value.len(),
        )
    };
    if status == OK { Ok(()) } else { Err(status) }
}

/// Puts one line in place of all request headers of that name.
pub(super) fn replace_request_header(name: &str, value: &str) -> Result<(), u32> {
    // SAFETY: the host copies name and value during the call.
    let status = unsafe {
        proxy_replace_header_map_value(
            REQUEST_HEADERS,
            name.as_ptr(),
            name.len(),
            value.as_ptr(),
            value.len(),
        )
    };
    if status == OK { Ok(()) } else { Err(status) }
}

/// Removes all request headers of that name.
pub(super) fn remove_request_header(name: &str) -> Result<(), u32> {
    // SAFETY: the host reads the name during the call only.
    let status =
        unsafe { proxy_remove_header_map_value(REQUEST_HEADERS, name.as_ptr(), name.len()) };
    if status == OK { Ok(()) } else { Err(status) }
}

/// All headers of the answer to a call, in the format of [`super::pairs`].
pub(super) fn call_headers() -> Bytes {
    header_map(CALL_HEADERS)
}

fn header_map(map: u32) -> Bytes {
    // SAFETY: see `receive`.
    receive(|data, len| unsafe { proxy_get_header_map_pairs(map, data, len) })
}

/// The body of the answer to a call, at most `most` bytes of it.
pub(super) fn call_body(most: usize) -> Bytes {
    buffer(CALL_BODY, most)
}

/// The plugin's configuration, at most `most` bytes of it.
pub(super) fn plugin_configuration(most: usize) -> Bytes {
    buffer(PLUGIN_CONFIGURATION, most)
}

fn buffer(buffer: u32, most: usize) -> Bytes {
    // SAFETY: see `receive`.
    receive(|data, len| unsafe { proxy_get_buffer_bytes(buffer, 0, most, data, len) })
}

/// The time since 1970; none if the host does not say.
pub(super) fn time() -> Option<Duration> {
    let mut nanoseconds = 0;
    // SAFETY: the host writes the time during the call.
    let status = unsafe { clock_time_get(REALTIME, 1, &raw mut nanoseconds) };
    (status == OK).then_some(Duration::from_nanos(nanoseconds))
}

/// A random number; none if the host has none to give.
pub(super) fn random() -> Option<u64> {
    let mut bytes = [0; 8];
    // SAFETY: the host writes that many bytes during the call.
    let status = unsafe { random_get(bytes.as_mut_ptr(), bytes.len()) };
    (status == OK).then_some(u64::from_le_bytes(bytes))
}

/// Has the host call the root context every so many milliseconds.
pub(super) fn set_tick_period(milliseconds: u32) -> Result<(), u32> {
    // SAFETY: takes a number only.
    let status = unsafe { proxy_set_tick_period_milliseconds(milliseconds) };
    if status == OK { Ok(()) } else { Err(status) }
}

/// What is shared under a key, and its version; none if nothing is, or the host does not say.
pub(super) fn shared_data(key: &str) -> Option<(Vec<u8>, u32)> {
    let mut cas = 0;
    let call = |data, len| {
        // SAFETY: see `receive`; the host writes the version during the call.
        unsafe { proxy_get_shared_data(key.as_ptr(), key.len(), data, len, &raw mut cas) }
    };
    let value = receive(call).ok()??;
    Some((value, cas))
}

/// Shares a value, if the version is still that one; 0 is any.
pub(super) fn set_shared_data(key: &str, value: &[u8], cas: u32) -> Result<(), u32> {
    // SAFETY: the host copies key and value during the call.
    let status =
        unsafe { proxy_set_shared_data(key.as_ptr(), key.len(), value.as_ptr(), value.len(), cas) };
    if status == OK { Ok(()) } else { Err(status) }
}

/// Answers the request in place of the upstream. `details` reach the access log only; `headers`
/// are in the format of [`super::pairs`].
pub(super) fn send_local_response(
    status: u16,
    details: &str,
    body: &str,
    headers: &[u8],
) -> Result<(), u32> {
    // SAFETY: the host copies every argument during the call.
    let status = unsafe {
        proxy_send_local_response(
            u32::from(status),
            details.as_ptr(),
            details.len(),
            body.as_ptr(),
            body.len(),
            headers.as_ptr(),
            headers.len(),
            NO_GRPC_STATUS,
        )
    };
    if status == OK { Ok(()) } else { Err(status) }
}

/// A counter of that name, or none if the host has none to give.
pub(super) fn counter(name: &str) -> Option<u32> {
    define(COUNTER, name)
}

/// A gauge of that name, or none if the host has none to give.
pub(super) fn gauge(name: &str) -> Option<u32> {
    define(GAUGE, name)
}

fn define(kind: u32, name: &str) -> Option<u32> {
    let mut id = 0;
    // SAFETY: the host reads the name and writes the id during the call.
    let status = unsafe { proxy_define_metric(kind, name.as_ptr(), name.len(), &raw mut id) };
    (status == OK).then_some(id)
}

/// Adds one to a counter. A metric that cannot be counted changes no verdict.
pub(super) fn increment(counter: u32) {
    // SAFETY: takes numbers only.
    let _status = unsafe { proxy_increment_metric(counter, 1) };
}

/// Sets a gauge.
pub(super) fn record(gauge: u32, value: u64) {
    // SAFETY: takes numbers only.
    let _status = unsafe { proxy_record_metric(gauge, value) };
}
