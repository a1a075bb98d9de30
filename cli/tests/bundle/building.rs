//! `heliast bundle build`.

use crate::process::{Folder, refused};
use heliast_cli::gzip;

const NODE: &str = "apiVersion: v1\nkind: Node\nmetadata: {name: one}\n";

#[test]
fn a_bundle_is_written_whole_or_not_at_all() {
    let folder = Folder::shop();
    let first = folder.read("bundle.json");
    let printed = folder.good("build workloads.yaml policy.yaml");
    assert_eq!(printed.out(), first, "the order of files means nothing");
    folder.edit("policy.yaml", "action: Pass", "action: Pas");
    refused(
        &folder,
        "build policy.yaml workloads.yaml --out bundle.json",
        2,
        "did you mean `Pass`?",
    );
    assert_eq!(folder.read("bundle.json"), first);
    refused(
        &folder,
        "build workloads.yaml --out no/b.json",
        2,
        "there is no such folder",
    );
    refused(
        &folder,
        "build workloads.yaml --out .",
        4,
        "cannot be written",
    );
    folder.good("build workloads.yaml --out bundle.json");
    assert_ne!(folder.read("bundle.json"), first);
    let names = std::fs::read_dir(folder.path("")).unwrap();
    assert_eq!(names.count(), 3, "nothing else is left");
}

#[test]
fn what_check_refuses_is_refused_in_the_same_words() {
    let folder = Folder::new();
    let broken = crate::process::shop().join("../broken");
    for entry in std::fs::read_dir(broken).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        // What is wrong with a test is no fault of a bundle.
        if name != "e-test.yaml" {
            folder.write(name, std::fs::read(&path).unwrap());
        }
    }
    let (check, build) = (folder.feed("check .", b""), folder.bundle("build ."));
    assert_eq!(build.text(), check.text());
    assert!(
        build.err.contains("--> a-fields.yaml:8:3"),
        "{}",
        build.text()
    );
}

#[test]
fn nodes_are_held_to_their_names() {
    let folder = Folder::new();
    folder.write("a.yaml", NODE);
    folder.write("b.yaml", NODE.replace("one", "one, labels: {a: b}"));
    refused(&folder, "build a.yaml b.yaml", 2, "defined twice");
    folder.write(
        "c.yaml",
        "apiVersion: v1\nkind: Node\nmetadata: {nme: one}\n",
    );
    refused(&folder, "build a.yaml c.yaml", 2, "`name` is required");
    folder.write(
        "list.yaml",
        "apiVersion: v1\nkind: NodeList\nitems:\n- metadata: {name: one}\n- metadata: {}\n",
    );
    refused(&folder, "build list.yaml", 2, "--> list.yaml:5:3");
}

#[test]
fn managed_fields_and_lists_leave_no_trace() {
    let folder = Folder::new();
    let pod = |more: &str| {
        format!(
            "{{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{{\"name\":\"a\",\"namespace\":\"n\"{more}}}}}"
        )
    };
    folder.write("plain.json", pod(""));
    folder.write(
        "managed.json",
        pod(",\"managedFields\":[{\"manager\":\"kubectl\"}]"),
    );
    let list = format!(
        "{{\"apiVersion\":\"v1\",\"kind\":\"List\",\"items\":[{}]}}",
        pod("")
    );
    folder.write("list.json", &list);
    let plain = folder.good("build plain.json").out();
    assert_eq!(folder.good("build managed.json").out(), plain);
    assert_eq!(folder.good("build list.json").out(), plain);
    assert_eq!(folder.feed("bundle build -", list.as_bytes()).out(), plain);
    folder.write("bundle.json", &plain);
    assert_eq!(folder.good("build bundle.json").out(), plain);
}

