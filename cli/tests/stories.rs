//! Stories that are told in several dialects: one engine, the same verdict on every request.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests, which may fail as tests do"
)]

use heliast::verdict::Decision;
use heliast_cli::policy_test::{Case, Expect, load};
use std::path::Path;

/// The cases of Star Wars in one dialect.
fn star_wars(dialect: &str) -> Vec<Case> {
    let policies = Path::new(env!("CARGO_MANIFEST_DIR")).join("../policies");
    let file = policies.join("star-wars").join(dialect).join("test.yaml");
    let mut suites = load(&file).unwrap();
    assert_eq!(suites.len(), 1, "{dialect}");
    suites.remove(0).cases
}

fn verdict(case: &Case) -> Decision {
    match &case.expect {
        Expect::Verdict { verdict, .. } => *verdict,
        Expect::Error(regex) => panic!("{}: an error: {regex}", case.name),
    }
}

#[test]
fn star_wars_is_the_same_in_every_dialect_that_knows_http() {
    let calico = star_wars("calico");
    assert!(calico.len() >= 12);
    for dialect in ["cilium", "istio"] {
        let told = star_wars(dialect);
        assert_eq!(told.len(), calico.len(), "{dialect}");
        for (one, other) in calico.iter().zip(&told) {
            let name = format!("{dialect}: {}", one.name);
            assert_eq!(one.situation.request, other.situation.request, "{name}");
            assert_eq!(verdict(one), verdict(other), "{name}");
        }
    }
}

/// Kubernetes policy ends at the port: it must agree on every request that no HTTP rule refuses.
#[test]
fn star_wars_in_kubernetes_differs_only_where_it_cannot_say_http() {
    let calico = star_wars("calico");
    let kubernetes = star_wars("kubernetes");
    let mut wider = Vec::new();
    for case in &calico {
        let twin = kubernetes.iter().find(|twin| {
            twin.situation.request == case.situation.request
                && twin.situation.workload == case.situation.workload
        });
        let Some(twin) = twin else {
            panic!("Kubernetes has no case for {}", case.name);
        };
        if verdict(case) != verdict(twin) {
            assert_eq!(verdict(twin), Decision::Allow, "{}", case.name);
            wider.push(case.name.as_str());
        }
    }
    let http_only = [
        "a tiefighter may not touch the exhaust port",
        "a tiefighter may only post",
        "a tiefighter may not reach the exhaust port by dots",
    ];
    assert_eq!(wider, http_only);
}
