//! What software makes of the authority of a request: which host it asks for.
//!
//! Envoy hands on every authority that has no letters but those of a URI's authority, among them
//! `@`, `%` and `,`. Those who parse it take away a port, the name of a user, the dot at the end,
//! decode it, or take one of several hosts behind commas.

use crate::truth::Truth;

/// Most hosts that one authority is read as.
const MAX_READINGS: usize = 16;

/// Longest authority that is read in more than one way: a host name has at most 253 letters.
const MAX_BYTES: usize = 1024;

/// Whether one of the hosts that an authority may be read as, besides its own bytes, is such a host;
/// Unknown if there are too many of them.
pub(crate) fn judge_others(authority: &[u8], mut is: impl FnMut(&[u8]) -> bool) -> Truth {
    let is_odd = |byte: &u8| matches!(byte, b'@' | b'%' | b',');
    if authority.iter().any(is_odd) {
        let others = other_hosts(authority);
        return others.map_or(Truth::Unknown, |others| {
            Truth::from(others.iter().any(|host| is(host)))
        });
    }
    // Almost all have a port, a dot at the end, or neither.
    let bare = without_port(authority);
    let undotted = bare.strip_suffix(b".").unwrap_or(bare);
    let with_bare = bare.len() < authority.len() && is(bare);
    Truth::from(with_bare || (undotted.len() < bare.len() && is(undotted)))
}

/// The hosts that an authority may be read as besides its own bytes; none if there are too many of
/// them. Almost every authority has one at most, without its port.
fn other_hosts(authority: &[u8]) -> Option<Vec<Vec<u8>>> {
    let is_plain = |byte: &u8| !matches!(byte, b'@' | b'%' | b',' | b':');
    if authority.iter().all(is_plain) && !authority.ends_with(b".") {
        return Some(Vec::new());
    }
    if authority.len() > MAX_BYTES {
        return None;
    }
    let mut found = vec![authority.to_vec()];
    let mut done = 0;
    while let Some(host) = found.get(done) {
        for reading in steps(host) {
            if found.contains(&reading) {
                continue;
            }
            if found.len() > MAX_READINGS {
                return None;
            }
            found.push(reading);
        }
        done += 1;
    }
    found.remove(0);
    Some(found)
}

/// Each thing that some software does to a host.
fn steps(host: &[u8]) -> Vec<Vec<u8>> {
    let mut readings: Vec<Vec<u8>> = Vec::new();
    let mut add = |reading: &[u8]| {
        if reading != host {
            readings.push(reading.to_vec());
        }
    };
    add(without_port(host));
    add(host.strip_suffix(b".").unwrap_or(host));
    // Whether the name of a user may have an `@` in it is read both ways.
    let first = host.iter().position(|byte| *byte == b'@');
    let last = host.iter().rposition(|byte| *byte == b'@');
    for at in [first, last].into_iter().flatten() {
        add(host
            .get(at..)
            .and_then(|rest| rest.strip_prefix(b"@"))
            .unwrap_or(host));
    }
    for one in host.split(|byte| *byte == b',') {
        add(one.trim_ascii());
    }
    add(&crate::path::decoded(host));
    readings
}

/// `host` of `host:port` and of `host:`; the colons of an address are no port.
#[must_use]
pub(crate) fn without_port(host: &[u8]) -> &[u8] {
    let end = host.iter().rposition(|byte| *byte == b':');
    let Some((name, port)) = end.and_then(|end| host.split_at_checked(end)) else {
        return host;
    };
    let port = port.strip_prefix(b":").unwrap_or_default();
    let is_port = port.iter().all(u8::is_ascii_digit);
    let is_name = !name.contains(&b':') || name.ends_with(b"]");
    if is_port && is_name { name } else { host }
}

#[cfg(test)]
mod tests {
    use super::{judge_others, other_hosts};
    use crate::truth::Truth;

    #[track_caller]
    fn check<const N: usize>(authority: &str, wanted: [&str; N]) {
        let found = other_hosts(authority.as_bytes()).unwrap();
        let found: Vec<_> = found
            .iter()
            .map(|host| String::from_utf8_lossy(host))
            .collect();
        for wanted in wanted {
            assert!(
                found.iter().any(|host| host == wanted),
                "{authority}: {found:?}"
            );
        }
        assert!(!found.iter().any(|host| host == authority), "{found:?}");
        assert!(N > 0 || found.is_empty(), "{authority}: {found:?}");
    }

    #[test]
    fn hosts_in_an_authority() {
        check("a.example", []);
        check("", []);
        check("[2001:db8::1]", []);
        check("a.example:80", ["a.example"]);
        check("a.example:", ["a.example"]);
        check("a.example.", ["a.example"]);
        check("a.example.:80", ["a.example", "a.example."]);
        check("user@a.example", ["a.example"]);
        check("user:pass@a.example:80", ["a.example", "a.example:80"]);
        check("user@b@a.example", ["a.example", "b@a.example"]);
        check("%61.example", ["a.example"]);
        check("user%40a.example", ["user@a.example", "a.example"]);
        check("a.example,b.example:80", ["a.example", "b.example"]);
        check("[2001:db8::1]:80", ["[2001:db8::1]"]);
    }

    /// The quick way to the same hosts.
    #[test]
    fn judged_as_listed() {
        for authority in [
            "a", "a:80", "a.:80", "a.", "[::1]:80", "u@a:80", "a:", "", ".",
        ] {
            let listed = other_hosts(authority.as_bytes()).unwrap();
            for host in ["a", "a.", "[::1]", "a:80", "u@a", ""] {
                let judged = judge_others(authority.as_bytes(), |one| one == host.as_bytes());
                let wanted = listed.iter().any(|one| one == host.as_bytes());
                assert_eq!(judged, Truth::from(wanted), "{host} of {authority}");
            }
        }
    }

    #[test]
    fn too_many_are_not_listed() {
        assert_eq!(other_hosts("a,".repeat(1000).as_bytes()), None);
        let many: Vec<String> = (0..40).map(|host| host.to_string()).collect();
        assert_eq!(other_hosts(many.join(",").as_bytes()), None);
    }
}
