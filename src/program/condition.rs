//! What a rule asks of a request, besides who the peer is.

use super::header::HeaderCondition;
use super::port_set::PortSet;
use crate::path::{PathPattern, RequestPath};
use crate::request::Request;
use crate::resources::calico::Protocol;
use crate::resources::core::NamedPort;
use crate::truth::Truth;
use ipnet::IpNet;
use std::cell::OnceCell;
use std::fmt;
use std::net::IpAddr;

/// One clause of a rule.
#[derive(Debug)]
pub enum Condition {
    /// `protocol`.
    Protocol(Protocol),
    /// `notProtocol`.
    NotProtocol(Protocol),
    /// `nets` of the workload's own end.
    OwnNets(Vec<IpNet>),
    /// `notNets` of the workload's own end.
    OwnNotNets(Vec<IpNet>),
    /// `source.ports`.
    SourcePorts(PortSet),
    /// `source.notPorts`.
    SourceNotPorts(PortSet),
    /// `destination.ports`.
    Ports(PortSet),
    /// `destination.notPorts`.
    NotPorts(PortSet),
    /// `http` without a clause: the request is HTTP.
    Http,
    /// `http.methods`.
    Methods(Vec<String>),
    /// `http.paths`; `None` is an entry that can match no request.
    Paths(Vec<Option<PathPattern>>),
    /// One of `http.headers`.
    Header(HeaderCondition),
}

/// A request while its rules are asked.
#[derive(Debug)]
pub struct Context<'r> {
    /// The request.
    pub request: &'r Request<'r>,
    /// The named ports of the peer, if it is known which peer it is.
    pub peer_ports: Option<&'r [NamedPort]>,
    path: OnceCell<Option<RequestPath>>,
}

impl<'r> Context<'r> {
    /// A request from a peer with these named ports.
    #[must_use]
    pub fn new(request: &'r Request<'r>, peer_ports: Option<&'r [NamedPort]>) -> Self {
        Self {
            request,
            peer_ports,
            path: OnceCell::new(),
        }
    }

    /// The path, if it can be read in one way only.
    #[must_use]
    pub fn only_path(&self) -> Option<&[u8]> {
        self.path()?.only_reading()
    }

    /// The path, read once for all rules; none if the request has none.
    fn path(&self) -> Option<&RequestPath> {
        let read = || Some(RequestPath::read(self.request.http?.path?));
        self.path.get_or_init(read).as_ref()
    }
}

impl Condition {
    /// Whether the request meets the condition.
    #[must_use]
    pub fn judge(&self, context: &Context<'_>) -> Truth {
        let Request {
            protocol,
            port,
            source_port,
            local_address,
            http,
        } = *context.request;
        let holds = |set: &PortSet, port| set.contains(port, protocol, context.peer_ports);
        match self {
            Self::Protocol(wanted) => Truth::from(protocol == *wanted),
            Self::NotProtocol(unwanted) => Truth::from(protocol != *unwanted),
            Self::OwnNets(nets) => in_nets(nets, local_address),
            Self::OwnNotNets(nets) => in_nets(nets, local_address).negate(),
            Self::SourcePorts(set) => holds(set, source_port),
            Self::SourceNotPorts(set) => holds(set, source_port).negate(),
            Self::Ports(set) => holds(set, port),
            Self::NotPorts(set) => holds(set, port).negate(),
            // A plain connection may carry anything: an Allow for HTTP is not for it, a Deny is.
            _http if http.is_none() => Truth::Unknown,
            Self::Http => Truth::True,
            Self::Methods(methods) => match http.and_then(|http| http.method) {
                Some(method) => Truth::from(methods.iter().any(|one| one.as_bytes() == method)),
                None => Truth::Unknown,
            },
            Self::Paths(patterns) => judge_paths(patterns, context),
            Self::Header(clause) => http.map_or(Truth::Unknown, |http| clause.judge(http.headers)),
        }
    }

    /// The paths it asks for, if that is what it asks for.
    #[must_use]
    pub fn paths(&self) -> Option<&[Option<PathPattern>]> {
        if let Self::Paths(patterns) = self {
            Some(patterns)
        } else {
            None
        }
    }

    /// The field of the rule it comes from; `own` stands for the workload's own end.
    #[must_use]
    pub fn field(&self) -> &'static str {
        match self {
            Self::Protocol(_) => "protocol",
            Self::NotProtocol(_) => "notProtocol",
            Self::OwnNets(_) => "own nets",
            Self::OwnNotNets(_) => "own notNets",
            Self::SourcePorts(_) => "source.ports",
            Self::SourceNotPorts(_) => "source.notPorts",
            Self::Ports(_) => "destination.ports",
            Self::NotPorts(_) => "destination.notPorts",
            Self::Http => "http",
            Self::Methods(_) => "http.methods",
            Self::Paths(_) => "http.paths",
            Self::Header(_) => "http.headers",
        }
    }
}

fn judge_paths(patterns: &[Option<PathPattern>], context: &Context<'_>) -> Truth {
    let Some(path) = context.path() else {
        return Truth::Unknown;
    };
    // A path that cannot be read meets every Deny: an entry without a pattern is no exception.
    let unreadable = if path.normalised().is_none() {
        Truth::Unknown
    } else {
        Truth::False
    };
    let judged = patterns.iter().flatten().map(|pattern| pattern.judge(path));
    judged.fold(unreadable, Truth::or)
}

/// Whether the address is in one of the networks.
pub(super) fn in_nets(nets: &[IpNet], address: Option<IpAddr>) -> Truth {
    match address {
        Some(address) => Truth::from(nets.iter().any(|net| net.contains(&address))),
        None => Truth::Unknown,
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nets = |nets: &[IpNet]| {
            let nets: Vec<String> = nets.iter().map(ToString::to_string).collect();
            nets.join(", ")
        };
        match self {
            Self::Protocol(protocol) => write!(f, "{protocol}"),
            Self::NotProtocol(protocol) => write!(f, "not {protocol}"),
            Self::OwnNets(list) => f.write_str(&nets(list)),
            Self::OwnNotNets(list) => write!(f, "not {}", nets(list)),
            Self::SourcePorts(set) | Self::Ports(set) => write!(f, "{set}"),
            Self::SourceNotPorts(set) | Self::NotPorts(set) => write!(f, "not {set}"),
            Self::Http => f.write_str("an HTTP request"),
            Self::Methods(methods) => f.write_str(&methods.join(", ")),
            Self::Paths(patterns) => {
                let patterns: Vec<String> =
                    patterns.iter().flatten().map(ToString::to_string).collect();
                f.write_str(&patterns.join(", "))
            }
            Self::Header(clause) => write!(f, "{clause}"),
        }
    }
}
