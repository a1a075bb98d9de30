//! Requests to ask of a world: at which workload, from or to whom, and what.

use super::{http, names, one_of, sometimes, workloads};
use crate::reference::Enforcing;
use heliast::config::WorkloadConfig;
use heliast::model::Model;
use heliast::peer::{Identity, Peer, PeerBinding, PlaintextPeers, Recognition};
use heliast::program::{Local, Node};
use heliast::request::{Http, Request};
use heliast::resources::Resources;
use heliast::resources::core::Pod;
use heliast::terms::Protocol;
use heliast::verdict::Direction;
use litemap::LiteMap;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::Value;
use std::collections::BTreeMap;
use std::net::IpAddr;

/// A question that fits every world; [`Draft::in_world`] picks its pods.
#[derive(Debug, Clone)]
pub(crate) struct Draft {
    workload: Workload,
    direction: Direction,
    recognition: Recognition,
    address: Address,
    certificate: Certificate,
    request: OwnedRequest,
    arrives_at: Option<Index>,
}

/// A question to one world.
#[derive(Debug, Clone)]
pub(crate) struct Probe {
    pub(crate) enforcing: Enforcing,
    config: WorkloadConfig,
    node: Node,
    pub(crate) direction: Direction,
    pub(crate) recognition: Recognition,
    pub(crate) peer: Peer,
    request: OwnedRequest,
}

