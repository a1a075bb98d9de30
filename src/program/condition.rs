//! What a rule asks of a request, besides who the peer is.

use super::header::HeaderCondition;
use super::peer_ports::PeerPort;
use super::port_set::PortSet;
use super::text::TextCondition;
use super::token::TokenCondition;
use crate::path::{PathMatcher, PathPattern, RequestPath, judge_calico};
use crate::regex::Work;
use crate::request::Request;
use crate::settings::Quirks;
use crate::terms::Protocol;
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
    /// What the rule says of the workload's own end, at each of its addresses.
    OwnAddress(Vec<(IpAddr, Truth)>),
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
    /// `http.paths`; entries that can match no request are left out.
    Paths(Vec<(PathPattern, PathMatcher)>),
    /// One of `http.headers`.
    Header(HeaderCondition),
    /// A text of the request.
    Text(TextCondition),
    /// Who a token was issued to.
    Token(TokenCondition),
    /// Port ranges it must, and must not, go to.
    PortRanges(Vec<(u16, u16)>, Vec<(u16, u16)>),
    /// Networks that the address it came to must, and must not, be in.
    LocalNets(Vec<IpNet>, Vec<IpNet>),
    /// Networks that its remote address must, and must not, be in.
    RemoteNets(Vec<IpNet>, Vec<IpNet>),
    /// One of these alternatives, all conditions of it.
    AnyOf(Vec<Vec<Condition>>),
}

/// A request while its rules are asked.
#[derive(Debug)]
pub struct Context<'r> {
    /// The request.
    pub request: &'r Request<'r>,
    /// The named ports of the peer that rules ask for, if it is known which peer it is.
    pub peer_ports: Option<&'r [PeerPort]>,
    /// What is left to it for matching expressions.
    pub(super) work: Work,
    path: OnceCell<Option<RequestPath<'r>>>,
}

impl<'r> Context<'r> {
    /// A request from a peer with these named ports.
    #[must_use]
    pub fn new(request: &'r Request<'r>, peer_ports: Option<&'r [PeerPort]>) -> Self {
        Self {
            request,
            peer_ports,
            work: Work::default(),
            path: OnceCell::new(),
        }
    }

    /// The bytes of the path, if they can be read in one way only.
    pub(super) fn sent_path(&self) -> Option<&'r [u8]> {
        self.path()?.sent()
    }

    /// The path, read once for all rules; none if the request has none.
    pub(super) fn path(&self) -> Option<&RequestPath<'r>> {
        let readings = &self.request.readings;
        let read = || Some(RequestPath::read(self.request.http?.path?, readings));
        self.path.get_or_init(read).as_ref()
    }
}

impl Condition {
    /// `http.paths`; `None` is an entry that can match no request.
    pub(super) fn paths(patterns: &[Option<PathPattern>]) -> Self {
        let patterns = patterns.iter().flatten();
        let ready = patterns.map(|one| (one.clone(), PathMatcher::of_pattern(one)));
        Self::Paths(ready.collect())
    }

    /// Whether the request meets the condition.
    #[must_use]
    pub fn judge(&self, context: &Context<'_>) -> Truth {
        let Request {
            protocol,
            port,
            source_port,
            local_address,
            remote_address,
            http,
            readings,
            ..
        } = *context.request;
        let holds = |set: &PortSet, port| set.contains(port, protocol, context.peer_ports);
        match self {
            Self::Protocol(wanted) => Truth::from(protocol == *wanted),
            Self::NotProtocol(unwanted) => Truth::from(protocol != *unwanted),
            Self::OwnNets(nets) => in_nets(nets, local_address),
            Self::OwnNotNets(nets) => in_nets(nets, local_address).negate(),
            Self::OwnAddress(said) => said_of(said, local_address),
            Self::SourcePorts(set) => holds(set, source_port),
            Self::SourceNotPorts(set) => holds(set, source_port).negate(),
            Self::Ports(set) => holds(set, port),
            Self::NotPorts(set) => holds(set, port).negate(),
            Self::Text(text) => text.judge(context),
            Self::Token(token) => token.judge(context),
            Self::PortRanges(any, none) => {
                let is_in = |ranges: &[(u16, u16)]| {
                    port.map_or(Truth::Unknown, |port| Truth::from(within(ranges, port)))
                };
                either(any, is_in).and(neither(none, is_in))
            }
            Self::LocalNets(any, none) => {
                let is_in = |nets: &[IpNet]| in_nets(nets, local_address);
                either(any, is_in).and(neither(none, is_in))
            }
            Self::RemoteNets(any, none) => {
                let is_in = |nets: &[IpNet]| in_nets_however_written(nets, remote_address);
                either(any, is_in).and(neither(none, is_in))
            }
            Self::AnyOf(alternatives) => judge_any(alternatives, context),
            // A plain connection may carry anything: an Allow for HTTP is not for it, a Deny is.
            _http if http.is_none() => Truth::Unknown,
            Self::Http => Truth::True,
            Self::Methods(methods) => http
                .and_then(|http| http.method)
                .map_or(Truth::Unknown, |method| {
                    judge_methods(methods, method, readings.quirks)
                }),
            Self::Paths(patterns) => context.path().map_or(Truth::Unknown, |path| {
                judge_calico(&patterns.iter().map(|(_, matcher)| matcher), path)
            }),
            Self::Header(clause) => {
                let judge = |http| clause.judge(&http, readings.quirks, &context.work);
                http.map_or(Truth::Unknown, judge)
            }
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
            Self::OwnAddress(_) => "own address",
            Self::SourcePorts(_) => "source.ports",
            Self::SourceNotPorts(_) => "source.notPorts",
            Self::Ports(_) => "destination.ports",
            Self::NotPorts(_) => "destination.notPorts",
            Self::Http => "http",
            Self::Methods(_) => "http.methods",
            Self::Paths(_) => "http.paths",
            Self::Header(_) => "http.headers",
            Self::Text(text) => text.field(),
            Self::Token(_) => "requestPrincipals",
            Self::PortRanges(..) => "ports",
            Self::LocalNets(..) => "destination.ip",
            Self::RemoteNets(..) => "remote.ip",
            Self::AnyOf(_) => "one of",
        }
    }
}

