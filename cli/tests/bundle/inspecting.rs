//! `heliast bundle inspect`, and what is no document.

use crate::process::{Folder, refused};

#[test]
fn a_bundle_is_shown_on_one_screen() {
    let folder = Folder::shop();
    insta::assert_snapshot!("inspect", folder.good("inspect bundle.json").steady());
    let json = folder.good("inspect bundle.json --output json");
    insta::assert_snapshot!("inspect-json", json.steady());
    let piped = folder.feed("bundle inspect -", folder.read("bundle.json").as_bytes());
    assert_eq!(piped.out(), folder.good("inspect bundle.json").out());
}

#[test]
fn what_was_changed_on_its_way_is_seen() {
    let folder = Folder::shop();
    folder.edit("bundle.json", "\"order\":10,", "\"order\":11,");
    let ran = folder.bundle("inspect bundle.json");
    assert_eq!(ran.code, 1, "{}", ran.text());
    assert!(
        ran.out().contains("DAMAGED: its objects hash to "),
        "{}",
        ran.text()
    );
    let json = folder.bundle("inspect bundle.json --output json").json();
    assert_ne!(json["content"], json["statement"]["revision"]);
    folder.edit("bundle.json", "\"action\":\"Deny\"", "\"action\":\"Dney\"");
    let ran = folder.bundle("inspect bundle.json");
    assert_eq!(ran.code, 1, "{}", ran.text());
    assert!(
        ran.out().contains("REFUSED: it has 2 mistakes"),
        "{}",
        ran.text()
    );
}

#[test]
fn a_delta_is_shown() {
    let folder = Folder::shop();
    folder.edit("policy.yaml", "order: 5", "order: 6");
    folder.edit("workloads.yaml", "name: pending", "name: waiting");
    folder.good("build policy.yaml workloads.yaml --sequence 8 --out next.json");
    folder.good("diff bundle.json next.json --delta --out delta.json");
    insta::assert_snapshot!("inspect-delta", folder.good("inspect delta.json").steady());
    let json = folder.good("inspect delta.json --output json").json();
    assert_eq!(json["upsert"][0]["name"], "no-post");
    assert_eq!(json["remove"][0]["name"], "pending");
    assert_eq!(json["statement"]["sequence"], 8);
    refused(&folder, "verify delta.json", 2, "this is a delta");
    refused(&folder, "diff bundle.json delta.json", 2, "this is a delta");
    refused(&folder, "apply delta.json delta.json", 2, "this is a delta");
    refused(
        &folder,
        "apply bundle.json next.json",
        2,
        "this is a whole bundle",
    );
}

#[test]
fn long_lists_are_cut() {
    let folder = Folder::new();
    let pods: Vec<String> = (0..50)
        .map(|number| {
            format!(
                "apiVersion: v1\nkind: Pod\nmetadata: {{name: a, namespace: n{number:02}}}\n\
                 status: {{podIPs: [{{ip: 10.0.0.{number}}}]}}\n"
            )
        })
        .collect();
    folder.write("pods.yaml", pods.join("---\n"));
    folder.good("build pods.yaml --out bundle.json");
    let out = folder.good("inspect bundle.json").out();
    assert!(
        out.contains("and 30 more: `--output json` has them"),
        "{out}"
    );
    assert!(out.contains("and 30 namespaces more"), "{out}");
    assert!(out.lines().count() < 60, "{out}");
    let json = folder.good("inspect bundle.json --output json").json();
    assert_eq!(json["policy"]["workloads"].as_array().unwrap().len(), 50);
}

#[test]
fn what_is_no_document_is_refused_with_its_place() {
    let folder = Folder::shop();
    let good = folder.read("bundle.json");
    let head = "{\"apiVersion\":\"heliast.dev/v1alpha1\",\n \"kind\":";
    let deep = format!("{head}\"Bundle\",\"resources\":[{}", "[".repeat(100_000));
    let revision = "\"revision\":\"".to_owned() + &"0".repeat(64) + "\"";
    let twice = format!(
        "{head}\"Bundle\",{revision},\"resources\":[\n{{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{{\"name\":\"a\"}}}},\n\
         {{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{{\"name\":\"a\"}}}}]}}"
    );
    for (content, said) in [
        (String::new(), "this is no bundle"),
        (
            good.replace("\"kind\":\"Tier\"", "\"kind\":\"Tier\",,"),
            "--> bundle.json:5:52",
        ),
        (good.replace("]}\n", ""), "this is not JSON: EOF"),
        (
            good.replace("resources", "resource"),
            "--> bundle.json:1:132",
        ),
        (
            good.replace("\"revision\":\"", "\"revision\":\"x"),
            "its `revision` is not 64 hexadecimal",
        ),
        (
            good.replace("\"kind\":\"Tier\",", ""),
            "--> bundle.json:5:2",
        ),
        (
            format!("{head}\"Budnle\"}}"),
            "its kind is neither `Bundle` nor `BundleDelta`",
        ),
        (
            format!("{head}\"Bundle\",\"resources\":[]}}"),
            "it has no `revision`",
        ),
        (deep, "recursion limit exceeded"),
        (twice, "Pod a is in it twice"),
        ("\u{0}\u{1}".to_owned(), "this is not JSON"),
    ] {
        folder.write("bundle.json", &content);
        refused(&folder, "inspect bundle.json", 2, said);
        refused(&folder, "verify bundle.json", 2, said);
    }
    folder.write("bundle.json", [b'{', 0xff, b'}']);
    refused(&folder, "inspect bundle.json", 2, "not UTF-8");
    folder.write("bundle.json", good.replace("\"kind\":\"Tier\",", ""));
    insta::assert_snapshot!(
        "inspect-nameless",
        folder.bundle("inspect bundle.json").steady()
    );
}
