//! The authority of a request, and the name that an outgoing request asks for.

use super::{Matcher, TextCondition};
use crate::program::Context;
use crate::truth::Truth;

impl TextCondition {
    /// The authority as it is decides an Allow; without port, or the dot at its end, it may mean
    /// the same to others (istio.md section 9 row 3).
    pub(super) fn judge_host(&self, authority: Option<&[u8]>) -> Truth {
        let Some(authority) = authority else {
            return Truth::Unknown;
        };
        let host = authority.to_ascii_lowercase();
        let bare = without_port(&host);
        let undotted = bare.strip_suffix(b".").unwrap_or(bare);
        let others = [bare, undotted];
        let is_one = |matchers: &[Matcher]| {
            let holds = |text: &[u8]| matchers.iter().any(|one| one.matches_lower(text));
            match (holds(&host), others.iter().any(|other| holds(other))) {
                (true, _) => Truth::True,
                (false, true) => Truth::Unknown,
                (false, false) => Truth::False,
            }
        };
        // What is excluded must be no reading at all.
        self.both(is_one)
    }

    pub(super) fn judge_domain(&self, context: &Context<'_>) -> Truth {
        let request = context.request;
        let authority = request.http.and_then(|http| http.authority);
        let asked = request
            .server_name
            .or(authority)
            .map(<[u8]>::to_ascii_lowercase);
        let Some(asked) = asked.filter(|_| request.trusts_domain) else {
            return Truth::Unknown;
        };
        let bare = without_port(&asked);
        self.judge_plain(Some(bare.strip_suffix(b".").unwrap_or(bare)), context)
    }
}

/// `host` of `host:port`; the colons of an address are no port.
pub(in crate::program) fn without_port(host: &[u8]) -> &[u8] {
    let end = host.iter().rposition(|byte| *byte == b':');
    let Some((name, port)) = end.and_then(|end| host.split_at_checked(end)) else {
        return host;
    };
    let port = port.strip_prefix(b":").unwrap_or_default();
    let is_port = !port.is_empty() && port.iter().all(u8::is_ascii_digit);
    let is_name = !name.contains(&b':') || name.ends_with(b"]");
    if is_port && is_name { name } else { host }
}
