//! Small guests, written as a list of host calls per callback. What a call returns is logged: its bytes, or `!` and
//! the status.

use std::fmt::Write as _;

use heliast_wasm_tests::{Host, Module};

/// Imports, memory, a bump allocator, and `$report`: logs the bytes at (16, 20), or the status.
const PRELUDE: &str = include_str!("prelude.wat");

pub(crate) struct Guest {
    text: String,
    next_data: usize,
}

impl Guest {
    pub(crate) fn new() -> Self {
        Self {
            text: PRELUDE.to_owned(),
            next_data: 4096,
        }
    }

    /// Puts bytes into the guest's memory: their address and length.
    pub(crate) fn data(&mut self, bytes: impl AsRef<[u8]>) -> String {
        let bytes = bytes.as_ref();
        let at = self.next_data;
        self.next_data += bytes.len();
        let escaped: String = bytes.iter().map(|byte| format!("\\{byte:02x}")).collect();
        writeln!(self.text, "(data (i32.const {at}) \"{escaped}\")").unwrap();
        format!("(i32.const {at}) (i32.const {})", bytes.len())
    }

    /// Defines a callback that answers `result`, where it answers anything.
    pub(crate) fn on(mut self, callback: &str, result: u32, steps: &[String]) -> Self {
        let (params, answers) = signature(callback);
        let params = "i32 ".repeat(params);
        let steps = steps.join("\n  ");
        let (kind, value) = if answers {
            ("(result i32)", format!("(i32.const {result})"))
        } else {
            ("", String::new())
        };
        let head = format!("(func (export \"proxy_on_{callback}\") (param {params}) {kind}");
        writeln!(self.text, "{head}\n  {steps}\n  {value})").unwrap();
        self
    }

    /// Adds anything.
    pub(crate) fn raw(mut self, text: &str) -> Self {
        self.text.push_str(text);
        self
    }

    pub(crate) fn module(self) -> Module {
        Module::load(format!("{})", self.text)).unwrap()
    }

    pub(crate) fn log(&mut self, text: &str) -> String {
        format!("(drop (call $log (i32.const 2) {}))", self.data(text))
    }

    pub(crate) fn property(&mut self, path: &[&str]) -> String {
        let path = self.data(path.join("\0"));
        report(&format!(
            "(call $get_property {path} (i32.const 16) (i32.const 20))"
        ))
    }

    pub(crate) fn set_property(&mut self, path: &str, value: impl AsRef<[u8]>) -> String {
        let (path, value) = (self.data(path), self.data(value));
        report(&format!("(call $set_property {path} {value})"))
    }

    pub(crate) fn header(&mut self, map: u32, name: &str) -> String {
        let name = self.data(name);
        let map = format!("(i32.const {map})");
        report(&format!(
            "(call $get_header {map} {name} (i32.const 16) (i32.const 20))"
        ))
    }

    pub(crate) fn pairs(map: u32) -> String {
        report(&format!(
            "(call $get_pairs (i32.const {map}) (i32.const 16) (i32.const 20))"
        ))
    }

    pub(crate) fn add_header(&mut self, map: u32, name: &str, value: &str) -> String {
        let (name, value) = (self.data(name), self.data(value));
        report(&format!(
            "(call $add_header (i32.const {map}) {name} {value})"
        ))
    }

    pub(crate) fn buffer(kind: u32) -> String {
        let range = "(i32.const 0) (i32.const -1)";
        let call =
            format!("(call $get_buffer (i32.const {kind}) {range} (i32.const 16) (i32.const 20))");
        report(&call)
    }

    pub(crate) fn set_buffer(&mut self, kind: u32, start: u32, length: u32, data: &str) -> String {
        let data = self.data(data);
        let range = format!("(i32.const {start}) (i32.const {length})");
        report(&format!(
            "(call $set_buffer (i32.const {kind}) {range} {data})"
        ))
    }

    pub(crate) fn reply(
        &mut self,
        status: u32,
        details: &str,
        body: &str,
        headers: &[u8],
    ) -> String {
        let (details, body, headers) = (self.data(details), self.data(body), self.data(headers));
        let arguments = format!("(i32.const {status}) {details} {body} {headers} (i32.const -1)");
        report(&format!("(call $reply {arguments})"))
    }

    pub(crate) fn get_shared(&mut self, key: &str) -> String {
        let key = self.data(key);
        let call = format!("(call $get_shared {key} (i32.const 16) (i32.const 20) (i32.const 24))");
        report(&call)
    }

    pub(crate) fn set_shared(&mut self, key: &str, value: &str, cas: u32) -> String {
        let (key, value) = (self.data(key), self.data(value));
        report(&format!(
            "(call $set_shared {key} {value} (i32.const {cas}))"
        ))
    }

    /// Defines a counter and adds to it.
    pub(crate) fn count(&mut self, name: &str, by: i64) -> String {
        let name = self.data(name);
        format!(
            "(drop (call $define_metric (i32.const 0) {name} (i32.const 28)))\n  \
             (drop (call $increment_metric (i32.load (i32.const 28)) (i64.const {by})))"
        )
    }

    pub(crate) fn http_call(&mut self, cluster: &str, timeout: u32) -> String {
        let lines = [(":method", "GET"), (":path", "/b"), (":authority", "c")];
        let headers = heliast_wasm_tests::pairs::encode(&lines);
        let (cluster, headers) = (self.data(cluster), self.data(headers));
        let nothing = "(i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)";
        let rest = format!("{nothing} (i32.const {timeout}) (i32.const 24)");
        report(&format!("(call $http_call {cluster} {headers} {rest})"))
    }

    pub(crate) fn foreign(&mut self, name: &str, arguments: &str) -> String {
        let (name, arguments) = (self.data(name), self.data(arguments));
        report(&format!(
            "(call $foreign {name} {arguments} (i32.const 16) (i32.const 20))"
        ))
    }
}

/// Logs the outcome of a host call.
pub(crate) fn report(call: &str) -> String {
    format!("(call $report {call})")
}

pub(crate) fn tick_every(milliseconds: u32) -> String {
    report(&format!("(call $set_tick (i32.const {milliseconds}))"))
}

pub(crate) fn resume(kind: u32) -> String {
    report(&format!("(call $continue (i32.const {kind}))"))
}

pub(crate) fn close(kind: u32) -> String {
    report(&format!("(call $close (i32.const {kind}))"))
}

pub(crate) fn effective(id: u32) -> String {
    report(&format!("(call $effective (i32.const {id}))"))
}

pub(crate) fn trap() -> String {
    "unreachable".to_owned()
}

/// The messages since the last time.
pub(crate) fn said(host: &Host) -> Vec<String> {
    host.take_logs()
        .into_iter()
        .map(|line| line.message)
        .collect()
}

fn signature(callback: &str) -> (usize, bool) {
    match callback {
        "context_create" => (2, false),
        "vm_start" | "configure" | "request_trailers" | "response_trailers" => (2, true),
        "tick" | "log" | "delete" => (1, false),
        "done" | "new_connection" => (1, true),
        "request_headers" | "request_body" | "response_headers" | "response_body"
        | "downstream_data" | "upstream_data" => (3, true),
        "downstream_connection_close" | "upstream_connection_close" | "queue_ready" => (2, false),
        "http_call_response" => (5, false),
        _ => panic!("no signature for {callback}"),
    }
}
