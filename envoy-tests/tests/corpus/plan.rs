//! Which listeners the cases need, and how each case reaches its own.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};

use heliast::verdict::Direction;
use heliast_cli::policy_test::{Case, Expect, Facts};
use heliast_envoy_tests::PeerRecord;
use serde_json::{Map, Value, json};

use crate::metadata::{self, Slot};

/// The enforcing workload where a case says nothing of its address.
const SERVER: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 78, 0, 1));
/// The workload that calls out where a case says nothing of its address.
const CLIENT: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 78, 0, 2));
/// The port of connections that a PROXY line invents.
const CLIENT_PORT: u16 = 40_000;

/// All listeners, and how each case reaches its own; cases that are not run have none.
pub(crate) struct Plan {
    pub(crate) sites: Vec<Site>,
    pub(crate) routes: Vec<Option<Route>>,
}

/// One listener. Cases that agree in all of this share it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Site {
    /// The plugin's configuration.
    pub(crate) configuration: String,
    /// Whether the sidecar's own workload calls out through it.
    pub(crate) outbound: bool,
    /// Where it listens; port 0 is left to the kernel.
    pub(crate) listen: SocketAddr,
    /// How the peer's address is written down.
    pub(crate) record: Record,
    /// What dynamic metadata is put there ahead of the module.
    pub(crate) metadata: Vec<Slot>,
    /// Whether a case expects it to be refused.
    pub(crate) bad: bool,
    /// Whether the workload behind it must say what it saw.
    pub(crate) echo: bool,
}

/// [`PeerRecord`], in an order of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Record {
    Direct,
    ProxyProtocol,
    Absent,
}

/// How a case reaches its listener.
#[derive(Clone, Debug)]
pub(crate) struct Route {
    /// Position in [`Plan::sites`].
    pub(crate) site: usize,
    /// What the wire has to carry; none where the case has no request, or an error says why.
    pub(crate) facts: Option<Result<Facts, String>>,
    /// Where the connection comes from.
    pub(crate) from: IpAddr,
    /// Both ends, where the machine does not have them.
    pub(crate) announce: Option<(SocketAddr, SocketAddr)>,
    /// Whether a header has to make the peer's address unknown.
    pub(crate) forwarded: bool,
}

impl Plan {
    /// Plans for these cases, in this order.
    pub(crate) fn of<'c>(cases: impl Iterator<Item = Option<&'c Case>>) -> Self {
        let mut planner = Planner::default();
        let routes = cases
            .map(|case| case.map(|case| planner.route(case)))
            .collect();
        let mut sites: Vec<_> = planner.sites.into_iter().collect();
        sites.sort_by_key(|(_, index)| *index);
        Self {
            sites: sites.into_iter().map(|(site, _)| site).collect(),
            routes,
        }
    }
}

/// What is taken so far.
#[derive(Default)]
struct Planner {
    sites: BTreeMap<Site, usize>,
    /// Fixed ports and who has them.
    ports: BTreeMap<SocketAddr, Site>,
    unavailable: BTreeSet<SocketAddr>,
}

impl Planner {
    fn route(&mut self, case: &Case) -> Route {
        let bad = matches!(case.expect, Expect::Error(_));
        let facts = case.situation.request.as_ref().filter(|_| !bad);
        let facts = facts.map(|_| case.facts().map_err(|error| error.to_string()));
        let known = facts.as_ref().and_then(|facts| facts.as_ref().ok());
        let outbound = known.is_some_and(|_| is_outbound(case));
        let peer = known.and_then(|facts| facts.peer_address);
        let local = known.and_then(|facts| facts.local_address);
        let (source, destination) = match outbound {
            false => (peer.or(Some(CLIENT)), local.or(Some(SERVER))),
            true => (local.or(Some(CLIENT)), peer.or(Some(SERVER))),
        };
        let (source, destination) = (source.unwrap_or(CLIENT), destination.unwrap_or(SERVER));
        // An address that nobody knows is one that a header may have chosen.
        let forwarded = known.is_some() && !outbound && peer.is_none();
        let port = known.and_then(|facts| facts.port);
        let site = Site {
            configuration: configuration(case, outbound).to_string(),
            outbound,
            listen: SocketAddr::new(destination, port.unwrap_or(0)),
            record: match forwarded || outbound {
                true => Record::Absent,
                false => Record::Direct,
            },
            metadata: known
                .map(|facts| metadata::slots(&facts.metadata))
                .unwrap_or_default(),
            bad,
            echo: expects_upstream(case),
        };
        let real = is_loopback(source) && is_loopback(destination) && self.claim(&site);
        let announce = (!real).then(|| announced(source, &site));
        let site = if real { site } else { elsewhere(site) };
        let next = self.sites.len();
        Route {
            site: *self.sites.entry(site).or_insert(next),
            facts,
            from: if real { source } else { CLIENT },
            announce,
            forwarded,
        }
    }

