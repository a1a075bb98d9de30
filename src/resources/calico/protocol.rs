//! Protocols of a rule (calico.md 4.3).

use crate::decode::Field;
use crate::resources::name::shorten;
use std::fmt;

/// An IP protocol number, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Protocol(pub u8);

const NAMES: [(&str, Protocol); 6] = [
    ("TCP", Protocol::TCP),
    ("UDP", Protocol::UDP),
    ("ICMP", Protocol::ICMP),
    ("ICMPv6", Protocol::ICMPV6),
    ("SCTP", Protocol::SCTP),
    ("UDPLite", Protocol(136)),
];

impl Protocol {
    /// TCP.
    pub const TCP: Self = Self(6);
    /// UDP.
    pub const UDP: Self = Self(17);
    /// SCTP.
    pub const SCTP: Self = Self(132);
    pub(super) const ICMP: Self = Self(1);
    pub(super) const ICMPV6: Self = Self(58);

    /// A name in its exact spelling, or a number, which may come as text.
    pub(super) fn decode(field: &Field<'_, '_>) -> Option<Self> {
        let Some(text) = field.value().as_str() else {
            if !field.value().is_number() {
                field.error(
                    "wrong-type",
                    "must be the name or the number of a protocol",
                    "",
                );
                return None;
            }
            return Some(Self(
                u8::try_from(field.integer(1, u32::from(u8::MAX))?).ok()?,
            ));
        };
        let named = NAMES
            .iter()
            .find(|(name, _)| *name == text)
            .map(|(_, protocol)| *protocol);
        let protocol = named.or_else(|| number(text));
        if protocol.is_none() {
            let names = NAMES.map(|(name, _)| name);
            let message = format!("unknown protocol `{}`", shorten(text));
            let help = crate::suggest::nearest(text, names).map_or_else(
                || {
                    format!(
                        "known protocols are {} and the numbers 1 to 255",
                        names.join(", ")
                    )
                },
                |near| format!("did you mean `{near}`?"),
            );
            field.error("unknown-protocol", message, &help);
        }
        protocol
    }

    /// Whether it has ports (calico.md 1.6 row 2).
    pub(super) fn has_ports(self) -> bool {
        [Self::TCP, Self::UDP, Self::SCTP].contains(&self)
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match NAMES.iter().find(|(_, protocol)| protocol == self) {
            Some((name, _)) => f.write_str(name),
            None => write!(f, "{}", self.0),
        }
    }
}

fn number(text: &str) -> Option<Protocol> {
    let number = if text.bytes().all(|byte| byte.is_ascii_digit()) {
        text.parse().ok()
    } else {
        None
    };
    number.filter(|number| *number > 0).map(Protocol)
}
