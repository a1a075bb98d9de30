//! Names of policies in compiled programs: dialect and kind are known words, by their place in a
//! list.

use super::PolicyId;
use serde::de::Error as _;
use serde::ser::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

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

/// A name as it is sent.
#[derive(Serialize, Deserialize)]
struct Sent {
    dialect: u8,
    tier: Option<String>,
    kind: u8,
    namespace: Option<String>,
    name: String,
}

impl Serialize for PolicyId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let place = |word: &str| {
            let place = WORDS.iter().position(|known| *known == word);
            let place = place.and_then(|place| u8::try_from(place).ok());
            place.ok_or_else(|| S::Error::custom("unknown word"))
        };
        let sent = Sent {
            dialect: place(self.dialect)?,
            tier: self.tier.clone(),
            kind: place(self.kind)?,
            namespace: self.namespace.clone(),
            name: self.name.clone(),
        };
        sent.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for PolicyId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let sent = Sent::deserialize(deserializer)?;
        let word = |place: u8| {
            let word = WORDS.get(usize::from(place)).copied();
            word.ok_or_else(|| D::Error::custom("unknown word"))
        };
        Ok(Self {
            dialect: word(sent.dialect)?,
            tier: sent.tier,
            kind: word(sent.kind)?,
            namespace: sent.namespace,
            name: sent.name,
        })
    }
}
