//! The values of conditions (istio.md 1.1, 1.3 to 1.5).

use crate::decode::Field;
use crate::path::PathTemplate;
use crate::resources::name::shorten;
use crate::resources::network;
use crate::terms::Glob;
use ipnet::IpNet;

/// Longest service account, with its namespace (istio.md 1.1).
const SERVICE_ACCOUNT_BYTES: usize = 320;

/// A service account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceAccount {
    /// Its namespace; none is that of the policy.
    pub namespace: Option<String>,
    /// Its name.
    pub name: String,
}

/// Issuer and subject of a token (istio.md 1.4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestPrincipal {
    /// `iss`.
    pub issuer: Glob,
    /// `sub`.
    pub subject: Glob,
}

/// A path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PathValue {
    /// With Istio's ordinary wildcards.
    Glob(Glob),
    /// With `{*}` or `{**}`.
    Template(PathTemplate),
}

/// A value of dynamic metadata.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MetadataValue {
    /// `[value]`: it is a list, and one of its items is this. Otherwise it is this text itself.
    pub in_list: bool,
    /// The text that its author wrote between the brackets.
    pub written: Glob,
    /// The text that Istio asks for: it takes every bracket off both ends.
    pub asked: Glob,
}

/// Any text but none at all.
pub(super) fn text(field: &Field<'_, '_>) -> Option<String> {
    filled(field).map(str::to_owned)
}

/// The same, as it stands in the object.
pub(super) fn filled<'v>(field: &Field<'v, '_>) -> Option<&'v str> {
    let text = field.string()?;
    if text.is_empty() {
        field.error("istio-empty-value", "is empty text", "remove it");
        return None;
    }
    Some(text)
}

/// A value with Istio's wildcards; warns of a `*` that is none of them.
pub(super) fn glob(field: &Field<'_, '_>) -> Option<Glob> {
    let text = filled(field)?;
    let glob = Glob::parse(text);
    if let (Glob::Suffix(end), true) = (&glob, text.ends_with('*')) {
        let message = format!(
            "`{}` matches what ends with `{}`, the star included",
            shorten(text),
            shorten(end)
        );
        let help = "Istio reads a star at one end only: write two values, or a path template";
        field.warn("istio-two-stars", message, help);
    } else if glob.text().contains('*') {
        let message = format!(
            "`{}` has a `*` inside, which matches only a star",
            shorten(text)
        );
        let help = "Istio reads a star at one end only; in paths, write `{*}` for a segment";
        field.warn("istio-literal-star", message, help);
    }
    Some(glob)
}

/// A principal, which Istio writes without its scheme.
pub(super) fn principal(field: &Field<'_, '_>) -> Option<Glob> {
    let glob = glob(field)?;
    if glob.text().starts_with("spiffe:") && !matches!(glob, Glob::Suffix(_)) {
        let message = "starts with `spiffe:`, which Istio adds itself: no caller matches";
        field.warn(
            "istio-principal-scheme",
            message,
            "write `cluster.local/ns/..`",
        );
    }
    Some(glob)
}

/// An address or a network.
pub(super) fn net(field: &Field<'_, '_>) -> Option<IpNet> {
    filled(field)?;
    network::in_set(field)
}

/// A port: text, as in Istio's own objects.
pub(super) fn port(field: &Field<'_, '_>) -> Option<u16> {
    let text = filled(field)?;
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let port = text.parse().ok().filter(|_| digits);
    if port.is_none() {
        let message = format!("`{}` is not a port from 0 to 65535", shorten(text));
        field.error(
            "istio-port",
            message,
            "ports have no ranges and no wildcards",
        );
    }
    port
}

/// `sa` or `ns/sa`.
pub(super) fn service_account(field: &Field<'_, '_>) -> Option<ServiceAccount> {
    let text = filled(field)?;
    let (namespace, name) = match text.split_once('/') {
        Some((namespace, name)) => (Some(namespace), name),
        None => (None, text),
    };
    let is_plain = |part: &str| !part.is_empty() && !part.contains(['/', '*']);
    if text.len() > SERVICE_ACCOUNT_BYTES || !is_plain(name) || !namespace.is_none_or(is_plain) {
        let message = format!("`{}` is not a service account", shorten(text));
        let help = "write `name` or `namespace/name`, without wildcards";
        field.error("istio-service-account", message, help);
        return None;
    }
    Some(ServiceAccount {
        namespace: namespace.map(str::to_owned),
        name: name.to_owned(),
    })
}

/// A trust domain: at most one `*`, at an end, and no `/`.
pub(super) fn trust_domain(field: &Field<'_, '_>) -> Option<Glob> {
    let text = filled(field)?;
    let glob = Glob::parse(text);
    if text.contains('/') || glob.text().contains('*') {
        let message = format!("`{}` is not a trust domain", shorten(text));
        field.error(
            "istio-trust-domain",
            message,
            "write it without `/`, and one `*` at an end",
        );
        return None;
    }
    Some(glob)
}

/// `issuer/subject`, split at the last `/`.
pub(super) fn request_principal(field: &Field<'_, '_>) -> Option<RequestPrincipal> {
    let text = filled(field)?;
    let exact = |text: &str| Glob::Exact(text.to_owned());
    let parts = text.rsplit_once('/');
    let (issuer, subject) = match (Glob::parse(text), parts) {
        (Glob::Present, _) => (Glob::Present, Glob::Present),
        (Glob::Suffix(_), Some((issuer, subject))) => (Glob::parse(issuer), exact(subject)),
        (Glob::Suffix(end), None) => (Glob::Present, Glob::Suffix(end)),
        // A star at the end is seen here, so one in front of the subject is an ordinary character.
        (Glob::Prefix(_), Some((issuer, "*"))) => (exact(issuer), Glob::Present),
        (Glob::Prefix(_), Some((issuer, subject))) => {
            let start = subject.strip_suffix('*').unwrap_or(subject);
            (exact(issuer), Glob::Prefix(start.to_owned()))
        }
        (Glob::Prefix(start), None) => (Glob::Prefix(start), Glob::Present),
        (Glob::Exact(_), Some((issuer, subject))) => (exact(issuer), exact(subject)),
        (Glob::Exact(issuer), None) => (Glob::Exact(issuer), exact("")),
    };
    Some(RequestPrincipal { issuer, subject })
}

/// A path or a path template.
pub(super) fn path(field: &Field<'_, '_>) -> Option<PathValue> {
    let text = filled(field)?;
    if !PathTemplate::is_one(text) {
        if text.contains(['{', '}']) {
            let help = "`{*}` stands for a segment, `{**}` for any number of them";
            field.error("istio-path-template", "braces are kept for templates", help);
            return None;
        }
        return glob(field).map(PathValue::Glob);
    }
    match PathTemplate::parse(text) {
        Ok(template) => Some(PathValue::Template(template)),
        Err(why) => {
            let help = "`{*}` stands for a segment, `{**}` for any number of them";
            field.error("istio-path-template", why, help);
            None
        }
    }
}

/// `value`, or `[value]` for an item of a list.
pub(super) fn metadata(field: &Field<'_, '_>) -> Option<MetadataValue> {
    let text = filled(field)?;
    let item = text
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'));
    let Some(item) = item else {
        let text = glob(field)?;
        return Some(MetadataValue {
            in_list: false,
            written: text.clone(),
            asked: text,
        });
    };
    Some(MetadataValue {
        in_list: true,
        written: Glob::parse(item),
        asked: Glob::parse(item.trim_matches(['[', ']'])),
    })
}
