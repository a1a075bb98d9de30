//! Servers that compare more loosely than Envoy does: a DENY, and the `not` of an ALLOW, may be met
//! by what such a server takes for the same. What an ALLOW asks for never is.

use serde_json::{Value, json};

use super::text::{Wildcard, quoted, regex, wildcard};
use crate::reason::path;
use crate::subject::Subject;

/// One way in which servers differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Quirk {
    /// What the policy escapes is what it stands for.
    Spelling,
    PathCase,
    FinalSlash,
    MethodCase,
    HostForms,
}

impl Quirk {
    pub(crate) const ALL: [Self; 5] = [
        Self::Spelling,
        Self::PathCase,
        Self::FinalSlash,
        Self::MethodCase,
        Self::HostForms,
    ];
}

/// A value of one field to servers with these quirks; nothing where none of them is about it.
pub(super) fn matcher(subject: &Subject, value: &str, quirks: &[Quirk]) -> Option<Value> {
    let has = |quirk| quirks.contains(&quirk);
    let of_path = [Quirk::Spelling, Quirk::PathCase, Quirk::FinalSlash];
    Some(match subject {
        Subject::Path if quirks.iter().any(|quirk| of_path.contains(quirk)) => {
            let mut values = vec![value.to_owned()];
            if has(Quirk::Spelling) {
                values.extend(spellings(value));
            }
            let (values, end) = match has(Quirk::FinalSlash) {
                true => (
                    values
                        .iter()
                        .map(|value| value.trim_end_matches('/'))
                        .collect(),
                    "/*",
                ),
                false => (values.iter().map(String::as_str).collect::<Vec<_>>(), ""),
            };
            let any: Vec<_> = values.into_iter().map(template).collect();
            let case = if has(Quirk::PathCase) { "(?i)" } else { "" };
            let path = format!("{case}(?:{}){end}", any.join("|"));
            json!({"url_path": {"path": regex(&path)}})
        }
        Subject::Method if has(Quirk::MethodCase) => header(":method", &method(value)),
        Subject::Header(name) if name == ":method" && has(Quirk::MethodCase) => {
            header(name, &method(value))
        }
        Subject::Host if has(Quirk::HostForms) => header(":authority", &host(value)),
        Subject::Header(name) if is_host(name) && has(Quirk::HostForms) => {
            header(name, &host(value))
        }
        Subject::Principal
        | Subject::Namespace
        | Subject::ServiceAccount
        | Subject::TrustDomain
        | Subject::RequestPrincipal
        | Subject::Claim(_)
        | Subject::DirectAddress
        | Subject::RemoteAddress
        | Subject::Host
        | Subject::Method
        | Subject::Path
        | Subject::Port
        | Subject::LocalAddress
        | Subject::ServerName
        | Subject::Header(_)
        | Subject::Metadata(..) => return None,
    })
}

fn is_host(name: &str) -> bool {
    name.eq_ignore_ascii_case("host") || name == ":authority"
}

fn header(name: &str, expression: &str) -> Value {
    json!({"header": {"name": name, "string_match": regex(expression)}})
}

/// What else a path in a policy may be; only of a whole one are dots and slashes read.
fn spellings(value: &str) -> Vec<String> {
    match wildcard(value) {
        Wildcard::Exact(whole) if !whole.contains('{') => path::readings(whole),
        Wildcard::Present | Wildcard::Suffix(_) | Wildcard::Prefix(_) | Wildcard::Exact(_) => {
            path::parts(value)
        }
    }
}

fn method(value: &str) -> String {
    format!("(?i){}", pattern(value))
}

/// With and without a final dot and, where the policy names none, a port.
fn host(value: &str) -> String {
    let end = match value {
        open if open.ends_with('*') => "",
        named if named.contains(':') => r"\.?",
        _ => r"\.?(:[0-9]*)?\.?",
    };
    format!("(?i){}{end}", pattern(value))
}

/// A template of segments, or a value with a star at one end.
fn template(value: &str) -> String {
    if !value.contains("{*}") && !value.contains("{**}") {
        return pattern(value);
    }
    let parts = value.split("{**}").map(|part| {
        let parts = part.split("{*}").map(quoted);
        parts.collect::<Vec<_>>().join("[^/]+")
    });
    parts.collect::<Vec<_>>().join(".*")
}

fn pattern(value: &str) -> String {
    match wildcard(value) {
        Wildcard::Present => ".+".to_owned(),
        Wildcard::Suffix(suffix) => format!(".*{}", quoted(suffix)),
        Wildcard::Prefix(prefix) => format!("{}.*", quoted(prefix)),
        Wildcard::Exact(value) => quoted(value),
    }
}

#[test]
fn only_what_a_quirk_is_about_is_compared_otherwise() {
    let path = |value, quirks: &[Quirk]| matcher(&Subject::Path, value, quirks);
    let url_path = |expression| Some(json!({"url_path": {"path": regex(expression)}}));
    assert_eq!(path("/a", &[Quirk::MethodCase]), None);
    assert_eq!(path("/a.b", &[Quirk::PathCase]), url_path(r"(?i)(?:/a\.b)"));
    assert_eq!(path("/a/", &[Quirk::FinalSlash]), url_path("(?:/a)/*"));
    assert_eq!(
        path("/%61*", &[Quirk::Spelling]),
        url_path("(?:/%61.*|/a.*|/a.*|/a.*)")
    );
    assert_eq!(
        path("/a/{*}", &[Quirk::PathCase, Quirk::FinalSlash]),
        url_path("(?i)(?:/a/[^/]+)/*")
    );
    assert_eq!(
        matcher(&Subject::Host, "*.a.com", &[Quirk::HostForms]),
        Some(header(":authority", r"(?i).*\.a\.com\.?(:[0-9]*)?\.?"))
    );
}
