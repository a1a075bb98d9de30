//! Tables of policy tests: what is refused, and what a case means on the wire.

use super::{Case, EngineRunner, Observed, Outcome, Suite, judge, read, run};
use crate::diagnostics::{Colour, Form};
use crate::manifests::Manifests;
use heliast::verdict::{Decision, Direction};

/// A test with this body, after the head that all share.
fn load(body: &str) -> Result<Vec<Suite>, String> {
    let head = "apiVersion: heliast.dev/v1alpha1\nkind: PolicyTest\nmetadata: {name: t}\n";
    let pods = "inline:
- {apiVersion: v1, kind: Pod, metadata: {name: web, namespace: shop}, spec: {serviceAccountName: w}, status: {podIPs: [{ip: 10.0.0.1}]}}
- {apiVersion: v1, kind: Pod, metadata: {name: api, namespace: shop, labels: {app: api}}, spec: {serviceAccountName: a}, status: {podIPs: [{ip: 10.0.0.2}, {ip: 'fd00::2'}]}}
- {apiVersion: v1, kind: Pod, metadata: {name: new, namespace: shop}}
- {apiVersion: projectcalico.org/v3, kind: GlobalNetworkPolicy, metadata: {name: g}, spec: {selector: app == 'api', types: [Ingress], ingress: [{action: Allow, http: {methods: [GET]}}]}}
";
    let mut manifests = Manifests::new();
    let documents: Vec<usize> = manifests
        .read_text("t.yaml", &format!("{head}{pods}{body}"))
        .collect();
    let loaded = read(&mut manifests, &documents).unwrap();
    if loaded.diagnostics.errors() > 0 {
        return Err(loaded
            .diagnostics
            .render(&manifests, Form::Compact, Colour::NONE));
    }
    Ok(loaded.suites)
}

/// The only case of a test.
fn case(text: &str) -> Case {
    let body =
        format!("cases:\n- name: c\n  workload: shop/api\n  expect: {{verdict: Allow}}\n{text}");
    load(&body).unwrap().remove(0).cases.remove(0)
}

/// What may be wrong with a document.
const DOCUMENTS: [(&str, &str); 12] = [
    ("cases: []\nwhat: 1\n", "10:1: error[unknown-field]"),
    ("case: []\n", "did you mean `cases`?"),
    (
        "resources: [x.yaml]\ncases: []\n",
        "9:13: error[missing-file]",
    ),
    (
        "resources: ['-']\ncases: []\n",
        "cannot read standard input",
    ),
    (
        "config: {bundle: {}}\ncases: []\n",
        "config.bundle: `bundle` cannot be set here",
    ),
    ("config: 1\ncases: []\n", "config: must be a map"),
    ("cases: [{expect: {error: x}}]", "`name` is required"),
    ("cases: [{name: a}]", "`expect` is required"),
    (
        "cases: [{name: a, expect: {error: '('}}]",
        "is not a regular expression",
    ),
    (
        "cases: [{name: a, expect: {error: x}, skip: {moon: x}}]",
        "unknown field `moon`",
    ),
    (
        "cases: [{name: a, expect: {error: x}, skip: {wasm: ' '}}]",
        "skipped for a reason",
    ),
    (
        "cases: [{name: a, expect: {error: x}}, {name: a, expect: {error: x}}]",
        "another case is called `a`",
    ),
];

/// What may be wrong with a case, besides its name.
const CASES: [(&str, &str); 15] = [
    (
        "expect: {verdict: Allow}, request: {peer: a/b}",
        "`workload` is required",
    ),
    (
        "expect: {verdict: Allow}, workload: a/b",
        "`request` is required",
    ),
    (
        "expect: {verdict: Alow}, workload: a/b",
        "did you mean `Allow`?",
    ),
    (
        "expect: {}, workload: a/b",
        "`verdict` or `error` is required",
    ),
    (
        "expect: {verdict: Allow, error: x}",
        "`verdict` cannot be expected together with `error`",
    ),
    (
        "expect: {error: x}, workload: ab",
        "`ab` is not `namespace/pod`",
    ),
    (
        "expect: {error: x}, workload: {labels: {}}",
        "`namespace` is required",
    ),
    (
        "expect: {verdict: Allow}, workload: a/b, request: {path: /}",
        "`peer` is required",
    ),
    (
        "expect: {error: x}, request: {destination: 10.0.0.1}",
        "incoming request has no `destination`",
    ),
    (
        "expect: {error: x}, request: {protocol: TCP, path: /}",
        "what is not HTTP has no path",
    ),
    (
        "expect: {error: x}, request: {port: 0}",
        "must be a whole number from 1 to 65535",
    ),
    (
        "expect: {error: x}, request: {headers: [[a]]}",
        "must be a name and a value",
    ),
    (
        "expect: {error: x}, request: {headers: {':path': /}}",
        "`:path` is no header name",
    ),
    (
        "expect: {error: x}, request: {peer: {}}",
        "says nothing of the peer",
    ),
    (
        "expect: {error: x}, request: {peer: 10.0.0.1}",
        "`10.0.0.1` is not `namespace/pod`",
    ),
];

