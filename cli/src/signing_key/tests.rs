//! Keys as openssl makes them, and what is no key.

use super::*;
use heliast::bundle::{Order, Statement};

/// Printed by `openssl genpkey -algorithm ed25519`.
const PRIVATE: &str = "-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEILAPQWpZqOoaYZSwGOA9wcyK8xfU1ZYHHMowLcHq60Bo
-----END PRIVATE KEY-----
";
/// Printed by `openssl pkey -pubout` for it.
const PUBLIC: &str = "-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEAIt5MNC0VhtG6kT8D5GYXhgZ3sox/Z105Wsntua83fcE=
-----END PUBLIC KEY-----
";
/// Made by `openssl pkeyutl -sign -rawin` with it, over the statement below.
const SIGNATURE: &str =
    "8K7P8uvWgHUE5UmpsXytoknT9FjOdxSAnNUJzwiaQU4uKLUqlbqPzImJpkSmEc0URJ0lUpT+pwXirmk5iDVkAQ==";

fn statement() -> Statement {
    let revision = "ae218ac2a52f4f9e8f31de4a16b7a8ef1a5b6c38ca23b8c4a7b6bdc5a1f5ba28";
    Statement {
        revision: revision.parse().unwrap(),
        order: Some(Order::of_number(7)),
        audience: None,
    }
}

#[test]
fn a_key_signs_as_openssl_does() {
    let key = SigningKey::parse(PRIVATE).unwrap();
    let signature = key.sign(&statement());
    assert_eq!(signature.signature, SIGNATURE);
    assert!(key.public().has_signed(&statement(), &signature));
    assert_eq!(PublicKey::parse(PUBLIC).as_ref(), Ok(key.public()));
}

#[test]
fn a_key_is_written_as_it_was_read() {
    let key = SigningKey::parse(PRIVATE).unwrap();
    assert_eq!(key.private_pem().unwrap(), PRIVATE);
    assert_eq!(key.public_pem().unwrap(), PUBLIC);
    let inside = format!("Bag Attributes\n{PRIVATE}{PUBLIC}");
    assert_eq!(
        SigningKey::parse(&inside.replace(PUBLIC, "after"))
            .unwrap()
            .public(),
        key.public()
    );
    let printed = format!("{key:?}");
    assert_eq!(printed, format!("SigningKey({})", key.public().id()));
}

#[test]
fn new_keys_differ() {
    let (one, other) = (
        SigningKey::generate().unwrap(),
        SigningKey::generate().unwrap(),
    );
    assert_ne!(one.public(), other.public());
}

#[test]
fn what_is_no_key_is_told_apart() {
    let encrypted = PRIVATE.replace("PRIVATE", "ENCRYPTED PRIVATE");
    let half = PRIVATE.replace(END, "");
    // Printed by `openssl genpkey -algorithm x25519`.
    let other = PRIVATE.replace(
        "MC4CAQAwBQYDK2VwBCIEILAPQWpZqOoaYZSwGOA9wcyK8xfU1ZYHHMowLcHq60Bo",
        "MC4CAQAwBQYDK2VuBCIEIKjf0KyHcVypmschZ+i7WQDTpYzzuK6pbK997NrZtFZu",
    );
    for (text, reason) in [
        ("", "holds no private key"),
        (PUBLIC, "is a public key"),
        (&encrypted, "encrypted"),
        (&half, "half"),
        (&other, "not an ed25519 private key"),
        (&PRIVATE.replace("MC4", "???"), "not an ed25519 private key"),
    ] {
        let error = SigningKey::parse(text).unwrap_err();
        assert!(error.contains(reason), "{text}: {error}");
    }
}

#[test]
fn a_file_that_is_not_there_is_no_fault_of_the_system() {
    let folder = tempfile::tempdir().unwrap();
    let missing = SigningKey::read(&folder.path().join("nothing.pem")).unwrap_err();
    assert!(!missing.is_environment, "{missing}");
    assert!(missing.to_string().contains("keygen"), "{missing}");
    assert!(SigningKey::read(folder.path()).unwrap_err().is_environment);
    let file = folder.path().join("key.pem");
    std::fs::write(&file, PUBLIC).unwrap();
    let wrong = SigningKey::read(&file).unwrap_err();
    assert!(!wrong.is_environment, "{wrong}");
    std::fs::write(&file, PRIVATE).unwrap();
    assert_eq!(SigningKey::read(&file).unwrap().public().encode().len(), 44);
}
