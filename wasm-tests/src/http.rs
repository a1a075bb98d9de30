//! An HTTP stream, as the proxy holds it.

use std::collections::{BTreeMap, VecDeque};

use crate::abi::{Action, MapKind};
use crate::connection::Connection;
use crate::headers::Headers;
use crate::properties::Properties;
use crate::reply::{LocalReply, Response};

/// What the guest can see depends on this.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Phase {
    Request,
    Response,
    Log,
}

/// Whether a VM looks at the stream.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Guarded {
    /// A live VM does.
    ByGuest,
    /// The VM is dead; everything is answered with 503.
    ByFailure,
    /// Nobody: `FAIL_OPEN`, or the plugin failed to configure on this worker.
    No,
}

#[derive(Debug)]
pub(crate) struct Http {
    pub(crate) id: u32,
    pub(crate) root: u32,
    pub(crate) connection: Connection,
    pub(crate) guarded: Guarded,
    pub(crate) properties: Properties,
    /// What the guest set; gone with the stream.
    pub(crate) filter_state: BTreeMap<String, Vec<u8>>,
    pub(crate) phase: Phase,
    pub(crate) request: Message,
    pub(crate) response: Message,
    pub(crate) reply: Option<LocalReply>,
    pub(crate) created: bool,
    pub(crate) reset: bool,
    pub(crate) ended: bool,
}

/// One direction of a stream.
#[derive(Debug, Default)]
pub(crate) struct Message {
    pub(crate) started: bool,
    pub(crate) headers: Headers,
    pub(crate) trailers: Headers,
    /// The chunk, or all that was buffered, that the body callback sees.
    pub(crate) body: Vec<u8>,
    /// The pointers that Envoy's context holds; a map without its pointer is not readable.
    pub(crate) visible: Visible,
    /// The event whose callback paused.
    pub(crate) paused: Option<Paused>,
    /// Events behind a paused callback.
    pub(crate) waiting: VecDeque<Event>,
    /// What has left this filter.
    pub(crate) passed: Passed,
}

#[derive(Debug, Default)]
pub(crate) struct Visible {
    pub(crate) headers: bool,
    pub(crate) body: bool,
    pub(crate) trailers: bool,
}

#[derive(Debug, Default)]
pub(crate) struct Passed {
    pub(crate) headers: bool,
    pub(crate) body: Vec<u8>,
    pub(crate) ended: bool,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Paused {
    /// Nothing more comes through.
    Headers { end_of_stream: bool },
    /// The body collects.
    Body { end_of_stream: bool },
    /// Nothing more comes through.
    Trailers,
}

#[derive(Clone, Debug)]
pub(crate) enum Event {
    Headers { end_of_stream: bool },
    Body { data: Vec<u8>, end_of_stream: bool },
    Trailers,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Side {
    Request,
    Response,
}

impl Message {
    /// Lets through what the last callback saw.
    pub(crate) fn pass(&mut self) {
        match self.paused.take() {
            Some(Paused::Headers { end_of_stream }) => {
                self.passed.headers = true;
                self.passed.ended |= end_of_stream;
            }
            Some(Paused::Body { end_of_stream }) => {
                self.passed.body.append(&mut self.body);
                self.passed.ended |= end_of_stream;
            }
            Some(Paused::Trailers) => {
                // What the body callback had held goes out ahead of the trailers.
                self.passed.body.append(&mut self.body);
                self.passed.ended = true;
            }
            None => {}
        }
    }
}

impl Http {
    pub(crate) fn new(id: u32, root: u32, connection: Connection, guarded: Guarded) -> Self {
        Self {
            id,
            root,
            connection,
            guarded,
            properties: Properties::new(),
            filter_state: BTreeMap::new(),
            phase: Phase::Request,
            request: Message::default(),
            response: Message::default(),
            reply: None,
            created: false,
            reset: false,
            ended: false,
        }
    }

    pub(crate) fn side_mut(&mut self, side: Side) -> &mut Message {
        match side {
            Side::Request => &mut self.request,
            Side::Response => &mut self.response,
        }
    }

