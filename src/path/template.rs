//! Path templates: paths with `{*}` for one segment and `{**}` for any number (istio.md 1.5).

use crate::case::Case;
#[cfg(feature = "compiled")]
use crate::reader::{Read, Reader};

/// A path with operators in place of some of its segments.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "compiler", derive(serde::Serialize))]
pub struct PathTemplate {
    text: String,
    /// What comes before `{**}`, or all of it: literal text, with one `{*}` between two pieces.
    pieces: Vec<String>,
    /// The literal text behind `{**}`, if there is one.
    rest: Option<String>,
}

#[cfg(feature = "compiled")]
impl Read for PathTemplate {
    fn read(from: &mut Reader<'_>) -> Self {
        Self {
            text: from.read(),
            pieces: from.read(),
            rest: from.read(),
        }
    }
}

/// Which bytes an operator stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// Those that Envoy's own templates take: what a URI may have in a segment, but for `*` and `=`.
    Envoy,
    /// Every byte, for `{*}` all but `/`: what the software behind may take for a segment.
    Any,
}

const ONE: &str = "{*}";
const MANY: &str = "{**}";

impl PathTemplate {
    /// Whether a path is meant as a template.
    #[must_use]
    pub fn is_one(text: &str) -> bool {
        text.contains(ONE) || text.contains(MANY)
    }

    /// Reads a template.
    ///
    /// # Errors
    ///
    /// Why it is none.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let inside = text
            .strip_prefix('/')
            .ok_or("a template must start with `/`")?;
        let inside = inside.strip_suffix('/').unwrap_or(inside);
        let mut many = false;
        for segment in inside.split('/') {
            match segment {
                ONE | MANY if many => return Err("`{**}` must be the last operator"),
                ONE => {}
                MANY => many = true,
                literal if literal.contains(['{', '}']) => {
                    return Err(
                        "`{*}` and `{**}` are whole segments, and other braces are not known",
                    );
                }
                literal if is_literal(literal) => {}
                _ => return Err("has a segment that no path of a template can have"),
            }
        }
        let (front, rest) = match text.split_once(MANY) {
            Some((front, rest)) => (front, Some(rest.to_owned())),
            None => (text, None),
        };
        Ok(Self {
            text: text.to_owned(),
            pieces: front.split(ONE).map(str::to_owned).collect(),
            rest,
        })
    }

    /// The template as its author wrote it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it takes a whole path. Takes time linear in the path: `{*}` ends at the next slash,
    /// and behind `{**}` there is only literal text.
    #[must_use]
    pub fn matches(&self, path: &[u8], class: Class) -> bool {
        let pieces = self.pieces.iter().map(String::as_bytes);
        let rest = self.rest.as_deref().map(str::as_bytes);
        takes(pieces, rest, path, class, Case::Counts)
    }

    /// Its literal text, with this done to each part of it.
    pub(super) fn literals(&self, read: impl Fn(&[u8]) -> Vec<u8>) -> Literals {
        let pieces = self.pieces.iter().map(|piece| read(piece.as_bytes()));
        Literals {
            pieces: pieces.collect(),
            rest: self.rest.as_ref().map(|rest| read(rest.as_bytes())),
        }
    }
}

/// The literal text of a template, in one reading of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Literals {
    pieces: Vec<Vec<u8>>,
    rest: Option<Vec<u8>>,
}

impl Literals {
    /// Whether the template takes a reading of a path, where operators stand for any byte.
    pub(super) fn take(&self, reading: &[u8], case: Case) -> bool {
        let pieces = self.pieces.iter().map(Vec::as_slice);
        takes(pieces, self.rest.as_deref(), reading, Class::Any, case)
    }
}

