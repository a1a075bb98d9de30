//! `heliast bundle build --compile`, and what the other verbs make of a program.

use crate::process::{Folder, refused};

const COMPILE: &str = "build policy.yaml workloads.yaml --for shop/cart --compile";

#[test]
fn a_program_says_what_it_is_for_whom_and_of_which_revision() {
    let folder = Folder::shop();
    folder.good("build policy.yaml workloads.yaml --for shop/cart --out cart.json");
    folder.good(&format!("{COMPILE} --out cart.program"));
    let json = folder.good("inspect cart.program --output json").json();
    let bundle = folder.good("inspect cart.json --output json").json();
    assert_eq!(json["kind"], "ProgramSummary");
    assert_eq!(json["statement"]["for"]["pod"], "cart");
    assert_eq!(
        json["statement"]["revision"],
        bundle["statement"]["revision"]
    );
    assert_eq!(
        json["tiers"][0]["name"],
        bundle["policy"]["tiers"][0]["name"]
    );
    assert_eq!(json["refused"], serde_json::Value::Null);
    let page = folder.good("inspect cart.program").out();
    assert!(
        page.contains("shop/cart") && page.contains("digest"),
        "{page}"
    );
    let bytes = |name: &str| std::fs::read(folder.path(name)).unwrap();
    folder.good("build workloads.yaml policy.yaml --for shop/cart --compile --out again.program");
    assert_eq!(bytes("cart.program"), bytes("again.program"));
    folder.good("verify cart.program");
}

#[test]
fn a_program_is_signed_and_verified() {
    let folder = Folder::shop();
    let key = folder.good("keygen --out key.pem").out();
    folder.write("key.pub", key);
    folder.good(&format!("{COMPILE} --out cart.program"));
    let unsigned = folder.bundle("verify cart.program --key key.pub");
    assert!(unsigned.out().contains("none of"), "{}", unsigned.text());
    folder.good("sign cart.program --key key.pem --sequence 7 --out signed.program");
    folder.good("verify signed.program --sequence-at-least 7 --key key.pub");
    folder.good(&format!(
        "{COMPILE} --sign-key key.pem --sequence 7 --out built.program"
    ));
    let bytes = |name: &str| std::fs::read(folder.path(name)).unwrap();
    assert_eq!(bytes("signed.program"), bytes("built.program"));
}

#[test]
fn what_cannot_be_is_refused() {
    let folder = Folder::shop();
    let whole = "build policy.yaml workloads.yaml --compile";
    refused(&folder, whole, 2, "--for");
    refused(&folder, &format!("{COMPILE} --gzip"), 2, "not packed");
    folder.good(&format!("{COMPILE} --out cart.program"));
    refused(
        &folder,
        "diff cart.program policy.yaml",
        2,
        "compiled program",
    );
    let mut bytes = std::fs::read(folder.path("cart.program")).unwrap();
    bytes.pop();
    folder.write("cut.program", &bytes);
    refused(&folder, "inspect cut.program", 2, "digest");
}
