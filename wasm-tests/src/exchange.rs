//! How a VM takes an HTTP stream through its callbacks.

use std::cell::RefCell;
use std::mem;
use std::rc::Rc;

use crate::connection::Connection;
use crate::http::{Event, Guarded, Http, Paused, Phase, Side};
use crate::reply::LocalReply;
use crate::state::Context;
use crate::vm::{Answer, Vm};

/// The body callback's answer that lets the body neither through nor into the buffer.
const STOP_WITHOUT_BUFFER: u32 = 3;

impl Vm {
    pub(crate) fn open_http(
        &mut self,
        root: u32,
        connection: Connection,
        guarded: Guarded,
    ) -> Rc<RefCell<Http>> {
        connection.number(|| self.process.borrow_mut().next_connection());
        let id = self.state_mut().map_or(0, |state| state.next_context());
        let http = Rc::new(RefCell::new(Http::new(id, root, connection, guarded)));
        if guarded == Guarded::ByGuest
            && let Some(state) = self.state_mut()
        {
            state.contexts.insert(id, Context::Http(Rc::clone(&http)));
        }
        http
    }

    /// Hands the guest an event. True if it has to wait, because an earlier callback paused.
    pub(crate) fn http_event(
        &mut self,
        http: &Rc<RefCell<Http>>,
        side: Side,
        event: Event,
    ) -> bool {
        let guarded = {
            let http = http.borrow();
            if http.ended {
                return false;
            }
            http.guarded
        };
        match guarded {
            Guarded::No => http.borrow_mut().pass_unseen(side, event),
            Guarded::ByFailure => http.borrow_mut().fail(),
            Guarded::ByGuest => {
                let mut stream = http.borrow_mut();
                let message = stream.side_mut(side);
                if matches!(
                    message.paused,
                    Some(Paused::Headers { .. } | Paused::Trailers)
                ) {
                    message.waiting.push_back(event);
                    return true;
                }
                drop(stream);
                self.show(http, side, event);
            }
        }
        false
    }

    fn show(&mut self, http: &Rc<RefCell<Http>>, side: Side, event: Event) {
        match event {
            Event::Headers { end_of_stream } => self.show_headers(http, side, end_of_stream),
            Event::Body {
                data,
                end_of_stream,
            } => self.show_body(http, side, data, end_of_stream),
            Event::Trailers => self.show_trailers(http, side),
        }
        let finished = side == Side::Response && http.borrow().response.passed.ended;
        if finished {
            self.finish_http(http);
        }
    }

    fn show_headers(&mut self, http: &Rc<RefCell<Http>>, side: Side, end_of_stream: bool) {
        self.create_http(http);
        let (id, count) = {
            let mut http = http.borrow_mut();
            if side == Side::Response {
                http.phase = Phase::Response;
            }
            let id = http.id;
            let message = http.side_mut(side);
            message.started = true;
            message.visible.headers = true;
            (id, count(message.headers.len()))
        };
        let callback = match side {
            Side::Request => "proxy_on_request_headers",
            Side::Response => "proxy_on_response_headers",
        };
        let answer = self.dispatch(id, callback, &[count, end_of_stream.into()]);
        self.apply(http, side, answer, Paused::Headers { end_of_stream });
    }

    /// Envoy creates the guest's context when the request headers are there.
    fn create_http(&mut self, http: &Rc<RefCell<Http>>) {
        let (created, id, root) = {
            let mut http = http.borrow_mut();
            (mem::replace(&mut http.created, true), http.id, http.root)
        };
        if !created {
            self.dispatch(id, "proxy_on_context_create", &[root]);
        }
    }

    fn show_body(
        &mut self,
        http: &Rc<RefCell<Http>>,
        side: Side,
        data: Vec<u8>,
        end_of_stream: bool,
    ) {
        let (id, length) = {
            let mut http = http.borrow_mut();
            let id = http.id;
            let message = http.side_mut(side);
            message.body.extend(data);
            message.visible.body = true;
            (id, count(message.body.len()))
        };
        let callback = match side {
            Side::Request => "proxy_on_request_body",
            Side::Response => "proxy_on_response_body",
        };
        let answer = self.dispatch(id, callback, &[length, end_of_stream.into()]);
        if matches!(
            answer,
            Answer::Value {
                value: STOP_WITHOUT_BUFFER,
                ..
            }
        ) {
            http.borrow_mut().side_mut(side).body.clear();
        }
        self.apply(http, side, answer, Paused::Body { end_of_stream });
    }

