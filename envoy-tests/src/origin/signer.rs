//! Keys that sign bundles; the same number is the same key.

use anyhow::Result;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signer as _, SigningKey};
use heliast::bundle::{PublicKey, Signature, Statement};

/// A key of the tests, worth nothing elsewhere.
#[derive(Clone, Debug)]
pub struct Signer {
    key: SigningKey,
    public: PublicKey,
}

impl Signer {
    /// The key of this number.
    ///
    /// # Errors
    /// When the number makes no key.
    pub fn new(number: u8) -> Result<Self> {
        let key = SigningKey::from_bytes(&[number; 32]);
        let public = PublicKey::from_bytes(key.verifying_key().as_bytes());
        let public = public.map_err(|why| anyhow::anyhow!("the key of {number} {why}"))?;
        Ok(Self { key, public })
    }

    /// As `publicKeys` wants it.
    #[must_use]
    pub fn public_key(&self) -> String {
        self.public.encode()
    }

    /// Its id.
    #[must_use]
    pub fn id(&self) -> &str {
        self.public.id()
    }

    pub(super) fn sign(&self, statement: &Statement) -> Signature {
        let signed = self.key.sign(statement.to_string().as_bytes());
        Signature {
            key: self.id().to_owned(),
            signature: STANDARD.encode(signed.to_bytes()),
        }
    }
}
