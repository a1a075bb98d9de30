//! Bundles that were pruned for somebody else.

use super::pod;
use crate::bundle::{Audience, Bundle};
use crate::config::PluginConfig;
use crate::enforcer::{Enforcer, Unenforceable};
use crate::program::Node;
use serde_json::{Value, json};

/// What becomes of a bundle that was pruned for `default/database`.
fn pruned(workload: &Value, by_principal: bool) -> Result<Enforcer, Unenforceable> {
    let config = json!({"workload": workload});
    enforced(config, &Node::default(), by_principal)
}

/// The same under this configuration, at this node.
fn enforced(mut config: Value, node: &Node, by_principal: bool) -> Result<Enforcer, Unenforceable> {
    config["bundle"] = json!({
        "inline": {"resources": [pod("database", "127.0.10.3")]},
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
    Enforcer::new(config, node, &bundle)
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

/// One that was pruned for certificates alone holds more, and serves every binding; the other serves
/// whoever looks at addresses too.
#[test]
fn a_pruned_bundle_is_for_some_bindings() {
    for (binding, by_principal, serves) in [
        ("AddressAndPrincipal", false, true),
        ("Address", false, true),
        ("Principal", false, false),
        ("AddressAndPrincipal", true, true),
        ("Address", true, true),
        ("Principal", true, true),
    ] {
        let us = json!({"namespace": "default", "name": "database"});
        let config = json!({"workload": us, "peerBinding": binding});
        let enforced = enforced(config, &Node::default(), by_principal);
        assert_eq!(enforced.is_ok(), serves, "{binding} {by_principal}");
    }
}

#[test]
fn what_the_configuration_says_of_who_enforces_counts_before_the_node() {
    let node = |namespace: &str, name: &str| Node {
        namespace: Some(namespace.to_owned()),
        name: Some(name.to_owned()),
        ..Node::default()
    };
    let us = || json!({"workload": {"namespace": "default", "name": "database"}});
    let other = || json!({"workload": {"namespace": "elsewhere", "name": "summary"}});
    for (config, node, serves) in [
        (us(), node("elsewhere", "summary"), true),
        (other(), node("default", "database"), false),
        (json!({}), node("default", "database"), true),
        (json!({}), node("elsewhere", "database"), false),
        (json!({}), node("default", "summary"), false),
    ] {
        let text = config.to_string();
        let enforced = enforced(config, &node, false);
        assert_eq!(enforced.is_ok(), serves, "{text} at {node:?}");
    }
}
