//! The handle on an HTTP stream.

use std::cell::RefCell;
use std::fmt;
use std::rc::Rc;

use crate::abi::Action;
use crate::config::PluginConfig;
use crate::connection::Connection;
use crate::headers::Headers;
use crate::http::{Event, Http, Phase, Side};
use crate::lookup::{self, Scope};
use crate::properties::{Found, PropertyPath};
use crate::reply::{LocalReply, Response};
use crate::run::{Outcome, Run};
use crate::value::Value;
use crate::vm::Vm;

/// An HTTP stream in the filter chain of one worker. Dropping it is the client leaving.
pub struct Stream {
    http: Rc<RefCell<Http>>,
    vm: Rc<RefCell<Vm>>,
    config: Rc<PluginConfig>,
}

/// What the filter has let through to the upstream.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct UpstreamRequest {
    /// As the guest left them.
    pub headers: Headers,
    /// All of it so far.
    pub body: Vec<u8>,
    /// As the guest left them.
    pub trailers: Headers,
    /// Whether this is all.
    pub complete: bool,
}

impl Stream {
    pub(crate) fn new(
        http: Rc<RefCell<Http>>,
        vm: Rc<RefCell<Vm>>,
        config: Rc<PluginConfig>,
    ) -> Self {
        Self { http, vm, config }
    }

    /// The client's request headers, pseudo headers included.
    pub fn request_headers(&mut self, headers: impl Into<Headers>, end_of_stream: bool) -> Outcome {
        self.http.borrow_mut().request.headers = headers.into();
        self.hand(Side::Request, Event::Headers { end_of_stream })
    }

    /// A piece of the request body.
    pub fn request_body(&mut self, data: impl AsRef<[u8]>, end_of_stream: bool) -> Outcome {
        let data = data.as_ref().to_vec();
        self.hand(
            Side::Request,
            Event::Body {
                data,
                end_of_stream,
            },
        )
    }

    /// The request trailers; they end the request.
    pub fn request_trailers(&mut self, trailers: impl Into<Headers>) -> Outcome {
        self.http.borrow_mut().request.trailers = trailers.into();
        self.hand(Side::Request, Event::Trailers)
    }

    /// The upstream's response headers, with `:status`.
    pub fn response_headers(
        &mut self,
        headers: impl Into<Headers>,
        end_of_stream: bool,
    ) -> Outcome {
        if self.http.borrow().reply.is_none() {
            self.http.borrow_mut().response.headers = headers.into();
        }
        self.hand(Side::Response, Event::Headers { end_of_stream })
    }

    /// A piece of the response body. The end of the response ends the stream: done, log, delete.
    pub fn response_body(&mut self, data: impl AsRef<[u8]>, end_of_stream: bool) -> Outcome {
        let data = data.as_ref().to_vec();
        self.hand(
            Side::Response,
            Event::Body {
                data,
                end_of_stream,
            },
        )
    }

    /// The response trailers; they end the stream.
    pub fn response_trailers(&mut self, trailers: impl Into<Headers>) -> Outcome {
        self.http.borrow_mut().response.trailers = trailers.into();
        self.hand(Side::Response, Event::Trailers)
    }

    /// Ends the stream, as a client that leaves does; nothing if it has ended already.
    pub fn close(&mut self) -> Outcome {
        let runs = {
            let mut vm = self.vm.borrow_mut();
            vm.finish_http(&self.http);
            vm.take_runs()
        };
        self.outcome(false, runs)
    }

    fn hand(&self, side: Side, event: Event) -> Outcome {
        let (held, runs) = {
            let mut vm = self.vm.borrow_mut();
            let held = vm.http_event(&self.http, side, event);
            (held, vm.take_runs())
        };
        self.outcome(held, runs)
    }

    fn outcome(&self, held: bool, runs: Vec<Run>) -> Outcome {
        Outcome {
            action: self.action(),
            held,
            reply: self.reply(),
            runs,
        }
    }

    /// What holds for the stream now; a tick or an answered callout may have changed it.
    #[must_use]
    pub fn action(&self) -> Action {
        self.http.borrow().action()
    }

    /// The local reply, if there is one by now.
    #[must_use]
    pub fn reply(&self) -> Option<LocalReply> {
        self.http.borrow().reply.clone()
    }

    /// What has reached the upstream; `None` while the headers have not.
    #[must_use]
    pub fn upstream_request(&self) -> Option<UpstreamRequest> {
        let http = self.http.borrow();
        let request = &http.request;
        request.passed.headers.then(|| UpstreamRequest {
            headers: request.headers.clone(),
            body: request.passed.body.clone(),
            trailers: request.trailers.clone(),
            complete: request.passed.ended,
        })
    }

    /// What has reached the client; `None` while the headers have not.
    #[must_use]
    pub fn response(&self) -> Option<Response> {
        let http = self.http.borrow();
        let response = &http.response;
        response.passed.headers.then(|| Response {
            headers: response.headers.clone(),
            body: response.passed.body.clone(),
            trailers: response.trailers.clone(),
        })
    }

    /// Whether the stream is over: answered, closed, or its VM died.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        self.http.borrow().ended
    }

    /// Whether it was cut off rather than answered.
    #[must_use]
    pub fn was_reset(&self) -> bool {
        self.http.borrow().reset
    }

    /// The guest's id of it.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.http.borrow().id
    }

    /// Its connection.
    #[must_use]
    pub fn connection(&self) -> Connection {
        self.http.borrow().connection.clone()
    }

    /// Fills in a property of this stream alone: a route name, filter state, `request.time`, ...
    pub fn set_property(&mut self, path: impl Into<PropertyPath>, value: impl Into<Value>) {
        self.http.borrow_mut().properties.set(path, value);
    }

    /// The bytes under a property as an access log or a later filter sees them, in every phase and after the end.
    #[must_use]
    pub fn property(&self, path: impl Into<PropertyPath>) -> Option<Vec<u8>> {
        let path = path.into();
        let mut http = self.http.borrow_mut();
        let phase = std::mem::replace(&mut http.phase, Phase::Log);
        let found = lookup::property(&self.config, Scope::Http(&http), path.parts());
        http.phase = phase;
        match found {
            Found::Value(value) => value.encode().ok(),
            Found::Container | Found::Missing => None,
        }
    }

    /// The same as text, where it is UTF-8.
    #[must_use]
    pub fn property_text(&self, path: impl Into<PropertyPath>) -> Option<String> {
        String::from_utf8(self.property(path)?).ok()
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        if let Ok(mut vm) = self.vm.try_borrow_mut() {
            vm.finish_http(&self.http);
            vm.take_runs();
        }
    }
}

impl fmt::Debug for Stream {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let http = self.http.borrow();
        formatter
            .debug_struct("Stream")
            .field("id", &http.id)
            .field("action", &http.action())
            .field("reply", &http.reply)
            .field("ended", &http.ended)
            .finish_non_exhaustive()
    }
}
