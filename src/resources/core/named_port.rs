//! Reads named ports of workloads (calico.md 4.4).

use crate::decode::{Field, Fields};
use crate::terms::{Container, NamedPort, Protocol};

impl NamedPort {
    /// Reads `{name, port, protocol, container}`, as in a WorkloadGroup.
    pub(in crate::resources) fn decode(field: &Field<'_, '_>) -> Option<Self> {
        const CONTAINERS: [(&str, Container); 3] = [
            ("Main", Container::Main),
            ("Sidecar", Container::Sidecar),
            ("Init", Container::Init),
        ];
        let fields = field.object(&["name", "port", "protocol", "container"])?;
        let name = fields.require("name")?.string()?;
        let container = match fields.get("container") {
            Some(container) => container.one_of(&CONTAINERS)?,
            None => Container::Main,
        };
        Self::with_number(&fields, name, "port", container)
    }

    /// Reads a port of a container, if it has a name.
    pub(super) fn decode_container(field: &Field<'_, '_>, container: Container) -> Option<Self> {
        let fields = field.open_object()?;
        let name = fields.string("name").filter(|name| !name.is_empty())?;
        Self::with_number(&fields, name, "containerPort", container)
    }

    fn with_number(
        fields: &Fields<'_, '_>,
        name: &str,
        number: &'static str,
        container: Container,
    ) -> Option<Self> {
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
            container,
        })
    }
}
