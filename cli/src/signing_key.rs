//! The private key that bundles are signed with.

use ed25519_dalek::Signer;
use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::pkcs8::{DecodePrivateKey, EncodePrivateKey, EncodePublicKey, KeypairBytes};
use heliast::bundle::{PublicKey, Signature};
use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// Largest key file, in bytes; a key has some 120.
const FILE_BYTES: u64 = 16 * 1024;

/// An ed25519 private key. Nothing prints it by accident.
pub struct SigningKey {
    key: ed25519_dalek::SigningKey,
    public: PublicKey,
}

/// Why there is no key.
#[derive(Debug)]
pub struct KeyError {
    /// The file.
    pub path: PathBuf,
    /// Whether the system is in the way; else it is the wrong file, or no key is in it.
    pub is_environment: bool,
    /// What is wrong with the file, and how to mend it.
    pub message: String,
}

impl SigningKey {
    /// Reads a private key in PEM, as `openssl genpkey -algorithm ed25519` and
    /// `heliast bundle keygen` write it.
    ///
    /// # Errors
    ///
    /// If the file cannot be read, or holds no such key.
    pub fn read(path: &Path) -> Result<Self, KeyError> {
        let mut bytes = Vec::new();
        File::open(path)
            .and_then(|file| file.take(FILE_BYTES).read_to_end(&mut bytes))
            .map_err(|error| KeyError::of_system(path, &error))?;
        let text = String::from_utf8_lossy(&bytes);
        Self::parse(&text).map_err(|why| KeyError {
            path: path.to_path_buf(),
            is_environment: false,
            message: format!("{why}; {HELP}"),
        })
    }

    /// Makes a new key.
    ///
    /// # Errors
    ///
    /// If the system has no random numbers.
    pub fn generate() -> io::Result<Self> {
        let mut secret = [0; 32];
        getrandom::fill(&mut secret).map_err(|error| io::Error::other(error.to_string()))?;
        Self::of(ed25519_dalek::SigningKey::from_bytes(&secret)).map_err(io::Error::other)
    }

    /// Signs what is said of a bundle or a program, in the words that it prints.
    #[must_use]
    pub fn sign(&self, said: &dyn fmt::Display) -> Signature {
        let signature = self.key.sign(said.to_string().as_bytes());
        Signature::new(&self.public, &signature.to_bytes())
    }

    /// The key that believes these signatures.
    #[must_use]
    pub fn public(&self) -> &PublicKey {
        &self.public
    }

    /// The public key in PEM, as `openssl pkey -pubout` writes it.
    ///
    /// # Errors
    ///
    /// None that a key is known to have.
    pub fn public_pem(&self) -> io::Result<String> {
        let key = self.key.verifying_key();
        key.to_public_key_pem(LineEnding::LF)
            .map_err(|error| io::Error::other(error.to_string()))
    }

    /// The private key in PEM, in the one form that every version of openssl reads.
    ///
    /// # Errors
    ///
    /// None that a key is known to have.
    pub fn private_pem(&self) -> io::Result<String> {
        let bytes = KeypairBytes {
            secret_key: self.key.to_bytes(),
            // With the public key in it openssl 1.1 refuses the file.
            public_key: None,
        };
        let pem = bytes.to_pkcs8_pem(LineEnding::LF);
        pem.map(|pem| pem.as_str().to_owned())
            .map_err(|error| io::Error::other(error.to_string()))
    }

    fn parse(text: &str) -> Result<Self, String> {
        if text.contains("-----BEGIN ENCRYPTED PRIVATE KEY-----") {
            return Err("is an encrypted key, and there is nobody to ask for its password".into());
        }
        if text.contains("-----BEGIN PUBLIC KEY-----") {
            return Err("is a public key, and only a private key can sign".into());
        }
        // What `openssl` and people write around a key is no part of it.
        let begin = text.find(BEGIN).ok_or("holds no private key in PEM")?;
        let rest = text.get(begin..).unwrap_or_default();
        let length = rest.find(END).ok_or("holds half a private key")?;
        let pem = rest.get(..length.saturating_add(END.len()));
        let key = ed25519_dalek::SigningKey::from_pkcs8_pem(pem.unwrap_or_default())
            .map_err(|error| format!("is not an ed25519 private key: {error}"))?;
        Self::of(key).map_err(str::to_owned)
    }

    fn of(key: ed25519_dalek::SigningKey) -> Result<Self, &'static str> {
        let public = PublicKey::from_bytes(key.verifying_key().as_bytes())?;
        Ok(Self { key, public })
    }
}

const BEGIN: &str = "-----BEGIN PRIVATE KEY-----";
const END: &str = "-----END PRIVATE KEY-----";
const HELP: &str = "`heliast bundle keygen --out FILE` makes one, and so does \
    `openssl genpkey -algorithm ed25519 -out FILE`";

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({})", self.public.id())
    }
}

impl KeyError {
    fn of_system(path: &Path, error: &io::Error) -> Self {
        let is_missing = error.kind() == io::ErrorKind::NotFound;
        let message = if is_missing {
            format!("there is no such file; {HELP}")
        } else {
            error.to_string()
        };
        Self {
            path: path.to_path_buf(),
            is_environment: !is_missing,
            message,
        }
    }
}

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path.display(), self.message)
    }
}

impl std::error::Error for KeyError {}

#[cfg(test)]
mod tests;
