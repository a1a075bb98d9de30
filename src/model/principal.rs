//! What the name of a verified principal must be (istio.md 1.4).

#[cfg(feature = "compiled")]
use crate::reader::{Read, Reader};
use crate::spiffe::SpiffeId;
use crate::substring;
use crate::terms::Glob;
use std::fmt;

/// What the certificate of a peer must, and must not, say.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "compiler", derive(serde::Serialize))]
pub struct PrincipalClause {
    /// One of these; empty asks nothing.
    pub any: Vec<PrincipalPattern>,
    /// None of these.
    pub none: Vec<PrincipalPattern>,
}

#[cfg(feature = "compiled")]
impl Read for PrincipalClause {
    fn read(from: &mut Reader<'_>) -> Self {
        Self {
            any: from.read(),
            none: from.read(),
        }
    }
}

/// A pattern of SPIFFE ids.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "compiler", derive(serde::Serialize))]
pub enum PrincipalPattern {
    /// Every verified principal.
    Any,
    /// The id without its scheme is this text.
    Exact(String),
    /// The id without its scheme starts with this text.
    Prefix(String),
    /// The id without its scheme ends with this text.
    Suffix(String),
    /// Its namespace, where `*` is any text.
    Namespace(String),
    /// Its namespace and service account.
    ServiceAccount {
        /// The namespace.
        namespace: String,
        /// The service account.
        name: String,
    },
    /// Its trust domain, where `*` is any text.
    TrustDomain(String),
    /// `/ns/`, this text and `/` are somewhere in the whole id, where `*` is any text, slashes
    /// too: what Istio's code makes of a namespace.
    NamespaceAcrossSlashes(String),
}

#[cfg(feature = "compiled")]
impl Read for PrincipalPattern {
    fn read(from: &mut Reader<'_>) -> Self {
        match from.variant() {
            0 => Self::Any,
            1 => Self::Exact(from.read()),
            2 => Self::Prefix(from.read()),
            3 => Self::Suffix(from.read()),
            4 => Self::Namespace(from.read()),
            5 => Self::ServiceAccount {
                namespace: from.read(),
                name: from.read(),
            },
            6 => Self::TrustDomain(from.read()),
            7 => Self::NamespaceAcrossSlashes(from.read()),
            _ => from.refuse(Self::Any),
        }
    }
}

impl PrincipalClause {
    /// Whether a principal, or the want of one, meets the clause.
    #[must_use]
    pub fn holds(&self, id: Option<&SpiffeId>) -> bool {
        let is_one = |patterns: &[PrincipalPattern]| {
            id.is_some_and(|id| patterns.iter().any(|one| one.matches(id)))
        };
        (self.any.is_empty() || is_one(&self.any)) && !is_one(&self.none)
    }
}

impl PrincipalPattern {
    /// A pattern of whole ids, without their scheme, as Istio writes it: `*` may stand at one end
    /// (istio.md 1.3).
    #[must_use]
    pub fn parse(text: &str) -> Self {
        match Glob::parse(text) {
            Glob::Present => Self::Any,
            Glob::Exact(text) => Self::Exact(text),
            Glob::Prefix(text) => Self::Prefix(text),
            Glob::Suffix(text) => Self::Suffix(text),
        }
    }

    /// Whether the id is one of those.
    #[must_use]
    pub fn matches(&self, id: &SpiffeId) -> bool {
        let text = || {
            let id = id.to_string();
            id.strip_prefix("spiffe://")
                .map(str::to_owned)
                .unwrap_or(id)
        };
        match self {
            Self::Any => true,
            Self::Exact(wanted) => text() == *wanted,
            Self::Prefix(start) => text().starts_with(start),
            Self::Suffix(end) => text().ends_with(end),
            Self::Namespace(glob) => is_like(&id.namespace, glob),
            Self::ServiceAccount { namespace, name } => {
                id.namespace == *namespace && id.service_account == *name
            }
            Self::TrustDomain(glob) => is_like(&id.trust_domain, glob),
            Self::NamespaceAcrossSlashes(glob) => {
                is_like(&id.to_string(), &["*/ns/", glob, "/*"].concat())
            }
        }
    }
}

/// Whether a text is like a glob, in which `*` is any text, the empty one included.
fn is_like(text: &str, glob: &str) -> bool {
    let Some((start, rest)) = glob.split_once('*') else {
        return text == glob;
    };
    let Some(mut text) = text.strip_prefix(start) else {
        return false;
    };
    let mut parts = rest.split('*').peekable();
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return text.ends_with(part);
        }
        // The first place is as good as any: what is left is only longer.
        let Some(after) = substring::after(text, part) else {
            return false;
        };
        text = after;
    }
    true
}

