//! The engine says what the plain reading says, with the whole bundle and with the pod's own.

use crate::cluster::{Cluster, clusters};
use crate::connection::{Connection, Draft, drafts};
use crate::naive::{self, By};
use crate::selectors::{labels, selectors, selects};
use heliast::bundle::{Audience, Bundle, Object};
use heliast::model::Model;
use heliast::prune::Fleet;
use heliast::resources::{self, Strictness};
use heliast::verdict::Decision;
use litemap::LiteMap;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngSeed, TestRunner};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

/// How many clusters to look at, and where to begin.
fn config(usual: u32) -> Config {
    let number = |name| {
        let text = std::env::var(name).ok();
        text.map(|text| text.parse::<u64>().unwrap())
    };
    let cases = number("HELIAST_PROPTEST_CASES");
    Config {
        cases: cases.map_or(usual, |cases| u32::try_from(cases).unwrap()),
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(number("HELIAST_PROPTEST_SEED").unwrap_or(2026)),
        ..Config::default()
    }
}

fn model(cluster: &Cluster) -> Arc<Model> {
    let refused = |problems| format!("refused: {problems}\n{cluster:?}");
    Bundle::load(&cluster.objects)
        .map_err(refused)
        .unwrap()
        .model
}

proptest! {
    #![proptest_config(config(1_000))]

    #[test]
    fn verdicts_are_those_of_the_documentation(cluster in clusters(), drafts in drafts()) {
        let model = model(&cluster);
        for draft in &drafts {
            let connection = draft.within(&cluster);
            let (expected, by) = naive::decide(&cluster, &connection);
            let verdict = connection.verdict(&model);
            let said = verdict.enforced.decision;
            prop_assert_eq!(said, expected, "{:?} {:#?} {:?}", by, connection, verdict);
        }
    }
}

proptest! {
    #![proptest_config(config(100))]

    #[test]
    fn the_bundle_of_a_pod_decides_alike(cluster in clusters(), drafts in drafts()) {
        let whole = model(&cluster);
        let objects = cluster.objects.iter();
        let fleet = Fleet::load(objects.map(|object| Object::new(object.clone()).unwrap())).unwrap();
        for draft in &drafts {
            let connection = draft.within(&cluster);
            let pruned = pruned(&fleet, &connection);
            let (expected, said) = (connection.verdict(&whole), connection.verdict(&pruned));
            prop_assert_eq!(said, expected, "{:#?}", connection);
        }
    }
}

proptest! {
    #![proptest_config(config(2_000))]

    #[test]
    fn selectors_are_those_of_apimachinery(selector in selectors(), labels in labels()) {
        let policy = json!({
            "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
            "metadata": {"name": "a"}, "spec": {"podSelector": selector},
        });
        let loaded = resources::decode(&[policy], Strictness::Heliast).unwrap();
        let read = &loaded.resources.network_policies[0].pod_selector;
        let map: BTreeMap<String, String> = serde_json::from_value(labels.clone()).unwrap();
        let map: LiteMap<_, _> = map.into_iter().collect();
        let said = read.to_selector(&str::to_owned).matches(&map);
        prop_assert_eq!(said, selects(&selector, &labels), "{}", labels);
    }
}

fn pruned(fleet: &Fleet, connection: &Connection<'_>) -> Arc<Model> {
    let text = |key: &str| connection.pod["metadata"][key].as_str().unwrap().to_owned();
    let audience = Audience {
        namespace: text("namespace"),
        pod: text("name"),
        by_principal: false,
    };
    let view = fleet.view(&audience).unwrap();
    let objects = view.store().objects();
    let objects: Vec<Value> = objects
        .map(|object| serde_json::from_str(&object.text).unwrap())
        .collect();
    Bundle::load(&objects).unwrap().model
}

/// What a test that compares nothing would never notice.
#[test]
fn clusters_reach_everything() {
    let mut seen: BTreeMap<(By, Decision), usize> = BTreeMap::new();
    let mut runner = TestRunner::new(Config {
        rng_seed: RngSeed::Fixed(2026),
        ..Config::default()
    });
    let mut all = 0;
    for _ in 0..300 {
        let cluster = clusters().new_tree(&mut runner).unwrap().current();
        let drafts: Vec<Draft> = drafts().new_tree(&mut runner).unwrap().current();
        for draft in &drafts {
            let (decision, by) = naive::decide(&cluster, &draft.within(&cluster));
            *seen.entry((by, decision)).or_default() += 1;
            all += 1;
        }
    }
    for (sight, per_thousand) in [
        ((By::Admin, Decision::Allow), 10),
        ((By::Admin, Decision::Deny), 10),
        ((By::NetworkPolicy, Decision::Allow), 10),
        ((By::NetworkPolicy, Decision::Deny), 10),
        ((By::Baseline, Decision::Allow), 10),
        ((By::Baseline, Decision::Deny), 10),
        ((By::Default, Decision::Allow), 10),
        ((By::HostNetwork, Decision::Allow), 10),
    ] {
        let times = seen.get(&sight).copied().unwrap_or_default();
        assert!(times * 1000 >= all * per_thousand, "{sight:?}: {seen:#?}");
    }
}
