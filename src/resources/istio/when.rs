//! The keys of `when` (istio.md 1.4).

use super::condition::{Attribute, Condition};
use crate::decode::Field;
use crate::resources::name::{is_http_token, shorten};
use crate::suggest;

/// Keys that are written as they are, and the claim that some of them stand for.
static KEYS: [(&str, Attribute, &str); 12] = [
    ("source.ip", Attribute::Ip, ""),
    ("remote.ip", Attribute::RemoteIp, ""),
    ("source.namespace", Attribute::Namespace, ""),
    ("source.principal", Attribute::Principal, ""),
    ("source.serviceAccount", Attribute::ServiceAccount, ""),
    ("source.trustDomain", Attribute::TrustDomain, ""),
    ("request.auth.principal", Attribute::RequestPrincipal, ""),
    ("request.auth.audiences", Attribute::Claim, "aud"),
    ("request.auth.presenter", Attribute::Claim, "azp"),
    ("destination.ip", Attribute::DestinationIp, ""),
    ("destination.port", Attribute::Port, ""),
    ("connection.sni", Attribute::ServerName, ""),
];

/// Most names in one `request.auth.claims`.
const CLAIM_NAMES: usize = 16;

/// Reads a condition.
pub(super) fn decode(field: &Field<'_, '_>) -> Option<Condition> {
    let fields = field.object(&["key", "values", "notValues"])?;
    let key = fields.require("key")?;
    let (attribute, names) = attribute(&key)?;
    let (any, none) = (fields.get("values"), fields.get("notValues"));
    let condition = Condition::decode(attribute, names, any, none);
    if condition.is_none() {
        let help = "write the values it may have, or must not have";
        field.error("missing-field", "needs `values` or `notValues`", help);
    }
    condition
}

/// What a key is about, and the names in it.
type Key = (Attribute, Vec<String>);

fn attribute(field: &Field<'_, '_>) -> Option<Key> {
    let key = field.string()?;
    let found = named(key).or_else(|| bracketed(key));
    if found.is_none() {
        // Istio drops a rule with a key it does not know, which opens a hole where it denies.
        let message = format!("`{}` is no key of a condition", shorten(key));
        let near = suggest::did_you_mean(key, KEYS.iter().map(|(known, ..)| *known));
        let help = if near.is_empty() {
            "docs/compatibility.md lists the keys"
        } else {
            &near
        };
        field.error("istio-unknown-key", message, help);
    }
    found
}

fn named(key: &str) -> Option<Key> {
    let (_, attribute, claim) = KEYS.iter().find(|(known, ..)| *known == key)?;
    let claim = (!claim.is_empty()).then(|| (*claim).to_owned());
    Some((*attribute, claim.into_iter().collect()))
}

fn bracketed(key: &str) -> Option<Key> {
    if let Some(rest) = key.strip_prefix("request.headers") {
        let mut name = names(rest, 1)?;
        let is_name = |name: &String| is_http_token(name.strip_prefix(':').unwrap_or(name));
        name.iter_mut().for_each(|name| name.make_ascii_lowercase());
        return name
            .iter()
            .all(is_name)
            .then_some((Attribute::Header, name));
    }
    if let Some(rest) = key.strip_prefix("request.auth.claims") {
        return Some((Attribute::Claim, names(rest, CLAIM_NAMES)?));
    }
    let rest = key.strip_prefix("experimental.")?;
    let (filter, rest) = rest.split_at(rest.find('[')?);
    let name = filter.strip_prefix("envoy.filters.")?;
    if name.is_empty() || name.contains('\0') {
        return None;
    }
    let mut path = vec![filter.to_owned()];
    path.extend(names(rest, 1)?);
    Some((Attribute::Metadata, path))
}

/// The names of `[a][b]`.
fn names(text: &str, most: usize) -> Option<Vec<String>> {
    let inside = text.strip_prefix('[')?.strip_suffix(']')?;
    let names: Vec<String> = inside
        .split("][")
        .take(most.saturating_add(1))
        .map(str::to_owned)
        .collect();
    let is_name = |name: &String| !name.is_empty() && !name.contains(['[', ']', '\0']);
    (names.len() <= most && names.iter().all(is_name)).then_some(names)
}

#[cfg(test)]
mod tests {
    use super::{Attribute, bracketed, named};

    #[test]
    fn keys_are_known_or_not() {
        let key = |attribute, names: &[&str]| {
            let names = names.iter().map(|name| (*name).to_owned());
            Some((attribute, names.collect::<Vec<String>>()))
        };
        let claim = |names: &[&str]| key(Attribute::Claim, names);
        let header = |name: &str| key(Attribute::Header, &[name]);
        for (key, expected) in [
            ("source.ip", key(Attribute::Ip, &[])),
            ("Source.ip", None),
            ("request.auth.audiences", claim(&["aud"])),
            ("request.auth.presenter", claim(&["azp"])),
            ("request.auth.claims[a]", claim(&["a"])),
            ("request.auth.claims[a][b.c]", claim(&["a", "b.c"])),
            ("request.auth.claims[a]b", None),
            ("request.auth.claims[]", None),
            ("request.auth.claims", None),
            ("request.headers[X-Role]", header("x-role")),
            ("request.headers[:method]", header(":method")),
            ("request.headers[a][b]", None),
            ("request.headers[a b]", None),
            ("request.headers[]", None),
            (
                "experimental.envoy.filters.a.b[c]",
                key(Attribute::Metadata, &["envoy.filters.a.b", "c"]),
            ),
            ("experimental.envoy.filters.[c]", None),
            ("experimental.other[c]", None),
            ("experimental.envoy.filters.a", None),
        ] {
            assert_eq!(named(key).or_else(|| bracketed(key)), expected, "{key}");
        }
    }
}