    fn show_trailers(&mut self, http: &Rc<RefCell<Http>>, side: Side) {
        let (id, count) = {
            let mut http = http.borrow_mut();
            let id = http.id;
            let message = http.side_mut(side);
            message.visible.trailers = true;
            (id, count(message.trailers.len()))
        };
        let callback = match side {
            Side::Request => "proxy_on_request_trailers",
            Side::Response => "proxy_on_response_trailers",
        };
        let answer = self.dispatch(id, callback, &[count]);
        self.apply(http, side, answer, Paused::Trailers);
    }

    /// What the filter chain makes of the callback's answer.
    fn apply(&mut self, http: &Rc<RefCell<Http>>, side: Side, answer: Answer, shown: Paused) {
        let mut http = http.borrow_mut();
        let replied = side == Side::Request && http.reply.is_some();
        if http.ended || replied || answer == Answer::Dead {
            return;
        }
        let message = http.side_mut(side);
        message.paused = Some(shown);
        if answer.continues() {
            match shown {
                Paused::Headers { .. } => message.visible.headers = false,
                Paused::Body { .. } => message.visible.body = false,
                Paused::Trailers => message.visible.trailers = false,
            }
            message.pass();
        }
    }

    pub(crate) fn resume_http(&mut self, id: u32, side: Side) {
        let Some(http) = self.http(id) else { return };
        http.borrow_mut().side_mut(side).pass();
        while let Some(event) = next_waiting(&http, side) {
            self.show(&http, side, event);
        }
        let finished = side == Side::Response && http.borrow().response.passed.ended;
        if finished {
            self.finish_http(&http);
        }
    }

    /// The first reply wins. It goes through the guest's own response callbacks, unless a response was already on
    /// its way, and it ends the stream.
    pub(crate) fn reply(&mut self, stream: &Rc<RefCell<Http>>, reply: LocalReply) {
        let response = {
            let mut http = stream.borrow_mut();
            if http.ended || http.reply.is_some() {
                return;
            }
            if http.response.passed.headers {
                http.reset = true;
                drop(http);
                return self.finish_http(stream);
            }
            let response = reply.response(http.is_grpc());
            http.reply = Some(reply);
            response
        };
        if stream.borrow().response.started {
            stream.borrow_mut().send(&response);
            return self.finish_http(stream);
        }
        let bodyless = response.body.is_empty();
        stream.borrow_mut().response.headers = response.headers;
        self.http_event(
            stream,
            Side::Response,
            Event::Headers {
                end_of_stream: bodyless,
            },
        );
        if !bodyless {
            let body = Event::Body {
                data: response.body,
                end_of_stream: true,
            };
            self.http_event(stream, Side::Response, body);
        }
    }

    pub(crate) fn reset_http(&mut self, id: u32) {
        if let Some(http) = self.http(id) {
            http.borrow_mut().reset = true;
            self.finish_http(&http);
        }
    }

    /// Done, log, delete; then the root, if it only waited for this stream.
    pub(crate) fn finish_http(&mut self, http: &Rc<RefCell<Http>>) {
        let (id, created) = {
            let mut http = http.borrow_mut();
            if mem::replace(&mut http.ended, true) || http.guarded != Guarded::ByGuest {
                return;
            }
            (http.id, http.created)
        };
        if created {
            self.dispatch(id, "proxy_on_done", &[]);
            http.borrow_mut().phase = Phase::Log;
            self.dispatch(id, "proxy_on_log", &[]);
            self.dispatch(id, "proxy_on_delete", &[]);
        }
        if let Some(state) = self.state_mut() {
            state.contexts.remove(&id);
        }
        self.collect_roots();
    }

    pub(crate) fn http(&self, id: u32) -> Option<Rc<RefCell<Http>>> {
        match self.state()?.contexts.get(&id)? {
            Context::Http(http) => Some(Rc::clone(http)),
            Context::Root(_) | Context::Network(_) => None,
        }
    }
}

fn next_waiting(http: &Rc<RefCell<Http>>, side: Side) -> Option<Event> {
    let mut http = http.borrow_mut();
    if http.ended {
        return None;
    }
    let message = http.side_mut(side);
    match message.paused {
        Some(Paused::Headers { .. } | Paused::Trailers) => None,
        Some(Paused::Body { .. }) | None => message.waiting.pop_front(),
    }
}

fn count(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}
