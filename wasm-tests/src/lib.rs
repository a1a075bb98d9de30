//! A proxy-wasm host on wasmtime that behaves like Envoy 1.40, for the tests of proxy-wasm filters.
//!
//! It is a fake, not a mock: it holds state, answers host calls from it, and records what the filter did. A test says
//! what the proxy meets and asserts what came of it, never which host calls were made in which order. The quirks of
//! Envoy that filters trip over are here: header maps that are gone in the next phase, the getter that shows one line
//! of a repeated header, local replies deferred to the end of the callback, `source.address` taken from
//! `x-forwarded-for`, CAS ignored for a missing key, a trap that kills every stream of its VM, a worker that failed to
//! configure and lets requests past. It knows nothing of what a filter decides.
//!
//! ```
//! use heliast_wasm_tests::{Action, Connection, Host, Module, PluginConfig};
//!
//! // A filter that refuses everything, with its own reason; yours comes from `Module::load_file`.
//! let filter = r#"(module
//!   (import "env" "proxy_send_local_response"
//!     (func $reply (param i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
//!   (memory (export "memory") 1)
//!   (data (i32.const 0) "rbac_access_denied")
//!   (func (export "proxy_abi_version_0_2_1"))
//!   (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
//!     (drop (call $reply (i32.const 403) (i32.const 0) (i32.const 18) (i32.const 0) (i32.const 0)
//!                        (i32.const 0) (i32.const 0) (i32.const -1)))
//!     (i32.const 1)))"#;
//! let module = Module::load(filter)?;
//!
//! // A process, and a plugin on its canary, its main thread and its one worker.
//! let host = Host::new(&module);
//! let config = PluginConfig::new(r#"{"direction": "Ingress"}"#)
//!     .node_metadata(serde_json::json!({"NAMESPACE": "default"}));
//! let plugin = host.configure(config)?;
//!
//! // A connection with a client certificate, and a request on it.
//! let peer = "spiffe://cluster.local/ns/default/sa/customer";
//! let connection = Connection::mtls("10.0.0.1:40000", "10.0.0.2:8080", peer)
//!     .filter_state("heliast.peer_address", "10.0.0.1");
//! let mut stream = plugin.worker(0).open_stream(&connection);
//! let outcome = stream.request_headers([(":method", "GET"), (":path", "/")], true);
//!
//! assert_eq!(outcome.action, Action::Pause);
//! let reply = outcome.reply.as_ref().expect("a reply");
//! assert_eq!((reply.status, reply.details.as_str()), (403, "rbac_access_denied"));
//! assert_eq!(stream.response().and_then(|response| response.status()), Some(403));
//! assert_eq!(stream.property_text("wasm.verdict"), None);
//!
//! // What it cost: guest instructions and host calls, the same in every run.
//! assert_eq!(outcome.calls().total(), 1);
//! assert!(outcome.fuel() < 100);
//! # Ok::<(), heliast_wasm_tests::HostError>(())
//! ```
//!
//! | to | see |
//! |---|---|
//! | load a module, once for all tests | [`Module`] |
//! | push configurations, move the clock, read log, statistics and shared data, answer callouts | [`Host`] |
//! | pick a thread, tick it, see whether its VM is dead or bypassed | [`Plugin`], [`Worker`] |
//! | describe the peer | [`Connection`], [`Properties`], [`Value`] |
//! | take an HTTP stream through its events | [`Stream`], [`Outcome`] |
//! | take a TCP connection through its events | [`TcpStream`] |
//! | hold a budget of fuel, host calls or memory | [`Run`], [`HostCalls`] |
//!
//! # What differs from Envoy
//!
//! - gRPC calls always answer `InternalFailure`; foreign functions exist only where the test registers them.
//! - An import that Envoy does not link traps when it is called, with its name, instead of failing the load;
//!   [`Module::unknown_imports`] lists them.
//! - Reading a buffer from beyond its end is a `BadArgument`; in Envoy it is undefined.
//! - Property maps are serialised in the order of their keys; in Envoy the order differs between processes.
//! - Bodies are never too large to buffer, and there is no retry, redirect or real network.
//! - Everything runs in one thread, in the order of the test's calls: threads are simulated, interleavings chosen.

mod abi;
mod callouts;
mod config;
mod connection;
mod error;
mod exchange;
mod guest;
mod headers;
mod host;
mod http;
mod imports;
mod lookup;
mod metrics;
mod module;
mod network;
pub mod pairs;
mod plugin;
mod process;
mod properties;
mod reply;
mod root;
mod run;
mod schedule;
mod shared_data;
mod state;
mod stream;
mod tcp;
mod transport;
mod value;
mod vm;

pub use abi::{Action, LogLevel, MetricKind, Peer, Status};
pub use callouts::{CallResponse, CallResult, Cluster, PendingCall};
pub use config::{
    CALL_BODY_LIMIT, FUEL_PER_CALLBACK, FailurePolicy, HostOptions, MEMORY_PER_VM, PluginConfig,
    START_OF_TIME,
};
pub use connection::Connection;
pub use error::HostError;
pub use headers::Headers;
pub use host::Host;
pub use metrics::Metric;
pub use module::Module;
pub use plugin::{Plugin, Worker};
pub use process::LogLine;
pub use properties::{Properties, PropertyPath};
pub use reply::{FAIL_STREAM_DETAILS, LocalReply, Response};
pub use run::{HostCalls, Outcome, Run, VmRole, total_calls};
pub use stream::{Stream, UpstreamRequest};
pub use tcp::TcpStream;
pub use value::Value;
