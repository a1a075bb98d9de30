//! What happens to files, and what is served meanwhile.

use super::server::{Folder, NAMESPACE, Server, pod, policy, until};
use std::fs;
use std::io::Write;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::process::Command;
use std::thread;
use std::time::Duration;

/// Longer than the server waits for a source to be quiet.
const WHILE: Duration = Duration::from_millis(400);

#[test]
fn files_are_added_changed_and_deleted() {
    let folder = Folder::shop();
    let server = folder.serve();
    let first = server.ready();
    folder.write("more.yaml", &pod("more", 9));
    let second = server.changed(&first);
    assert!(server.names().contains(&"Pod more".to_owned()));
    folder.remove("more.yaml");
    let third = server.changed(&second);
    assert_eq!(third, first, "equal files have equal revisions");
    fs::create_dir(folder.file("team")).unwrap();
    folder.write("team/deep.yaml", &pod("deep", 10));
    let fourth = server.changed(&third);
    folder.replace("team/deep.yaml", &pod("deeper", 10));
    let fifth = server.changed(&fourth);
    fs::remove_dir_all(folder.file("team")).unwrap();
    assert_eq!(server.changed(&fifth), first);
}

#[test]
fn a_file_that_is_broken_changes_nothing_until_it_is_mended() {
    let folder = Folder::shop();
    let server = folder.serve();
    let good = server.ready();
    folder.write(
        "policy.yaml",
        &policy("cart", "GET").replace("ingress", "ingres"),
    );
    let problems = server.refused();
    assert_eq!(problems.len(), 1);
    let problem = &problems[0];
    assert_eq!(problem["code"], "unknown-field");
    assert!(
        problem["location"]["file"]
            .as_str()
            .unwrap()
            .ends_with("policy.yaml")
    );
    assert_eq!(problem["location"]["line"], 8);
    assert_eq!(problem["location"]["column"], 3);
    assert_eq!(problem["object"], "NetworkPolicy shop/cart");
    assert_eq!(problem["path"], "spec.ingres");
    let help = problem["help"].as_str().unwrap();
    assert!(help.contains("`ingress`"), "{help}");
    let ready = server.get("/readyz");
    assert_eq!(ready.status, 200);
    assert!(
        ready.text().contains("in error since 20"),
        "{}",
        ready.text()
    );
    assert_eq!(server.metric("heliast_serve_source_in_error"), Some(1.0));
    server.says("error[unknown-field]");
    server.says("policy.yaml:8:3");
    // Other files may change meanwhile; all of it waits for the mending.
    folder.write("more.yaml", &pod("more", 9));
    thread::sleep(WHILE);
    assert_eq!(server.ready(), good);
    folder.replace("policy.yaml", &policy("cart", "PUT"));
    server.changed(&good);
    assert!(server.names().contains(&"Pod more".to_owned()));
    server.mended();
    assert_eq!(server.metric("heliast_serve_source_in_error"), Some(0.0));
    assert!(server.get("/readyz").text().starts_with("serving revision"));
}

#[test]
fn a_file_that_is_set_back_is_no_change() {
    let folder = Folder::shop();
    let server = folder.serve();
    let good = server.ready();
    folder.write("policy.yaml", "a: [");
    server.refused();
    folder.write("policy.yaml", &policy("cart", "GET"));
    server.mended();
    assert_eq!(server.ready(), good);
    assert_eq!(
        server.metric("heliast_serve_source_changes_total{result=\"taken\"}"),
        Some(1.0)
    );
}

#[test]
fn a_file_that_is_written_in_pieces_is_taken_whole() {
    let folder = Folder::shop();
    let server = folder.serve();
    let good = server.ready();
    let mut file = fs::File::create(folder.file("more.yaml")).unwrap();
    // Any piece of it alone would be valid.
    for number in 0..4 {
        file.write_all(pod(&format!("more{number}"), number + 20).as_bytes())
            .unwrap();
        file.sync_all().unwrap();
        thread::sleep(Duration::from_millis(150));
    }
    drop(file);
    server.changed(&good);
    let names = server.names();
    assert_eq!(
        names.iter().filter(|name| name.contains("more")).count(),
        4,
        "{names:?}"
    );
}