fn judge_methods(methods: &[String], method: &[u8], quirks: Quirks) -> Truth {
    let is_one =
        |same: fn(&[u8], &[u8]) -> bool| methods.iter().any(|one| same(one.as_bytes(), method));
    if is_one(|one, method| one == method) {
        return Truth::True;
    }
    // Some frameworks fold what they get; only HTTP/2 brings other methods than Envoy knows.
    let perhaps = quirks.method_case && is_one(<[u8]>::eq_ignore_ascii_case);
    if perhaps {
        Truth::Unknown
    } else {
        Truth::False
    }
}

/// What is said of the address that the request came to; it is not known of any other.
fn said_of(said: &[(IpAddr, Truth)], local_address: Option<IpAddr>) -> Truth {
    let mut said = said.iter();
    let at = said.find(|(address, _)| Some(*address) == local_address);
    at.map_or(Truth::Unknown, |(_, truth)| *truth)
}

/// Whether all conditions of one of the alternatives are met.
fn judge_any(alternatives: &[Vec<Condition>], context: &Context<'_>) -> Truth {
    let all = |conditions: &Vec<Condition>| {
        let each = conditions.iter().map(|condition| condition.judge(context));
        each.fold(Truth::True, Truth::and)
    };
    alternatives.iter().map(all).fold(Truth::False, Truth::or)
}

/// What must be, if anything must.
fn either<T>(any: &[T], holds: impl Fn(&[T]) -> Truth) -> Truth {
    if any.is_empty() {
        Truth::True
    } else {
        holds(any)
    }
}

/// What must not be.
fn neither<T>(none: &[T], holds: impl Fn(&[T]) -> Truth) -> Truth {
    if none.is_empty() {
        Truth::True
    } else {
        holds(none).negate()
    }
}

fn within(ranges: &[(u16, u16)], port: u16) -> bool {
    let mut ranges = ranges.iter();
    ranges.any(|(first, last)| (*first..=*last).contains(&port))
}

/// Values and their `not` twins.
pub(super) fn write_both(
    f: &mut fmt::Formatter<'_>,
    any: impl Iterator<Item = String>,
    none: impl Iterator<Item = String>,
) -> fmt::Result {
    let (any, none): (Vec<_>, Vec<_>) = (any.collect(), none.collect());
    f.write_str(&any.join(", "))?;
    if !none.is_empty() {
        let space = if any.is_empty() { "" } else { " " };
        write!(f, "{space}not {}", none.join(", "))?;
    }
    Ok(())
}

/// Whether the address is in one of the networks.
pub(super) fn in_nets(nets: &[IpNet], address: Option<IpAddr>) -> Truth {
    match address {
        Some(address) => Truth::from(nets.iter().any(|net| net.contains(&address))),
        None => Truth::Unknown,
    }
}

/// The same of an address that the request may have named: an IPv4 address written as IPv6 is IPv6
/// to Envoy, and IPv4 to others.
fn in_nets_however_written(nets: &[IpNet], address: Option<IpAddr>) -> Truth {
    let Some(sent) = address else {
        return Truth::Unknown;
    };
    let holds = |address: IpAddr| nets.iter().any(|net| net.contains(&address));
    Truth::agreed([sent, sent.to_canonical()].map(holds))
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
            Self::OwnAddress(said) => {
                let met = said.iter().filter(|(_, truth)| *truth != Truth::False);
                let met: Vec<String> = met.map(|(address, _)| address.to_string()).collect();
                f.write_str(&met.join(", "))
            }
            Self::SourcePorts(set) | Self::Ports(set) => write!(f, "{set}"),
            Self::SourceNotPorts(set) | Self::NotPorts(set) => write!(f, "not {set}"),
            Self::Http => f.write_str("an HTTP request"),
            Self::Methods(methods) => f.write_str(&methods.join(", ")),
            Self::Paths(patterns) => {
                let patterns = patterns.iter().map(|(pattern, _)| pattern.to_string());
                let patterns: Vec<String> = patterns.collect();
                f.write_str(&patterns.join(", "))
            }
            Self::Header(clause) => write!(f, "{clause}"),
            Self::Text(text) => write!(f, "{text}"),
            Self::Token(token) => write!(f, "{token}"),
            Self::PortRanges(any, none) => {
                let text = |range: &(u16, u16)| match range {
                    (first, last) if first == last => first.to_string(),
                    (first, last) => format!("{first}-{last}"),
                };
                write_both(f, any.iter().map(text), none.iter().map(text))
            }
            Self::LocalNets(any, none) | Self::RemoteNets(any, none) => {
                let text = |net: &IpNet| net.to_string();
                write_both(f, any.iter().map(text), none.iter().map(text))
            }
            Self::AnyOf(alternatives) => {
                let all = |conditions: &Vec<Self>| {
                    let each = conditions.iter();
                    let each: Vec<String> = each
                        .map(|condition| format!("{} {condition}", condition.field()))
                        .collect();
                    each.join(" and ")
                };
                let alternatives: Vec<String> = alternatives.iter().map(all).collect();
                f.write_str(&alternatives.join("; or "))
            }
        }
    }
}
