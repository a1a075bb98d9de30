//! What holds of every verdict, whatever the world (house.md 3.4).

use crate::asking::{Loaded, config, load};
use crate::world::{World, denying_rule, drafts, policy, without_doubles, worlds};
use heliast::evaluate::evaluate;
use heliast::peer::{Identity, Peer, PeerBinding, PlaintextPeers, Unaccepted};
use heliast::program::{PeerRules, Uses};
use heliast::request::{Http, Request};
use heliast::verdict::Decision;
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Value, json};

/// Questions to each world.
const PROBES: usize = 8;

proptest! {
    #![proptest_config(config(150))]

    /// One more Deny rule anywhere, whatever it says, opens nothing.
    #[test]
    fn a_deny_rule_never_opens(
        world in worlds(),
        drafts in drafts(PROBES),
        rule in denying_rule(),
        place in any::<[Index; 2]>(),
    ) {
        let before = load(&world);
        let after = load(&with_each_list(&world, |list| {
            let at = place[0].index(list.len() + 1);
            list.insert(at, rule.clone());
        }));
        for probe in before.probes(&drafts) {
            let opened = !before.allows(&probe) && after.allows(&probe);
            prop_assert!(!opened, "{:#?}", probe);
        }
    }

    /// One Allow rule less opens nothing.
    #[test]
    fn taking_an_allow_away_never_opens(
        world in worlds(),
        drafts in drafts(PROBES),
        place in any::<Index>(),
    ) {
        let before = load(&world);
        let after = load(&with_each_list(&world, |list| {
            let allows = |rule: &Value| rule["action"] == "Allow";
            let all: Vec<usize> = (0..list.len()).filter(|at| allows(&list[*at])).collect();
            if !all.is_empty() {
                list.remove(*place.get(&all));
            }
        }));
        for probe in before.probes(&drafts) {
            let opened = !before.allows(&probe) && after.allows(&probe);
            prop_assert!(!opened, "{:#?}", probe);
        }
    }

    /// Where every rule allows, their order changes nothing but which of them is named.
    #[test]
    fn allow_rules_may_stand_in_any_order(world in worlds(), drafts in drafts(PROBES)) {
        let allowing = with_each_list(&world, |list| {
            for rule in list.iter_mut() {
                rule["action"] = json!("Allow");
            }
        });
        let (before, after) = (
            load(&allowing),
            load(&with_each_list(&allowing, |list| list.reverse())),
        );
        for probe in before.probes(&drafts) {
            prop_assert_eq!(before.allows(&probe), after.allows(&probe), "{:#?}", probe);
        }
    }

    /// Design invariant 4: without its staged policies a world enforces the same, rule by rule;
    /// and nothing is staged then.
    #[test]
    fn staged_policies_enforce_nothing(world in worlds(), drafts in drafts(PROBES)) {
        let before = load(&world);
        let after = load(&keep(&world, |object| !text(&object["kind"]).starts_with("Staged")));
        for probe in before.probes(&drafts) {
            let (with, without) = (before.verdict(&probe), after.verdict(&probe));
            prop_assert_eq!(&with.enforced, &without.enforced, "{:#?}", probe);
            prop_assert_eq!(&with.logged, &without.logged, "{:#?}", probe);
            prop_assert_eq!(without.staged, None, "{:#?}", probe);
        }
    }

    /// What has nothing to do with the workload and its peer changes nothing: pods, network sets
    /// and service accounts elsewhere, tiers without policy, policies that select others.
    #[test]
    fn strangers_change_nothing(
        world in worlds(),
        drafts in drafts(PROBES),
        policies in prop::collection::vec(policy(), 0..4),
    ) {
        let mut objects = world.objects.clone();
        objects.extend(strangers());
        objects.extend(policies.into_iter().filter_map(for_strangers));
        let (before, after) = (load(&world), load(&World { objects: without_doubles(objects) }));
        for probe in before.probes(&drafts) {
            prop_assert_eq!(before.verdict(&probe), after.verdict(&probe), "{:#?}", probe);
        }
    }

    /// The order of the objects changes nothing, the explanation included, but for the positions
    /// of the objects that it quotes.
    #[test]
    fn the_order_of_objects_changes_nothing(
        (world, shuffled) in worlds().prop_flat_map(|world| {
            let shuffled = Just(world.objects.clone()).prop_shuffle();
            (Just(world), shuffled.prop_map(|objects| World { objects }))
        }),
        drafts in drafts(PROBES),
    ) {
        let (before, after) = (load(&world), load(&shuffled));
        for probe in before.probes(&drafts) {
            let (was, mut is) = (before.explain(&probe), after.explain(&probe));
            let policies = was.tiers.iter().flat_map(|tier| &tier.policies);
            let moved = is.tiers.iter_mut().flat_map(|tier| &mut tier.policies);
            for (policy, moved) in policies.zip(moved) {
                moved.document = policy.document;
            }
            prop_assert_eq!(format!("{was:#?}"), format!("{is:#?}"), "{:#?}", probe);
        }
    }

    /// Equal inputs give equal explanations (design invariant 7).
    #[test]
    fn equal_inputs_give_equal_explanations(world in worlds(), drafts in drafts(PROBES)) {
        let (once, again) = (load(&world), load(&world));
        for probe in once.probes(&drafts) {
            let (once, again) = (once.explain(&probe), again.explain(&probe));
            prop_assert_eq!(format!("{once:#?}"), format!("{again:#?}"), "{:#?}", probe);
        }
    }

    /// The adapter fetches only what the rules of a peer ask for ([`Uses`]): the rest of the
    /// request, were it there, would change nothing.
    #[test]
    fn facts_that_are_not_used_change_nothing(world in worlds(), drafts in drafts(PROBES)) {
        let loaded = load(&world);
        for probe in loaded.probes(&drafts) {
            let program = loaded.program(&probe);
            let rules = PeerRules::new(&program, &probe.peer);
            let (whole, bare) = probe.with_request(|request| {
                let bare = only_used(request, rules.uses);
                (evaluate(&program, &rules, request), evaluate(&program, &rules, &bare))
            });
            prop_assert_eq!(whole, bare, "{:?} {:#?}", rules.uses, probe);
        }
    }

    /// Not knowing an address never opens: what is allowed then is allowed from every address,
    /// because all that is certain without it stays certain with it.
    #[test]
    fn an_unknown_address_never_opens(world in worlds(), drafts in drafts(PROBES)) {
        let loaded = load(&world);
        for probe in loaded.probes(&drafts) {
            let unknown = Peer {
                address: None,
                ..probe.peer.clone()
            };
            let opened = allows(&loaded, &probe, &unknown) && !loaded.allows(&probe);
            prop_assert!(!opened, "{:#?}", probe);
        }
    }

    /// A certificate that names nobody is worth no more than none at all; nor is plaintext where
    /// it identifies nobody. Why the certificate is refused makes no difference.
    #[test]
    fn an_unaccepted_identity_never_opens(world in worlds(), drafts in drafts(PROBES)) {
        let loaded = load(&world);
        for mut probe in loaded.probes(&drafts) {
            let of = |identity| Peer {
                address: probe.peer.address,
                identity,
            };
            let (plain, bad) = (
                of(Identity::Plaintext),
                of(Identity::Unaccepted(Unaccepted::TrustDomain)),
            );
            let several = of(Identity::Unaccepted(Unaccepted::SeveralUriSans));
            probe.recognition.plaintext = PlaintextPeers::Unidentified;
            let unidentified = loaded.verdict_on(&probe, &plain);
            let unaccepted = loaded.verdict_on(&probe, &bad);
            prop_assert_eq!(&unaccepted, &unidentified, "{:#?}", probe);
            prop_assert_eq!(&unaccepted, &loaded.verdict_on(&probe, &several), "{:#?}", probe);
            probe.recognition.plaintext = PlaintextPeers::ByAddress;
            let opened = allows(&loaded, &probe, &bad) && !allows(&loaded, &probe, &plain);
            prop_assert!(!opened, "{:#?}", probe);
        }
    }

    /// A stolen key is worth nothing: a verified principal at the address of a pod that is not its
    /// own gets no more than a peer without certificate gets there.
    #[test]
    fn a_stolen_key_never_opens(world in worlds(), drafts in drafts(PROBES)) {
        let loaded = load(&world);
        for mut probe in loaded.probes(&drafts) {
            probe.recognition.binding = PeerBinding::AddressAndPrincipal;
            probe.recognition.plaintext = PlaintextPeers::ByAddress;
            if !is_stolen(&loaded, &probe.peer) {
                continue;
            }
            let plain = Peer {
                address: probe.peer.address,
                identity: Identity::Plaintext,
            };
            let opened = loaded.allows(&probe) && !allows(&loaded, &probe, &plain);
            prop_assert!(!opened, "{:#?}", probe);
        }
    }
}

