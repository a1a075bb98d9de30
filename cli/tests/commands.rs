//! The binary: what it prints where, and its exit codes.

use serde_json::Value;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What a run left behind.
struct Ran {
    code: i32,
    out: String,
    err: String,
}

impl Ran {
    /// All of it, for snapshots.
    fn text(&self) -> String {
        format!(
            "exit {}\n--- stdout\n{}--- stderr\n{}",
            self.code, self.out, self.err
        )
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_default()
    }
}

fn data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data")
}

/// Runs `heliast` among the test data, with this on standard input.
fn feed(arguments: &str, input: &str, folder: &Path) -> anyhow::Result<Ran> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_heliast"));
    command
        .args(arguments.split_whitespace())
        .current_dir(folder);
    for name in ["NO_COLOR", "CLICOLOR_FORCE"] {
        command.env_remove(name);
    }
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(input.as_bytes())?;
    }
    let output = child.wait_with_output()?;
    Ok(Ran {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8(output.stdout)?,
        err: String::from_utf8(output.stderr)?,
    })
}

fn heliast(arguments: &str) -> anyhow::Result<Ran> {
    feed(arguments, "", &data())
}

/// Arguments, exit code, and what is said of it on standard error. `@` stands for [`EVAL`].
const RUNS: [(&str, i32, &str); 40] = [
    (
        "check shop",
        0,
        "ok: 8 objects, 3 policies, 4 workloads, 3 cases",
    ),
    ("check shop/policy.yaml shop", 0, "ok: 8 objects"),
    (
        "check config/good.yaml",
        0,
        "ok: 1 object, 1 workload, 1 configuration",
    ),
    ("check config/bad.yaml", 2, "did you mean `peerBinding`?"),
    ("check config/empty.yaml", 2, "no peer can be recognised"),
    ("check config/warns.yaml", 0, "1 warning"),
    (
        "check config/warns.yaml --deny-warnings",
        1,
        "refused for its warnings",
    ),
    ("check config/deny.yaml", 0, "ok: 1 object, 1 policy"),
    (
        "check config/deny.yaml --calico-compatible",
        2,
        "Calico takes `http` in Allow rules only",
    ),
    ("check failing", 2, "unknown `=`"),
    ("check broken/c-twice.yaml", 2, "1 error"),
    (
        "check nowhere.yaml",
        2,
        "nowhere.yaml: there is no such file or folder",
    ),
    ("check shop/policy.yaml/x", 4, "shop/policy.yaml/x: "),
    (
        "check --outptu json shop",
        2,
        "a similar argument exists: '--output'",
    ),
    ("chekc shop", 2, "a similar subcommand exists: 'check'"),
    ("check", 2, "required arguments were not provided"),
    ("@ --from shop/web --path /cart --port 8080", 0, ""),
    ("@ --from lab/thief --path /cart --port 8080", 1, ""),
    ("@ --from shop/web --path /cart", 3, ""),
    (
        "@ --from shop/wob",
        2,
        "the pods are lab/pending, lab/thief",
    ),
    ("@ --from lab/pending", 2, "give --address"),
    ("@ --from lab/pending --address 10.0.0.9 --port 8080", 1, ""),
    (
        "@ --from shopweb",
        2,
        "write namespace/pod, or an IP address",
    ),
    ("@ --from shop/web --port 0", 2, "0 is not in 1..=65535"),
    (
        "@ --from shop/web --header x",
        2,
        "write it as `name: value`",
    ),
    (
        "@ --from shop/web --protocol tcp --method PUT",
        2,
        "has no --method",
    ),
    (
        "@ --from shop/web --direction egress",
        2,
        "has --to, not --from",
    ),
    (
        "@ --from shop/web --config config/bad.yaml",
        2,
        "peerBindng",
    ),
    ("@ --from shop/web --config nowhere.yaml", 2, "no such file"),
    ("@", 2, "--from <PEER>"),
    (
        "eval config/pending.yaml --workload lab/pending --from 10.0.0.1",
        0,
        "",
    ),
    ("eval shop --workload shop/web --to 192.0.2.1", 0, ""),
    ("test shop", 0, ""),
    ("test failing", 1, ""),
    ("test shop --run nothing", 2, "no case matches --run"),
    ("test shop --run (", 2, "invalid value"),
    ("test config", 2, "there is no PolicyTest in these paths"),
    ("test broken/e-test.yaml", 2, "unknown field `pth`"),
    ("--version", 0, ""),
    ("completions bash", 0, ""),
];

