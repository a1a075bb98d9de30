//! `heliast bundle diff` and `heliast bundle apply`.

use crate::process::{Folder, refused};

/// The shop, and what became of it.
fn changed() -> Folder {
    let folder = Folder::shop();
    folder.edit("policy.yaml", "selector: app == 'cart'\n  types: [Ingress]\n  ingress:\n  - action: Allow", "selector: app == 'cart' || app == 'till'\n  types: [Ingress]\n  ingress:\n  - {action: Deny, http: {methods: [PUT]}}\n  - action: Allow");
    folder.edit(
        "policy.yaml",
        "{prefix: /cart}",
        "{prefix: /cart}, {exact: /till}",
    );
    folder.edit("workloads.yaml", "name: pending", "name: waiting");
    folder.good("build policy.yaml workloads.yaml --out next.json");
    folder
}

#[test]
fn fields_are_told_with_both_values() {
    let folder = changed();
    let ran = folder.bundle("diff bundle.json next.json");
    assert_eq!(ran.code, 1);
    insta::assert_snapshot!("diff", ran.steady());
    let json = folder.bundle("diff bundle.json next.json --output json");
    assert_eq!(json.code, 1);
    insta::assert_snapshot!("diff-json", json.steady());
}

#[test]
fn manifests_can_stand_for_either() {
    let folder = changed();
    for name in ["policy.yaml", "workloads.yaml"] {
        std::fs::create_dir_all(folder.path("m")).unwrap();
        std::fs::copy(folder.path(name), folder.path("m").join(name)).unwrap();
    }
    assert_eq!(folder.bundle("diff next.json m").code, 0);
    let ran = folder.bundle("diff bundle.json m");
    assert_eq!(ran.out(), folder.bundle("diff bundle.json next.json").out());
    assert_eq!(folder.bundle("diff m next.json").out(), "no difference\n");
    let input = folder.read("bundle.json");
    assert_eq!(folder.feed("bundle diff - m", input.as_bytes()).code, 1);
    let yaml = folder.read("policy.yaml");
    assert_eq!(folder.feed("bundle diff m -", yaml.as_bytes()).code, 1);
    folder.edit("policy.yaml", "order: 5", "ordr: 5");
    refused(&folder, "diff bundle.json policy.yaml", 2, "policy.yaml:");
}

#[test]
fn a_delta_leads_to_the_same_bytes_or_nowhere() {
    let folder = changed();
    folder.good("keygen --out key.pem");
    folder.good("sign next.json --key key.pem --sequence 9 --out next.json");
    folder.good("diff bundle.json next.json --delta --gzip --out delta.json.gz");
    folder.good("apply bundle.json delta.json.gz --out applied.json");
    assert_eq!(folder.read("applied.json"), folder.read("next.json"));
    refused(
        &folder,
        "apply next.json delta.json.gz",
        2,
        "the delta is for revision",
    );
    folder.good("diff bundle.json next.json --delta --out delta.json");
    folder.edit("delta.json", "/till", "/tall");
    refused(
        &folder,
        "apply bundle.json delta.json",
        2,
        "the delta is damaged",
    );
    folder.edit("bundle.json", "/cart", "/card");
    refused(
        &folder,
        "apply bundle.json delta.json.gz",
        2,
        "the bundle is damaged",
    );
    refused(
        &folder,
        "diff bundle.json next.json --delta",
        2,
        "the bundle is damaged",
    );
}

#[test]
fn there_is_no_delta_between_bundles_of_two_workloads() {
    let folder = changed();
    let whom = "\"for\":{\"namespace\":\"shop\",\"peerBinding\":\"Principal\",\"pod\":\"cart\"},";
    folder.good("diff bundle.json next.json --delta --out delta.json");
    folder.edit(
        "next.json",
        "\"resources\"",
        &format!("{whom}\"resources\""),
    );
    refused(
        &folder,
        "diff bundle.json next.json --delta",
        2,
        "the one is for everyone, the other for shop/cart Principal",
    );
    folder.edit(
        "bundle.json",
        "\"resources\"",
        &format!("{whom}\"resources\""),
    );
    refused(
        &folder,
        "apply bundle.json delta.json",
        2,
        "the other for everyone",
    );
    folder.good("diff bundle.json next.json --delta --out delta.json");
    folder.good("apply bundle.json delta.json --out applied.json");
    assert_eq!(folder.read("applied.json"), folder.read("next.json"));
}
