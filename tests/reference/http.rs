//! The HTTP clause (calico.md 4.6).

use super::{headers, paths};
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
        .and(one_of_paths(clause, http.path))
        .and(
            headers
                .map(|header| headers::judge(header, http))
                .fold(Truth::True, Truth::and),
        )
}

fn methods(methods: &[String], method: Option<&[u8]>) -> Truth {
    if methods.is_empty() || methods.iter().any(|wanted| wanted == "*") {
        return Truth::True;
    }
    match method {
        Some(method) if methods.iter().any(|wanted| wanted.as_bytes() == method) => Truth::True,
        // Some frameworks fold what they get.
        Some(method) => {
            let upper = method.to_ascii_uppercase();
            let mut folded = methods.iter().map(|wanted| wanted.to_ascii_uppercase());
            if folded.any(|wanted| wanted.as_bytes() == upper) {
                Truth::Unknown
            } else {
                Truth::False
            }
        }
        None => Truth::Unknown,
    }
}

fn one_of_paths(clause: &HttpMatch, path: Option<&[u8]>) -> Truth {
    if clause.paths.is_empty() {
        return Truth::True;
    }
    let Some(path) = path else {
        return Truth::Unknown;
    };
    let patterns: Vec<_> = clause.paths.iter().flatten().cloned().collect();
    paths::judge(&patterns, path)
}
