//! The keys of `when` (istio.md 1.4).

use super::condition::{Attribute, Condition};
use crate::decode::Field;
use crate::resources::name::{is_http_token, shorten};
use crate::suggest;

/// Keys that are written as they are.
const KEYS: [(&str, Attribute); 11] = [
    ("source.ip", Attribute::Ip),
    ("remote.ip", Attribute::RemoteIp),
    ("source.namespace", Attribute::Namespace),
    ("source.principal", Attribute::Principal),
    ("source.serviceAccount", Attribute::ServiceAccount),
    ("source.trustDomain", Attribute::TrustDomain),
    ("request.auth.principal", Attribute::RequestPrincipal),
    ("destination.ip", Attribute::DestinationIp),
    ("destination.port", Attribute::Port),
    ("connection.sni", Attribute::ServerName),
    ("request.auth.audiences", Attribute::Claim(Vec::new())),
];

/// Most names in one `request.auth.claims`.
const CLAIM_NAMES: usize = 16;

/// Reads a condition.
pub(super) fn decode(field: &Field<'_, '_>) -> Option<Condition> {
    let fields = field.object(&["key", "values", "notValues"])?;
    let key = fields.require("key")?;
    let attribute = attribute(&key)?;
    let condition = Condition::decode(attribute, fields.get("values"), fields.get("notValues"));
    if condition.is_none() {
        let help = "write the values it may have, or must not have";
        field.error("missing-field", "needs `values` or `notValues`", help);
    }
    condition
}

fn attribute(field: &Field<'_, '_>) -> Option<Attribute> {
    let key = field.string()?;
    let found = named(key).or_else(|| bracketed(key));
    if found.is_none() {
        // Istio drops a rule with a key it does not know, which opens a hole where it denies.
        let message = format!("`{}` is no key of a condition", shorten(key));
        let near = suggest::did_you_mean(key, KEYS.iter().map(|(known, _)| *known));
        let help = if near.is_empty() {
            "docs/compatibility.md lists the keys"
        } else {
            &near
        };
        field.error("istio-unknown-key", message, help);
    }
    found
}

fn named(key: &str) -> Option<Attribute> {
    match key {
        "request.auth.audiences" => Some(Attribute::Claim(vec!["aud".to_owned()])),
        "request.auth.presenter" => Some(Attribute::Claim(vec!["azp".to_owned()])),
        key => KEYS
            .iter()
            .find(|(known, _)| *known == key)
            .map(|(_, attribute)| attribute.clone()),
    }
}

fn bracketed(key: &str) -> Option<Attribute> {
    if let Some(rest) = key.strip_prefix("request.headers") {
        let name = names(rest, 1)?.pop()?;
        let is_name = is_http_token(name.strip_prefix(':').unwrap_or(&name));
        return is_name.then(|| Attribute::Header(name.to_ascii_lowercase()));
    }
    if let Some(rest) = key.strip_prefix("request.auth.claims") {
        return names(rest, CLAIM_NAMES).map(Attribute::Claim);
    }
    let rest = key.strip_prefix("experimental.")?;
    let (filter, rest) = rest.split_at(rest.find('[')?);
    let is_filter = filter
        .strip_prefix("envoy.filters.")
        .is_some_and(|name| !name.is_empty());
    let name = names(rest, 1)?.pop()?;
    is_filter.then(|| Attribute::Metadata(filter.to_owned(), name))
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
        let claim = |names: &[&str]| {
            Some(Attribute::Claim(
                names.iter().map(|name| (*name).to_owned()).collect(),
            ))
        };
        let header = |name: &str| Some(Attribute::Header(name.to_owned()));
        for (key, expected) in [
            ("source.ip", Some(Attribute::Ip)),
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
                Some(Attribute::Metadata(
                    "envoy.filters.a.b".to_owned(),
                    "c".to_owned(),
                )),
            ),
            ("experimental.envoy.filters.[c]", None),
            ("experimental.other[c]", None),
            ("experimental.envoy.filters.a", None),
        ] {
            assert_eq!(named(key).or_else(|| bracketed(key)), expected, "{key}");
        }
    }
}
