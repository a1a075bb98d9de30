//! `docs/bundles.md` shows what the command prints.

use crate::process::{Folder, steady};
use std::path::Path;

const PAGE: &str = "../docs/bundles.md";

#[test]
fn every_example_of_the_page_prints_what_it_shows() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join(PAGE);
    let page = std::fs::read_to_string(page).unwrap();
    let folder = Folder::shop();
    std::fs::remove_file(folder.path("bundle.json")).unwrap();
    let policy = folder.read("policy.yaml");
    let next = policy.replace("{prefix: /cart}", "{prefix: /cart}, {exact: /till}");
    assert_ne!(next, policy);
    folder.write("next.yaml", next);
    // The key of the page, so that signatures are those of the page.
    folder.write("key.pem", KEY);
    let mut shown = 0;
    for block in page.split("```console\n").skip(1) {
        let (block, _) = block.split_once("```").unwrap();
        for example in block.split("$ ").skip(1) {
            let (command, expected) = example.split_once('\n').unwrap();
            let arguments = command.strip_prefix("heliast ").unwrap();
            let ran = folder.feed(arguments, b"");
            let printed = format!("{}{}", ran.out(), ran.err);
            assert_eq!(steady(&printed), steady(expected), "$ {command}");
            shown += 1;
        }
    }
    assert!(shown >= 10, "only {shown} examples");
}

const KEY: &str = "-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEILAPQWpZqOoaYZSwGOA9wcyK8xfU1ZYHHMowLcHq60Bo
-----END PRIVATE KEY-----
";
