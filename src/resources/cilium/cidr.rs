//! Networks of peers: `fromCIDR` and `fromCIDRSet` (kubernetes-cilium.md 3.3). Cilium's schema asks
//! each of them for its prefix length.

use super::peers::Peer;
use crate::decode::{Field, Fields};
use crate::limits;
use crate::resources::name::{self, NameForm};
use crate::resources::network;
use ipnet::IpNet;

/// An entry of `fromCIDR`: a network.
pub(super) fn decode(field: &Field<'_, '_>) -> Option<Peer> {
    let net = with_prefix(field)?;
    Some(Peer::Net {
        net,
        except: Vec::new(),
    })
}

/// An entry of `fromCIDRSet`: a network or the name of a group, without some networks.
pub(super) fn decode_in_set(field: &Field<'_, '_>) -> Option<Peer> {
    let fields = field.object(&["cidr", "cidrGroupRef", "cidrGroupSelector", "except"])?;
    if let Some(selector) = fields.get("cidrGroupSelector") {
        let help = "name the group in `cidrGroupRef`";
        selector.error(
            "unsupported-field",
            "groups are not found by their labels",
            help,
        );
        return None;
    }
    match (fields.get("cidr"), fields.get("cidrGroupRef")) {
        (Some(cidr), None) => {
            let net = with_prefix(&cidr)?;
            let except = except(&fields, Some(net));
            Some(Peer::Net { net, except })
        }
        (None, Some(group)) => Some(Peer::Group {
            name: name::decode(&group, NameForm::Subdomain)?,
            except: except(&fields, None),
        }),
        (Some(_), Some(_)) | (None, None) => {
            let message = "must have exactly one of `cidr` and `cidrGroupRef`";
            field.error("mixed-rule", message, "");
            None
        }
    }
}

fn except(fields: &Fields<'_, '_>, whole: Option<IpNet>) -> Vec<IpNet> {
    let Some(field) = fields.get("except") else {
        return Vec::new();
    };
    let read = |field: &Field<'_, '_>| {
        let net = with_prefix(field)?;
        if let Some(whole) = whole.filter(|whole| !whole.contains(&net)) {
            let message = format!("`{net}` is not in `{whole}`");
            field.error(
                "bad-network",
                message,
                "an exception lies inside its network",
            );
        }
        Some(net)
    };
    field.list(limits::NETS).iter().filter_map(read).collect()
}

/// A network, which must say its prefix length.
pub(super) fn with_prefix(field: &Field<'_, '_>) -> Option<IpNet> {
    let net = network::in_set(field)?;
    let text = field.string()?;
    if !text.contains('/') {
        let message = format!("`{text}` is an address, not a network");
        field.error("bare-address", message, &format!("write `{net}`"));
    }
    Some(net)
}
