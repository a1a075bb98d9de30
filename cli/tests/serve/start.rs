//! What it says when it cannot start, and with which exit code.

use super::server::{Folder, run};
use std::net::TcpListener;

/// What the command lines name.
struct Files<'f> {
    path: &'f str,
    key: &'f str,
    text: &'f str,
    nowhere: &'f str,
    below: &'f str,
    busy: &'f str,
}

/// Arguments, exit code, and what is said.
type Case<'f> = (Vec<&'f str>, i32, &'static str);

impl<'f> Files<'f> {
    #[allow(clippy::too_many_lines, reason = "a table")]
    fn cases(&self) -> Vec<Case<'f>> {
        let Self {
            path,
            key,
            text,
            nowhere,
            below,
            busy,
        } = *self;
        vec![
            (vec![], 2, "required arguments were not provided"),
            (vec![nowhere], 2, "there is no such file or folder"),
            (vec![below], 4, "policy.yaml/below: "),
            (
                vec![path, "--listne", "x"],
                2,
                "a similar argument exists: '--listen'",
            ),
            (
                vec![path, "--listen", "here"],
                2,
                "invalid value 'here' for '--listen <ADDRESS>'",
            ),
            (
                vec![path, "--listen", busy],
                4,
                "another process listens there",
            ),
            (
                vec![path, "--listen", "203.0.113.1:80"],
                4,
                "an address of this machine",
            ),
            (vec![path, "--tls-cert", text], 2, "--tls-key"),
            (vec![path, "--client-ca", text], 2, "--tls-cert"),
            (vec![path, "--own-bundle-only"], 2, "--client-ca"),
            (
                vec![path, "--tls-cert", nowhere, "--tls-key", key],
                2,
                "nowhere: there is no such file",
            ),
            (
                vec![path, "--tls-cert", text, "--tls-key", key],
                2,
                "text.pem: holds no certificate",
            ),
            (
                vec![path, "--signing-key", nowhere],
                2,
                "nowhere: there is no such file",
            ),
            (
                vec![path, "--signing-key", text],
                2,
                "text.pem: holds no private key",
            ),
            (vec![path, "--signing-key", key], 2, "key.pem: "),
            (
                vec![path, "--max-connections", "0"],
                2,
                "'--max-connections <NUMBER>'",
            ),
            (
                vec![path, "--log-level", "loud"],
                2,
                "'--log-level <LEVEL>'",
            ),
        ]
    }
}

#[test]
fn it_says_why_it_does_not_start() {
    let folder = Folder::shop();
    let path = folder.path().to_str().unwrap().to_owned();
    folder.write(
        "key.pem",
        "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
    );
    folder.write("text.pem", "hello");
    let key = folder.file("key.pem").to_str().unwrap().to_owned();
    let text = folder.file("text.pem").to_str().unwrap().to_owned();
    let nowhere = folder.file("nowhere").to_str().unwrap().to_owned();
    let below = folder
        .file("policy.yaml/below")
        .to_str()
        .unwrap()
        .to_owned();
    let busy = TcpListener::bind("127.0.0.1:0").unwrap();
    let busy = busy.local_addr().unwrap().to_string();
    let listen = ["--listen", "127.0.0.1:0"];
    let files = Files {
        path: &path,
        key: &key,
        text: &text,
        nowhere: &nowhere,
        below: &below,
        busy: &busy,
    };
    for (arguments, code, said) in files.cases() {
        let mut all = arguments.clone();
        if !all.contains(&"--listen") {
            all.extend(listen);
        }
        let (got, err) = run(&all);
        assert_eq!(got, code, "{arguments:?}: {err}");
        assert!(err.contains(said), "{arguments:?}: {err}");
        assert!(!err.contains("panicked"), "{err}");
    }
}

#[test]
fn a_source_that_is_broken_at_the_start_is_waited_for() {
    let folder = Folder::shop();
    folder.write("policy.yaml", "a: [");
    let server = folder.serve();
    let problems = server.refused();
    assert_eq!(problems[0]["code"], "yaml-syntax");
    server.says("no bundle is served yet");
    let ready = server.get("/readyz");
    assert_eq!(ready.status, 503);
    assert!(
        ready.text().starts_with("no bundle yet"),
        "{}",
        ready.text()
    );
    assert_eq!(server.get("/healthz").status, 200);
    folder.remove("policy.yaml");
    server.ready();
}

#[test]
fn the_log_is_one_json_object_a_line_if_asked() {
    let folder = Folder::shop();
    let path = folder.path().to_str().unwrap();
    let server = super::server::Server::start(&[path, "--log-format", "json"]);
    server.ready();
    folder.write("policy.yaml", "a: [");
    server.refused();
    server.says("the last good bundle is served on");
    let log = server.log();
    for line in log.lines() {
        let entry: serde_json::Value = serde_json::from_str(line).unwrap();
        assert!(
            entry["level"].is_string() && entry["message"].is_string(),
            "{line}"
        );
    }
    assert!(log.contains("yaml-syntax"), "{log}");
}
