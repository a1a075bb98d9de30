//! The table of readings: docs/semantics/envoy.md says what servers are known to make of a request,
//! and what each dialect makes of that. Every row of its tables is asked here.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test, helpers included: what is not there fails it"
)]

#[path = "readings/policy.rs"]
mod policy;
#[path = "readings/table.rs"]
mod table;

use heliast::bundle::Bundle;
use heliast::config::WorkloadConfig;
use heliast::evaluate::evaluate;
use heliast::peer::{Identity, Peer};
use heliast::program::{Local, Node, PeerRules, Program};
use heliast::request::{Http, Request};
use heliast::settings::{PathReading, Quirks, Readings, Settings};
use heliast::terms::Protocol;
use heliast::verdict::{Decision, Direction};
use policy::{API, Dialect, WEB};
use serde_json::Value;
use std::sync::Arc;
use table::{Kind, Row};

/// Whether a request passes the one policy there is.
fn decide(policy: Value, row: &Row, readings: Readings) -> Decision {
    let mut objects = policy::workloads();
    objects.push(policy);
    let bundle = Bundle::load(&objects).unwrap_or_else(|problems| panic!("{problems}"));
    let workload = WorkloadConfig {
        namespace: Some("shop".to_owned()),
        name: Some("api".to_owned()),
        ..WorkloadConfig::default()
    };
    let local = Local::resolve(&workload, &Node::default(), &bundle.model).unwrap();
    let settings = Settings {
        readings,
        ..Settings::default()
    };
    let model = Arc::clone(&bundle.model);
    let program = Program::compile(model, local, Direction::Ingress, settings);
    let peer = Peer {
        address: Some(WEB.parse().unwrap()),
        identity: Identity::Plaintext,
    };
    let rules = PeerRules::new(&program, &peer);
    let lines = row.lines();
    let lines: Vec<(&[u8], &[u8])> = lines
        .iter()
        .map(|(name, value)| (name.as_bytes(), value.as_bytes()))
        .collect();
    let request = Request {
        port: Some(80),
        local_address: Some(API.parse().unwrap()),
        readings,
        ..Request::new(Protocol::TCP, Some(Http::new(&lines)))
    };
    evaluate(&program, &rules, &request).enforced.decision
}

#[test]
fn every_row_of_the_table() {
    let rows = table::rows();
    assert!(rows.len() > 40, "{} rows", rows.len());
    for kind in [Kind::Path, Kind::Method, Kind::Header, Kind::Host] {
        assert!(rows.iter().any(|row| row.kind == kind), "{kind:?}");
    }
    for row in &rows {
        for (dialect, wanted) in Dialect::ALL.into_iter().zip(row.wanted) {
            let policy = dialect.policy(row.kind, &row.value);
            let decided = decide(policy, row, Readings::default());
            assert_eq!(decided, wanted, "{dialect:?} of {row:?}");
        }
    }
}

/// A row with the name of a switch is about that quirk: with it off, a Deny no longer sees it.
#[test]
fn each_quirk_has_its_switch() {
    let mut seen = Vec::new();
    for row in table::rows() {
        let Some(switch) = &row.switch else { continue };
        let quirks = Quirks::default();
        let quirks = match switch.as_str() {
            "pathCase" => Quirks {
                path_case: false,
                ..quirks
            },
            "percentU" => Quirks {
                percent_u: false,
                ..quirks
            },
            "methodCase" => Quirks {
                method_case: false,
                ..quirks
            },
            "headerUnderscores" => Quirks {
                header_underscores: false,
                ..quirks
            },
            "hostForms" => Quirks {
                host_forms: false,
                ..quirks
            },
            other => panic!("no switch {other}"),
        };
        let readings = Readings {
            quirks,
            ..Readings::default()
        };
        let policy = || Dialect::IstioDeny.policy(row.kind, &row.value);
        let (off, on) = (
            decide(policy(), &row, readings),
            decide(policy(), &row, Readings::default()),
        );
        assert_eq!((off, on), (Decision::Allow, Decision::Deny), "{row:?}");
        seen.push(switch.clone());
    }
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 5, "{seen:?}");
}

/// Under `pathReading: Calico` an Allow of Calico's is what it was before: the table says so, too.
#[test]
fn the_single_reading_is_what_it_was() {
    let readings = Readings {
        path: PathReading::Calico,
        ..Readings::default()
    };
    for row in table::rows().iter().filter(|row| row.kind == Kind::Path) {
        let policy = Dialect::CalicoAllow.policy(row.kind, &row.value);
        assert_eq!(decide(policy, row, readings), row.calico_before, "{row:?}");
    }
}
