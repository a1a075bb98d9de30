//! Public keys that a command line names.

use crate::commands::Stop;
use heliast::bundle::PublicKey;
use std::fs::File;
use std::io::{ErrorKind, Read};

/// Largest key file, in bytes.
const FILE_BYTES: u64 = 16 * 1024;
const BEGIN: &str = "-----BEGIN PUBLIC KEY-----";

/// The key in a text: base64 itself, or a file that holds one.
pub(super) fn read(text: &str) -> Result<PublicKey, Stop> {
    if let Ok(key) = PublicKey::parse(text) {
        return Ok(key);
    }
    let mut bytes = Vec::new();
    File::open(text)
        .and_then(|file| file.take(FILE_BYTES).read_to_end(&mut bytes))
        .map_err(|error| {
            if error.kind() == ErrorKind::NotFound {
                Stop::Usage(format!(
                    "--key {text}: is neither a public key in base64 nor a file that is there"
                ))
            } else {
                Stop::Environment(format!("--key {text}: {error}"))
            }
        })?;
    let content = String::from_utf8_lossy(&bytes);
    if content.contains("PRIVATE KEY-----") {
        return Err(Stop::Usage(format!(
            "--key {text}: is a private key: `openssl pkey -in {text} -pubout` prints its public key"
        )));
    }
    // `heliast bundle keygen` prints the key in base64 first, then in PEM.
    let pem = content.find(BEGIN).and_then(|begin| content.get(begin..));
    PublicKey::parse(pem.unwrap_or(&content))
        .map_err(|why| Stop::Usage(format!("--key {text}: the file {why}")))
}