fn takes<'p>(
    pieces: impl Iterator<Item = &'p [u8]>,
    rest: Option<&[u8]>,
    path: &[u8],
    class: Class,
    case: Case,
) -> bool {
    let mut left = path;
    for (position, piece) in pieces.enumerate() {
        if position > 0 {
            let end = left.iter().position(|byte| *byte == b'/');
            let (segment, after) = left.split_at(end.unwrap_or(left.len()));
            if segment.is_empty() || !segment.iter().all(|byte| class.takes(*byte)) {
                return false;
            }
            left = after;
        }
        let Some(after) = case.behind(piece, left) else {
            return false;
        };
        left = after;
    }
    let Some(rest) = rest else {
        return left.is_empty();
    };
    case.before(rest, left)
        .is_some_and(|many| many.iter().all(|byte| *byte == b'/' || class.takes(*byte)))
}

impl Class {
    fn takes(self, byte: u8) -> bool {
        match self {
            Self::Envoy => byte.is_ascii_alphanumeric() || b"-._~%!$&'()+,;:@".contains(&byte),
            Self::Any => true,
        }
    }
}

/// What Istio takes as literal text of a segment.
fn is_literal(segment: &str) -> bool {
    let is_known = |byte: u8| byte == b'=' || Class::Envoy.takes(byte);
    !segment.is_empty() && segment.bytes().all(is_known)
}

#[cfg(test)]
mod tests {
    use super::{Class, PathTemplate};

    #[track_caller]
    fn check(template: &str, path: &str, envoy: bool, any: bool) {
        let parsed = PathTemplate::parse(template).unwrap();
        assert_eq!(
            parsed.matches(path.as_bytes(), Class::Envoy),
            envoy,
            "{template} {path}"
        );
        assert_eq!(
            parsed.matches(path.as_bytes(), Class::Any),
            any,
            "{template} {path}, any"
        );
    }

    #[test]
    fn the_truth_table_of_istio() {
        for (template, path, expected) in [
            ("/allow/admin/{**}", "/allow/admin/", true),
            ("/allow/admin/{**}", "/allow/admin", false),
            ("/allow/admin/{**}", "/allow/admin/a/b.txt", true),
            ("/foo/{*}/bar/{**}", "/foo/buzz/bar/x", true),
            ("/foo/{*}/bar/{**}", "/foo/buzz/bar/", true),
            ("/foo/{*}/bar/{**}", "/foo//bar/x", false),
            ("/foo/{*}/bar/{**}", "/foo/bar/x", false),
            ("/foo/{*}/bar/{**}", "/foo/a/b/bar/x", false),
            ("/store/{**}/cart", "/store//cart", true),
            ("/store/{**}/cart", "/store/a/b/cart", true),
            ("/store/{**}/cart", "/store/cart", false),
            ("/store/{**}/cart", "/store/a/cart/", false),
            ("/{*}", "/a", true),
            ("/{*}", "/", false),
            ("/{*}", "/a/", false),
            ("/{*}/", "/a/", true),
            ("/{*}/{*}", "/a/b", true),
            ("/{*}/{*}", "/a/b/c", false),
            ("/{**}", "/", true),
            ("/a=b/{*}", "/a=b/c", true),
        ] {
            check(template, path, expected, expected);
        }
    }

    #[test]
    fn bytes_outside_the_class_of_envoy() {
        for path in ["/x/a=b", "/x/a*b", "/x/a[b", "/x/a|b", "/x/\u{e9}"] {
            check("/x/{*}", path, false, true);
            check("/x/{**}", path, false, true);
        }
        check("/x/{*}", "/x/a%20b!$&'()+,;:@~-._", true, true);
    }

    #[test]
    fn what_is_no_template_is_refused() {
        for text in [
            "{*}",
            "a/{*}",
            "/{**}/{*}",
            "/{**}/{**}",
            "/{*}a",
            "/a{*}",
            "/{***}",
            "/{}",
            "/{a}/{*}",
            "/*/{*}",
            "//{*}",
            "/a//{*}",
            "/a b/{*}",
            "/a?b/{*}",
            "/{*}/{",
            "/{*}/\u{e9}",
        ] {
            assert!(PathTemplate::parse(text).is_err(), "{text}");
        }
        assert!(!PathTemplate::is_one("/a/*") && PathTemplate::is_one("/a/{*}"));
    }
}
