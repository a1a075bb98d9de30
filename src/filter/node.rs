//! What Istio's node metadata says of the pod (istio.md section 5).

use super::{hostcalls, pairs};
use crate::gather;
use crate::identify;
use crate::program::Node;
use litemap::LiteMap;

/// The node of this proxy. What it does not say is left to configuration and bundle.
pub(super) fn read() -> Node {
    let addresses = text("xds\0node\0metadata\0INSTANCE_IPS").unwrap_or_default();
    Node {
        namespace: text("xds\0node\0metadata\0NAMESPACE"),
        name: text("xds\0node\0metadata\0NAME"),
        service_account: text("xds\0node\0metadata\0SERVICE_ACCOUNT"),
        labels: labels(),
        addresses: addresses
            .split(',')
            .filter_map(|one| identify::address(one.as_bytes()))
            .collect(),
    }
}

fn text(path: &str) -> Option<String> {
    let bytes = hostcalls::property(path).ok()??;
    String::from_utf8(bytes)
        .ok()
        .filter(|text| !text.is_empty())
}

fn labels() -> Option<LiteMap<String, String>> {
    let bytes = hostcalls::property("xds\0node\0metadata\0LABELS").ok()??;
    let lines = pairs::decode(bytes)?;
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).ok();
    let lines = lines.iter();
    Some(gather::map(
        lines.filter_map(|(key, value)| Some((text(key)?, text(value)?))),
    ))
}
