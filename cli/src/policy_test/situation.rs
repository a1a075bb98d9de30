//! Who enforces what on which request: all that decides a case.

use super::facts::{Facts, FactsError, HttpFacts};
use super::input::Input;
use super::request::{PeerSpec, PodName, RequestSpec};
use crate::manifests::Objects;
use heliast::bundle::Bundle;
use heliast::model::Model;
use heliast::problem::Problems;
use heliast::program::Node;
use heliast::verdict::Direction;
use litemap::LiteMap;
use serde_json::{Map, Value, json};
use std::net::IpAddr;
use std::sync::Arc;

/// Who enforces what on which request.
#[derive(Debug, Clone)]
pub struct Situation {
    /// The workload that enforces; none where no request is decided.
    pub workload: Option<WorkloadSpec>,
    /// Which way the request goes.
    pub direction: Direction,
    /// The request; none where only the input is judged.
    pub request: Option<RequestSpec>,
    /// The keys of the plugin configuration, those of the situation itself left out.
    pub(super) config: Map<String, Value>,
    pub(super) input: Arc<Input>,
}

/// The workload that enforces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WorkloadSpec {
    /// A pod of the resources.
    Pod(PodName),
    /// One that is described on the spot, as the metadata of its node would.
    Described {
        /// Its namespace.
        namespace: String,
        /// Its service account.
        service_account: Option<String>,
        /// Its labels.
        labels: Option<LiteMap<String, String>>,
    },
}

impl Situation {
    /// A request at a pod, under a configuration without `bundle`, `direction` and `workload`.
    #[must_use]
    pub fn new(
        objects: Objects,
        config: Map<String, Value>,
        workload: WorkloadSpec,
        direction: Direction,
        request: RequestSpec,
    ) -> Self {
        Self {
            workload: Some(workload),
            direction,
            request: Some(request),
            config,
            input: Arc::new(Input::new(objects)),
        }
    }

    /// The plugin configuration (design 6.1) to run under: the keys the test says, the direction,
    /// and the resources as `bundle.inline`. The workload is in [`Self::node`], as on Istio.
    #[must_use]
    pub fn configuration(&self) -> Value {
        let mut config = self.config.clone();
        let direction = match self.direction {
            Direction::Ingress => "Ingress",
            Direction::Egress => "Egress",
        };
        config.insert("direction".to_owned(), json!(direction));
        let bundle = json!({"inline": {"resources": self.objects().values()}});
        config.insert("bundle".to_owned(), bundle);
        Value::Object(config)
    }

    /// The objects the policy is in, and where each of them stands.
    #[must_use]
    pub fn objects(&self) -> &Objects {
        &self.input.objects
    }

    /// The bundle of these objects, loaded natively.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with them.
    pub fn bundle(&self) -> Result<&Bundle, &Problems> {
        self.input.bundle()
    }

    /// What the node of the enforcing pod says of itself.
    #[must_use]
    pub fn node(&self) -> Node {
        match &self.workload {
            None => Node::default(),
            Some(WorkloadSpec::Pod(pod)) => Node {
                namespace: Some(pod.namespace.clone()),
                name: Some(pod.name.clone()),
                ..Node::default()
            },
            Some(WorkloadSpec::Described {
                namespace,
                service_account,
                labels,
            }) => Node {
                namespace: Some(namespace.clone()),
                service_account: service_account.clone(),
                labels: labels.clone(),
                ..Node::default()
            },
        }
    }

    /// The request as facts of the wire, its pods looked up in the bundle.
    ///
    /// # Errors
    ///
    /// If there is no request, the bundle cannot be loaded, or has no such pod.
    pub fn facts(&self) -> Result<Facts, FactsError> {
        let request = self.request.as_ref().ok_or(FactsError::NoRequest)?;
        let bundle = self
            .bundle()
            .map_err(|problems| FactsError::Bundle(problems.clone()))?;
        let own_addresses = match &self.workload {
            Some(WorkloadSpec::Pod(pod)) => pod_addresses(pod, &bundle.model)?,
            Some(WorkloadSpec::Described { .. }) | None => Vec::new(),
        };
        let peer = Peer::resolve(request.peer.as_ref(), self.trust_domain(), &bundle.model)?;
        let (peer_address, uri_sans) = match self.direction {
            Direction::Ingress => (peer.address, peer.uri_sans),
            Direction::Egress => (request.destination.or(peer.address), None),
        };
        // Both ends of a connection are of one family.
        let same_family = |own: &&IpAddr| {
            peer_address.is_some_and(|peer: IpAddr| peer.is_ipv4() == own.is_ipv4())
        };
        let of_family = own_addresses.iter().find(same_family);
        let usual = of_family.or(own_addresses.first()).copied();
        let local_address = request.own_address.unwrap_or(usual);
        let http = request.http.clone().map(|http| HttpFacts {
            method: http.method,
            path: http.path,
            host: http.host,
            // As Envoy has it over HTTP/1: that of the connection.
            scheme: if uri_sans.is_some() { "https" } else { "http" },
            headers: http.headers,
        });
        Ok(Facts {
            direction: self.direction,
            peer_address,
            uri_sans,
            local_address,
            port: request.port,
            sni: request.sni.clone(),
            metadata: request.metadata.clone(),
            protocol: request.protocol,
            http,
        })
    }

    /// Our own trust domain: that of pods that show a certificate.
    fn trust_domain(&self) -> &str {
        let domains = self.config.get("trustDomains");
        domains
            .and_then(|domains| domains.get(0))
            .and_then(Value::as_str)
            .unwrap_or("cluster.local")
    }
}

/// The other end of a request.
#[derive(Debug, Default)]
struct Peer {
    address: Option<IpAddr>,
    uri_sans: Option<Vec<String>>,
}

impl Peer {
    /// What the pod says, and what the case says instead.
    fn resolve(
        spec: Option<&PeerSpec>,
        trust_domain: &str,
        model: &Model,
    ) -> Result<Self, FactsError> {
        let Some(spec) = spec else {
            return Ok(Self::default());
        };
        let mut peer = Self::default();
        if let Some(pod) = &spec.pod {
            peer.address = pod_addresses(pod, model)?.first().copied();
            if peer.address.is_none() && spec.address.is_none() {
                return Err(FactsError::NoAddress(pod.clone()));
            }
            let directory = model.directory.read();
            let account = directory.pod(&pod.namespace, &pod.name);
            let account = account.map_or("default", |pod| pod.workload.service_account.as_str());
            let principal = format!("spiffe://{trust_domain}/ns/{}/sa/{account}", pod.namespace);
            peer.uri_sans = Some(vec![principal]);
        }
        if let Some(address) = spec.address {
            peer.address = address;
        }
        if let Some(uri_sans) = &spec.uri_sans {
            peer.uri_sans.clone_from(uri_sans);
        }
        Ok(peer)
    }
}

/// The addresses of a pod.
fn pod_addresses(pod: &PodName, model: &Model) -> Result<Vec<IpAddr>, FactsError> {
    let directory = model.directory.read();
    let known = directory.pod(&pod.namespace, &pod.name);
    known
        .map(|pod| pod.addresses.to_vec())
        .ok_or_else(|| FactsError::UnknownPod(pod.clone()))
}
