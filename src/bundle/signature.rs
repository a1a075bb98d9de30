//! Signatures of bundles: ed25519 over a statement that binds everything by its digest.

use super::audience::Audience;
#[cfg(any(feature = "compiled", feature = "compiler"))]
use super::order;
use super::order::Order;
use super::revision::{Revision, hex};
#[cfg(feature = "compiled")]
use crate::reader::{Read, Reader};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature as Ed25519, VerifyingKey};
use sha2::{Digest, Sha256};
use std::fmt;

/// What precedes the 32 bytes of a key in the form that `openssl` prints (RFC 8410).
const SPKI_PREFIX: [u8; 12] = [
    0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00,
];

/// What is signed: not the bytes of a document, so that a signature holds for a whole bundle and
/// for every delta that leads to it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "compiler", derive(serde::Serialize))]
pub struct Statement {
    /// What the bundle says.
    pub revision: Revision,
    /// Its place in the order of bundles, if it has one.
    #[cfg_attr(feature = "compiler", serde(serialize_with = "order::serialize"))]
    pub order: Option<Order>,
    /// For whom it is, if not for everyone.
    pub audience: Option<Audience>,
}

#[cfg(feature = "compiled")]
impl Read for Statement {
    fn read(from: &mut Reader<'_>) -> Self {
        Self {
            revision: from.read(),
            order: order::read(from),
            audience: from.read(),
        }
    }
}

impl fmt::Display for Statement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "heliast.dev/v1alpha1 Bundle\nrevision {}\n",
            self.revision
        )?;
        self.write_rest(f)
    }
}

impl Statement {
    /// All but what it is and what it says.
    pub(crate) fn write_rest(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.order {
            // Before there were epochs, signers said nothing of them.
            Some(Order { epoch: 0, number }) => writeln!(f, "sequence {number}")?,
            Some(Order { epoch, number }) => writeln!(f, "epoch {epoch}\nsequence {number}")?,
            None => f.write_str("sequence none\n")?,
        }
        match &self.audience {
            Some(audience) => writeln!(f, "for {audience}"),
            None => f.write_str("for everyone\n"),
        }
    }
}

/// A signature, and whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "compiler", derive(serde::Serialize))]
pub struct Signature {
    /// The id of the key: see [`PublicKey::id`].
    pub key: String,
    /// The 64 bytes, in base64.
    pub signature: String,
}

#[cfg(feature = "compiled")]
impl Read for Signature {
    fn read(from: &mut Reader<'_>) -> Self {
        Self {
            key: from.read(),
            signature: from.read(),
        }
    }
}

impl Signature {
    /// The signature that the owner of a key made.
    #[must_use]
    pub fn new(key: &PublicKey, bytes: &[u8; 64]) -> Self {
        Self {
            key: key.id().to_owned(),
            signature: STANDARD.encode(bytes),
        }
    }
}

/// A key that bundles may be signed with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey {
    key: VerifyingKey,
    id: String,
}

impl PublicKey {
    /// Reads a key: PEM as `openssl pkey -pubout` prints it, its base64 alone, or the base64 of the
    /// 32 bytes.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let lines = text.lines().map(str::trim);
        let base64: String = lines.filter(|line| !line.starts_with("-----")).collect();
        let bytes = STANDARD
            .decode(base64)
            .map_err(|_| "is neither PEM nor base64")?;
        let bytes = bytes.strip_prefix(&SPKI_PREFIX).unwrap_or(&bytes);
        let bytes = <[u8; 32]>::try_from(bytes).map_err(|_| "is not an ed25519 public key")?;
        Self::from_bytes(&bytes)
    }

    /// The key of these bytes.
    ///
    /// # Errors
    ///
    /// If they are no point that can have signed anything.
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, &'static str> {
        let key = VerifyingKey::from_bytes(bytes).map_err(|_| "is not an ed25519 public key")?;
        if key.is_weak() {
            return Err("is a weak key: anyone could sign for it");
        }
        let id = hex(Sha256::digest(bytes).get(..8).unwrap_or_default());
        Ok(Self { key, id })
    }

    /// Its id: the first 16 digits of its SHA-256.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The base64 of its 32 bytes.
    #[must_use]
    pub fn encode(&self) -> String {
        STANDARD.encode(self.key.as_bytes())
    }

    /// Whether the signature is of this key and over what is said, in the words that it prints.
    #[must_use]
    pub fn has_signed(&self, said: &dyn fmt::Display, signature: &Signature) -> bool {
        let decoded = (signature.key == self.id)
            .then(|| STANDARD.decode(&signature.signature).ok())
            .flatten();
        let Some(signed) = decoded.and_then(|bytes| Ed25519::from_slice(&bytes).ok()) else {
            return false;
        };
        let said = said.to_string();
        self.key.verify_strict(said.as_bytes(), &signed).is_ok()
    }
}
