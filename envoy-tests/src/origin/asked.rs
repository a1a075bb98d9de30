//! What an origin was asked.

use std::time::Duration;

use tokio::time::Instant;

/// A request for a bundle.
#[derive(Clone, Debug)]
pub struct Asked {
    /// When its head was complete.
    pub at: Instant,
    /// The method.
    pub method: String,
    /// The path, query and all.
    pub path: String,
    /// Names in lower case, and values.
    pub headers: Vec<(String, String)>,
}

impl Asked {
    /// The first value of a header.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        headers
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// The revisions that the client says it has.
    pub(super) fn known(&self) -> impl Iterator<Item = &str> {
        let list = self.header("if-none-match").unwrap_or_default();
        list.split(',')
            .map(|tag| tag.trim().trim_start_matches("W/").trim_matches('"'))
            .filter(|tag| !tag.is_empty())
    }

    /// Whether a list header names this.
    pub(super) fn accepts(&self, header: &str, what: &str) -> bool {
        let list = self.header(header).unwrap_or_default();
        list.split(',')
            .any(|one| one.split(';').next().unwrap_or_default().trim() == what)
    }

    /// How long the client is willing to wait for news; not at all unless it has something.
    pub(super) fn wait(&self) -> Duration {
        let query = self.path.split_once('?').map_or("", |(_, query)| query);
        let wait = query.split('&').find_map(|pair| pair.strip_prefix("wait="));
        let wait = wait.filter(|_| self.header("if-none-match").is_some());
        wait.and_then(duration).unwrap_or_default()
    }
}

/// A whole number with `ms` or `s`.
fn duration(text: &str) -> Option<Duration> {
    match text.strip_suffix("ms") {
        Some(number) => number.parse().ok().map(Duration::from_millis),
        None => text
            .strip_suffix('s')?
            .parse()
            .ok()
            .map(Duration::from_secs),
    }
}
