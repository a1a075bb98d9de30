//! Mistakes that the checks must find: a check that finds nothing may be one that looks at nothing.

use anyhow::{Result, ensure};

use super::{complaints, file};
use crate::tree::set;

/// Where, the key, what it is set to, and a part of the complaint.
const MISTAKES: [(&str, &str, &str, &str); 28] = [
    ("", "servces", r"{}", "the file: `servces`"),
    ("/services/attack", "comand", r"[]", "attack: `comand`"),
    ("/services/attack", "image", r"7", "neither image nor build"),
    (
        "/services/attack",
        "depends_on",
        r#"["nobody"]"#,
        "`nobody`, which is no service",
    ),
    (
        "/services/attack/depends_on/policy",
        "condition",
        r#""ready""#,
        "condition `ready`",
    ),
    (
        "/services/attack/depends_on/policy",
        "condition",
        r#""service_healthy""#,
        "no healthcheck",
    ),
    (
        "/services/attack",
        "depends_on",
        r#"["attack-sidecar"]"#,
        "waits for itself",
    ),
    (
        "/services/attack",
        "networks",
        r#"["shop"]"#,
        "network `shop`",
    ),
    (
        "/services/attack/networks/bank",
        "ipv4_address",
        r#""10.127.11.1""#,
        "not in 10.127.10.0/24",
    ),
    (
        "/services/attack/networks/bank",
        "ipv4_address",
        r#""10.127.10.1""#,
        "not for a container",
    ),
    (
        "/services/attack/networks/bank",
        "ipv4_address",
        r#""10.127.10.11""#,
        "has it too",
    ),
    (
        "/networks/bank/ipam/config/0",
        "subnet",
        r#""10.127.10.1/24""#,
        "subnet `10.127.10.1/24`",
    ),
    ("/services/attack", "network_mode", r#""none""#, "both"),
    (
        "/services/attack-sidecar",
        "network_mode",
        r#""service:nobody""#,
        "`nobody`, which is no service",
    ),
    (
        "/services/attack",
        "ports",
        r#"["8080:80:70:60"]"#,
        "port `8080:80:70:60`",
    ),
    (
        "/services/attack",
        "ports",
        r#"["127.0.0.1:8080:80"]"#,
        "published twice",
    ),
    (
        "/services/attack",
        "ports",
        r#"["81:80", "82:80"]"#,
        "container port 80 twice",
    ),
    (
        "/services/attack-sidecar",
        "ports",
        r#"["81:80"]"#,
        "ports of another's network",
    ),
    (
        "/services/attack",
        "volumes",
        r#"["keys:/keys"]"#,
        "volume `keys`",
    ),
    (
        "/services/attack",
        "volumes",
        r#"["./keys:/keys"]"#,
        "keys is not there",
    ),
    (
        "/services/attack",
        "volumes",
        r#"["../main:/keys"]"#,
        "../main is not there",
    ),
    (
        "/services/attack",
        "volumes",
        r#"["certificates:keys"]"#,
        "`keys` is not absolute",
    ),
    (
        "/services/attack",
        "volumes",
        r#"["certificates:/a", "policy:/a"]"#,
        "two mounts at /a",
    ),
    (
        "/services/attack",
        "command",
        r#"["python", "envoyfilter/compose/no.py"]"#,
        "no.py is not there",
    ),
    (
        "/services/attack",
        "command",
        r#"["python", "xtask/no.py"]"#,
        "is not mounted",
    ),
    (
        "/services/attack",
        "command",
        r#"["echo", "$HOME"]"#,
        "`$HOME` would be replaced",
    ),
    (
        "/services/attack",
        "command",
        r#"["sleep", 7]"#,
        "7 is not text",
    ),
    (
        "/services/attack",
        "command",
        r#""sleep 7""#,
        "command is not a list",
    ),
];

#[test]
fn every_sort_of_mistake_is_found() -> Result<()> {
    let project = file::read()?;
    for (pointer, key, value, expected) in MISTAKES {
        let mut wrong = project.clone();
        set(&mut wrong, pointer, key, serde_json::from_str(value)?)?;
        let found = complaints(&wrong);
        let is_found = found.iter().any(|complaint| complaint.contains(expected));
        ensure!(is_found, "`{expected}` is not among {found:#?}");
    }
    Ok(())
}
