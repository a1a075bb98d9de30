//! Who is at the other end of a connection, and how much of the server they may use.

use super::sync::lock;
use governor::clock::DefaultClock;
use governor::state::keyed::DashMapStateStore;
use governor::{Quota, RateLimiter};
use heliast::spiffe::SpiffeId;
use std::collections::BTreeMap;
use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex};

/// Who is at the other end of a connection.
#[derive(Debug, Clone)]
pub(super) struct Peer {
    /// Where it is: limits count by this.
    pub(super) place: Place,
    /// Whether it has shown a certificate of the authorities that clients must have theirs from.
    pub(super) has_certificate: bool,
    /// Who its certificate says that it is, if it was asked for one.
    pub(super) identity: Option<SpiffeId>,
}

/// Addresses that one peer can use at will: an IPv4 address, or 64 bits of an IPv6 network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Place(IpAddr);

impl Place {
    /// The place of an address.
    pub(super) fn of(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            IpAddr::V4(address) => address.into(),
            IpAddr::V6(address) => {
                let network = u128::from(address) & !u128::from(u64::MAX);
                Ipv6Addr::from(network).into()
            }
        })
    }
}

/// How many requests each place may send.
pub(super) struct RateLimit {
    limiter: RateLimiter<Place, DashMapStateStore<Place>, DefaultClock>,
}

impl RateLimit {
    /// So many requests a second, and ten times as many at once after a while without any.
    pub(super) fn new(per_second: NonZeroU32) -> Self {
        let burst = per_second.saturating_mul(BURST);
        let quota = Quota::per_second(per_second).allow_burst(burst);
        Self {
            limiter: RateLimiter::keyed(quota),
        }
    }

    /// Whether a request from there may be answered.
    pub(super) fn admits(&self, place: Place) -> bool {
        self.limiter.check_key(&place).is_ok()
    }

    /// Forgets the places that have all of their allowance again.
    pub(super) fn forget(&self) {
        self.limiter.retain_recent();
    }
}

/// How many seconds' worth of requests may come at once.
const BURST: NonZeroU32 = NonZeroU32::MIN.saturating_add(9);

impl fmt::Debug for RateLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RateLimit({} places)", self.limiter.len())
    }
}

/// The open connections, by place.
#[derive(Debug)]
pub(super) struct Connections {
    most: usize,
    most_per_place: usize,
    open: Mutex<Open>,
}

#[derive(Debug, Default)]
struct Open {
    total: usize,
    by_place: BTreeMap<Place, usize>,
}

/// Counts one connection as long as it lives.
#[derive(Debug)]
pub(super) struct Ticket {
    connections: Arc<Connections>,
    place: Place,
}

impl Connections {
    /// None yet, and at most so many.
    pub(super) fn new(most: usize, most_per_place: usize) -> Arc<Self> {
        Arc::new(Self {
            most,
            most_per_place,
            open: Mutex::default(),
        })
    }

    /// Lets a connection in.
    ///
    /// # Errors
    ///
    /// Which bound is reached.
    pub(super) fn admit(self: &Arc<Self>, place: Place) -> Result<Ticket, &'static str> {
        let mut open = lock(&self.open);
        if open.total >= self.most {
            return Err("too_many");
        }
        let count = open.by_place.entry(place).or_default();
        if *count >= self.most_per_place {
            return Err("too_many_of_peer");
        }
        *count = count.saturating_add(1);
        open.total = open.total.saturating_add(1);
        Ok(Ticket {
            connections: Arc::clone(self),
            place,
        })
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let mut open = lock(&self.connections.open);
        open.total = open.total.saturating_sub(1);
        let left = open.by_place.get_mut(&self.place).map_or(0, |count| {
            *count = count.saturating_sub(1);
            *count
        });
        if left == 0 {
            open.by_place.remove(&self.place);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(text: &str) -> Place {
        Place::of(text.parse().unwrap())
    }

    #[test]
    fn a_place_is_an_address_or_a_network_of_64_bits() {
        assert_eq!(place("10.0.0.1"), place("::ffff:10.0.0.1"));
        assert_ne!(place("10.0.0.1"), place("10.0.0.2"));
        assert_eq!(place("2001:db8::1"), place("2001:db8::2"));
        assert_ne!(place("2001:db8::1"), place("2001:db8:0:1::1"));
    }

    #[test]
    fn connections_are_counted_while_they_live() {
        let connections = Connections::new(3, 2);
        let (here, there) = (place("10.0.0.1"), place("10.0.0.2"));
        let first = connections.admit(here).unwrap();
        let _second = connections.admit(here).unwrap();
        assert_eq!(connections.admit(here).unwrap_err(), "too_many_of_peer");
        let third = connections.admit(there).unwrap();
        assert_eq!(connections.admit(there).unwrap_err(), "too_many");
        drop(first);
        let _fourth = connections.admit(here).unwrap();
        drop(third);
        assert!(!lock(&connections.open).by_place.contains_key(&there));
    }

    #[test]
    fn requests_beyond_the_burst_are_refused_for_that_place_alone() {
        let limit = RateLimit::new(NonZeroU32::MIN);
        let (here, there) = (place("10.0.0.1"), place("10.0.0.2"));
        let admitted = (0..100).filter(|_| limit.admits(here)).count();
        assert!((10..20).contains(&admitted), "{admitted}");
        assert!(limit.admits(there));
    }
}
