//! Ports of a rule, in the three forms that they have (kubernetes-cilium.md 1.1, 2.1).

use super::pods::require_one;
use crate::decode::{Field, Fields};
use crate::resources::name::{is_port_name, shorten};
use crate::terms::{Port, Protocol};

/// Which protocol, and which ports of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProtocolPort {
    /// The protocol; none is that of the named port.
    pub protocol: Option<Protocol>,
    /// The ports; none is every port.
    pub port: Option<Port>,
}

const LAST: u32 = 65_535;

impl ProtocolPort {
    /// An entry of `ports` of a NetworkPolicy: `{protocol, port, endPort}`.
    pub(super) fn decode(field: &Field<'_, '_>) -> Option<Self> {
        let fields = field.object(&["protocol", "port", "endPort"])?;
        let protocol = protocol(&fields)?;
        let port = fields.get("port");
        let end = fields.get("endPort");
        if port.is_none() && end.is_none() && fields.get("protocol").is_none() {
            let message = "an empty entry means every port of TCP, and no other protocol";
            let help = "leave `ports` out for every port and protocol, or write `protocol: TCP`";
            field.warn("kubernetes-ports-tcp-only", message, help);
        }
        let port = match (port, end) {
            (None, None) => None,
            (None, Some(end)) => {
                end.error("bad-port", "`endPort` needs a `port`", "");
                return None;
            }
            (Some(port), None) if port.value().is_string() => Some(named(&port)?),
            (Some(port), Some(end)) if port.value().is_string() => {
                end.error("bad-port", "`endPort` needs a `port` that is a number", "");
                return None;
            }
            (Some(port), end) => Some(range(&port, end.as_ref(), 0)?),
        };
        Some(Self::seen(field, Some(protocol), port))
    }

    /// An entry of `protocols` of a ClusterNetworkPolicy.
    pub(super) fn decode_protocol(field: &Field<'_, '_>) -> Option<Self> {
        const KINDS: [(&str, Protocol); 3] = [
            ("tcp", Protocol::TCP),
            ("udp", Protocol::UDP),
            ("sctp", Protocol::SCTP),
        ];
        let known = ["tcp", "udp", "sctp", "destinationNamedPort"];
        let fields = field.object(&known)?;
        if !require_one(field, &fields, &known) {
            return None;
        }
        if let Some(name) = fields.get("destinationNamedPort") {
            return Some(Self {
                protocol: None,
                port: Some(named(&name)?),
            });
        }
        let (key, protocol) = KINDS
            .into_iter()
            .find(|(key, _)| fields.get(key).is_some())?;
        let of_protocol = fields.get(key)?;
        let inside = of_protocol.object(&["destinationPort"])?;
        let Some(port) = inside.get("destinationPort") else {
            let help = "write `destinationPort: {range: {start: 1, end: 65535}}` for every port";
            of_protocol.error("missing-field", "`destinationPort` is required", help);
            return None;
        };
        let forms = ["number", "range"];
        let inside = port.object(&forms)?;
        if !require_one(&port, &inside, &forms) {
            return None;
        }
        let port = match inside.get("number") {
            Some(number) => range(&number, None, 0)?,
            None => start_and_end(&inside.get("range")?, &["start", "end"], 1)?,
        };
        Some(Self::seen(field, Some(protocol), Some(port)))
    }

    /// An entry of `ports` of the two kinds before it.
    pub(super) fn decode_old(field: &Field<'_, '_>) -> Option<Self> {
        let known = ["portNumber", "namedPort", "portRange"];
        let fields = field.object(&known)?;
        if !require_one(field, &fields, &known) {
            return None;
        }
        if let Some(name) = fields.get("namedPort") {
            return Some(Self {
                protocol: None,
                port: Some(named(&name)?),
            });
        }
        if let Some(number) = fields.get("portNumber") {
            let inside = number.object(&["protocol", "port"])?;
            let port = range(&inside.require("port")?, None, 0)?;
            return Some(Self::seen(field, Some(protocol(&inside)?), Some(port)));
        }
        let between = fields.get("portRange")?;
        let port = start_and_end(&between, &["protocol", "start", "end"], 0)?;
        let protocol = protocol(&between.open_object()?)?;
        Some(Self::seen(field, Some(protocol), Some(port)))
    }

    fn seen(field: &Field<'_, '_>, protocol: Option<Protocol>, port: Option<Port>) -> Self {
        if let Some(other) = protocol.filter(|protocol| *protocol != Protocol::TCP) {
            let message = format!(
                "no proxy sees {other}: what this entry grants or denies is up to the network"
            );
            field.warn("kubernetes-protocol-not-seen", message, "");
        }
        Self { protocol, port }
    }
}

fn protocol(fields: &Fields<'_, '_>) -> Option<Protocol> {
    const WORDS: [(&str, Protocol); 3] = [
        ("TCP", Protocol::TCP),
        ("UDP", Protocol::UDP),
        ("SCTP", Protocol::SCTP),
    ];
    match fields.get("protocol") {
        Some(field) => field.one_of(&WORDS),
        None => Some(Protocol::TCP),
    }
}

fn start_and_end(field: &Field<'_, '_>, known: &[&str], least: u16) -> Option<Port> {
    let fields = field.object(known)?;
    range(
        &fields.require("start")?,
        Some(&fields.require("end")?),
        least,
    )
}

/// From a port to another, which is at least so much greater.
fn range(first: &Field<'_, '_>, last: Option<&Field<'_, '_>>, least: u16) -> Option<Port> {
    let number = |field: &Field<'_, '_>| u16::try_from(field.integer(1, LAST)?).ok();
    let start = number(first)?;
    let Some(last) = last else {
        return Some(Port::Range(start, start));
    };
    let end = number(last)?;
    if end.checked_sub(start).is_none_or(|more| more < least) {
        let message = format!("the range ends at {end} and begins at {start}");
        last.error("bad-port", message, "the end must come after the beginning");
        return None;
    }
    Some(Port::Range(start, end))
}

/// The name of a container's port: lower-case letters, digits and single dashes, with a letter.
fn named(field: &Field<'_, '_>) -> Option<Port> {
    let text = field.string()?;
    if !is_port_name(text) {
        let message = format!("`{}` is not the name of a port", shorten(text));
        let help = "numbers are written without quotes, ranges with `endPort`";
        field.error("bad-port", message, help);
        return None;
    }
    Some(Port::Named(text.to_owned()))
}