    /// The action that holds for the stream now.
    pub(crate) fn action(&self) -> Action {
        let request_waits = self.phase == Phase::Request && self.request.paused.is_some();
        if self.reply.is_some() || self.reset || request_waits || self.response.paused.is_some() {
            return Action::Pause;
        }
        Action::Continue
    }

    /// The map a guest may read now; in the log phase both header maps are back.
    pub(crate) fn map(&self, kind: MapKind) -> Option<&Headers> {
        let logging = self.phase == Phase::Log;
        let (visible, map) = match kind {
            MapKind::RequestHeaders => (
                logging || self.request.visible.headers,
                &self.request.headers,
            ),
            MapKind::RequestTrailers => (self.request.visible.trailers, &self.request.trailers),
            MapKind::ResponseHeaders => (
                logging || self.response.visible.headers,
                &self.response.headers,
            ),
            MapKind::ResponseTrailers => (
                logging || self.response.visible.trailers,
                &self.response.trailers,
            ),
            MapKind::GrpcInitialMetadata
            | MapKind::GrpcTrailingMetadata
            | MapKind::CallResponseHeaders
            | MapKind::CallResponseTrailers => return None,
        };
        visible.then_some(map)
    }

    /// The map a guest may change now; never in the log phase.
    pub(crate) fn map_mut(&mut self, kind: MapKind) -> Option<&mut Headers> {
        let (visible, map) = match kind {
            MapKind::RequestHeaders => (self.request.visible.headers, &mut self.request.headers),
            MapKind::RequestTrailers => (self.request.visible.trailers, &mut self.request.trailers),
            MapKind::ResponseHeaders => (self.response.visible.headers, &mut self.response.headers),
            MapKind::ResponseTrailers => {
                (self.response.visible.trailers, &mut self.response.trailers)
            }
            MapKind::GrpcInitialMetadata
            | MapKind::GrpcTrailingMetadata
            | MapKind::CallResponseHeaders
            | MapKind::CallResponseTrailers => return None,
        };
        visible.then_some(map)
    }

    /// Stores what `set_property` was given: where a network filter of this connection had set the key, over that.
    pub(crate) fn set_state(&mut self, key: String, value: &[u8]) {
        if self.connection.state(&key).is_some() {
            self.connection.set_state(&key, value);
        } else {
            self.filter_state.insert(key, value.to_vec());
        }
    }

    pub(crate) fn state(&self, key: &str) -> Option<Vec<u8>> {
        self.filter_state
            .get(key)
            .cloned()
            .or_else(|| self.connection.state(key))
    }

    /// What a dead VM means for a stream: 503, or a reset where the client already has the beginning of a response.
    pub(crate) fn fail(&mut self) {
        if self.ended {
            return;
        }
        self.ended = true;
        if self.response.passed.headers {
            self.reset = true;
            return;
        }
        if self.reply.is_none() {
            let reply = LocalReply::fail_stream();
            self.send(&reply.response(self.is_grpc()));
            self.reply = Some(reply);
        }
    }

    /// Puts a response on the wire without showing it to the guest.
    pub(crate) fn send(&mut self, response: &Response) {
        self.response.started = true;
        self.response.headers = response.headers.clone();
        self.response.passed = Passed {
            headers: true,
            body: response.body.clone(),
            ended: true,
        };
    }

    /// An event that no guest looks at.
    pub(crate) fn pass_unseen(&mut self, side: Side, event: Event) {
        let message = self.side_mut(side);
        message.started = true;
        match event {
            Event::Headers { end_of_stream } => {
                message.passed.headers = true;
                message.passed.ended |= end_of_stream;
            }
            Event::Body {
                data,
                end_of_stream,
            } => {
                message.passed.body.extend(data);
                message.passed.ended |= end_of_stream;
            }
            Event::Trailers => message.passed.ended = true,
        }
        if side == Side::Response {
            self.phase = Phase::Response;
            self.ended = self.response.passed.ended;
        }
    }

    pub(crate) fn is_grpc(&self) -> bool {
        let content_type = self.request.headers.get("content-type").unwrap_or_default();
        match content_type.strip_prefix(b"application/grpc") {
            Some([] | [b'+' | b';', ..]) => true,
            Some(_) | None => false,
        }
    }
}
