//! What network plugins write into the annotations of a pod: its addresses before the kubelet
//! reports them, and that they are gone before the pod is (calico.md 2.2; Calico's conversion of
//! pods, `libcalico-go/lib/backend/k8s/conversion/conversion.go`).

use crate::decode::{Field, Fields};
use crate::resources::object;
use ipnet::IpNet;
use std::net::IpAddr;

/// Calico's, of all addresses.
const CALICO_ADDRESSES: &str = "cni.projectcalico.org/podIPs";
/// Calico's, of one address.
const CALICO_ADDRESS: &str = "cni.projectcalico.org/podIP";
/// That of the plugin of EKS.
const AWS_ADDRESSES: &str = "vpc.amazonaws.com/pod-ips";

/// Most addresses that one annotation may list; a pod has one for each family.
const LISTED: usize = 16;

/// The addresses that an annotation announces: those of the first that is not empty.
pub(super) fn addresses(root: &Fields<'_, '_>) -> Vec<IpAddr> {
    let announced = |annotations: &Fields<'_, '_>| {
        [CALICO_ADDRESSES, CALICO_ADDRESS, AWS_ADDRESSES]
            .into_iter()
            .filter_map(|key| annotations.get(key)?.value().as_str())
            .find(|text| !text.is_empty())
            .and_then(parse)
    };
    let metadata = root.get("metadata");
    let metadata = metadata.as_ref().and_then(Field::open_object);
    let announced = metadata.and_then(|metadata| in_annotations(&metadata, &announced));
    announced.unwrap_or_default()
}

/// Whether the pod is being deleted and its network plugin has taken its address away.
pub(super) fn is_released(root: &Fields<'_, '_>) -> bool {
    let emptied = |annotations: &Fields<'_, '_>| {
        let mut keys = [CALICO_ADDRESS, AWS_ADDRESSES].into_iter();
        let is_emptied = |key| {
            let field = annotations.get(key);
            field.is_some_and(|field| object::is_empty_text(&field))
        };
        keys.any(is_emptied).then_some(())
    };
    let metadata = root.get("metadata");
    let metadata = metadata.as_ref().and_then(Field::open_object);
    let dying = metadata.filter(|metadata| metadata.get("deletionTimestamp").is_some());
    dying.is_some_and(|metadata| in_annotations(&metadata, &emptied).is_some())
}

/// What is found in the annotations of an object.
fn in_annotations<T>(
    metadata: &Fields<'_, '_>,
    look: &dyn Fn(&Fields<'_, '_>) -> Option<T>,
) -> Option<T> {
    let annotations = metadata.get("annotations")?;
    look(&annotations.open_object()?)
}

/// The addresses of an annotation; none at all if one of them is none, as in Calico. That is no
/// error of the bundle: whoever may create a pod may write annotations, and must not hold up the
/// policy of others with them.
fn parse(text: &str) -> Option<Vec<IpAddr>> {
    if text.split(',').nth(LISTED).is_some() {
        return None;
    }
    text.split(',').map(address).collect()
}

/// An address, alone or as a network of one.
fn address(text: &str) -> Option<IpAddr> {
    let address = match text.parse::<IpAddr>() {
        Ok(address) => address,
        Err(_) => {
            let net: IpNet = text.parse().ok()?;
            (net.prefix_len() == net.max_prefix_len()).then(|| net.addr())?
        }
    };
    Some(address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn annotations_list_addresses() {
        for (text, addresses) in [
            ("10.0.0.1", Some("10.0.0.1")),
            ("10.0.0.1/32", Some("10.0.0.1")),
            ("10.0.0.1/32,fd00::1/128", Some("10.0.0.1 fd00::1")),
            ("::ffff:10.0.0.1", Some("10.0.0.1")),
            ("10.0.0.1/31", None),
            ("10.0.0.1, 10.0.0.2", None),
            ("10.0.0.1,", None),
            ("x", None),
        ] {
            let parsed = parse(text);
            let shown = parsed.map(|addresses| {
                let addresses = addresses.iter().map(ToString::to_string);
                addresses.collect::<Vec<_>>().join(" ")
            });
            assert_eq!(shown.as_deref(), addresses, "{text}");
        }
        assert!(parse(&["10.0.0.1"; 16].join(",")).is_some());
        assert!(parse(&["10.0.0.1"; 17].join(",")).is_none());
    }
}
