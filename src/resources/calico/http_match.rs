//! Reads a rule's HTTP clause (calico.md 1.3); `headers` is Calico Enterprise's extension.

#[cfg(test)]
mod tests;

use crate::decode::Field;
use crate::limits;
use crate::path::PathPattern;
use crate::resources::Strictness;
use crate::resources::name::{is_http_token, shorten};
use crate::terms::{Action, HeaderMatch, HttpMatch};

impl HttpMatch {
    pub(super) fn decode(
        field: &Field<'_, '_>,
        action: Option<Action>,
        strictness: Strictness,
    ) -> Self {
        let Some(fields) = field.object(&["methods", "paths", "headers"]) else {
            return Self::default();
        };
        let headers = fields.get("headers");
        if let (Strictness::CalicoCompatible, Some(headers)) = (strictness, &headers) {
            headers.error("not-in-calico", "Calico has no `headers`", "remove it");
        }
        Self {
            methods: fields
                .get("methods")
                .map(|field| methods(&field, action))
                .unwrap_or_default(),
            paths: fields
                .get("paths")
                .map(|field| paths(&field))
                .unwrap_or_default(),
            headers: headers
                .map(|field| HeaderMatch::decode_all(&field))
                .unwrap_or_default(),
        }
    }
}

fn methods(field: &Field<'_, '_>, action: Option<Action>) -> Vec<String> {
    const USUAL: [&str; 9] = [
        "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", "TRACE",
    ];
    let mut methods: Vec<String> = Vec::new();
    for entry in field.list(limits::HTTP_METHODS) {
        let Some(method) = entry.string() else {
            continue;
        };
        let upper = method.to_ascii_uppercase();
        if !is_http_token(method) {
            let message = format!("`{}` is not an HTTP method", shorten(method));
            entry.error("bad-method", message, "write it as in `GET`");
        } else if methods.iter().any(|listed| listed == method) {
            entry.error(
                "repeated-value",
                format!("`{}` is listed twice", shorten(method)),
                "",
            );
        } else if method != upper && USUAL.contains(&upper.as_str()) {
            let message = format!("`{method}` is not `{upper}`: methods are case-sensitive");
            let help = format!("write `{upper}`");
            // What an Allow misses stays shut; what any other rule misses may open.
            if action == Some(Action::Allow) {
                entry.warn("never-matches", message, &help);
            } else {
                entry.error("bad-method", message, &help);
            }
        }
        methods.push(method.to_owned());
    }
    methods
}

fn paths(field: &Field<'_, '_>) -> Vec<Option<PathPattern>> {
    field.list(limits::HTTP_PATHS).iter().map(path).collect()
}

/// One entry of `paths`; `None` if it matches nothing.
fn path(entry: &Field<'_, '_>) -> Option<PathPattern> {
    let fields = entry.object(&["exact", "prefix"])?;
    let (field, pattern): (_, fn(&str) -> Option<PathPattern>) =
        match (fields.get("exact"), fields.get("prefix")) {
            (Some(exact), None) => (exact, PathPattern::exact),
            (None, Some(prefix)) => (prefix, PathPattern::prefix),
            (Some(_), Some(_)) | (None, None) => {
                let help = "write one entry for each path";
                entry.error(
                    "bad-path",
                    "must have exactly one of `exact` and `prefix`",
                    help,
                );
                return None;
            }
        };
    let path = field.string()?;
    if path.chars().count() > limits::HTTP_PATH_CHARS {
        let message = format!("has more than {} characters", limits::HTTP_PATH_CHARS);
        field.error("too-long", message, "write a shorter prefix");
        return None;
    }
    if !path.starts_with('/') {
        let message = format!("`{}` does not start with `/`", shorten(path));
        field.error(
            "bad-path",
            message,
            "paths are matched whole, from their first `/`",
        );
        return None;
    }
    if let Some(bad) = path.chars().find(|letter| ['?', '#', ' '].contains(letter)) {
        let message = format!("`{}` has `{bad}` in it", shorten(path));
        field.error(
            "bad-path",
            message,
            "queries and fragments are not matched; write ` ` as `%20`",
        );
        return None;
    }
    let pattern = pattern(path);
    if pattern.is_none() {
        let message = format!(
            "no request has the path `{}` once it is decoded",
            shorten(path)
        );
        field.warn(
            "never-matches",
            message,
            "write `%` as `%25`, and nothing encoded twice",
        );
    }
    pattern
}
