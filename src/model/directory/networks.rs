//! The network sets that an address is in.

use crate::gather;
use crate::model::workload::NetworkSet;
use crate::pace::Pace;
use ipnet::IpNet;
use std::net::IpAddr;

/// What it costs to note a network.
const NET_UNITS: usize = 8;

/// The networks of all sets. An address is looked up once for each length of a prefix that there
/// is: few in practice, and 129 at most.
#[derive(Default)]
pub(super) struct Networks {
    /// Networks and the numbers of the sets they are in; in order.
    list: Vec<(IpNet, usize)>,
    /// How long their prefixes are; in order, each once.
    lengths: Vec<u8>,
}

impl Networks {
    /// The networks of these sets.
    pub(super) async fn of(sets: &[NetworkSet], pace: &Pace) -> Self {
        let mut networks = Self::default();
        for (number, set) in sets.iter().enumerate() {
            for net in &set.nets {
                networks.list.push((net.trunc(), number));
                if let Err(place) = networks.lengths.binary_search(&net.prefix_len()) {
                    networks.lengths.insert(place, net.prefix_len());
                }
            }
            pace.spend(set.nets.len().saturating_mul(NET_UNITS)).await;
        }
        let list = networks.list;
        let places = (0..list.len()).collect();
        let compare = |left, right| list.get(left).cmp(&list.get(right));
        let places = gather::sort(places, &compare, pace).await;
        let places = places.iter();
        Self {
            list: places
                .filter_map(|place| list.get(*place).copied())
                .collect(),
            lengths: networks.lengths,
        }
    }

    /// The numbers of the sets that an address is in; in order, each once.
    pub(super) async fn around(&self, address: IpAddr, pace: &Pace) -> Vec<usize> {
        let mut sets = Vec::new();
        for length in &self.lengths {
            // An address of the other family has no prefix so long.
            let Ok(net) = IpNet::new(address, *length) else {
                break;
            };
            let net = net.trunc();
            let start = self.list.partition_point(|(other, _)| *other < net);
            let from = self.list.get(start..).unwrap_or_default();
            let same = from.iter().take_while(|(other, _)| *other == net);
            sets.extend(same.map(|(_, set)| *set));
        }
        let mut sets = gather::sort(sets, &|left, right| left.cmp(&right), pace).await;
        sets.dedup();
        sets
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::labels::Inherited;
    use crate::pace::at_once;
    use proptest::prelude::*;
    use std::net::{Ipv4Addr, Ipv6Addr};

    /// Addresses that share prefixes of every length, in both families.
    fn address() -> impl Strategy<Value = IpAddr> {
        prop_oneof![
            (0_u32..32, 0_u32..4).prop_map(|(shift, low)| Ipv4Addr::from(low << shift).into()),
            (0_u32..128, 0_u128..4).prop_map(|(shift, low)| Ipv6Addr::from(low << shift).into()),
        ]
    }

    fn net() -> impl Strategy<Value = IpNet> {
        (address(), 0_u8..=128).prop_map(|(address, length)| {
            let most = IpNet::from(address).max_prefix_len();
            IpNet::new(address, length.min(most)).unwrap()
        })
    }

    proptest! {
        #[test]
        fn an_address_is_in_the_sets_that_contain_it(
            sets in prop::collection::vec(prop::collection::vec(net(), 0..8), 0..8),
            addresses in prop::collection::vec(address(), 1..32),
        ) {
            let labels = Inherited::default();
            let set = |nets: &Vec<IpNet>| NetworkSet { labels: labels.clone(), nets: nets.clone() };
            let list: Vec<NetworkSet> = sets.iter().map(set).collect();
            let pace = Pace::unbounded();
            let networks = at_once(Networks::of(&list, &pace));
            for address in addresses {
                let contains = |nets: &Vec<IpNet>| nets.iter().any(|net| net.contains(&address));
                let plain: Vec<usize> = (0..sets.len()).filter(|at| contains(&sets[*at])).collect();
                prop_assert_eq!(at_once(networks.around(address, &pace)), plain);
            }
        }
    }
}