fn allows(loaded: &Loaded, probe: &crate::world::Probe, peer: &Peer) -> bool {
    loaded.verdict_on(probe, peer).enforced.decision == Decision::Allow
}

fn only_used<'r>(request: &Request<'r>, uses: Uses) -> Request<'r> {
    let kept = |used: bool, port: Option<u16>| port.filter(|_| used);
    Request {
        port: kept(uses.port, request.port),
        source_port: kept(uses.source_port, request.source_port),
        local_address: request.local_address.filter(|_| uses.local_address),
        // That it is HTTP is known without a look at it.
        http: request.http.map(|http| Http {
            method: http.method.filter(|_| uses.method),
            path: http.path.filter(|_| uses.path),
            authority: http.authority.filter(|_| uses.authority),
            headers: if uses.headers { http.headers } else { &[] },
        }),
        ..*request
    }
}

/// Whether a known workload is at the address of the peer, and it is not the one of its principal.
fn is_stolen(loaded: &Loaded, peer: &Peer) -> bool {
    let (Some(address), Identity::Verified(id)) = (peer.address, &peer.identity) else {
        return false;
    };
    let pods = loaded.resources.pods.iter();
    let groups = loaded.resources.workload_groups.iter();
    let pods = pods.map(|pod| {
        let namespace = pod.metadata.id.namespace.as_ref().unwrap();
        (namespace, &pod.service_account, &pod.addresses)
    });
    let groups = groups.map(|group| (&group.namespace, &group.service_account, &group.addresses));
    pods.chain(groups)
        .filter(|(.., addresses)| addresses.contains(&address))
        .any(|(namespace, account, _)| *namespace != id.namespace || *account != id.service_account)
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn keep(world: &World, wanted: impl Fn(&Value) -> bool) -> World {
    let kept = world.objects.iter().filter(|object| wanted(object));
    World {
        objects: kept.cloned().collect(),
    }
}

/// The world with a change to each list of rules. Lists that are not there stay away, and `types`
/// is written down first: what a policy governs must not change with its rules (calico.md 1.5).
fn with_each_list(world: &World, change: impl Fn(&mut Vec<Value>)) -> World {
    let mut world = world.clone();
    for spec in world
        .objects
        .iter_mut()
        .filter_map(|object| object.get_mut("spec"))
    {
        let has = |key: &str| spec[key].as_array().is_some_and(|list| !list.is_empty());
        let types = match (has("ingress"), has("egress")) {
            (_, false) => json!(["Ingress"]),
            (false, true) => json!(["Egress"]),
            (true, true) => json!(["Ingress", "Egress"]),
        };
        for key in ["ingress", "egress"] {
            let Some(Value::Array(list)) = spec.get_mut(key) else {
                continue;
            };
            change(list);
            if spec["types"].is_null() {
                spec["types"] = types.clone();
            }
        }
    }
    world
}

/// Objects around a namespace, a service account and addresses that no request has to do with.
fn strangers() -> Vec<Value> {
    let calico = "projectcalico.org/v3";
    vec![
        json!({"apiVersion": "v1", "kind": "Namespace",
            "metadata": {"name": "zz", "labels": {"team": "a", "env": "b"}}}),
        json!({"apiVersion": "v1", "kind": "ServiceAccount",
            "metadata": {"name": "front", "namespace": "zz", "labels": {"role": "a"}}}),
        json!({"apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": "p0", "namespace": "zz", "labels": {"app": "a"}},
            "spec": {"serviceAccountName": "front"}, "status": {"podIP": "10.0.0.99"}}),
        json!({"apiVersion": calico, "kind": "GlobalNetworkSet",
            "metadata": {"name": "zz", "labels": {"app": "a"}},
            "spec": {"nets": ["10.0.0.99", "198.51.100.0/24"]}}),
        json!({"apiVersion": calico, "kind": "NetworkSet",
            "metadata": {"name": "zz", "namespace": "dev", "labels": {"app": "b"}},
            "spec": {"nets": ["198.51.100.0/24"]}}),
        json!({"apiVersion": calico, "kind": "Tier", "metadata": {"name": "zz"},
            "spec": {"order": -100, "defaultAction": "Deny"}}),
    ]
}

/// The policy as one that selects none but strangers, under a name of its own.
fn for_strangers(mut policy: Value) -> Option<Value> {
    if policy["spec"]["stagedAction"] == "Delete" {
        return None;
    }
    let name = format!("zz-{}", text(&policy["metadata"]["name"]).replace('.', "-"));
    policy["metadata"]["name"] = json!(name);
    if policy["metadata"].get("namespace").is_some() {
        policy["metadata"]["namespace"] = json!("zz");
    } else {
        policy["spec"]["selector"] = json!("projectcalico.org/namespace == 'zz'");
    }
    Some(policy)
}
