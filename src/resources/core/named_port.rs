//! Reads named ports of workloads (calico.md 4.4).

use crate::decode::{Field, Fields};
use crate::terms::{NamedPort, Protocol};

impl NamedPort {
    /// Reads `{name, port, protocol}`, as in a WorkloadGroup.
    pub(in crate::resources) fn decode(field: &Field<'_, '_>) -> Option<Self> {
        let fields = field.object(&["name", "port", "protocol"])?;
        let name = fields.require("name")?.string()?;
        Self::with_number(&fields, name, "port")
    }

    /// Reads a port of a container, if it has a name.
    pub(super) fn decode_container(field: &Field<'_, '_>) -> Option<Self> {
        let fields = field.open_object()?;
        let name = fields.string("name").filter(|name| !name.is_empty())?;
        Self::with_number(&fields, name, "containerPort")
    }

    fn with_number(fields: &Fields<'_, '_>, name: &str, number: &'static str) -> Option<Self> {
        const PROTOCOLS: [(&str, Protocol); 3] = [
            ("TCP", Protocol::TCP),
            ("UDP", Protocol::UDP),
            ("SCTP", Protocol::SCTP),
        ];
        let number = fields.require(number)?.integer(1, u32::from(u16::MAX))?;
        let protocol = match fields.get("protocol") {
            Some(protocol) => protocol.one_of(&PROTOCOLS)?,
            None => Protocol::TCP,
        };
        Some(Self {
            name: name.to_owned(),
            port: u16::try_from(number).ok()?,
            protocol,
        })
    }
}
