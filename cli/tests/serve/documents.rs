//! What docs/serve.md and the manifests say is so.

use super::server::{Folder, run};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn page() -> String {
    fs::read_to_string(root().join("docs/serve.md")).unwrap()
}

/// The words of a text that begin so, up to the first letter that is none of a name.
fn names(text: &str, begin: &str) -> BTreeSet<String> {
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || letter == '-' || letter == '_';
    text.match_indices(begin)
        .filter_map(|(at, _)| {
            let (before, rest) = text.split_at(at);
            let is_start = !before.ends_with(is_part);
            let name: String = rest.chars().take_while(|letter| is_part(*letter)).collect();
            (is_start && name.contains(|letter: char| letter.is_ascii_alphabetic())).then_some(name)
        })
        .collect()
}

#[test]
fn the_page_has_every_flag_and_no_other() {
    let help = std::process::Command::new(env!("CARGO_BIN_EXE_heliast"))
        .args(["serve", "--help"])
        .output()
        .unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    let mut known = names(&help, "--");
    let page = page();
    let (page, table) = page.split_once("## Flags").unwrap();
    let mut listed = names(table, "--");
    for common in ["--color", "--help"] {
        known.remove(common);
        listed.remove(common);
    }
    assert_eq!(listed, known);
    // Other commands are named there too.
    let others = ["--output", "--cert", "--key", "--from-file"];
    let mentioned = names(page, "--");
    let unknown: Vec<_> = mentioned
        .iter()
        .filter(|flag| !known.contains(*flag) && !others.contains(&flag.as_str()))
        .collect();
    assert!(unknown.is_empty(), "{unknown:?}");
}

#[test]
fn the_page_has_every_metric_and_no_other() {
    let folder = Folder::shop();
    let server = folder.serve();
    server.ready();
    let text = server.get("/metrics").text();
    let types = text
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE "))
        .filter_map(|line| line.split_once(' '));
    let served: BTreeSet<String> = types
        .map(|(name, kind)| match kind {
            "counter" => format!("{name}_total"),
            _ => name.to_owned(),
        })
        .collect();
    assert_eq!(names(&page(), "heliast_serve_"), served);
}

#[test]
fn the_manifest_starts_the_server() {
    let file = root().join("envoyfilter/serve/heliast-serve.yaml");
    let mut manifests = heliast_cli::manifests::Manifests::new();
    let documents = manifests.read(&file).unwrap();
    let values: Vec<_> = documents
        .iter()
        .filter_map(|index| manifests.documents().get(*index))
        .map(|document| document.to_value())
        .collect();
    let of_kind = |kind: &str| values.iter().find(|value| value["kind"] == kind).unwrap();
    // The policy in it can be served.
    let folder = Folder::empty();
    let policy = of_kind("ConfigMap")["data"]["policy.yaml"]
        .as_str()
        .unwrap();
    folder.write("policy.yaml", policy);
    let server = folder.serve();
    server.ready();
    server.mended();
    // The arguments are understood, as far as the files that are not here.
    let container = &of_kind("Deployment")["spec"]["template"]["spec"]["containers"][0];
    let arguments: Vec<&str> = container["args"]
        .as_array()
        .unwrap()
        .iter()
        .map(|argument| argument.as_str().unwrap())
        .collect();
    assert_eq!(arguments[0], "serve");
    let (code, err) = run(&arguments[1..]);
    assert_eq!(code, 2, "{err}");
    assert!(
        err.contains("/etc/heliast/policy: there is no such file or folder"),
        "{err}"
    );
    // And the port is the same everywhere.
    let listen = arguments
        .iter()
        .find(|argument| argument.starts_with("--listen"))
        .unwrap();
    let port = of_kind("Service")["spec"]["ports"][0]["port"].to_string();
    assert!(listen.ends_with(&port), "{listen}");
    assert_eq!(container["ports"][0]["containerPort"].to_string(), port);
}
