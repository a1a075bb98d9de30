//! What a client has already, and in which forms it takes an answer.

use axum::http::header::{ACCEPT, ACCEPT_ENCODING, HeaderMap, HeaderName, IF_NONE_MATCH};
use heliast::bundle::{DELTA_MEDIA_TYPE, Revision};
use heliast::compiled::MEDIA_TYPE;

/// What a client has, and takes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Client {
    /// The revisions that it has.
    pub(super) has: Vec<Revision>,
    /// Whether it has some revision, whichever (`If-None-Match: *`).
    pub(super) has_any: bool,
    /// Whether it takes a delta.
    pub(super) takes_delta: bool,
    /// Whether it takes a compiled program, and so nothing else.
    pub(super) takes_program: bool,
    /// Whether it takes gzip.
    pub(super) takes_gzip: bool,
}

impl Client {
    /// Reads the headers of a request. Tags that are no revisions of ours match nothing.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let tags: Vec<&str> = items(headers, &IF_NONE_MATCH).collect();
        let takes =
            |name: &HeaderName, value: &str| items(headers, name).any(|item| accepts(item, value));
        Self {
            has: tags.iter().filter_map(|tag| revision(tag)).collect(),
            has_any: tags.contains(&"*"),
            takes_delta: takes(&ACCEPT, DELTA_MEDIA_TYPE),
            takes_program: takes(&ACCEPT, MEDIA_TYPE),
            takes_gzip: takes(&ACCEPT_ENCODING, "gzip"),
        }
    }

    /// Whether it has this revision.
    pub(super) fn is_current(&self, revision: Revision) -> bool {
        self.has_any || self.has.contains(&revision)
    }
}

/// The items of a list header, over all its lines.
fn items<'h>(headers: &'h HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'h str> {
    let lines = headers.get_all(name).into_iter();
    let texts = lines.filter_map(|line| line.to_str().ok());
    texts.flat_map(|text| text.split(',').map(str::trim))
}

/// The revision in an entity tag. Caches on the way may have made it a weak one.
fn revision(tag: &str) -> Option<Revision> {
    let tag = tag.strip_prefix("W/").unwrap_or(tag);
    let tag = tag.strip_prefix('"')?.strip_suffix('"')?;
    tag.parse().ok()
}

/// Whether an item of an accept header names a value and does not rule it out (`q=0`).
fn accepts(item: &str, value: &str) -> bool {
    let mut parts = item.split(';').map(str::trim);
    let is_named = parts
        .next()
        .is_some_and(|name| name.eq_ignore_ascii_case(value));
    let is_zero = |part: &str| {
        let quality = part.strip_prefix("q=").or(part.strip_prefix("Q="));
        quality.is_some_and(|quality| quality.parse::<f32>().is_ok_and(|quality| quality <= 0.0))
    };
    is_named && !parts.any(is_zero)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn client(headers: &[(HeaderName, &str)]) -> Client {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(name, HeaderValue::from_str(value).unwrap());
        }
        Client::of(&map)
    }

    #[test]
    fn tags_are_strong_or_weak_in_lists_over_several_lines() {
        let (one, two) = ("0".repeat(64), "1".repeat(64));
        let client = client(&[
            (IF_NONE_MATCH, &format!("\"abc\", W/\"{one}\"")),
            (IF_NONE_MATCH, &format!("\"{two}\"")),
        ]);
        assert_eq!(client.has, [one.parse().unwrap(), two.parse().unwrap()]);
        assert!(!client.has_any);
    }

    #[test]
    fn what_is_no_tag_matches_nothing() {
        let bare = "0".repeat(64);
        for wrong in [bare.as_str(), "", "\"", "W/", "\"\"", "**"] {
            assert_eq!(client(&[(IF_NONE_MATCH, wrong)]), Client::default());
        }
        assert!(client(&[(IF_NONE_MATCH, "*")]).has_any);
    }

    #[test]
    fn forms_are_taken_unless_ruled_out() {
        let takes = |accept: &str, encoding: &str| {
            let client = client(&[(ACCEPT, accept), (ACCEPT_ENCODING, encoding)]);
            (client.takes_delta, client.takes_gzip)
        };
        let delta = DELTA_MEDIA_TYPE;
        assert_eq!(
            takes(&format!("{delta}, application/json"), "gzip"),
            (true, true)
        );
        assert_eq!(takes(&format!("{delta};q=0"), "gzip;q=0"), (false, false));
        assert_eq!(takes(&format!("{delta} ; q=0.5"), "br, GZIP"), (true, true));
        assert_eq!(takes("application/json", "identity"), (false, false));
        assert_eq!(takes("*/*", "*"), (false, false));
    }
}