/// Which workload enforces.
#[derive(Debug, Clone)]
enum Workload {
    /// A pod; where the bundle knows no address of it, its node may.
    Pod(Index, Option<&'static str>),
    /// One that the bundle does not know.
    Stranger {
        namespace: &'static str,
        account: &'static str,
        labels: Value,
        addresses: Vec<&'static str>,
    },
}

/// Where the peer is.
#[derive(Debug, Clone)]
enum Address {
    OfPod(Index),
    Of(&'static str),
    Unknown,
}

/// Who the peer says it is.
#[derive(Debug, Clone)]
enum Certificate {
    None,
    /// That of the pod whose address it has.
    Own,
    /// That of some pod: most often a stolen key.
    OfPod(Index),
    Of(&'static str, &'static str),
    /// The same names in a trust domain that is accepted and not ours.
    Partner(&'static str, &'static str),
    Bad(&'static [&'static str]),
}

/// URI SANs that name nobody.
const BAD: [&[&str]; 4] = [
    &[],
    &["spiffe://evil/ns/dev/sa/front"],
    &[
        "spiffe://cluster.local/ns/dev/sa/front",
        "spiffe://cluster.local/ns/dev/sa/back",
    ],
    &["https://cluster.local/ns/dev/sa/front"],
];

/// So many questions at most.
pub(crate) fn drafts(most: usize) -> BoxedStrategy<Vec<Draft>> {
    vec(draft(), 1..=most).boxed()
}

fn draft() -> impl Strategy<Value = Draft> {
    let recognition = (
        one_of(&[
            PeerBinding::AddressAndPrincipal,
            PeerBinding::AddressAndPrincipal,
            PeerBinding::Principal,
            PeerBinding::Address,
        ]),
        one_of(&[
            PlaintextPeers::ByAddress,
            PlaintextPeers::ByAddress,
            PlaintextPeers::ByAddress,
            PlaintextPeers::Unidentified,
        ]),
    );
    let recognition =
        recognition.prop_map(|(binding, plaintext)| Recognition { binding, plaintext });
    let address = prop_oneof![
        6 => any::<Index>().prop_map(Address::OfPod),
        2 => one_of(&names::INSIDE).prop_map(Address::Of),
        1 => one_of(&names::OUTSIDE).prop_map(Address::Of),
        1 => Just(Address::Unknown),
    ];
    let certificate = prop_oneof![
        3 => Just(Certificate::None),
        4 => Just(Certificate::Own),
        2 => any::<Index>().prop_map(Certificate::OfPod),
        2 => (one_of(&names::NAMESPACES), one_of(&names::ACCOUNTS))
            .prop_map(|(namespace, account)| Certificate::Of(namespace, account)),
        1 => (one_of(&names::NAMESPACES), one_of(&names::ACCOUNTS))
            .prop_map(|(namespace, account)| Certificate::Partner(namespace, account)),
        1 => one_of(&BAD).prop_map(Certificate::Bad),
    ];
    (
        workload(),
        one_of(&[Direction::Ingress, Direction::Ingress, Direction::Egress]),
        recognition,
        (address, certificate),
        (request(), sometimes(90, any::<Index>())),
    )
        .prop_map(|(workload, direction, recognition, peer, request)| Draft {
            workload,
            direction,
            recognition,
            address: peer.0,
            certificate: peer.1,
            request: request.0,
            arrives_at: request.1,
        })
}

fn workload() -> impl Strategy<Value = Workload> {
    let stranger = (
        one_of(&names::NAMESPACES),
        one_of(&names::ACCOUNTS),
        workloads::own_labels(true),
        vec(one_of(&names::INSIDE), 1..3),
    );
    let stranger =
        stranger.prop_map(
            |(namespace, account, labels, addresses)| Workload::Stranger {
                namespace,
                account,
                labels,
                addresses,
            },
        );
    let pod = (any::<Index>(), sometimes(70, one_of(&names::INSIDE)));
    let pod = pod.prop_map(|(index, own)| Workload::Pod(index, own));
    prop_oneof![5 => pod, 1 => stranger]
}

fn request() -> impl Strategy<Value = OwnedRequest> {
    let port = || sometimes(92, one_of(&names::PORTS));
    let http = (
        sometimes(96, one_of(&http::REQUEST_METHODS)),
        sometimes(94, one_of(&http::PATHS)),
        vec(one_of(&http::REQUEST_HEADERS), 0..4),
    );
    let http = http.prop_map(|(method, path, headers)| OwnedHttp {
        method,
        path,
        headers,
    });
    let protocol = prop_oneof![9 => Just(Protocol::TCP), 1 => Just(Protocol::UDP)];
    (port(), port(), sometimes(85, http), protocol).prop_map(
        |(port, source_port, http, protocol)| {
            OwnedRequest {
                // HTTP is TCP.
                protocol: if http.is_some() {
                    Protocol::TCP
                } else {
                    protocol
                },
                port,
                source_port,
                local_address: None,
                http,
            }
        },
    )
}

/// A request that owns its parts.
#[derive(Debug, Clone)]
struct OwnedRequest {
    protocol: Protocol,
    port: Option<u16>,
    source_port: Option<u16>,
    local_address: Option<IpAddr>,
    http: Option<OwnedHttp>,
}

#[derive(Debug, Clone)]
struct OwnedHttp {
    method: Option<&'static str>,
    path: Option<&'static str>,
    headers: Vec<(&'static str, &'static str)>,
}

impl Draft {
    pub(crate) fn in_world(&self, resources: &Resources) -> Probe {
        let (enforcing, config, node) = self.workload.in_world(resources);
        let pod = match &self.address {
            Address::OfPod(index) => pick(index, &resources.pods),
            Address::Of(_) | Address::Unknown => None,
        };
        let address = match &self.address {
            Address::OfPod(_) => pod.and_then(|pod| pod.addresses.first().copied()),
            Address::Of(text) => Some(address(text)),
            Address::Unknown => None,
        };
        let mut request = self.request.clone();
        request.local_address = self
            .arrives_at
            .as_ref()
            .and_then(|index| pick(index, &enforcing.addresses))
            .copied();
        Probe {
            direction: self.direction,
            recognition: self.recognition,
            peer: Peer {
                address,
                // Nobody shows a certificate to whom he calls.
                identity: match self.direction {
                    Direction::Ingress => self.certificate.in_world(pod, resources),
                    Direction::Egress => Identity::Plaintext,
                },
            },
            enforcing,
            config,
            node,
            request,
        }
    }
}

impl Workload {
    /// The same workload for the reference and for the engine.
    fn in_world(&self, resources: &Resources) -> (Enforcing, WorkloadConfig, Node) {
        let pod = match self {
            Self::Pod(index, own) => pick(index, &resources.pods).map(|pod| (pod, own)),
            Self::Stranger { .. } => None,
        };
        if let Some((pod, own)) = pod {
            let config = WorkloadConfig {
                namespace: pod.metadata.id.namespace.clone(),
                name: Some(pod.metadata.id.name.clone()),
                ..WorkloadConfig::default()
            };
            let node = Node {
                addresses: own.iter().map(|text| address(text)).collect(),
                ..Node::default()
            };
            return (enforcing_pod(pod, &node), config, node);
        }
        let (namespace, account, labels, addresses) = match self {
            Self::Stranger {
                namespace,
                account,
                labels,
                addresses,
            } => (
                *namespace,
                *account,
                string_map(labels),
                addresses.as_slice(),
            ),
            Self::Pod(..) => ("dev", "front", LiteMap::new_vec(), &["10.0.0.1"][..]),
        };
        let addresses: Vec<IpAddr> = addresses.iter().map(|text| address(text)).collect();
        let config = WorkloadConfig {
            namespace: Some(namespace.to_owned()),
            name: None,
            service_account: Some(account.to_owned()),
            labels: Some(labels.clone()),
        };
        let node = Node {
            addresses: addresses.clone(),
            ..Node::default()
        };
        let enforcing = Enforcing {
            namespace: namespace.to_owned(),
            service_account: account.to_owned(),
            labels,
            addresses,
            named_ports: None,
            host_network: false,
        };
        (enforcing, config, node)
    }
}

fn enforcing_pod(pod: &Pod, node: &Node) -> Enforcing {
    let known = !pod.addresses.is_empty();
    let addresses = if known {
        &pod.addresses
    } else {
        &node.addresses
    };
    Enforcing {
        namespace: pod.metadata.id.namespace.clone().unwrap(),
        service_account: pod.service_account.clone(),
        labels: pod.metadata.labels.clone(),
        addresses: addresses.clone(),
        named_ports: Some(pod.named_ports.clone()),
        host_network: pod.host_network,
    }
}

impl Certificate {
    fn in_world(&self, pod: Option<&Pod>, resources: &Resources) -> Identity {
        let of_pod = |pod: &Pod| {
            let namespace = pod.metadata.id.namespace.as_deref().unwrap();
            spiffe(namespace, &pod.service_account)
        };
        let sans = match self {
            Self::None => return Identity::Plaintext,
            Self::Bad(sans) => sans.iter().map(|san| (*san).to_owned()).collect(),
            Self::Of(namespace, account) => vec![spiffe(namespace, account)],
            Self::Partner(namespace, account) => vec![partner(namespace, account)],
            Self::Own => vec![pod.map_or_else(|| spiffe("dev", "front"), of_pod)],
            Self::OfPod(index) => {
                let pod = pick(index, &resources.pods);
                vec![pod.map_or_else(|| spiffe("ops", "gone"), of_pod)]
            }
        };
        let sans: Vec<&[u8]> = sans.iter().map(String::as_bytes).collect();
        Identity::of_certificate(&sans, &accepted())
    }
}

impl Probe {
    /// The workload as the engine has it.
    pub(crate) fn local(&self, model: &Model) -> Local {
        Local::resolve(&self.config, &self.node, model).unwrap()
    }