impl fmt::Display for PrincipalPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("*"),
            Self::Exact(text) => f.write_str(text),
            Self::Prefix(start) => write!(f, "{start}*"),
            Self::Suffix(end) => write!(f, "*{end}"),
            Self::Namespace(glob) => write!(f, "namespace {glob}"),
            Self::NamespaceAcrossSlashes(glob) => write!(f, "/ns/{glob}/ in the identity"),
            Self::ServiceAccount { namespace, name } => write!(f, "{namespace}/{name}"),
            Self::TrustDomain(glob) => write!(f, "trust domain {glob}"),
        }
    }
}

impl fmt::Display for PrincipalClause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |patterns: &[PrincipalPattern]| {
            let patterns: Vec<String> = patterns.iter().map(ToString::to_string).collect();
            patterns.join(", ")
        };
        let space = if self.any.is_empty() { "" } else { " " };
        match self.none.is_empty() {
            true => f.write_str(&list(&self.any)),
            false => write!(f, "{}{space}not {}", list(&self.any), list(&self.none)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{PrincipalClause, PrincipalPattern as P, is_like};
    use crate::spiffe::SpiffeId;

    #[test]
    fn globs() {
        for (text, glob, expected) in [
            ("foo", "foo", true),
            ("foo", "*", true),
            ("", "*", true),
            ("foobar", "foo*", true),
            ("foo", "foo*", true),
            ("barfoo", "*foo", true),
            ("abcabd", "*ab*d", true),
            ("abcab", "*ab*d", false),
            ("a.b", "a?b", false),
            ("axb", "a.b", false),
            ("aXbYc", "a*b*c", true),
            ("aXb", "a*b*b", false),
            ("ab", "a**b", true),
            ("a", "a*a", false),
        ] {
            assert_eq!(is_like(text, glob), expected, "{text} like {glob}");
        }
    }

    #[test]
    fn a_namespace_across_slashes_is_an_expression_over_the_whole_id() {
        for (id, glob, expected) in [
            ("spiffe://td/ns/base/sa/base", "base", true),
            ("spiffe://td/ns/base/sa/base", "ase", false),
            ("spiffe://td/ns/base/sa/x", "*a", true),
            ("spiffe://td/ns/x/sa/a", "*a", true),
            ("spiffe://td/ns/base/sa/x", "base/sa", true),
            ("spiffe://td/ns/base/sa/x", "b*/s*", true),
            ("spiffe://td/ns/base/sa/x", "base/sa/x", false),
            ("spiffe://td/ns/ns/sa/x", "sa", true),
            ("spiffe://ns/ns/base/sa/x", "ns", true),
            ("spiffe://td/ns/base/sa/x", "*", true),
            ("spiffe://td/ns/base/sa/x", "td", false),
        ] {
            let parsed = SpiffeId::parse(id.as_bytes()).unwrap();
            let matches = P::NamespaceAcrossSlashes(glob.into()).matches(&parsed);
            assert_eq!(matches, expected, "{id} by {glob}");
        }
    }

    #[test]
    fn clauses() {
        let id = SpiffeId::parse(b"spiffe://td/ns/foo/sa/bar").unwrap();
        let holds = |any: Vec<P>, none: Vec<P>| {
            let clause = PrincipalClause { any, none };
            (clause.holds(Some(&id)), clause.holds(None))
        };
        assert_eq!(holds(vec![], vec![]), (true, true));
        assert_eq!(holds(vec![P::Any], vec![]), (true, false));
        assert_eq!(holds(vec![], vec![P::Any]), (false, true));
        assert_eq!(
            holds(vec![P::Exact("td/ns/foo/sa/bar".into())], vec![]),
            (true, false)
        );
        assert_eq!(
            holds(vec![P::Prefix("td/ns/fo".into())], vec![]),
            (true, false)
        );
        assert_eq!(
            holds(vec![P::Suffix("/sa/bar".into())], vec![]),
            (true, false)
        );
        assert_eq!(
            holds(
                vec![P::Namespace("f*".into())],
                vec![P::TrustDomain("t*".into())]
            ),
            (false, false)
        );
        let account = P::ServiceAccount {
            namespace: "foo".into(),
            name: "baz".into(),
        };
        assert_eq!(holds(vec![account], vec![]), (false, false));
    }
}
