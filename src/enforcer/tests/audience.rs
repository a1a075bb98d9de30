//! Bundles that were pruned for somebody else.

use super::pod;
use crate::bundle::{Audience, Bundle};
use crate::config::PluginConfig;
use crate::enforcer::{Enforcer, Unenforceable};
use crate::program::Node;
use serde_json::{Value, json};

/// What becomes of a bundle that was pruned for `default/database`.
fn pruned(workload: &Value, by_principal: bool) -> Result<Enforcer, Unenforceable> {
    let config = json!({
        "workload": workload,
        "bundle": {"inline": {"resources": [pod("database", "127.0.10.3")]}},
    });
    let config = PluginConfig::from_value(&config).unwrap();
    let bundle = Bundle {
        audience: Some(Audience {
            namespace: "default".to_owned(),
            pod: "database".to_owned(),
            by_principal,
        }),
        ..Bundle::load(config.inline()).unwrap()
    };
    Enforcer::new(config, &Node::default(), &bundle)
}

#[test]
fn a_pruned_bundle_is_for_its_own_workload() {
    let us = json!({"namespace": "default", "name": "database"});
    assert!(pruned(&us, false).is_ok());
    for other in [
        json!({"namespace": "elsewhere", "name": "database"}),
        json!({"namespace": "default", "name": "summary"}),
        json!({"namespace": "default"}),
    ] {
        let refused = pruned(&other, false).unwrap_err();
        assert!(matches!(refused, Unenforceable::NotForUs(_)), "{other}");
    }
}

#[test]
fn what_it_was_pruned_by_may_not_be_overridden() {
    for override_of in [
        json!({"namespace": "default", "name": "database", "labels": {"app": "database"}}),
        json!({"namespace": "default", "name": "database", "serviceAccount": "database"}),
    ] {
        let refused = pruned(&override_of, true).unwrap_err();
        assert!(
            matches!(refused, Unenforceable::Overridden(_)),
            "{override_of}"
        );
    }
}
