//! The marks of a peer under which entities are filed.

use crate::model::{Entity, PrincipalPattern};
use crate::program::PeerView;
use crate::program::filing::{Text, TextHash};
use crate::spiffe::SpiffeId;
use ipnet::IpNet;
use std::net::IpAddr;

/// Something that a peer has; `Key` is that of a label.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark<Key = String> {
    /// The blocks its address is in.
    Block,
    /// The value of a label: its own, or that of a network set it is in.
    Label(Key),
    /// Its id, without the scheme.
    Id,
    /// Namespace and service account of its id.
    Account,
    /// The namespace of its id.
    Namespace,
}

impl Mark {
    /// Shows the hash of all that the peer has of it; false if it is not certain what that is.
    /// `lengths` are those that blocks may have.
    pub(super) fn hashes(
        &self,
        peer: &PeerView<'_>,
        lengths: &[usize],
        look: &mut dyn FnMut(u64),
    ) -> bool {
        let ids = match self {
            Self::Block => {
                let Some(address) = peer.address() else {
                    return false;
                };
                let blocks = lengths.iter().filter_map(|length| around(address, *length));
                blocks.for_each(|block| look(of_block(&block).hash));
                return true;
            }
            Self::Label(key) => {
                return peer.values_of(key, &mut |value| look(of(&[value]).hash));
            }
            Self::Id => of_id,
            Self::Account => of_account,
            Self::Namespace => of_namespace,
        };
        let Some(readings) = peer.ids() else {
            return false;
        };
        readings.iter().for_each(|id| look(ids(id).hash));
        true
    }
}

impl Mark<&str> {
    pub(super) fn to_owned(self) -> Mark {
        match self {
            Self::Block => Mark::Block,
            Self::Label(key) => Mark::Label(key.to_owned()),
            Self::Id => Mark::Id,
            Self::Account => Mark::Account,
            Self::Namespace => Mark::Namespace,
        }
    }
}

/// The marks without one of which a peer is not the entity.
pub(super) fn asked(entity: &Entity) -> Vec<(Mark<&str>, Vec<Text>)> {
    let mut asked = Vec::new();
    if !entity.nets.is_empty() {
        let blocks = entity.nets.iter().map(of_block);
        asked.push((Mark::Block, blocks.collect()));
    }
    let required = entity.member.iter().flat_map(|member| member.required());
    asked.extend(required.map(|(key, values)| {
        let values = values.into_iter().map(|value| of(&[value]));
        (Mark::Label(key), values.collect())
    }));
    asked.extend(
        entity
            .principals
            .iter()
            .filter_map(|clause| of_patterns(&clause.any)),
    );
    asked
}

/// What one of these patterns asks for, if they all ask for the same kind of name.
fn of_patterns<'k>(patterns: &[PrincipalPattern]) -> Option<(Mark<&'k str>, Vec<Text>)> {
    let mut all = None;
    for pattern in patterns {
        let (mark, text) = of_pattern(pattern)?;
        let (known, texts) = all.get_or_insert_with(|| (mark, Vec::new()));
        if *known != mark {
            return None;
        }
        texts.push(text);
    }
    all
}

fn of_pattern<'k>(pattern: &PrincipalPattern) -> Option<(Mark<&'k str>, Text)> {
    match pattern {
        PrincipalPattern::Exact(id) => Some((Mark::Id, of(&[id]))),
        PrincipalPattern::ServiceAccount { namespace, name } => {
            Some((Mark::Account, of(&[namespace, "/", name])))
        }
        PrincipalPattern::Namespace(name) if !name.contains('*') => {
            Some((Mark::Namespace, of(&[name])))
        }
        PrincipalPattern::Any
        | PrincipalPattern::Prefix(_)
        | PrincipalPattern::Suffix(_)
        | PrincipalPattern::Namespace(_)
        | PrincipalPattern::TrustDomain(_)
        | PrincipalPattern::NamespaceAcrossSlashes(_) => None,
    }
}

fn of_id(id: &SpiffeId) -> Text {
    let SpiffeId {
        trust_domain,
        namespace,
        service_account,
    } = id;
    of(&[trust_domain, "/ns/", namespace, "/sa/", service_account])
}

fn of_account(id: &SpiffeId) -> Text {
    of(&[&id.namespace, "/", &id.service_account])
}

fn of_namespace(id: &SpiffeId) -> Text {
    of(&[&id.namespace])
}

/// The text that these are one behind the other.
fn of(parts: &[&str]) -> Text {
    let mut hash = TextHash::default();
    for part in parts {
        part.bytes().for_each(|byte| hash.add(byte));
    }
    Text {
        hash: hash.of_whole(),
        prefix: None,
    }
}

/// The block of this length that an address is in; none if addresses of its kind are shorter.
fn around(address: IpAddr, length: usize) -> Option<IpNet> {
    let length = u8::try_from(length).ok()?;
    IpNet::new(address, length).ok()
}

fn of_block(block: &IpNet) -> Text {
    let mut hash = TextHash::default();
    match block.network() {
        IpAddr::V4(address) => address.octets().into_iter().for_each(|byte| hash.add(byte)),
        IpAddr::V6(address) => address.octets().into_iter().for_each(|byte| hash.add(byte)),
    }
    hash.add(block.prefix_len());
    Text {
        hash: hash.of_prefix(),
        prefix: Some(usize::from(block.prefix_len())),
    }
}
