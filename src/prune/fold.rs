//! Many pods that are alike to every rule that can ask, folded into a few small groups.
//!
//! The addresses of a group are shared out by their hash: a shard with too many is split in two,
//! and each half again. So one address more or less changes one small object, or splits or joins
//! two, and the same addresses come out the same way whatever was there before.

use super::identities::Identity;
use super::place::Group;
use crate::bundle::{Object, hex};
use crate::terms::{Container, NamedPort};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::net::IpAddr;

/// Most addresses in one shard. Two shards of this size and the frame of a delta are less than
/// 1 KiB: what a pod that moves from one address to another costs each sidecar.
const SHARD: usize = 8;

/// Most times that shards are split. Addresses chosen to have the same hash stay together then.
const DEPTH: u32 = 32;

/// The own labels and the named ports that tell workloads of one identity apart.
type Likeness<'f> = (BTreeMap<&'f str, &'f str>, Vec<&'f NamedPort>);

/// How much must be known of the workloads of an identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Extent {
    /// Everything that a rule asks for.
    Whole,
    /// That they are there, and their labels; not where, nor their ports.
    Holders,
}

/// The workloads of an identity as groups, which have of labels and ports only those asked for.
pub(super) fn fold(
    identity: &Identity,
    extent: Extent,
    labels: &BTreeSet<String>,
    ports: &BTreeSet<String>,
) -> Vec<Object> {
    let is_whole = extent == Extent::Whole;
    let mut alike: BTreeMap<Likeness<'_>, BTreeSet<(u64, IpAddr)>> = BTreeMap::new();
    // What every workload of the identity has follows from it.
    let follows = &identity.bare().labels.own;
    for (workload, addresses) in identity.workloads() {
        let own = workload.labels.own.iter();
        let own = own.filter(|(key, _)| labels.contains(*key) && !follows.contains_key(*key));
        let named = workload.named_ports.iter();
        let named = named.filter(|port| is_whole && ports.contains(&port.name));
        let named: BTreeSet<_> = named.collect();
        let likeness = (
            own.map(|(key, value)| (key.as_str(), value.as_str()))
                .collect(),
            named.into_iter().collect(),
        );
        let there = alike.entry(likeness).or_default();
        let addresses = addresses.filter(|_| is_whole);
        there.extend(addresses.map(|address| (spread(address), address)));
    }
    let mut objects = Vec::new();
    for ((labels, named_ports), addresses) in alike {
        let mut shards = Shards {
            group: Group {
                name: name(identity, &labels, &named_ports),
                namespace: identity.namespace(),
                service_account: identity.service_account(),
                labels: &labels,
                named_ports: &named_ports,
                addresses: Vec::new(),
            },
            objects: &mut objects,
        };
        let addresses: Vec<_> = addresses.into_iter().collect();
        if addresses.is_empty() {
            // Whoever has no address still holds its identity.
            shards.put("", &[]);
        }
        shards.split(&addresses, &mut String::new(), 0);
    }
    objects
}

struct Shards<'o, 'f> {
    group: Group<'f>,
    objects: &'o mut Vec<Object>,
}

impl Shards<'_, '_> {
    /// Puts addresses, in the order of their hashes, into as few shards as hold them. `way` is the
    /// bits of the hash up to here.
    fn split(&mut self, addresses: &[(u64, IpAddr)], way: &mut String, depth: u32) {
        if addresses.is_empty() {
            return;
        }
        if addresses.len() <= SHARD || depth == DEPTH {
            return self.put(way, addresses);
        }
        let bit = 1_u64 << 63 >> depth;
        let ones = addresses.partition_point(|(hash, _)| hash & bit == 0);
        let (zeros, ones) = addresses.split_at(ones);
        for (digit, half) in [('0', zeros), ('1', ones)] {
            way.push(digit);
            self.split(half, way, depth.saturating_add(1));
            way.pop();
        }
    }

    fn put(&mut self, way: &str, addresses: &[(u64, IpAddr)]) {
        let whole = self.group.name.len();
        // Of two halves the first keeps the name that both had together, so that splitting a shard
        // removes no object. No two shards get one name: neither way leads through the other.
        let way = way.trim_end_matches('0');
        if !way.is_empty() {
            self.group.name.push('-');
            self.group.name.push_str(way);
        }
        self.group.addresses = addresses.iter().map(|(_, address)| *address).collect();
        self.group.addresses.sort_unstable();
        self.objects.extend(self.group.object());
        self.group.name.truncate(whole);
    }
}

/// A name that no other group of any identity has.
fn name(identity: &Identity, labels: &BTreeMap<&str, &str>, named_ports: &[&NamedPort]) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail, and what is written here can be read in one way only.
    let _written = write!(
        text,
        "{:?} {:?} {labels:?}",
        identity.namespace(),
        identity.service_account()
    );
    for port in named_ports {
        let _written = write!(text, " {:?} {} {}", port.name, port.port, port.protocol.0);
        if port.container != Container::Main {
            let _written = write!(text, " {:?}", port.container);
        }
    }
    let digest = Sha256::digest(text.as_bytes());
    hex(digest.get(..16).unwrap_or_default())
}

/// A hash of an address, the same everywhere and for ever (the finaliser of SplitMix64).
fn spread(address: IpAddr) -> u64 {
    let folded = match address {
        IpAddr::V4(address) => u64::from(u32::from(address)),
        IpAddr::V6(address) => {
            let [high, low] = halves(address.octets());
            high.rotate_left(32) ^ low
        }
    };
    let mut mixed = folded.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

fn halves(octets: [u8; 16]) -> [u64; 2] {
    let half = |octets: &[u8]| {
        let octets = octets.iter();
        octets.fold(0, |number, octet| (number << 8) | u64::from(*octet))
    };
    let (high, low) = octets.split_at(8);
    [half(high), half(low)]
}
