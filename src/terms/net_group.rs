//! Networks that have a name, and are shared by all who use it.

#[cfg(feature = "objects")]
use crate::gather;
#[cfg(feature = "compiled")]
use crate::reader::{Read, Reader};
use ipnet::IpNet;
use std::cmp::Ordering;
use std::hash::{Hash, Hasher};
use std::net::IpAddr;
use std::sync::Arc;

/// Networks under a name. One list, however many rules ask for it: a group may have a hundred
/// thousand, and each rule that names it only a few bytes.
#[derive(Debug, Clone)]
#[cfg_attr(feature = "compiler", derive(serde::Serialize))]
pub struct NetGroup(Arc<Named>);

#[derive(Debug)]
#[cfg_attr(feature = "compiler", derive(serde::Serialize))]
struct Named {
    name: String,
    /// None of them within another, in the order of their addresses.
    nets: Vec<IpNet>,
}

impl NetGroup {
    /// The group with this name and these networks. Networks within others are left out.
    #[cfg(feature = "objects")]
    #[must_use]
    pub fn new(name: &str, nets: &[IpNet]) -> Self {
        // What contains others comes before them.
        let mut nets = gather::set(nets.iter().map(IpNet::trunc));
        let mut widest: Option<IpNet> = None;
        nets.retain(|net| {
            let is_inside = widest.is_some_and(|widest| widest.contains(net));
            if !is_inside {
                widest = Some(*net);
            }
            !is_inside
        });
        let name = name.to_owned();
        Self(Arc::new(Named { name, nets }))
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// Its networks, without those that are in others.
    #[must_use]
    pub fn nets(&self) -> &[IpNet] {
        &self.0.nets
    }

    /// Whether one of its networks contains the address.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        let nets = self.nets();
        let after = nets.partition_point(|net| net.addr() <= address);
        let before = after.checked_sub(1).and_then(|last| nets.get(last));
        before.is_some_and(|net| net.contains(&address))
    }
}

/// By name, and by networks only where two objects have one name: so rules are told apart without
/// looking at a hundred thousand.
impl Ord for NetGroup {
    fn cmp(&self, other: &Self) -> Ordering {
        if Arc::ptr_eq(&self.0, &other.0) {
            return Ordering::Equal;
        }
        let names = self.name().cmp(other.name());
        names.then_with(|| self.nets().cmp(other.nets()))
    }
}

impl PartialOrd for NetGroup {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for NetGroup {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for NetGroup {}

impl Hash for NetGroup {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name().hash(state);
    }
}

#[cfg(feature = "compiled")]
impl Read for NetGroup {
    fn read(from: &mut Reader<'_>) -> Self {
        // They are not sorted again: in a wrong order fewer addresses are found, and who makes a program
        // decides what it says.
        let (name, nets) = from.read();
        Self(Arc::new(Named { name, nets }))
    }
}

#[cfg(test)]
mod tests {
    use super::NetGroup;
    use ipnet::IpNet;
    use proptest::collection::vec;
    use proptest::prelude::*;
    use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

    /// Few bits that differ, so that networks are within each other.
    fn address() -> impl Strategy<Value = IpAddr> {
        let v4 = (0..64u8).prop_map(|low| Ipv4Addr::new(10, 0, low >> 4, low << 4).into());
        let v6 = (0..64u16).prop_map(|low| Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 0, 0, low).into());
        prop_oneof![v4, v6]
    }

    fn net() -> impl Strategy<Value = IpNet> {
        (address(), 0..=40u8).prop_map(|(address, hosts)| {
            let most = if address.is_ipv4() { 32 } else { 128 };
            IpNet::new(address, most - hosts.min(most)).unwrap()
        })
    }

    proptest! {
        #[test]
        fn a_group_is_all_its_networks(nets in vec(net(), 0..8), address in address()) {
            let expected = nets.iter().any(|net| net.contains(&address));
            prop_assert_eq!(NetGroup::new("a", &nets).contains(address), expected);
        }
    }
}