    /// The pod that enforces, if it is one of the bundle: namespace and name.
    pub(crate) fn pod(&self) -> Option<(&str, &str)> {
        let config = &self.config;
        config.namespace.as_deref().zip(config.name.as_deref())
    }

    /// Hands out the request, which borrows its parts.
    pub(crate) fn with_request<R>(&self, ask: impl FnOnce(&Request<'_>) -> R) -> R {
        let owned = &self.request;
        let headers: Vec<(&[u8], &[u8])> = owned
            .http
            .iter()
            .flat_map(|http| &http.headers)
            .map(|(name, value)| (name.as_bytes(), value.as_bytes()))
            .collect();
        let http = owned.http.as_ref().map(|http| Http {
            method: http.method.map(str::as_bytes),
            path: http.path.map(str::as_bytes),
            ..Http::new(&headers)
        });
        ask(&Request {
            port: owned.port,
            source_port: owned.source_port,
            local_address: owned.local_address,
            ..Request::new(owned.protocol, http)
        })
    }
}

/// Every peer there can be: at every address, none included, under every identity.
pub(crate) fn every_peer() -> Vec<Peer> {
    let addresses = names::INSIDE.iter().chain(&names::OUTSIDE);
    let addresses = addresses.map(|text| Some(address(text))).chain([None]);
    let known = names::NAMESPACES.iter().flat_map(|namespace| {
        let accounts = names::ACCOUNTS.iter();
        accounts.map(move |account| vec![spiffe(namespace, account)])
    });
    let partners = [vec![partner("dev", "front")], vec![partner("ops", "gone")]];
    let nobody = [vec![], vec![spiffe("nowhere", "front")]];
    let certificates = known.chain(partners).chain(nobody).map(|sans| {
        let sans: Vec<&[u8]> = sans.iter().map(String::as_bytes).collect();
        Identity::of_certificate(&sans, &accepted())
    });
    let identities: Vec<_> = certificates.chain([Identity::Plaintext]).collect();
    let at = |address| {
        let identities = identities.iter().cloned();
        identities.map(move |identity| Peer { address, identity })
    };
    addresses.flat_map(at).collect()
}

fn pick<'t, T>(index: &Index, from: &'t [T]) -> Option<&'t T> {
    (!from.is_empty()).then(|| index.get(from))
}

fn spiffe(namespace: &str, account: &str) -> String {
    format!("spiffe://cluster.local/ns/{namespace}/sa/{account}")
}

fn partner(namespace: &str, account: &str) -> String {
    format!("spiffe://partner.test/ns/{namespace}/sa/{account}")
}

/// The trust domains whose certificates are accepted; the first is our own.
fn accepted() -> [String; 2] {
    ["cluster.local", "partner.test"].map(str::to_owned)
}

fn address(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn string_map(labels: &Value) -> LiteMap<String, String> {
    let labels: BTreeMap<String, String> = serde_json::from_value(labels.clone()).unwrap();
    labels.into_iter().collect()
}
