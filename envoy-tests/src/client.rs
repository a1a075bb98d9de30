//! Clients that can be anybody: any source address, any certificate, any bytes.

mod dial;
mod raw;
mod session;
mod trust;

pub use dial::{Dial, Protocol, Stream};
pub use session::Session;

/// A request.
#[derive(Clone, Debug)]
pub struct Call {
    /// The method.
    pub method: String,
    /// `:authority`.
    pub host: String,
    /// `:path`, query and all.
    pub path: String,
    /// Names and values, in order; names may repeat, values are bytes.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The body.
    pub body: Vec<u8>,
}

/// A response.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// Names in lower case, and values.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Call {
    /// A request without headers and body.
    #[must_use]
    pub fn new(method: &str, host: &str, path: &str) -> Self {
        let (method, host, path) = (method.to_owned(), host.to_owned(), path.to_owned());
        Self {
            method,
            host,
            path,
            headers: Vec::new(),
            body: Vec::new(),
        }
    }

    /// A GET request.
    #[must_use]
    pub fn get(host: &str, path: &str) -> Self {
        Self::new("GET", host, path)
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl Into<Vec<u8>>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// Sets the body.
    #[must_use]
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }
}

impl Answer {
    /// The body as text.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The first value of a header.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&[u8]> {
        let mut headers = self.headers.iter();
        headers
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_slice())
    }
}
