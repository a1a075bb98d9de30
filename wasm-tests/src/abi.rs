//! The numbers of the proxy-wasm 0.2.1 ABI, as types.

/// What a host call answers to the guest.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Status {
    /// The call did what it was asked.
    Ok,
    /// What was asked for does not exist, here or in this phase.
    NotFound,
    /// An argument names something that does not exist in this phase.
    BadArgument,
    /// The value exists but has no byte form.
    SerializationFailure,
    /// The argument could not be parsed.
    ParseFailure,
    /// A pointer of the guest is outside its memory.
    InvalidMemoryAccess,
    /// The queue is empty.
    Empty,
    /// Somebody else wrote the shared value in between.
    CasMismatch,
    /// The host could not do it.
    InternalFailure,
    /// The host does not know how.
    Unimplemented,
}

impl Status {
    /// The number that crosses the boundary.
    #[must_use]
    pub const fn code(self) -> u32 {
        match self {
            Self::Ok => 0,
            Self::NotFound => 1,
            Self::BadArgument => 2,
            Self::SerializationFailure => 3,
            Self::ParseFailure => 4,
            Self::InvalidMemoryAccess => 6,
            Self::Empty => 7,
            Self::CasMismatch => 8,
            Self::InternalFailure => 10,
            Self::Unimplemented => 12,
        }
    }
}

/// What a callback tells the proxy to do with the stream.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Action {
    /// Go on to the next filter.
    Continue,
    /// Stop here; also what Envoy makes of any callback that sent a local reply.
    Pause,
}

/// Severity of a log line.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum LogLevel {
    /// Every step.
    Trace,
    /// For developers.
    Debug,
    /// For operators, in normal running; also what the guest prints to standard output.
    Info,
    /// Something is odd.
    Warn,
    /// Something failed; also what the guest prints to standard error.
    Error,
    /// The plugin cannot work.
    Critical,
}

impl LogLevel {
    pub(crate) const fn code(self) -> u32 {
        match self {
            Self::Trace => 0,
            Self::Debug => 1,
            Self::Info => 2,
            Self::Warn => 3,
            Self::Error => 4,
            Self::Critical => 5,
        }
    }

    pub(crate) const fn from_code(code: u32) -> Option<Self> {
        Some(match code {
            0 => Self::Trace,
            1 => Self::Debug,
            2 => Self::Info,
            3 => Self::Warn,
            4 => Self::Error,
            5 => Self::Critical,
            _ => return None,
        })
    }
}

/// The kinds of statistics a guest may define.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum MetricKind {
    /// Only grows.
    Counter,
    /// Goes up and down.
    Gauge,
    /// Remembers every recorded value.
    Histogram,
}

impl MetricKind {
    pub(crate) const fn code(self) -> u32 {
        match self {
            Self::Counter => 0,
            Self::Gauge => 1,
            Self::Histogram => 2,
        }
    }

    pub(crate) const fn from_code(code: u32) -> Option<Self> {
        Some(match code {
            0 => Self::Counter,
            1 => Self::Gauge,
            2 => Self::Histogram,
            _ => return None,
        })
    }
}

/// Which half of which stream a call speaks of.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum StreamKind {
    Request,
    Response,
    Downstream,
    Upstream,
}

impl StreamKind {
    pub(crate) const fn from_code(code: u32) -> Option<Self> {
        Some(match code {
            0 => Self::Request,
            1 => Self::Response,
            2 => Self::Downstream,
            3 => Self::Upstream,
            _ => return None,
        })
    }
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum BufferKind {
    RequestBody,
    ResponseBody,
    DownstreamData,
    UpstreamData,
    CallResponseBody,
    GrpcMessage,
    VmConfiguration,
    PluginConfiguration,
    CallData,
}

impl BufferKind {
    pub(crate) const fn from_code(code: u32) -> Option<Self> {
        Some(match code {
            0 => Self::RequestBody,
            1 => Self::ResponseBody,
            2 => Self::DownstreamData,
            3 => Self::UpstreamData,
            4 => Self::CallResponseBody,
            5 => Self::GrpcMessage,
            6 => Self::VmConfiguration,
            7 => Self::PluginConfiguration,
            8 => Self::CallData,
            _ => return None,
        })
    }
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum MapKind {
    RequestHeaders,
    RequestTrailers,
    ResponseHeaders,
    ResponseTrailers,
    GrpcInitialMetadata,
    GrpcTrailingMetadata,
    CallResponseHeaders,
    CallResponseTrailers,
}

impl MapKind {
    pub(crate) const fn from_code(code: u32) -> Option<Self> {
        Some(match code {
            0 => Self::RequestHeaders,
            1 => Self::RequestTrailers,
            2 => Self::ResponseHeaders,
            3 => Self::ResponseTrailers,
            4 => Self::GrpcInitialMetadata,
            5 => Self::GrpcTrailingMetadata,
            6 => Self::CallResponseHeaders,
            7 => Self::CallResponseTrailers,
            _ => return None,
        })
    }
}

/// Who ended a connection.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Peer {
    /// Not known.
    Unknown,
    /// The proxy itself.
    Local,
    /// The other side.
    Remote,
}

impl Peer {
    pub(crate) const fn code(self) -> u32 {
        match self {
            Self::Unknown => 0,
            Self::Local => 1,
            Self::Remote => 2,
        }
    }
}