#[test]
fn an_emptied_file_waits_to_be_written() {
    let folder = Folder::shop();
    let server = folder.serve();
    let good = server.ready();
    folder.write("policy.yaml", "");
    let problems = server.refused();
    assert_eq!(problems[0]["code"], "empty-file");
    assert_eq!(server.ready(), good);
    folder.write("policy.yaml", &policy("cart", "PUT"));
    server.changed(&good);
    server.mended();
}

/// As the kubelet does it: the files are links to links, and one rename swaps all of them.
#[test]
fn a_config_map_is_swapped_at_once() {
    let folder = Folder::empty();
    let publish = |version: &str, method: &str| {
        let data = format!("..{version}");
        fs::create_dir(folder.file(&data)).unwrap();
        folder.write(&format!("{data}/pods.yaml"), &pod(version, 1));
        folder.write(&format!("{data}/policy.yaml"), &policy("cart", method));
        symlink(&data, folder.file("..data_tmp")).unwrap();
        fs::rename(folder.file("..data_tmp"), folder.file("..data")).unwrap();
    };
    publish("one", "GET");
    for name in ["pods.yaml", "policy.yaml"] {
        symlink(format!("..data/{name}"), folder.file(name)).unwrap();
    }
    let server = folder.serve();
    let first = server.ready();
    publish("two", "PUT");
    fs::remove_dir_all(folder.file("..one")).unwrap();
    server.changed(&first);
    assert_eq!(server.names(), ["NetworkPolicy cart", "Pod two"]);
    let text = server.get("/v1/bundle").text();
    assert!(text.contains("PUT") && !text.contains("GET"), "{text}");
    server.mended();
}

#[test]
fn a_link_to_a_folder_may_be_turned_to_another() {
    let (one, two, links) = (Folder::shop(), Folder::shop(), Folder::empty());
    two.write("policy.yaml", &policy("cart", "PUT"));
    let link = links.file("current");
    symlink(one.path(), &link).unwrap();
    let server = Server::start(&[link.to_str().unwrap()]);
    let first = server.ready();
    symlink(two.path(), links.file("next")).unwrap();
    fs::rename(links.file("next"), &link).unwrap();
    let second = server.changed(&first);
    // It is the other folder that is watched now.
    two.write("policy.yaml", &policy("cart", "POST"));
    server.changed(&second);
}

#[test]
fn a_folder_that_is_gone_takes_nothing_with_it() {
    let parent = Folder::empty();
    let make = |method: &str| {
        fs::create_dir(parent.file("mesh")).unwrap();
        parent.write(
            "mesh/pods.yaml",
            &[pod("cart", 1), NAMESPACE.to_owned()].concat(),
        );
        parent.write("mesh/policy.yaml", &policy("cart", method));
    };
    make("GET");
    let server = Server::start(&[parent.file("mesh").to_str().unwrap()]);
    let good = server.ready();
    fs::rename(parent.file("mesh"), parent.file("away")).unwrap();
    let problems = server.refused();
    assert_eq!(problems[0]["code"], "unreadable");
    assert_eq!(server.ready(), good);
    make("PUT");
    let second = server.changed(&good);
    server.mended();
    parent.write("mesh/policy.yaml", &policy("cart", "POST"));
    server.changed(&second);
}

#[test]
fn a_single_file_may_be_replaced_and_may_not_be_missing() {
    let folder = Folder::shop();
    let server = Server::start(&[folder.file("policy.yaml").to_str().unwrap()]);
    let first = server.ready();
    assert_eq!(server.names(), ["NetworkPolicy cart"]);
    folder.replace("policy.yaml", &policy("cart", "PUT"));
    let second = server.changed(&first);
    folder.remove("policy.yaml");
    let problems = server.refused();
    assert_eq!(problems[0]["code"], "unreadable");
    assert_eq!(server.ready(), second);
    folder.write("policy.yaml", &policy("cart", "POST"));
    server.changed(&second);
    server.mended();
}

