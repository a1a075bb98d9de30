//! A pruned bundle decides what the whole one decides, whoever asks and whatever changed before.

use crate::asking::{Loaded, config, load};
use crate::mesh::Mesh;
use crate::world::{Probe, World, drafts, every_peer, worlds};
use heliast::bundle::{Audience, Object, ObjectKey, Order, Statement, Store, write_delta};
use heliast::evaluate::evaluate;
use heliast::peer::{Identity, Peer, PeerBinding, PlaintextPeers, Recognition};
use heliast::program::{PeerRules, Program};
use heliast::prune::{Fleet, Gone, View};
use heliast::verdict::Direction;
use proptest::prelude::*;
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Workloads and requests of each world.
const PROBES: usize = 3;

proptest! {
    #![proptest_config(config(60))]

    #[test]
    fn a_pruned_bundle_decides_what_the_whole_one_does(
        world in worlds(),
        drafts in drafts(PROBES),
    ) {
        let whole = load(&world);
        let fleet = Fleet::load(objects(&world)).unwrap();
        let mut peers = every_peer();
        for probe in whole.probes(&drafts) {
            peers.push(probe.peer.clone());
            for by_principal in [false, true] {
                let Some(view) = view(&fleet, &probe, by_principal) else {
                    continue;
                };
                let pruned = load(&world_of(view.store()));
                let has = |loaded: &Loaded| loaded.model.directory.read().has_workloads();
                prop_assert_eq!(has(&pruned), has(&whole));
                for way in ways(by_principal) {
                    let differs = first_difference(&whole, &pruned, &probe, way, &peers);
                    prop_assert!(differs.is_none(), "{:#?}\n{:#?}\npruned {:?}", differs, probe, world_of(view.store()));
                }
            }
        }
    }

    #[test]
    fn a_view_that_followed_is_the_view_from_scratch(
        all in prop::collection::vec(worlds(), 2..6),
        drafts in drafts(PROBES),
        stays in prop::collection::vec(any::<u64>(), 6),
    ) {
        let first = load(&all[0]);
        let mut fleet = Fleet::load(objects(&all[0])).unwrap();
        let probes = first.probes(&drafts);
        let mut views: Vec<View> = [false, true]
            .into_iter()
            .flat_map(|by_principal| probes.iter().filter_map({
                let fleet = &fleet;
                move |probe| view(fleet, probe, by_principal)
            }))
            .collect();
        let mut lagging = fleet_views(&fleet);
        let mut behind = None;
        for (step, next) in all.iter().enumerate().skip(1) {
            let (upsert, remove) = difference(fleet.store(), next, stays[step]);
            let effect = fleet.apply(upsert, remove).unwrap();
            let again = Fleet::load(fleet.store().objects().cloned()).unwrap();
            prop_assert_eq!(fleet.revision(), again.revision());
            for view in &mut views {
                let before = view.store().clone();
                let fresh = again.view(view.audience());
                match (view.follow(&fleet, &effect), fresh) {
                    (Err(Gone), fresh) => prop_assert!(fresh.is_none()),
                    (Ok(change), Some(fresh)) => {
                        prop_assert_eq!(world_of(view.store()).objects, world_of(fresh.store()).objects);
                        prop_assert_eq!(view.revision(), fresh.revision());
                        let mut led = before.clone();
                        if let Some(change) = change {
                            for key in &change.remove {
                                prop_assert!(led.remove(key).is_some());
                            }
                            for object in change.upsert {
                                let old = led.insert(object.clone());
                                prop_assert!(old.as_ref() != Some(&object));
                            }
                            prop_assert_eq!(led.revision(), change.to);
                        }
                        prop_assert!(led.objects().eq(fresh.store().objects()));
                    }
                    (Ok(_), None) => prop_assert!(false, "the pod is gone"),
                }
            }
            views.retain(|view| fleet.view(view.audience()).is_some());
            match &mut behind {
                None => behind = Some(effect),
                Some(behind) => behind.merge(effect),
            }
        }
        for view in &mut lagging {
            let followed = view.follow(&fleet, behind.as_ref().unwrap());
            match fleet.view(view.audience()) {
                None => prop_assert_eq!(followed, Err(Gone)),
                Some(fresh) => prop_assert!(view.store().objects().eq(fresh.store().objects())),
            }
        }
    }
}

