//! Calls from a wasm filter to Envoy.

use std::fmt;

/// A call that the filter without the SDK makes ten times for each request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Call {
    /// Reads the id of the connection.
    Property,
    /// Reads the path.
    Header,
    /// Writes a property.
    Note,
    /// Counts.
    Counter,
}

impl Call {
    /// Each of them.
    pub(crate) const ALL: [Self; 4] = [Self::Property, Self::Header, Self::Note, Self::Counter];

    /// What the filter calls it in its configuration.
    pub(crate) fn key(self) -> &'static str {
        match self {
            Self::Property => "property",
            Self::Header => "header",
            Self::Note => "note",
            Self::Counter => "counter",
        }
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Property => "10 properties read",
            Self::Header => "10 headers read",
            Self::Note => "10 properties written",
            Self::Counter => "10 counts",
        })
    }
}
