//! `heliast bundle keygen`, `sign` and `verify`.

use crate::process::{Folder, refused};
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

/// Printed by `openssl genpkey -algorithm ed25519`, and the public key of it.
const PRIVATE: &str = "-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEILAPQWpZqOoaYZSwGOA9wcyK8xfU1ZYHHMowLcHq60Bo
-----END PRIVATE KEY-----
";
const PUBLIC: &str = "It5MNC0VhtG6kT8D5GYXhgZ3sox/Z105Wsntua83fcE=";

fn signed() -> Folder {
    let folder = Folder::shop();
    folder.write("key.pem", PRIVATE);
    folder.good("sign bundle.json --key key.pem --sequence 7 --out bundle.json");
    folder
}

#[test]
fn a_signature_holds_for_what_was_signed_and_nothing_else() {
    let folder = signed();
    insta::assert_snapshot!(
        "verify",
        folder
            .good(&format!(
                "verify bundle.json --key {PUBLIC} --sequence-at-least 7"
            ))
            .steady()
    );
    let built = folder.good("build policy.yaml workloads.yaml --sign-key key.pem --sequence 7");
    assert_eq!(
        built.out(),
        folder.read("bundle.json"),
        "signatures are the same every time"
    );
    let ran = folder.bundle(&format!(
        "verify bundle.json --key {PUBLIC} --sequence-at-least 8"
    ));
    assert_eq!(ran.code, 1, "{}", ran.text());
    assert!(
        ran.out().contains("FAILED sequence   7 is less than 8"),
        "{}",
        ran.text()
    );
    let json = folder
        .bundle(&format!("verify bundle.json --key {PUBLIC} --output json"))
        .json();
    assert_eq!(json["holds"], true);
    for (from, to, what) in [
        (
            "\"sequence\":7",
            "\"sequence\":8",
            "has not signed this bundle",
        ),
        (
            "\"signature\":\"",
            "\"signature\":\"AAAA",
            "has not signed this bundle",
        ),
        ("\"order\":10,", "\"order\":11,", "FAILED revision"),
        ("\"action\":\"Pass\"", "\"action\":\"Pas\"", "FAILED policy"),
        (
            "\"resources\"",
            "\"for\":{\"namespace\":\"shop\",\"pod\":\"cart\",\"peerBinding\":\"Principal\"},\"resources\"",
            "has not signed",
        ),
    ] {
        let folder = signed();
        folder.edit("bundle.json", from, to);
        let ran = folder.bundle(&format!("verify bundle.json --key {PUBLIC}"));
        assert_eq!(ran.code, 1, "{from}\n{}", ran.text());
        assert!(ran.out().contains(what), "{from}\n{}", ran.text());
        let json = folder.bundle(&format!("verify bundle.json --key {PUBLIC} --output json"));
        assert_eq!(
            (json.code, &json.json()["holds"]),
            (1, &false.into()),
            "{from}"
        );
    }
}

#[test]
fn mistakes_in_a_bundle_are_shown_where_they_stand() {
    let folder = signed();
    folder.edit("bundle.json", "\"action\":\"Pass\"", "\"action\":\"Pas\"");
    let ran = folder.bundle("verify bundle.json");
    assert!(ran.err.contains("--> bundle.json:2:"), "{}", ran.text());
    assert!(ran.err.contains("did you mean `Pass`?"), "{}", ran.text());
}