/// A request at the cart.
const EVAL: &str = "eval shop --workload shop/cart";

#[test]
fn exit_codes_tell_what_happened() -> anyhow::Result<()> {
    for (arguments, code, said) in RUNS {
        let ran = heliast(&arguments.replace('@', EVAL))?;
        assert_eq!(ran.code, code, "heliast {arguments}\n{}", ran.text());
        assert!(
            ran.err.contains(said),
            "heliast {arguments}\n{}",
            ran.text()
        );
        if matches!(code, 2 | 4) {
            assert_eq!(ran.out, "", "heliast {arguments}: data beside an error");
        }
    }
    Ok(())
}

#[test]
fn several_errors_are_shown_at_once_with_their_lines() -> anyhow::Result<()> {
    insta::assert_snapshot!("check-broken", heliast("check broken")?.text());
    insta::assert_snapshot!(
        "check-broken-compact",
        heliast("check broken --output compact")?.text()
    );
    Ok(())
}

#[test]
fn json_output_parses_and_is_all_there_is() -> anyhow::Result<()> {
    let ran = heliast("check broken --output json")?;
    assert_eq!((ran.code, ran.err.as_str()), (2, ""));
    let document = ran.json();
    assert_eq!(
        (&document["kind"], &document["errors"]),
        (&"Diagnostics".into(), &9.into())
    );
    let first = &document["problems"][1];
    assert_eq!(first["location"]["file"], "broken/a-fields.yaml");
    assert_eq!(
        (&first["location"]["line"], &first["location"]["column"]),
        (&8.into(), &3.into())
    );
    assert_eq!(
        heliast("check shop --output json")?.json()["problems"],
        Value::Array(Vec::new())
    );
    let ran = heliast("check broken --output github")?;
    assert!(
        ran.out
            .contains("::error file=broken/a-fields.yaml,line=8,col=3,title=unknown-field::")
    );
    let ran = heliast("test failing --output json")?;
    assert_eq!(
        (&ran.json()["passed"], &ran.json()["failed"]),
        (&1.into(), &4.into())
    );
    Ok(())
}

#[test]
fn eval_explains_on_one_screen() -> anyhow::Result<()> {
    let eval = "eval shop --workload shop/cart";
    for (name, arguments) in [
        ("allowed", "--from shop/web --path /cart/7 --port 8080"),
        (
            "staged",
            "--from shop/web --method POST --path /cart/7 --port 8080",
        ),
        ("denied", "--from shop/web --path /elsewhere --port 8080"),
        (
            "denied-by-rule",
            "--from lab/thief --method DELETE --port 8080",
        ),
        (
            "stolen",
            "--from lab/thief --principal spiffe://cluster.local/ns/shop/sa/web --path /cart --port 8080",
        ),
        ("undecided", "--from shop/web --path /cart"),
        ("tcp", "--from shop/web --protocol tcp --port 8080"),
        (
            "exempt",
            "--from shop/web --config config/observe.yaml --path /healthz --port 8080",
        ),
        (
            "observed",
            "--from shop/web --config config/observe.yaml --path /x --port 8080",
        ),
        ("all", "--from 192.0.2.1 --path /x --port 80 --all"),
        (
            "json",
            "--from lab/thief --path /cart/7 --port 8080 --output json",
        ),
    ] {
        let ran = heliast(&format!("{eval} {arguments}"))?;
        assert!(
            name == "json" || ran.out.lines().all(|line| line.chars().count() <= 100),
            "{}",
            ran.text()
        );
        insta::assert_snapshot!(format!("eval-{name}"), ran.text());
    }
    let egress = heliast("eval shop --workload shop/web --to shop/cart")?;
    insta::assert_snapshot!("eval-egress", egress.text());
    Ok(())
}

