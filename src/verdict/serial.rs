//! Names of policies in compiled programs: dialect and kind are known words, by their place in a
//! list.

use super::PolicyId;
use crate::reader::{Read, Reader};
#[cfg(feature = "compiler")]
use serde::{Serialize, Serializer, ser::Error as _};

/// Every word; new ones go to the end, so that older programs stay readable.
const WORDS: [&str; 19] = [
    "calico",
    "kubernetes",
    "cilium",
    "istio",
    "GlobalNetworkPolicy",
    "NetworkPolicy",
    "StagedGlobalNetworkPolicy",
    "StagedNetworkPolicy",
    "StagedKubernetesNetworkPolicy",
    "ClusterNetworkPolicy",
    "AdminNetworkPolicy",
    "BaselineAdminNetworkPolicy",
    "CiliumNetworkPolicy",
    "CiliumClusterwideNetworkPolicy",
    "AuthorizationPolicy",
    "PeerAuthentication",
    "Exemption",
    "Setting",
    "Profile",
];

#[cfg(feature = "compiler")]
impl Serialize for PolicyId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let place = |word: &str| {
            let place = WORDS.iter().position(|known| *known == word);
            let place = place.and_then(|place| u8::try_from(place).ok());
            place.ok_or_else(|| S::Error::custom("unknown word"))
        };
        let (dialect, kind) = (place(self.dialect)?, place(self.kind)?);
        let sent = (dialect, &self.tier, kind, &self.namespace, &self.name);
        sent.serialize(serializer)
    }
}

impl Read for PolicyId {
    fn read(from: &mut Reader<'_>) -> Self {
        Self {
            dialect: word(from),
            tier: from.read(),
            kind: word(from),
            namespace: from.read(),
            name: from.read(),
        }
    }
}

fn word(from: &mut Reader<'_>) -> &'static str {
    let word = WORDS.get(usize::from(from.read::<u8>()));
    word.copied().unwrap_or_else(|| from.refuse(""))
}
