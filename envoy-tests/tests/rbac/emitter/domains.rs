//! Trust domain aliases (1.9): an entry that names one of our domains means all of them.

use crate::subject::Subject;

/// Another name of the local trust domain, whatever that is called.
const LOCAL: &str = "cluster.local";

/// The values with an entry for each of our domains, where one of them is meant.
pub(super) fn expand(subject: &Subject, values: &[String], domains: &[String]) -> Vec<String> {
    let mut expanded = Vec::new();
    for value in values {
        let entries = if *subject == Subject::Principal {
            principal(value, domains)
        } else if *subject == Subject::TrustDomain && domains.contains(value) {
            domains.to_vec()
        } else {
            vec![value.clone()]
        };
        for entry in entries {
            if !expanded.contains(&entry) {
                expanded.push(entry);
            }
        }
    }
    expanded
}

fn principal(value: &str, domains: &[String]) -> Vec<String> {
    let Some((first, rest)) = value.split_once('/') else {
        return vec![value.to_owned()];
    };
    let five_parts = rest.split('/').count() == 4;
    let ours = first == LOCAL || domains.iter().any(|domain| alike(first, domain));
    if !five_parts || first == "*" || !ours {
        return vec![value.to_owned()];
    }
    // Only a star in front keeps its place: one behind would be no wildcard before the slash.
    let entry = |domain: &String| match first.strip_prefix('*') {
        Some(end) if domain.ends_with(end) => value.to_owned(),
        _ => format!("{domain}/{rest}"),
    };
    domains.iter().map(entry).collect()
}

fn alike(one: &str, other: &str) -> bool {
    one == other || covers(one, other) || covers(other, one)
}

/// Whether this is a wildcard at one end that the other fits in.
fn covers(wildcard: &str, text: &str) -> bool {
    let prefix = wildcard.strip_suffix('*');
    let suffix = wildcard.strip_prefix('*');
    prefix.is_some_and(|prefix| text.starts_with(prefix))
        || suffix.is_some_and(|suffix| text.ends_with(suffix))
}
