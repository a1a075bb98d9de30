use super::Entities;
use crate::bundle::Bundle;
use crate::model::{Entity, IdentityClause, PrincipalClause, PrincipalPattern};
use crate::peer::{Identity, Peer, PeerBinding, PlaintextPeers, Recognition, Unaccepted};
use crate::program::PeerView;
use crate::selector::Selector;
use crate::settings::Settings;
use crate::spiffe::SpiffeId;
use crate::truth::Truth;
use ipnet::IpNet;
use proptest::collection::vec;
use proptest::option::weighted;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};
use std::sync::Arc;

const NETS: [&str; 6] = [
    "10.0.0.0/8",
    "10.0.0.1/32",
    "10.0.0.2/31",
    "10.1.0.0/16",
    "0.0.0.0/0",
    "fd00::/16",
];
const ADDRESSES: [&str; 5] = ["10.0.0.1", "10.0.0.2", "10.0.0.3", "10.1.0.1", "fd00::1"];
const SELECTORS: [&str; 12] = [
    "app == 'a'",
    "app == 'b'",
    "app in {'a', 'c'}",
    "app == 'a' && even == 'true'",
    "app == 'a' && app == 'b'",
    "app in {'b'} && has(even)",
    "!(app == 'a')",
    "app == 'a' || even == 'true'",
    "app != 'a' && even == 'false'",
    "pcns.team == 'x'",
    "projectcalico.org/serviceaccount in {'a', 'b'}",
    "all()",
];
const NAMES: [&str; 4] = ["a", "b", "c", "d"];

/// Three pods, and a network set with the label of one of them.
fn objects() -> Vec<Value> {
    let pod = |name: &str, address: &str, even: &str| {
        json!({"apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": name, "namespace": "default", "labels": {"app": name, "even": even}},
            "spec": {"serviceAccountName": name},
            "status": {"phase": "Running", "podIP": address, "podIPs": [{"ip": address}]}})
    };
    vec![
        pod("a", "10.0.0.1", "false"),
        pod("b", "10.0.0.2", "true"),
        pod("c", "10.0.0.3", "false"),
        json!({"apiVersion": "v1", "kind": "Namespace",
            "metadata": {"name": "default", "labels": {"team": "x"}}}),
        json!({"apiVersion": "projectcalico.org/v3", "kind": "GlobalNetworkSet",
            "metadata": {"name": "net", "labels": {"app": "a"}}, "spec": {"nets": ["10.1.0.0/24"]}}),
    ]
}

fn pattern() -> impl Strategy<Value = PrincipalPattern> {
    let name = || select(&NAMES[..]).prop_map(str::to_owned);
    prop_oneof![
        name().prop_map(|name| PrincipalPattern::Exact(format!("td/ns/default/sa/{name}"))),
        name().prop_map(|name| PrincipalPattern::ServiceAccount {
            namespace: "default".to_owned(),
            name,
        }),
        select(&["default", "other", "def*"][..])
            .prop_map(|glob| PrincipalPattern::Namespace(glob.to_owned())),
        Just(PrincipalPattern::Any),
        name().prop_map(PrincipalPattern::Suffix),
    ]
}

fn entity() -> impl Strategy<Value = Entity> {
    let nets = || {
        let net = select(&NETS[..]).prop_map(|net| net.parse::<IpNet>().unwrap());
        prop_oneof![2 => Just(Vec::new()), 1 => vec(net, 1..3)]
    };
    let selector = || weighted(0.5, select(&SELECTORS[..]));
    let selector = || selector().prop_map(|text| text.map(|text| Selector::parse(text).unwrap()));
    let clause = (vec(pattern(), 0..3), vec(pattern(), 0..2));
    let clause = clause.prop_map(|(any, none)| PrincipalClause { any, none });
    let accounts = prop_oneof![
        3 => Just(Vec::new()),
        1 => vec(select(&NAMES[..]).prop_map(str::to_owned), 1..3)
    ];
    (
        nets(),
        nets(),
        selector(),
        selector(),
        accounts,
        any::<bool>(),
        vec(clause, 0..3),
    )
        .prop_map(
            |(nets, not_nets, member, not_member, service_accounts, unknowable, principals)| {
                Entity {
                    nets,
                    not_nets,
                    member,
                    not_member,
                    identity: IdentityClause {
                        service_accounts,
                        ..IdentityClause::default()
                    },
                    unknowable,
                    principals,
                    ..Entity::default()
                }
            },
        )
}

fn peer() -> impl Strategy<Value = Peer> {
    let address = select(&ADDRESSES[..]).prop_map(|address| address.parse().unwrap());
    let domain = select(&["td", "td", "td", "partner"][..]);
    let id = (domain, select(&NAMES[..])).prop_map(|(domain, name)| SpiffeId {
        trust_domain: domain.to_owned(),
        namespace: "default".to_owned(),
        service_account: name.to_owned(),
    });
    let identity = (0..4_u8, id).prop_map(|(kind, id)| match kind {
        0 => Identity::Plaintext,
        1 => Identity::Unaccepted(Unaccepted::NoUriSan),
        _ => Identity::Verified(id),
    });
    (weighted(0.9, address), identity).prop_map(|(address, identity)| Peer { address, identity })
}

fn recognition() -> impl Strategy<Value = Recognition> {
    let binding = select(vec![
        PeerBinding::AddressAndPrincipal,
        PeerBinding::AddressAndPrincipal,
        PeerBinding::Principal,
        PeerBinding::Address,
    ]);
    let plaintext = select(vec![
        PlaintextPeers::ByAddress,
        PlaintextPeers::Unidentified,
    ]);
    (binding, plaintext).prop_map(|(binding, plaintext)| Recognition { binding, plaintext })
}

proptest! {
    #[test]
    fn leaves_out_only_what_the_peer_is_not(
        entities in vec(entity().prop_map(Arc::new), super::WORTHWHILE..40),
        peers in vec((peer(), recognition()), 1..20),
    ) {
        let model = Bundle::load(&objects()).unwrap().model;
        let directory = model.directory.read();
        let found = Entities::new(entities.clone());
        prop_assert!(!found.tables.is_empty());
        for (peer, recognition) in peers {
            let settings = Settings {
                trust_domains: vec!["td".to_owned(), "partner".to_owned()],
                ..recognition.into()
            };
            let view = PeerView::new(&peer, &directory, &settings);
            let candidates: Vec<usize> = found.candidates(&view).map(|(place, _)| place).collect();
            prop_assert!(candidates.is_sorted_by(|one, next| one < next));
            for (place, entity) in entities.iter().enumerate() {
                let left_out = !candidates.contains(&place);
                let judged = view.judge(entity, &directory);
                prop_assert!(!left_out || judged == Truth::False, "{peer:?} {entity:?} {judged:?}");
            }
        }
    }
}

#[test]
fn asks_few_of_many() {
    let named = |name: usize| Entity {
        member: Some(Selector::equals("app", format!("a{name}"))),
        ..Entity::default()
    };
    let entities = Entities::new((0..1000).map(|name| Arc::new(named(name))).collect());
    let model = Bundle::load(&objects()).unwrap().model;
    let directory = model.directory.read();
    let peer = Peer {
        address: Some("10.0.0.1".parse().unwrap()),
        identity: Identity::Plaintext,
    };
    let view = PeerView::new(&peer, &directory, &Recognition::default().into());
    assert_eq!(entities.candidates(&view).count(), 0);
}
