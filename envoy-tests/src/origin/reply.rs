//! What an origin does once it has read a request, step by step.

use std::time::Duration;

use bytes::Bytes;

use super::response::Response;

/// One thing after the other; then the connection goes on, or is closed.
#[derive(Clone, Debug)]
pub struct Reply {
    pub(super) steps: Vec<Step>,
    pub(super) keeps: bool,
}

#[derive(Clone, Debug)]
pub(super) enum Step {
    /// These bytes.
    Send(Bytes),
    /// Nothing for so long.
    Rest(Duration),
    /// These bytes again and again, with a pause after each.
    Forever(Bytes, Duration),
    /// Nothing until the client leaves.
    Wait,
    /// Nothing until the origin is told something else, which is then what it answers.
    Hold,
    /// The connection is torn down, not closed.
    Reset,
}

impl Reply {
    /// This status, and a sentence.
    #[must_use]
    pub fn status(status: u16) -> Self {
        Response::new(status)
            .header("content-type", "text/plain")
            .body(format!("the origin was told to answer {status}\n"))
            .reply()
    }

    /// Not modified, whatever was asked.
    #[must_use]
    pub fn not_modified() -> Self {
        Self::keeping(Bytes::from_static(
            b"HTTP/1.1 304 Not Modified\r\netag: \"none\"\r\n\r\n",
        ))
    }

    /// No content.
    #[must_use]
    pub fn no_content() -> Self {
        Self::keeping(Bytes::from_static(b"HTTP/1.1 204 No Content\r\n\r\n"))
    }

    /// Another place, by `302 Found`.
    #[must_use]
    pub fn redirect(location: &str) -> Self {
        Response::new(302).header("location", location).reply()
    }

    /// No answer at all, and no end of the connection.
    #[must_use]
    pub fn nothing() -> Self {
        Self::ending([Step::Wait])
    }

    /// The connection is torn down at once.
    #[must_use]
    pub fn reset() -> Self {
        Self::ending([Step::Reset])
    }

    /// The connection is closed at once.
    #[must_use]
    pub fn close() -> Self {
        Self::ending([])
    }

    /// These bytes, HTTP or not, and the connection is closed.
    #[must_use]
    pub fn bytes(bytes: impl Into<Bytes>) -> Self {
        Self::ending([Step::Send(bytes.into())])
    }

    /// A long poll that lasts until the origin is told something else.
    #[must_use]
    pub fn hold() -> Self {
        Self::ending([Step::Hold])
    }

    /// The same after a while.
    #[must_use]
    pub fn after(mut self, delay: Duration) -> Self {
        self.steps.insert(0, Step::Rest(delay));
        self
    }

    pub(super) fn keeping(bytes: Bytes) -> Self {
        Self {
            steps: vec![Step::Send(bytes)],
            keeps: true,
        }
    }

    pub(super) fn ending(steps: impl IntoIterator<Item = Step>) -> Self {
        Self {
            steps: steps.into_iter().collect(),
            keeps: false,
        }
    }

    pub(super) fn holds(&self) -> bool {
        self.steps.iter().any(|step| matches!(step, Step::Hold))
    }
}
