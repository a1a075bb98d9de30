//! Calls to the host that the filter makes ten times for each request, if it is configured to: what
//! they add is what ten of them cost.

#![allow(
    unsafe_code,
    reason = "foreign functions of the proxy-wasm ABI; nothing else is unsafe"
)]

use std::cell::Cell;
use std::ptr;

/// How often a call is made for a request.
const TIMES: usize = 10;
/// The map of request headers.
const REQUEST_HEADERS: u32 = 0;
/// The buffer that holds the plugin's configuration.
const PLUGIN_CONFIGURATION: u32 = 7;
/// The kind of metric that only grows.
const COUNTER: u32 = 0;

const PROPERTY: &str = "connection_id";
const HEADER: &str = ":path";
const NOTE: &str = "bench_note";
const METRIC: &str = "bench_count";
const VALUE: &str = "allow";

#[link(wasm_import_module = "env")]
unsafe extern "C" {
    fn proxy_get_buffer_bytes(
        buffer: u32,
        start: usize,
        max: usize,
        data: *mut *mut u8,
        len: *mut usize,
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
    fn proxy_define_metric(kind: u32, name: *const u8, name_len: usize, id: *mut u32) -> u32;
    fn proxy_increment_metric(id: u32, by: i64) -> u32;
}

#[derive(Debug, Clone, Copy)]
enum Call {
    /// None.
    None,
    /// Reads the id of the connection.
    Property,
    /// Reads the path.
    Header,
    /// Writes a property, as heliast writes its verdict.
    Note,
    /// Counts.
    Counter(u32),
}

thread_local! {
    static CALL: Cell<Call> = const { Cell::new(Call::None) };
}

/// Reads which call is to be made; its name is all of the configuration.
pub(crate) fn configure(size: usize) {
    let mut name = Bytes::default();
    // SAFETY: the host fills in a place and a length, or leaves both.
    unsafe {
        proxy_get_buffer_bytes(
            PLUGIN_CONFIGURATION,
            0,
            size,
            &raw mut name.data,
            &raw mut name.len,
        );
    }
    let call = match name.take().as_slice() {
        b"property" => Call::Property,
        b"header" => Call::Header,
        b"note" => Call::Note,
        b"counter" => Call::Counter(metric()),
        _ => Call::None,
    };
    CALL.set(call);
}

/// Makes the call.
pub(crate) fn make() {
    let call = CALL.get();
    for _ in 0..TIMES {
        match call {
            Call::None => return,
            Call::Property => {
                let mut bytes = Bytes::default();
                let (data, len) = (&raw mut bytes.data, &raw mut bytes.len);
                // SAFETY: as in `configure`; the name is there for the time of the call.
                unsafe { proxy_get_property(PROPERTY.as_ptr(), PROPERTY.len(), data, len) };
                drop(bytes.take());
            }
            Call::Header => {
                let mut bytes = Bytes::default();
                let (data, len) = (&raw mut bytes.data, &raw mut bytes.len);
                let (name, name_len) = (HEADER.as_ptr(), HEADER.len());
                // SAFETY: as above.
                unsafe { proxy_get_header_map_value(REQUEST_HEADERS, name, name_len, data, len) };
                drop(bytes.take());
            }
            // SAFETY: name and value are there for the time of the call.
            Call::Note => unsafe {
                proxy_set_property(NOTE.as_ptr(), NOTE.len(), VALUE.as_ptr(), VALUE.len());
            },
            // SAFETY: no memory is handed over.
            Call::Counter(metric) => unsafe {
                proxy_increment_metric(metric, 1);
            },
        }
    }
}

fn metric() -> u32 {
    let mut id = 0;
    // SAFETY: the name is there for the time of the call, in which the host writes the id.
    unsafe { proxy_define_metric(COUNTER, METRIC.as_ptr(), METRIC.len(), &raw mut id) };
    id
}

/// Bytes from the host.
struct Bytes {
    data: *mut u8,
    len: usize,
}

impl Default for Bytes {
    fn default() -> Self {
        Self {
            data: ptr::null_mut(),
            len: 0,
        }
    }
}

impl Bytes {
    fn take(self) -> Vec<u8> {
        if self.data.is_null() {
            return Vec::new();
        }
        // SAFETY: the host got this memory from `proxy_on_memory_allocate`, which makes a vector of
        // this capacity, and has filled it.
        unsafe { Vec::from_raw_parts(self.data, self.len, self.len) }
    }
}