#[test]
fn mistakes_are_refused_where_they_stand() {
    let cases = CASES.map(|(text, expected)| (format!("cases: [{{name: a, {text}}}]"), expected));
    let documents = DOCUMENTS.map(|(text, expected)| (text.to_owned(), expected));
    for (body, expected) in documents.into_iter().chain(cases) {
        let refused = load(&body).expect_err(&body);
        assert!(refused.contains(expected), "{body}\nsays\n{refused}");
    }
}

#[test]
fn peers_are_looked_up_and_overridden() {
    let own = "spiffe://cluster.local/ns/shop/sa/w";
    let plain: Option<&[&str]> = None;
    for (peer, address, sans) in [
        ("shop/web", Some("10.0.0.1"), Some(&[own][..])),
        ("{pod: shop/web}", Some("10.0.0.1"), Some(&[own][..])),
        ("{pod: shop/web, principal: null}", Some("10.0.0.1"), plain),
        ("{pod: shop/web, address: null}", None, Some(&[own][..])),
        (
            "{pod: shop/web, address: 10.9.9.9}",
            Some("10.9.9.9"),
            Some(&[own][..]),
        ),
        (
            "{pod: shop/web, principal: 'spiffe://x'}",
            Some("10.0.0.1"),
            Some(&["spiffe://x"][..]),
        ),
        (
            "{pod: shop/web, principal: [a, b]}",
            Some("10.0.0.1"),
            Some(&["a", "b"][..]),
        ),
        (
            "{pod: shop/web, principal: []}",
            Some("10.0.0.1"),
            Some(&[][..]),
        ),
        (
            "{pod: shop/new, address: 10.0.0.9, principal: null}",
            Some("10.0.0.9"),
            plain,
        ),
        ("{address: '::ffff:10.0.0.7'}", Some("10.0.0.7"), plain),
        ("{principal: x}", None, Some(&["x"][..])),
    ] {
        let facts = case(&format!("  request: {{peer: {peer}}}\n"))
            .facts()
            .unwrap();
        let found = facts.peer_address.map(|address| address.to_string());
        assert_eq!(found.as_deref(), address, "{peer}");
        let found = facts.uri_sans.map(|sans| sans.join(" "));
        assert_eq!(found, sans.map(|sans| sans.join(" ")), "{peer}");
    }
}

#[test]
fn pods_show_what_the_configuration_and_the_resources_say() {
    let text = "  config: {trustDomains: [example.org]}\n  request: {peer: shop/web}\n";
    let facts = case(text).facts().unwrap();
    assert_eq!(
        facts.uri_sans.unwrap(),
        ["spiffe://example.org/ns/shop/sa/w"]
    );
    for (peer, expected) in [
        (
            "shop/new",
            "Pod shop/new has no address; the peer needs one",
        ),
        ("shop/none", "there is no Pod shop/none among the resources"),
    ] {
        let error = case(&format!("  request: {{peer: {peer}}}\n"))
            .facts()
            .unwrap_err();
        assert_eq!(error.to_string(), expected);
    }
}

#[test]
fn what_is_left_out_has_its_usual_value() {
    let facts = case("  request: {peer: shop/web}\n").facts().unwrap();
    let http = facts.http.unwrap();
    assert_eq!(
        (http.method.as_deref(), http.path.as_deref()),
        (Some("GET"), Some("/"))
    );
    assert_eq!(
        (http.host, facts.port, facts.direction),
        (None, None, Direction::Ingress)
    );
    assert_eq!(facts.local_address.unwrap().to_string(), "10.0.0.2");

    let text =
        "  request: {peer: shop/web, path: null, headers: [[X-A, '1'], [x-a, '2']], host: h}\n";
    let http = case(text).facts().unwrap().http.unwrap();
    let lines: Vec<String> = http
        .header_lines()
        .into_iter()
        .map(|(name, value)| {
            format!(
                "{}={}",
                String::from_utf8_lossy(&name),
                String::from_utf8_lossy(&value)
            )
        })
        .collect();
    assert_eq!(
        lines,
        [
            ":method=GET",
            ":authority=h",
            ":scheme=https",
            "x-a=1",
            "x-a=2"
        ]
    );

    let tcp = case("  request: {peer: shop/web, protocol: TCP}\n")
        .facts()
        .unwrap();
    assert_eq!(tcp.http, None);
}

