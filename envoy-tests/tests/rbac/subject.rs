//! What a field of a source or an operation, or the key of a condition, asks of a request.

use anyhow::{Context, Result, bail};

/// The field and the condition of the same meaning are one (istio.md 1.4).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Subject {
    Principal,
    Namespace,
    ServiceAccount,
    TrustDomain,
    RequestPrincipal,
    /// A claim of the token, by its path: `aud` and `azp` have names of their own in policy.
    Claim(Vec<String>),
    DirectAddress,
    RemoteAddress,
    Host,
    Method,
    Path,
    Port,
    LocalAddress,
    ServerName,
    Header(String),
    /// Dynamic metadata: the filter, and the key.
    Metadata(String, String),
}

impl Subject {
    /// What a field is about; of a twin, the name without `not`.
    pub(crate) fn of_field(name: &str) -> Result<Self> {
        Ok(match name {
            "principals" => Self::Principal,
            "namespaces" => Self::Namespace,
            "serviceAccounts" => Self::ServiceAccount,
            "trustDomains" => Self::TrustDomain,
            "requestPrincipals" => Self::RequestPrincipal,
            "ipBlocks" => Self::DirectAddress,
            "remoteIpBlocks" => Self::RemoteAddress,
            "hosts" => Self::Host,
            "methods" => Self::Method,
            "paths" => Self::Path,
            "ports" => Self::Port,
            other => bail!("no field {other}"),
        })
    }

    /// What the key of a condition is about.
    pub(crate) fn of_key(key: &str) -> Result<Self> {
        if let Some(rest) = key.strip_prefix("request.headers") {
            let name = brackets(rest)?.pop().context("no header")?;
            return Ok(Self::Header(name));
        }
        if let Some(rest) = key.strip_prefix("request.auth.claims") {
            return Ok(Self::Claim(brackets(rest)?));
        }
        if let Some(filter) = key.strip_prefix("experimental.") {
            let (filter, rest) = filter.split_at(filter.find('[').context("no key in brackets")?);
            let name = brackets(rest)?.pop().context("no key")?;
            return Ok(Self::Metadata(filter.to_owned(), name));
        }
        Ok(match key {
            "source.principal" => Self::Principal,
            "source.namespace" => Self::Namespace,
            "source.serviceAccount" => Self::ServiceAccount,
            "source.trustDomain" => Self::TrustDomain,
            "source.ip" => Self::DirectAddress,
            "remote.ip" => Self::RemoteAddress,
            "request.auth.principal" => Self::RequestPrincipal,
            "request.auth.audiences" => Self::Claim(vec!["aud".into()]),
            "request.auth.presenter" => Self::Claim(vec!["azp".into()]),
            "destination.ip" => Self::LocalAddress,
            "destination.port" => Self::Port,
            "connection.sni" => Self::ServerName,
            other => bail!("no condition {other}"),
        })
    }
}

/// What stands in brackets, pair after pair.
fn brackets(text: &str) -> Result<Vec<String>> {
    let inner = text
        .strip_prefix('[')
        .and_then(|text| text.strip_suffix(']'));
    let inner = inner.with_context(|| format!("no brackets: {text}"))?;
    Ok(inner.split("][").map(str::to_owned).collect())
}
