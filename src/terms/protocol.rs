//! Protocols of a rule (calico.md 4.3).

#[cfg(feature = "compiled")]
use crate::reader::{Read, Reader};
use std::fmt;

/// An IP protocol number, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "compiler", derive(serde::Serialize))]
pub struct Protocol(pub u8);

#[cfg(feature = "compiled")]
impl Read for Protocol {
    fn read(from: &mut Reader<'_>) -> Self {
        Self(from.read())
    }
}

impl Protocol {
    /// TCP.
    pub const TCP: Self = Self(6);
    /// UDP.
    pub const UDP: Self = Self(17);
    /// SCTP.
    pub const SCTP: Self = Self(132);
    /// ICMP.
    pub const ICMP: Self = Self(1);
    /// ICMP for IPv6.
    pub const ICMPV6: Self = Self(58);

    /// Names in their exact spelling.
    pub const NAMES: [(&'static str, Self); 6] = [
        ("TCP", Self::TCP),
        ("UDP", Self::UDP),
        ("ICMP", Self::ICMP),
        ("ICMPv6", Self::ICMPV6),
        ("SCTP", Self::SCTP),
        ("UDPLite", Self(136)),
    ];

    /// Whether it has ports (calico.md 1.6 row 2).
    #[must_use]
    pub fn has_ports(self) -> bool {
        [Self::TCP, Self::UDP, Self::SCTP].contains(&self)
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Self::NAMES.iter().find(|(_, protocol)| protocol == self) {
            Some((name, _)) => f.write_str(name),
            None => write!(f, "{}", self.0),
        }
    }
}
