//! The HTTP clause (calico.md 4.6).

use super::headers;
use heliast::path::RequestPath;
use heliast::request::Http;
use heliast::terms::HttpMatch;
use heliast::truth::Truth;

pub(super) fn judge(clause: &HttpMatch, http: Option<&Http<'_>>) -> Truth {
    // On a plain TCP connection nobody can tell (calico.md 4.6, C74).
    let Some(http) = http else {
        return Truth::Unknown;
    };
    let headers = clause.headers.iter();
    methods(&clause.methods, http.method)
        .and(paths(clause, http.path))
        .and(
            headers
                .map(|header| headers::judge(header, http.headers))
                .fold(Truth::True, Truth::and),
        )
}

fn methods(methods: &[String], method: Option<&[u8]>) -> Truth {
    if methods.is_empty() || methods.iter().any(|wanted| wanted == "*") {
        return Truth::True;
    }
    match method {
        Some(method) => methods
            .iter()
            .any(|wanted| wanted.as_bytes() == method)
            .into(),
        None => Truth::Unknown,
    }
}

fn paths(clause: &HttpMatch, path: Option<&[u8]>) -> Truth {
    if clause.paths.is_empty() {
        return Truth::True;
    }
    let Some(path) = path else {
        return Truth::Unknown;
    };
    let path = RequestPath::read(path);
    if path.is_unreadable() {
        return Truth::Unknown;
    }
    clause
        .paths
        .iter()
        .map(|pattern| match pattern {
            Some(pattern) => pattern.judge(&path),
            None => Truth::False,
        })
        .fold(Truth::False, Truth::or)
}