    /// Takes the port of a site, if it has one that must be had and nobody else has it.
    fn claim(&mut self, site: &Site) -> bool {
        let at = site.listen;
        if at.port() == 0 {
            return true;
        }
        if let Some(owner) = self.ports.get(&at) {
            return owner == site;
        }
        if self.unavailable.contains(&at) || TcpListener::bind(at).is_err() {
            self.unavailable.insert(at);
            return false;
        }
        self.ports.insert(at, site.clone());
        true
    }
}

/// The same listener on an address and a port of no importance: a PROXY line says the true ones.
fn elsewhere(site: Site) -> Site {
    let record = match site.record {
        Record::Absent if !site.outbound => Record::Absent,
        Record::Absent | Record::Direct | Record::ProxyProtocol => Record::ProxyProtocol,
    };
    Site {
        listen: SocketAddr::new(SERVER, 0),
        record,
        ..site
    }
}

/// Both ends as a PROXY line has them: of one family.
fn announced(source: IpAddr, site: &Site) -> (SocketAddr, SocketAddr) {
    let destination = site.listen;
    let port = match destination.port() {
        0 => 8080,
        port => port,
    };
    let (source, destination) = match (source, destination.ip()) {
        (IpAddr::V4(source), IpAddr::V6(destination)) => {
            (source.to_ipv6_mapped().into(), destination.into())
        }
        (IpAddr::V6(source), IpAddr::V4(destination)) => {
            (source.into(), destination.to_ipv6_mapped().into())
        }
        same => same,
    };
    (
        SocketAddr::new(source, CLIENT_PORT),
        SocketAddr::new(destination, port),
    )
}

fn expects_upstream(case: &Case) -> bool {
    matches!(&case.expect, Expect::Verdict { upstream, .. } if !upstream.is_empty())
}

fn is_loopback(address: IpAddr) -> bool {
    matches!(address, IpAddr::V4(address) if address.is_loopback())
}

fn is_outbound(case: &Case) -> bool {
    case.situation.direction == Direction::Egress
}

/// The case's configuration, told which workload enforces; on the node of the cases nothing is.
fn configuration(case: &Case, outbound: bool) -> Value {
    let mut configuration = case.configuration();
    let Some(members) = configuration.as_object_mut() else {
        return configuration;
    };
    if outbound {
        // An outbound listener says so itself, as in a mesh.
        members.remove("direction");
    }
    let node = workload(case);
    if node.is_empty() {
        return configuration;
    }
    let given = members.entry("workload").or_insert_with(|| json!({}));
    // What the case configures itself goes first, and bad input stays as it is.
    if let Some(given) = given.as_object_mut() {
        for (key, value) in node {
            given.entry(key).or_insert(value);
        }
    }
    configuration
}

/// What Istio would say of the workload as node metadata.
fn workload(case: &Case) -> Map<String, Value> {
    let node = case.node();
    let texts = [
        ("namespace", node.namespace),
        ("name", node.name),
        ("serviceAccount", node.service_account),
    ];
    let texts = texts
        .into_iter()
        .filter_map(|(key, text)| Some((key.to_owned(), Value::from(text?))));
    let labels = node.labels.map(|labels| {
        (
            "labels".to_owned(),
            json!(BTreeMap::from_iter(labels.iter())),
        )
    });
    texts.chain(labels).collect()
}

impl From<Record> for PeerRecord {
    fn from(record: Record) -> Self {
        match record {
            Record::Direct => Self::Direct,
            Record::ProxyProtocol => Self::ProxyProtocol,
            Record::Absent => Self::Absent,
        }
    }
}
