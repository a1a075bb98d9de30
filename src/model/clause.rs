//! What a rule asks of a request, in the words that dialects other than Calico's share.

#[cfg(feature = "compiled")]
pub(super) mod flat;

use crate::path::PathTemplate;
#[cfg(feature = "compiled")]
use crate::reader::{Read, Reader};
use crate::regex::Regex;
use ipnet::IpNet;

/// A clause about the request. Values and their `not` twins are both required: one of `any`, where
/// there are any, and none of `none`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Clause {
    /// The request is HTTP.
    Http,
    /// A text of the request.
    Text {
        /// Which text.
        subject: Subject,
        /// What it must be; empty asks nothing.
        any: Vec<Pattern>,
        /// What it must not be.
        none: Vec<Pattern>,
    },
    /// The destination port, first and last of each range.
    Ports {
        /// Where it must be; empty asks nothing.
        any: Vec<(u16, u16)>,
        /// Where it must not be.
        none: Vec<(u16, u16)>,
    },
    /// The address of the enforcing workload that the request came to (`destination.ip`).
    LocalNets {
        /// Where it must be; empty asks nothing.
        any: Vec<IpNet>,
        /// Where it must not be.
        none: Vec<IpNet>,
    },
    /// The address of the sender as the proxy reads it from headers (`remote.ip`, istio.md 1.4).
    RemoteNets {
        /// Where it must be; empty asks nothing.
        any: Vec<IpNet>,
        /// Where it must not be.
        none: Vec<IpNet>,
    },
    /// Issuer and subject of a token that Envoy has verified (istio.md 1.4).
    RequestPrincipals {
        /// What they must be; empty asks nothing.
        any: Vec<(Pattern, Pattern)>,
        /// What they must not be.
        none: Vec<(Pattern, Pattern)>,
    },
    /// One of these alternatives, all clauses of it.
    AnyOf(Vec<Vec<Clause>>),
}

/// A text of a request.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "compiler", derive(serde::Serialize))]
pub enum Subject {
    /// `:method`.
    Method,
    /// `:authority` in any case; without its port, or the dot at its end, it may mean the same.
    Host,
    /// `:authority`, byte by byte.
    Authority,
    /// `:path` without query and fragment.
    Path,
    /// `:path`, with its query.
    Target,
    /// Each line of a header.
    Header(String),
    /// The only line of a header: several lines are never equal to one value
    /// (kubernetes-cilium.md 3.5).
    SoleHeader(String),
    /// The server name of the TLS handshake.
    ServerName,
    /// Dynamic metadata that a filter ahead of ours wrote: the filter's name, then keys. Of a list
    /// one element is enough.
    Metadata(Vec<String>, MetadataShape),
    /// The name that an outgoing request asks for, in lower case: the server name, else the
    /// authority without its port. Certain only where the operator says so
    /// ([`crate::settings::DestinationDomains`]).
    Domain,
}

#[cfg(feature = "compiled")]
impl Read for Subject {
    fn read(from: &mut Reader<'_>) -> Self {
        match from.variant() {
            0 => Self::Method,
            1 => Self::Host,
            2 => Self::Authority,
            3 => Self::Path,
            4 => Self::Target,
            5 => Self::Header(from.read()),
            6 => Self::SoleHeader(from.read()),
            7 => Self::ServerName,
            8 => Self::Metadata(from.read(), from.read()),
            9 => Self::Domain,
            _ => from.refuse(Self::Method),
        }
    }
}

/// What a text must look like.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "compiler", derive(serde::Serialize))]
pub enum Pattern {
    /// It is there; of everything but headers it must not be empty.
    Present,
    /// This text.
    Exact(String),
    /// It starts with this text.
    Prefix(String),
    /// It ends with this text.
    Suffix(String),
    /// The whole of it matches.
    Regex(Regex),
    /// The whole path is like the template.
    Template(PathTemplate),
}

#[cfg(feature = "compiled")]
impl Read for Pattern {
    fn read(from: &mut Reader<'_>) -> Self {
        match from.variant() {
            0 => Self::Present,
            1 => Self::Exact(from.read()),
            2 => Self::Prefix(from.read()),
            3 => Self::Suffix(from.read()),
            4 => Self::Regex(from.read()),
            5 => Self::Template(from.read()),
            _ => from.refuse(Self::Present),
        }
    }
}

/// What dynamic metadata must be to be compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "compiler", derive(serde::Serialize))]
pub enum MetadataShape {
    /// A text.
    Text,
    /// A list.
    List,
    /// Either.
    TextOrList,
}

#[cfg(feature = "compiled")]
impl Read for MetadataShape {
    fn read(from: &mut Reader<'_>) -> Self {
        match from.variant() {
            0 => Self::Text,
            1 => Self::List,
            2 => Self::TextOrList,
            _ => from.refuse(Self::Text),
        }
    }
}