#[test]
fn other_keys_and_sequences_are_kept_apart() {
    let folder = signed();
    folder.good("keygen --out other.pem");
    let keys = folder.good("keygen --out third.pem");
    folder.write("third.pub", keys.out());
    folder.good("sign bundle.json --key third.pem --out bundle.json");
    folder.good("sign bundle.json --key third.pem --out bundle.json");
    let ran = folder.good(&format!(
        "verify bundle.json --key third.pub --key {PUBLIC}"
    ));
    assert_eq!(
        ran.out().matches("ok     signature").count(),
        2,
        "{}",
        ran.text()
    );
    let one = folder.good("verify bundle.json --key third.pub");
    assert!(one.out().contains("no --key has this id"), "{}", one.text());
    let ran = folder.good("sign bundle.json --key other.pem --sequence 8 --out bundle.json");
    assert_eq!(
        ran.err.matches("dropped the signature").count(),
        2,
        "{}",
        ran.text()
    );
    let ran = folder.bundle(&format!(
        "verify bundle.json --key third.pub --key {PUBLIC}"
    ));
    assert_eq!(ran.code, 1, "{}", ran.text());
    assert!(
        ran.out().contains("FAILED signature  none of "),
        "{}",
        ran.text()
    );
    folder.edit("bundle.json", "\"order\":10,", "\"order\":11,");
    refused(
        &folder,
        "sign bundle.json --key key.pem",
        2,
        "the bundle is damaged",
    );
}

#[test]
fn a_bundle_without_signature_or_sequence_fails_where_they_are_wanted() {
    let folder = Folder::shop();
    let ran = folder.bundle(&format!(
        "verify bundle.json --key {PUBLIC} --sequence-at-least 1"
    ));
    assert_eq!(ran.code, 1, "{}", ran.text());
    assert!(
        ran.out()
            .contains("FAILED sequence   it has none, and 1 is wanted"),
        "{}",
        ran.text()
    );
    assert!(
        ran.out().contains("FAILED signature  none of "),
        "{}",
        ran.text()
    );
    folder.good("verify bundle.json");
    folder.write("key.pem", PRIVATE);
    let built = folder.good("build workloads.yaml --sign-key key.pem");
    assert!(
        built.err.contains("signed without --sequence"),
        "{}",
        built.text()
    );
}

#[test]
fn keys_are_their_owners_and_never_written_over() {
    let folder = Folder::shop();
    let ran = folder.good("keygen --out key.pem");
    let mode = std::fs::metadata(folder.path("key.pem"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    assert!(!ran.out().contains("PRIVATE"), "{}", ran.text());
    let before = folder.read("key.pem");
    refused(&folder, "keygen --out key.pem", 2, "is there already");
    assert_eq!(folder.read("key.pem"), before);
    refused(
        &folder,
        "keygen --out no/key.pem",
        2,
        "there is no such folder",
    );
    let base64 = ran.out().lines().next().unwrap().to_owned();
    folder.good("sign bundle.json --key key.pem --out bundle.json");
    folder.good(&format!("verify bundle.json --key {base64}"));
    for (key, said) in [
        ("key.pem", "is a private key"),
        ("policy.yaml", "the file is neither PEM nor base64"),
        ("nowhere", "is neither a public key in base64 nor a file"),
        (
            "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
            "is neither a public key",
        ),
    ] {
        refused(&folder, &format!("verify bundle.json --key {key}"), 2, said);
    }
}

#[test]
fn openssl_and_we_take_each_others_keys() {
    let folder = Folder::shop();
    let openssl = |arguments: &str| {
        let mut command = Command::new("openssl");
        command
            .args(arguments.split_whitespace())
            .current_dir(folder.path(""));
        let output = command.output().ok()?;
        let err = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "openssl {arguments}: {err}");
        Some(String::from_utf8(output.stdout).unwrap())
    };
    if openssl("version").is_none() {
        eprintln!("skipped: there is no openssl on this machine");
        return;
    }
    openssl("genpkey -algorithm ed25519 -out theirs.pem");
    openssl("pkey -in theirs.pem -pubout -out theirs.pub");
    folder.good("sign bundle.json --key theirs.pem --out bundle.json");
    folder.good("verify bundle.json --key theirs.pub");
    let ours = folder.good("keygen --out ours.pem").out();
    let theirs = openssl("pkey -in ours.pem -pubout").unwrap();
    assert_eq!(ours.split_once('\n').unwrap().1, theirs);
    openssl("genpkey -algorithm x25519 -out other.pem");
    refused(
        &folder,
        "sign bundle.json --key other.pem",
        2,
        "is not an ed25519 private key",
    );
}