#[test]
fn gzip_is_read_and_written() {
    let folder = Folder::shop();
    let plain = folder.read("bundle.json");
    let packed = folder.good("build policy.yaml workloads.yaml --gzip").bytes;
    assert!(packed.len() < plain.len());
    let again = folder.good("build policy.yaml workloads.yaml --gzip").bytes;
    assert_eq!(packed, again);
    assert_eq!(
        gzip::unpack(packed.clone(), 1 << 20).unwrap(),
        plain.as_bytes()
    );
    folder.write("bundle.json.gz", &packed);
    folder.write(
        "policy.yaml.gz",
        gzip::pack(folder.read("policy.yaml").as_bytes()).unwrap(),
    );
    assert_eq!(
        folder.good("build policy.yaml.gz workloads.yaml").out(),
        plain
    );
    folder.good("inspect bundle.json.gz");
    folder.good("verify bundle.json.gz");
    folder.good("diff bundle.json.gz bundle.json");
    folder.write("half.gz", &packed[..packed.len() / 2]);
    refused(
        &folder,
        "inspect half.gz",
        2,
        "begins as gzip does, and is none",
    );
    refused(
        &folder,
        "build half.gz",
        2,
        "begins as gzip does, and is none",
    );
}

#[test]
fn limits_hold_and_say_so() {
    let folder = Folder::new();
    let pod = |name: usize, bytes: usize| {
        format!(
            "{{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{{\"name\":\"p{name}\",\
             \"namespace\":\"n\",\"annotations\":{{\"a\":\"{}\"}}}}}}",
            "x".repeat(bytes)
        )
    };
    folder.write("object.json", pod(0, heliast::limits::OBJECT_BYTES));
    refused(&folder, "build object.json", 2, "this object has 3145");
    let pods: String = (0..12).map(|name| pod(name, 3_000_000)).collect();
    folder.write("pods.json", pods);
    refused(
        &folder,
        "build pods.json",
        2,
        "prune it for one workload with --for",
    );
    let bomb = gzip::pack(&vec![b' '; heliast::limits::BUNDLE_BYTES + 1]).unwrap();
    folder.write("bomb.gz", bomb);
    for verb in ["inspect bomb.gz", "verify bomb.gz", "apply bomb.gz bomb.gz"] {
        refused(
            &folder,
            verb,
            2,
            "has more than 33554432 bytes, and no filter takes it",
        );
    }
}

#[test]
fn bad_usage_is_told() {
    let folder = Folder::shop();
    folder.write(
        "test.yaml",
        "apiVersion: heliast.dev/v1alpha1\nkind: PolicyTest\nmetadata: {name: t}\ncases: []\n",
    );
    for (arguments, code, said) in [
        ("", 2, "Usage: heliast bundle"),
        ("biuld .", 2, "a similar subcommand exists: 'build'"),
        ("build", 2, "required arguments were not provided"),
        (
            "build nowhere.yaml",
            2,
            "nowhere.yaml: there is no such file or folder",
        ),
        ("build test.yaml", 2, "there is no object for a bundle"),
        ("build . --sequence -1", 2, "unexpected argument '-1'"),
        ("build . --sequence x", 2, "invalid digit"),
        (
            "build . --sign-key nowhere.pem",
            2,
            "nowhere.pem: there is no such file",
        ),
        (
            "build . --sign-key policy.yaml",
            2,
            "holds no private key in PEM",
        ),
        ("inspect nowhere.json", 2, "there is no such file"),
        ("inspect .", 4, ".: "),
        ("inspect policy.yaml", 2, "this is not JSON"),
        ("diff bundle.json", 2, "required arguments"),
        ("diff - -", 2, "only one of the two can be `-`"),
        ("apply - -", 2, "only one of the two can be `-`"),
        (
            "diff bundle.json . --delta --output json",
            2,
            "cannot be used with",
        ),
        ("keygen", 2, "--out <FILE>"),
        ("sign bundle.json", 2, "--key <FILE>"),
        ("build .", 2, "defined twice"),
    ] {
        refused(&folder, arguments, code, said);
    }
    let left_out = folder.good("build policy.yaml workloads.yaml test.yaml");
    assert!(
        left_out.err.contains("left out 1 policy test\n"),
        "{}",
        left_out.err
    );
}

#[test]
fn verbs_complete() {
    let folder = Folder::new();
    for shell in ["bash", "zsh", "fish"] {
        let script = folder.feed(&format!("completions {shell}"), b"").out();
        for word in ["inspect", "keygen", "sequence-at-least"] {
            assert!(script.contains(word), "{shell} does not know {word}");
        }
    }
}