#[test]
fn eval_sums_up_long_policies() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let mut text = String::from(
        "apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: lab, labels: {app: a}}\n\
         status: {podIPs: [{ip: 10.0.0.1}]}\n",
    );
    for policy in 0..30 {
        text.push_str(&format!(
            "---\napiVersion: projectcalico.org/v3\nkind: GlobalNetworkPolicy\n\
             metadata: {{name: p{policy:02}}}\nspec:\n  order: {policy}\n  selector: app == 'a'\n  \
             types: [Ingress]\n  ingress:\n"
        ));
        for rule in 0..20 {
            let action = if (policy, rule) == (17, 9) {
                "Allow"
            } else {
                "Deny"
            };
            let path = if action == "Allow" {
                "/here".to_owned()
            } else {
                format!("/{policy}/{rule}")
            };
            text.push_str(&format!(
                "  - {{action: {action}, http: {{paths: [{{exact: {path}}}]}}}}\n"
            ));
        }
    }
    std::fs::write(folder.path().join("all.yaml"), text)?;
    let ran = feed(
        "eval all.yaml --workload lab/a --from 10.9.9.9 --path /here",
        "",
        folder.path(),
    )?;
    insta::assert_snapshot!("eval-long", ran.text());
    let all = feed(
        "eval all.yaml --workload lab/a --from 10.9.9.9 --path /here --all",
        "",
        folder.path(),
    )?;
    assert!(all.out.lines().count() > 300, "{}", all.text());
    Ok(())
}

#[test]
fn test_reports_in_each_form() -> anyhow::Result<()> {
    insta::assert_snapshot!("test-failing", heliast("test shop failing -v")?.text());
    insta::assert_snapshot!(
        "test-failing-compact",
        heliast("test failing --output compact")?.text()
    );
    insta::assert_snapshot!(
        "test-failing-junit",
        heliast("test shop failing --output junit")?.text()
    );
    insta::assert_snapshot!("test-run", heliast("test shop --run reads -v")?.text());
    Ok(())
}

#[test]
fn standard_input_is_a_file_too() -> anyhow::Result<()> {
    let yaml = "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop, nmae: x}\n";
    let ran = feed("check -", yaml, &data())?;
    assert_eq!(ran.code, 0, "{}", ran.text());
    let broken = feed("check -", "a: [", &data())?;
    assert!(broken.err.contains("--> <stdin>:1:"), "{}", broken.text());
    let json = "{\"apiVersion\": \"v1\", \"kind\": \"List\",\n \"items\": [{\"apiVersion\": \"v1\",\n \"kind\": \"Nope\"}]}";
    let list = feed("check -", json, &data())?;
    assert!(list.err.contains("--> <stdin>:3:"), "{}", list.text());
    Ok(())
}

#[test]
fn rules_of_lists_are_found_in_their_file() -> anyhow::Result<()> {
    let list = "apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: Pod
  metadata: {name: a, namespace: lab, labels: {app: a}}
  status: {podIPs: [{ip: 10.0.0.1}]}
- apiVersion: projectcalico.org/v3
  kind: NetworkPolicy
  metadata: {name: p, namespace: lab}
  spec:
    selector: app == 'a'
    types: [Ingress]
    ingress:
    - action: Deny
";
    let ran = feed("eval - --workload lab/a --from 10.0.0.2", list, &data())?;
    assert!(
        ran.out.contains("rule 0 of NetworkPolicy p, <stdin>:15"),
        "{}",
        ran.text()
    );
    let bundle = format!(
        "kind: Bundle\nresources:\n- {}",
        "{apiVersion: v1, kind: Pod, metadata: {name: 1}}\n"
    );
    let ran = feed("check -", &bundle, &data())?;
    assert!(ran.err.contains("--> <stdin>:3:"), "{}", ran.text());
    Ok(())
}

#[test]
fn colours_are_for_those_who_ask() -> anyhow::Result<()> {
    assert!(!heliast("check broken")?.err.contains('\x1b'));
    assert!(heliast("check broken --color always")?.err.contains('\x1b'));
    Ok(())
}