#[test]
fn a_file_that_cannot_be_read_is_no_empty_one() {
    let folder = Folder::shop();
    let server = folder.serve();
    let good = server.ready();
    // A link that leads nowhere, since these tests may run as a user who can read everything.
    folder.remove("policy.yaml");
    symlink("nowhere.yaml", folder.file("policy.yaml")).unwrap();
    let problems = server.refused();
    assert_eq!(problems[0]["code"], "unreadable");
    let message = problems[0]["message"].as_str().unwrap();
    assert!(message.contains("policy.yaml"), "{message}");
    assert_eq!(server.ready(), good);
}

#[test]
fn an_object_in_two_files_is_refused_with_both_places() {
    let folder = Folder::shop();
    let server = folder.serve();
    let good = server.ready();
    folder.write("again.yaml", &pod("cart", 7));
    let problems = server.refused();
    assert_eq!(problems[0]["code"], "duplicate-object");
    assert_eq!(problems[0]["object"], "Pod shop/cart");
    let message = problems[0]["message"].as_str().unwrap();
    assert!(message.contains("pods.yaml"), "{message}");
    let file = problems[0]["location"]["file"].as_str().unwrap();
    assert!(file.ends_with("again.yaml"), "{file}");
    assert_eq!(server.ready(), good);
    // Moving an object from one file to another is no duplicate.
    folder.replace("pods.yaml", &pod("web", 2));
    server.changed(&good);
    server.mended();
}

#[test]
fn objects_that_are_twice_from_the_beginning_are_refused() {
    let folder = Folder::shop();
    folder.write("again.yaml", &pod("cart", 7));
    let server = folder.serve();
    let problems = server.refused();
    assert_eq!(problems[0]["code"], "duplicate-object");
    assert_eq!(server.get("/readyz").status, 503);
    let answer = server.get("/v1/bundle");
    assert_eq!(answer.status, 503);
    assert_eq!(answer.header("retry-after"), Some("1"));
    assert_eq!(server.get("/v1/bundle/shop/cart").status, 503);
    folder.remove("again.yaml");
    server.ready();
}

#[test]
fn no_object_at_all_is_taken_for_a_mistake() {
    let folder = Folder::empty();
    let server = folder.serve();
    let problems = server.refused();
    assert_eq!(problems[0]["code"], "no-objects");
    assert_eq!(server.get("/readyz").status, 503);
    folder.write("pods.yaml", &pod("cart", 1));
    let good = server.ready();
    folder.remove("pods.yaml");
    until("emptiness is refused", || {
        let error = server.status()["source"]["error"].clone();
        let code = error["problems"][0]["code"].clone();
        (code == "no-objects")
            .then_some(())
            .ok_or_else(|| error.to_string())
    });
    assert_eq!(server.ready(), good);
}

#[test]
fn an_empty_bundle_is_served_to_who_wants_it() {
    let folder = Folder::empty();
    let server = Server::start(&[folder.path().to_str().unwrap(), "--allow-empty"]);
    let empty = server.ready();
    assert_eq!(server.names(), [""; 0]);
    folder.write("pods.yaml", &pod("cart", 1));
    let second = server.changed(&empty);
    folder.remove("pods.yaml");
    assert_eq!(server.changed(&second), empty);
}

#[test]
fn tests_and_configurations_are_no_part_of_a_bundle() {
    let folder = Folder::shop();
    folder.write(
        "test.yaml",
        "apiVersion: heliast.dev/v1alpha1\nkind: PolicyTest\nmetadata: {name: a}\nresources: [.]\ncases: []\n",
    );
    folder.write("config.yaml", "bundle: {inline: {resources: []}}\n");
    folder.write("readme.txt", "not a manifest");
    let server = folder.serve();
    server.ready();
    assert_eq!(server.names().len(), 4);
    server.mended();
}