/// What one pod that comes or goes costs a sidecar: shards split and join on the way.
#[test]
fn a_delta_for_one_pod_is_short() {
    let mesh = Mesh {
        namespaces: 20,
        pods: 24,
    };
    let mut fleet = Fleet::load(mesh.objects()).unwrap();
    let mut views: Vec<View> = fleet_views(&fleet).into_iter().step_by(17).collect();
    let mut lengths = Vec::new();
    let comes = (24..140).map(|pod| (pod, true));
    let goes = (24..140).map(|pod| (pod, false));
    for (pod, comes) in comes.chain(goes) {
        // The numbers of these pods are those of pods elsewhere; their addresses must not be.
        let address = format!("10.99.100.{pod}");
        let pod = mesh.pod(7, pod, Some(&address)).unwrap();
        let effect = if comes {
            fleet.apply(vec![pod], Vec::new())
        } else {
            fleet.apply(Vec::new(), vec![(*pod.key).clone()])
        };
        let effect = effect.unwrap();
        for view in &mut views {
            if let Some(change) = view.follow(&fleet, &effect).unwrap() {
                let statement = Statement {
                    revision: change.to,
                    order: Some(Order::of_number(u64::MAX)),
                    audience: Some(view.audience().clone()),
                };
                let (upsert, remove) = (change.upsert.iter(), change.remove.iter());
                lengths.push(write_delta(change.from, &statement, &[], upsert, remove).len());
            }
        }
    }
    assert!(lengths.len() > 232, "{}", lengths.len());
    let longest = lengths.into_iter().max();
    assert!(longest < Some(1024), "{longest:?}");
}

/// A view of each pod.
fn fleet_views(fleet: &Fleet) -> Vec<View> {
    let views = fleet.pods().map(|(namespace, pod)| Audience {
        namespace: namespace.to_owned(),
        pod: pod.to_owned(),
        by_principal: false,
    });
    views
        .map(|audience| fleet.view(&audience).unwrap())
        .collect()
}

/// What makes a store more like a world: about every fourth object stays as it is.
fn difference(store: &Store, world: &World, stays: u64) -> (Vec<Object>, Vec<ObjectKey>) {
    let next = objects(world);
    let keys: BTreeSet<Arc<ObjectKey>> =
        next.iter().map(|object| Arc::clone(&object.key)).collect();
    let chosen = |position: usize| stays >> (position % 64) & 3 != 0;
    let gone = store.objects().filter(|object| !keys.contains(&object.key));
    let gone = gone
        .enumerate()
        .filter(|(position, _)| chosen(position + 7));
    let remove = gone.map(|(_, object)| (*object.key).clone()).collect();
    let next = next.into_iter().enumerate();
    let upsert = next
        .filter(|(position, _)| chosen(*position))
        .map(|(_, object)| object);
    (upsert.collect(), remove)
}

fn objects(world: &World) -> Vec<Object> {
    let object = |value: &Value| Object::new(value.clone()).unwrap();
    world.objects.iter().map(object).collect()
}

fn world_of(store: &Store) -> World {
    let value = |object: &Object| serde_json::from_str(&object.text).unwrap();
    World {
        objects: store.objects().map(value).collect(),
    }
}

fn view(fleet: &Fleet, probe: &Probe, by_principal: bool) -> Option<View> {
    let (namespace, pod) = probe.pod()?;
    fleet.view(&Audience {
        namespace: namespace.to_owned(),
        pod: pod.to_owned(),
        by_principal,
    })
}

/// Both directions, under every recognition that a bundle serves.
fn ways(by_principal: bool) -> Vec<(Direction, Recognition)> {
    let mut ways = Vec::new();
    for binding in [
        PeerBinding::AddressAndPrincipal,
        PeerBinding::Address,
        PeerBinding::Principal,
    ] {
        for plaintext in [PlaintextPeers::ByAddress, PlaintextPeers::Unidentified] {
            if binding != PeerBinding::Principal || by_principal {
                ways.push((Direction::Ingress, Recognition { binding, plaintext }));
            }
        }
    }
    ways.push((Direction::Egress, Recognition::default()));
    ways
}

/// The first peer whom the two bundles judge differently.
fn first_difference(
    whole: &Loaded,
    pruned: &Loaded,
    probe: &Probe,
    (direction, recognition): (Direction, Recognition),
    peers: &[Peer],
) -> Option<String> {
    let program = |loaded: &Loaded| {
        let local = probe.local(&loaded.model);
        Program::compile(
            Arc::clone(&loaded.model),
            local,
            direction,
            recognition.into(),
        )
    };
    let (of_whole, of_pruned) = (program(whole), program(pruned));
    let peers = peers.iter();
    let mut peers = peers
        .filter(|peer| direction == Direction::Ingress || peer.identity == Identity::Plaintext);
    peers.find_map(|peer| {
        let verdict = |program: &Program| {
            let rules = PeerRules::new(program, peer);
            probe.with_request(|request| evaluate(program, &rules, request))
        };
        let (expected, said) = (verdict(&of_whole), verdict(&of_pruned));
        (expected != said).then(|| {
            format!("{peer:#?} {direction} {recognition:?}\nwhole {expected:#?}\npruned {said:#?}")
        })
    })
}
