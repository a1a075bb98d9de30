//! One thing that a rule asks (istio.md 1.4). A source, an operation and `when` are lists of them.

use super::value::{self, MetadataValue, PathValue, RequestPrincipal, ServiceAccount};
use crate::decode::Field;
use crate::limits;
use crate::terms::Glob;
use ipnet::IpNet;

/// The values of a field and of its negative twin: one of the first, none of the second. No value
/// at all in the first asks nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed<T> {
    /// One of these.
    pub any: Vec<T>,
    /// None of these.
    pub none: Vec<T>,
}

/// One thing that a rule asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// `principals`, `source.principal`: the verified principal without `spiffe://`.
    Principals(Listed<Glob>),
    /// `namespaces`, `source.namespace`: every `*` in it stands for any text.
    Namespaces(Listed<String>),
    /// `serviceAccounts`, `source.serviceAccount`.
    ServiceAccounts(Listed<ServiceAccount>),
    /// `trustDomains`, `source.trustDomain`.
    TrustDomains(Listed<Glob>),
    /// `ipBlocks`, `source.ip`: the address of the peer of this proxy.
    IpBlocks(Listed<IpNet>),
    /// `remoteIpBlocks`, `remote.ip`: the address after `x-forwarded-for`.
    RemoteIpBlocks(Listed<IpNet>),
    /// `requestPrincipals`, `request.auth.principal`.
    RequestPrincipals(Listed<RequestPrincipal>),
    /// `request.auth.audiences`, `.presenter` and `.claims`: where it is in the token, and what
    /// it must be.
    Claim(Vec<String>, Listed<Glob>),
    /// `request.headers`.
    Header(String, Listed<Glob>),
    /// `hosts`.
    Hosts(Listed<Glob>),
    /// `methods`.
    Methods(Listed<Glob>),
    /// `paths`.
    Paths(Listed<PathValue>),
    /// `ports`, `destination.port`.
    Ports(Listed<u16>),
    /// `destination.ip`.
    DestinationIp(Listed<IpNet>),
    /// `connection.sni`.
    ServerName(Listed<Glob>),
    /// `experimental.envoy.filters`: filter, key, and what must be there.
    Metadata(String, String, Listed<MetadataValue>),
}

/// What a condition is about, before its values are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Attribute {
    Principal,
    Namespace,
    ServiceAccount,
    TrustDomain,
    Ip,
    RemoteIp,
    RequestPrincipal,
    Claim,
    Header,
    Host,
    Method,
    Path,
    Port,
    DestinationIp,
    ServerName,
    Metadata,
}

impl Condition {
    /// Reads the values of a condition and of its negative twin; none if neither is there. `names`
    /// tell which claim, header or metadata.
    pub(super) fn decode(
        attribute: Attribute,
        mut names: Vec<String>,
        any: Option<Field<'_, '_>>,
        none: Option<Field<'_, '_>>,
    ) -> Option<Self> {
        if any.is_none() && none.is_none() {
            return None;
        }
        let lists = [any.as_ref(), none.as_ref()];
        Some(match attribute {
            Attribute::Principal => Self::Principals(listed(lists, value::principal)),
            Attribute::Namespace => Self::Namespaces(listed(lists, value::text)),
            Attribute::ServiceAccount => {
                Self::ServiceAccounts(listed(lists, value::service_account))
            }
            Attribute::TrustDomain => Self::TrustDomains(listed(lists, value::trust_domain)),
            Attribute::Ip => Self::IpBlocks(listed(lists, value::net)),
            Attribute::RemoteIp => Self::RemoteIpBlocks(listed(lists, value::net)),
            Attribute::RequestPrincipal => {
                Self::RequestPrincipals(listed(lists, value::request_principal))
            }
            Attribute::Claim => Self::Claim(names, listed(lists, value::glob)),
            Attribute::Header => Self::Header(names.pop()?, listed(lists, value::glob)),
            Attribute::Host => Self::Hosts(listed(lists, value::glob)),
            Attribute::Method => Self::Methods(listed(lists, value::glob)),
            Attribute::Path => Self::Paths(listed(lists, value::path)),
            Attribute::Port => Self::Ports(listed(lists, value::port)),
            Attribute::DestinationIp => Self::DestinationIp(listed(lists, value::net)),
            Attribute::ServerName => Self::ServerName(listed(lists, value::glob)),
            Attribute::Metadata => {
                let key = names.pop()?;
                Self::Metadata(names.pop()?, key, listed(lists, value::metadata))
            }
        })
    }

    /// Whether it can only be asked of an HTTP request (istio.md 1.7).
    #[must_use]
    pub fn is_http(&self) -> bool {
        matches!(
            self,
            Self::RequestPrincipals(_)
                | Self::Claim(..)
                | Self::Header(..)
                | Self::Hosts(_)
                | Self::Methods(_)
                | Self::Paths(_)
        )
    }

    /// How many values there are to compare with.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Principals(list)
            | Self::TrustDomains(list)
            | Self::Claim(_, list)
            | Self::Header(_, list)
            | Self::Hosts(list)
            | Self::Methods(list)
            | Self::ServerName(list) => list.len(),
            Self::Namespaces(list) => list.len(),
            Self::ServiceAccounts(list) => list.len(),
            Self::IpBlocks(list) | Self::RemoteIpBlocks(list) | Self::DestinationIp(list) => {
                list.len()
            }
            Self::RequestPrincipals(list) => list.len(),
            Self::Paths(list) => list.len(),
            Self::Ports(list) => list.len(),
            Self::Metadata(_, _, list) => list.len(),
        }
    }

    /// Whether there is no value; reading rules that out.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl<T> Listed<T> {
    fn len(&self) -> usize {
        self.any.len().saturating_add(self.none.len())
    }
}

fn listed<T>(
    [any, none]: [Option<&Field<'_, '_>>; 2],
    read: fn(&Field<'_, '_>) -> Option<T>,
) -> Listed<T> {
    let values = |field: Option<&Field<'_, '_>>| match field {
        Some(field) => items(field).iter().filter_map(read).collect(),
        None => Vec::new(),
    };
    Listed {
        any: values(any),
        none: values(none),
    }
}

/// The values at a field. An empty list asks nothing in Istio, and its author surely meant
/// something.
fn items<'v, 'p>(field: &'p Field<'v, '_>) -> Vec<Field<'v, 'p>> {
    let list = field.list(limits::ISTIO_VALUES);
    if list.is_empty() && field.value().is_array() {
        field.error(
            "istio-empty-list",
            "has no values",
            "remove it, or write a value",
        );
    }
    list
}
