//! Connections at random, and what the engine says of them.

use crate::cluster::{Cluster, NODES, OUTSIDE};
use heliast::config::WorkloadConfig;
use heliast::evaluate::evaluate;
use heliast::model::Model;
use heliast::peer::{Identity, Peer};
use heliast::program::{Local, Node, PeerRules, Program};
use heliast::request::Request;
use heliast::settings::Settings;
use heliast::spiffe::SpiffeId;
use heliast::terms::Protocol;
use heliast::verdict::{Direction, Verdict};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::Value;
use std::net::IpAddr;
use std::sync::Arc;

/// A connection, before it is known which pods there are.
#[derive(Debug, Clone)]
pub(crate) struct Draft {
    enforcing: Index,
    egress: bool,
    peer: Index,
    verified: bool,
    /// Whether it goes to a port that the destination has a name for.
    aimed: bool,
    port: u16,
    protocol: &'static str,
}

/// A connection at a pod.
#[derive(Debug)]
pub(crate) struct Connection<'c> {
    pub(crate) pod: &'c Value,
    pub(crate) direction: Direction,
    /// The pod at the other end, if it is one.
    pub(crate) other: Option<&'c Value>,
    pub(crate) address: IpAddr,
    pub(crate) port: u16,
    pub(crate) protocol: &'static str,
    pub(crate) verified: bool,
}

pub(crate) fn drafts() -> impl Strategy<Value = Vec<Draft>> {
    let draft = (
        any::<Index>(),
        any::<bool>(),
        any::<Index>(),
        any::<bool>(),
        any::<bool>(),
        select(&[53_u16, 80, 81, 443][..]),
        select(&["TCP", "TCP", "TCP", "UDP", "SCTP"][..]),
    );
    let draft = draft.prop_map(
        |(enforcing, egress, peer, verified, aimed, port, protocol)| Draft {
            enforcing,
            egress,
            peer,
            verified,
            aimed,
            port,
            protocol,
        },
    );
    prop::collection::vec(draft, 16)
}

/// The address of a pod; none on the network of its host.
pub(crate) fn address_of(pod: &Value) -> Option<IpAddr> {
    let is_own = pod["spec"]["hostNetwork"] == false;
    let text = pod["status"]["podIP"].as_str().unwrap();
    is_own.then(|| text.parse().unwrap())
}

impl Draft {
    pub(crate) fn within<'c>(&self, cluster: &'c Cluster) -> Connection<'c> {
        let pods: Vec<&Value> = cluster.all("Pod").collect();
        let others = NODES.iter().chain(&OUTSIDE);
        let others = others.map(|address| (None, address.parse().unwrap()));
        let ends = pods
            .iter()
            .filter_map(|pod| Some((Some(*pod), address_of(pod)?)));
        let ends: Vec<(Option<&Value>, IpAddr)> = ends.chain(others).collect();
        // Pods more often than others, and ports that have a name more often than others.
        let pods_only = ends.iter().filter(|(pod, _)| pod.is_some());
        let ends: Vec<_> = ends
            .iter()
            .chain(pods_only.clone())
            .chain(pods_only)
            .collect();
        let (other, address) = **self.peer.get(&ends);
        let enforcing = pods[self.enforcing.index(pods.len())];
        let destination = if self.egress { other } else { Some(enforcing) };
        let named = destination.filter(|_| self.aimed).map(|pod| {
            let port = &pod["spec"]["containers"][0]["ports"][0];
            let number = port["containerPort"].as_u64().unwrap();
            let is_udp = port["protocol"] == "UDP";
            (
                u16::try_from(number).unwrap(),
                if is_udp { "UDP" } else { "TCP" },
            )
        });
        let (port, protocol) = named.unwrap_or((self.port, self.protocol));
        Connection {
            pod: enforcing,
            direction: if self.egress {
                Direction::Egress
            } else {
                Direction::Ingress
            },
            other,
            address,
            port,
            protocol,
            verified: self.verified,
        }
    }
}

impl Connection<'_> {
    /// What the engine says.
    pub(crate) fn verdict(&self, model: &Arc<Model>) -> Verdict {
        let metadata = &self.pod["metadata"];
        let text = |key: &str| metadata[key].as_str().map(str::to_owned);
        let node = Node {
            namespace: text("namespace"),
            name: text("name"),
            ..Node::default()
        };
        let local = Local::resolve(&WorkloadConfig::default(), &node, model).unwrap();
        let settings = Settings::default();
        let program = Program::compile(Arc::clone(model), local, self.direction, settings);
        let peer = Peer {
            address: Some(self.address),
            identity: self.identity(),
        };
        let rules = PeerRules::new(&program, &peer);
        let protocol = match self.protocol {
            "TCP" => Protocol::TCP,
            "UDP" => Protocol::UDP,
            _ => Protocol::SCTP,
        };
        let request = Request {
            port: Some(self.port),
            ..Request::new(protocol, None)
        };
        evaluate(&program, &rules, &request)
    }

    /// A pod may show its own certificate; it must make no difference here.
    fn identity(&self) -> Identity {
        match self.other {
            Some(pod) if self.verified => Identity::Verified(SpiffeId {
                trust_domain: "cluster.local".to_owned(),
                namespace: pod["metadata"]["namespace"].as_str().unwrap().to_owned(),
                service_account: "account".to_owned(),
            }),
            _ => Identity::Plaintext,
        }
    }
}