#[test]
fn outgoing_requests_go_to_an_address() {
    for (request, expected) in [
        ("{destination: 10.0.0.1}", Some("10.0.0.1")),
        ("{peer: shop/web}", Some("10.0.0.1")),
        ("{peer: shop/web, destination: 10.3.3.3}", Some("10.3.3.3")),
        ("{host: example.org}", None),
    ] {
        let facts = case(&format!("  direction: Egress\n  request: {request}\n"))
            .facts()
            .unwrap();
        let found = facts.peer_address.map(|address| address.to_string());
        assert_eq!(
            (found.as_deref(), facts.uri_sans),
            (expected, None),
            "{request}"
        );
    }
}

#[test]
fn the_configuration_has_what_the_case_says() {
    let text =
        "  direction: Egress\n  config: {peerBinding: Address}\n  request: {peer: shop/web}\n";
    let configuration = case(text).configuration();
    assert_eq!(configuration["direction"], "Egress");
    assert_eq!(configuration["peerBinding"], "Address");
    assert_eq!(
        configuration["bundle"]["inline"]["resources"]
            .as_array()
            .unwrap()
            .len(),
        4
    );
    let own = "  inline: [{apiVersion: v1, kind: Namespace, metadata: {name: shop}}]\n";
    let with_own = case(&format!("{own}  request: {{peer: shop/web}}\n"));
    assert_eq!(with_own.resources().len(), 5);
}

#[test]
fn cases_are_judged_by_all_that_was_seen() {
    let seen = |verdict, staged, rule: Option<&str>| Observed::Verdict {
        verdict,
        staged,
        rule: rule.map(str::to_owned),
        upstream: None,
    };
    let (allow, deny) = (Decision::Allow, Decision::Deny);
    let request = "request: {peer: shop/web}";
    let cases = format!(
        "cases: [{{name: a, workload: shop/api, {request}, expect: {{verdict: Allow, staged: Deny, rule: r}}}},
        {{name: b, expect: {{error: 'app.*=='}}}}]"
    );
    let cases = load(&cases).unwrap().remove(0).cases;
    let error = |text: &str| Observed::Error(text.to_owned());
    for (case, observed, holds) in [
        (0, seen(allow, Some(deny), Some("r")), true),
        (0, seen(allow, None, None), true),
        (0, seen(deny, Some(deny), Some("r")), false),
        (0, seen(allow, Some(allow), Some("r")), false),
        (0, seen(allow, Some(deny), Some("s")), false),
        (0, error("app =="), false),
        (0, Observed::Accepted, false),
        (1, error("at app x =="), true),
        (1, error("other"), false),
        (1, Observed::Accepted, false),
        (1, seen(allow, None, None), false),
    ] {
        let outcome = judge(&cases[case], &observed);
        assert_eq!(
            outcome == Outcome::Passed,
            holds,
            "{observed:?}: {outcome:?}"
        );
    }
}

#[test]
fn the_engine_runs_cases() {
    let allowed = case("  request: {peer: shop/web}\n");
    assert_eq!(run(&mut EngineRunner, &allowed), Outcome::Passed);
    let denied = case("  request: {peer: shop/web, method: PUT}\n");
    let Outcome::Failed { why } = run(&mut EngineRunner, &denied) else {
        panic!("passed")
    };
    let expected = "expected Allow\n     got Deny by calico/default/GlobalNetworkPolicy/-/g/ingress/default, staged Deny";
    assert_eq!(why, expected);
    let unknown = case("  request: {peer: shop/none}\n");
    let Outcome::Failed { why } = run(&mut EngineRunner, &unknown) else {
        panic!("passed")
    };
    assert!(why.contains("there is no Pod shop/none"), "{why}");
    let skipped = case("  request: {peer: shop/web}\n  skip: {engine: not today}\n");
    let reason = "not today".to_owned();
    assert_eq!(
        run(&mut EngineRunner, &skipped),
        Outcome::Skipped { reason }
    );
}

#[test]
fn exemptions_and_observation_count_for_http() {
    let text = "  config: {exempt: [{port: 80, path: /up, sources: [10.0.0.0/8]}]}
  request: {peer: shop/web, method: PUT, path: /up, port: 80}\n";
    assert_eq!(run(&mut EngineRunner, &case(text)), Outcome::Passed);
    let text = "  config: {enforcement: Observe}\n  request: {peer: shop/web, method: PUT}\n";
    assert_eq!(run(&mut EngineRunner, &case(text)), Outcome::Passed);
}
