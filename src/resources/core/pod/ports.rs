//! The named ports of a pod (calico.md 4.4).

use crate::decode::{Field, Fields};
use crate::limits;
use crate::terms::{Container, NamedPort};

/// Those of its containers, then those of its init containers, which Calico alone looks at.
pub(super) fn named_ports(spec: &Fields<'_, '_>) -> Vec<NamedPort> {
    let mut ports = Vec::new();
    for key in ["containers", "initContainers"] {
        let Some(list) = spec.get(key) else {
            continue;
        };
        for field in list.list(limits::OBJECTS) {
            let Some(fields) = field.open_object() else {
                continue;
            };
            let container = match (key, restarts_always(&fields)) {
                ("containers", _) => Container::Main,
                (_, true) => Container::Sidecar,
                (_, false) => Container::Init,
            };
            ports.extend(of_container(&fields, container));
        }
    }
    ports
}

fn restarts_always(container: &Fields<'_, '_>) -> bool {
    let policy = container.get("restartPolicy");
    policy.is_some_and(|policy| policy.value() == "Always")
}

fn of_container(fields: &Fields<'_, '_>, container: Container) -> Vec<NamedPort> {
    let list = fields.get("ports");
    let list = list.as_ref().map(|list| list.list(limits::OBJECTS));
    let ports = list.iter().flatten();
    ports
        .filter_map(|port: &Field<'_, '_>| NamedPort::decode_container(port, container))
        .collect()
}
