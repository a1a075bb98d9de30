//! The principal of the certificate, and what is in it: namespace, service account, trust domain.

use serde_json::{Value, json};

use super::Reading;
use super::text::{Wildcard, quoted, regex, wildcard};

const SCHEME: &str = "spiffe://";

/// A whole id, to which the scheme belongs although policy does not write it; a lone `*` asks for
/// any name at all, whatever its scheme.
pub(super) fn id(value: &str) -> Value {
    authenticated(&match wildcard(value) {
        Wildcard::Present => regex(".+"),
        Wildcard::Suffix(suffix) => regex(&format!("{SCHEME}.*{}", quoted(suffix))),
        Wildcard::Prefix(prefix) => json!({"prefix": format!("{SCHEME}{prefix}")}),
        Wildcard::Exact(id) => json!({"exact": format!("{SCHEME}{id}")}),
    })
}

/// Here every `*` stands for any text, wherever it is; to the code over slashes, too.
pub(super) fn namespace(value: &str, reading: Reading) -> Value {
    let parts: Vec<_> = value.split('*').map(quoted).collect();
    authenticated(&regex(&match reading {
        Reading::Code => format!(".*/ns/{}/.*", parts.join(".*")),
        Reading::Author => format!("{SCHEME}[^/]*/ns/{}/sa/[^/]*", parts.join("[^/]*")),
    }))
}

/// A bare name is one of the policy's own namespace.
pub(super) fn service_account(value: &str, policy_namespace: &str) -> Value {
    let (namespace, account) = value.split_once('/').unwrap_or((policy_namespace, value));
    let (namespace, account) = (quoted(namespace), quoted(account));
    authenticated(&regex(&format!(
        "{SCHEME}.+/ns/{namespace}/(.+/|)sa/{account}(/.+)?"
    )))
}

/// Only the first segment is asked for.
pub(super) fn trust_domain(value: &str) -> Value {
    let within = "[^/]*";
    authenticated(&match wildcard(value) {
        Wildcard::Present => json!({"prefix": SCHEME}),
        Wildcard::Suffix(end) => regex(&format!("{SCHEME}{within}{}/.*", quoted(end))),
        Wildcard::Prefix(start) => regex(&format!("{SCHEME}{}{within}/.*", quoted(start))),
        Wildcard::Exact(domain) => json!({"prefix": format!("{SCHEME}{domain}/")}),
    })
}

fn authenticated(name: &Value) -> Value {
    json!({"authenticated": {"principal_name": name}})
}