#[test]
fn lists_and_json_are_taken_apart() {
    let folder = Folder::empty();
    folder.write(
        "list.json",
        r#"{"apiVersion": "v1", "kind": "List", "items": [
            {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "a"}},
            {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "b"}}]}"#,
    );
    let server = folder.serve();
    let good = server.ready();
    assert_eq!(server.names(), ["Namespace a", "Namespace b"]);
    folder.write(
        "list.json",
        r#"{"apiVersion": "v1", "kind": "List", "items": [
            {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "a"}},
            {"apiVersion": "v1", "kind": "Namespace", "metadata": {}}]}"#,
    );
    let problems = server.refused();
    assert_eq!(problems[0]["location"]["line"], 3, "{problems:?}");
    assert_eq!(server.ready(), good);
}

/// Only what is not there any more is deleted: whatever a file or folder turns into otherwise is an
/// error, and what was served of it stays.
#[test]
fn a_file_that_turns_into_something_else_takes_nothing_with_it() {
    type Turn = fn(&Folder);
    let turns: [(&str, Turn); 5] = [
        ("a named pipe", |folder| {
            folder.remove("policy.yaml");
            make_pipe(folder);
        }),
        ("a socket", |folder| {
            folder.remove("policy.yaml");
            drop(UnixListener::bind(folder.file("policy.yaml")).unwrap());
        }),
        ("a device", |folder| {
            folder.remove("policy.yaml");
            symlink("/dev/null", folder.file("policy.yaml")).unwrap();
        }),
        ("a folder", |folder| {
            folder.remove("policy.yaml");
            fs::create_dir(folder.file("policy.yaml")).unwrap();
        }),
        ("a folder", |folder| {
            folder.remove("policy.yaml");
            fs::create_dir(folder.file(".other")).unwrap();
            symlink(folder.file(".other"), folder.file("policy.yaml")).unwrap();
        }),
    ];
    for (what, turn) in turns {
        let folder = Folder::shop();
        let server = folder.serve();
        let good = server.ready();
        turn(&folder);
        let problems = server.refused();
        let message = problems[0]["message"].as_str().unwrap();
        assert!(message.contains(what), "{what}: {message}");
        thread::sleep(WHILE);
        assert_eq!(server.ready(), good, "{what}");
        let path = folder.file("policy.yaml");
        if what == "a folder" && !path.is_symlink() {
            fs::remove_dir(path).unwrap();
        } else {
            fs::remove_file(path).unwrap();
        }
        folder.write("policy.yaml", &policy("cart", "PUT"));
        server.changed(&good);
        server.mended();
    }
}

#[test]
fn a_folder_that_turns_into_something_else_takes_nothing_with_it() {
    let folder = Folder::shop();
    fs::create_dir(folder.file("team")).unwrap();
    folder.write("team/deep.yaml", &pod("deep", 10));
    let server = folder.serve();
    let good = server.ready();
    fs::rename(folder.file("team"), folder.file(".away")).unwrap();
    folder.write("team", "a file");
    server.refused();
    assert_eq!(server.ready(), good);
    folder.remove("team");
    symlink(folder.file(".away"), folder.file("team")).unwrap();
    let problems = until("it is seen to be a link", || {
        let problems = server.refused();
        let message = problems[0]["message"].as_str().unwrap().to_owned();
        let is_link = message.contains("link to a folder");
        is_link.then_some(message.clone()).ok_or(message)
    });
    assert!(problems.contains("deep.yaml"), "{problems}");
    assert_eq!(server.ready(), good);
}

#[test]
fn a_pipe_among_the_files_is_an_error_from_the_beginning() {
    let folder = Folder::shop();
    folder.remove("policy.yaml");
    make_pipe(&folder);
    let path = folder.path().to_str().unwrap();
    let ran = super::server::command(&[path]).output().unwrap();
    assert_eq!(ran.status.code(), Some(4));
    let said = String::from_utf8(ran.stderr).unwrap();
    assert!(said.contains("a named pipe"), "{said}");
}

fn make_pipe(folder: &Folder) {
    let path = folder.file("policy.yaml");
    let made = Command::new("mkfifo").arg(path).status().unwrap();
    assert!(made.success());
}
