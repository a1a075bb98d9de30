//! What the command line says of a request.

use super::Stop;
use clap::{Args, ValueEnum};
use heliast::verdict::Direction;
use heliast_cli::manifests::Objects;
use heliast_cli::policy_test::{HttpSpec, PeerSpec, PodName, RequestSpec, Situation, WorkloadSpec};
use serde_json::{Map, Value};
use std::net::IpAddr;
use std::path::PathBuf;

const EXAMPLES: &str = "Examples:
  heliast eval policies/yao-bank --workload default/database --from default/customer \\
      --path /v2/keys --port 2379
  heliast eval policies/yao-bank --workload default/database --from default/attack \\
      --principal spiffe://cluster.local/ns/default/sa/summary --method PUT
  heliast eval policies/ --workload dev/centos --to 203.0.113.7 --port 443";

/// Decide one request, and show which rules led to the verdict.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::commands) struct Arguments {
    /// Files, folders, or `-` for standard input.
    #[arg(required = true)]
    pub(super) paths: Vec<PathBuf>,
    /// The pod that enforces: namespace/name.
    #[arg(long, value_name = "NS/POD", value_parser = pod)]
    workload: PodName,
    /// Which way the request goes; follows from --from or --to.
    #[arg(long, value_name = "WAY")]
    direction: Option<Way>,
    /// Who sends an incoming request: namespace/name, or an address.
    #[arg(long, value_name = "PEER", value_parser = peer, conflicts_with = "to", required_unless_present = "to")]
    from: Option<Peer>,
    /// Whom an outgoing request is for: namespace/name, or an address.
    #[arg(long, value_name = "PEER", value_parser = peer)]
    to: Option<Peer>,
    /// The URI SAN of the peer's certificate instead of the pod's own; `none` is plaintext.
    #[arg(long, value_name = "URI")]
    principal: Option<String>,
    /// The peer's address instead of the pod's own; `unknown` is one that nobody knows.
    #[arg(long, value_name = "IP", value_parser = address)]
    address: Option<Address>,
    /// The address of the enforcing pod that the request came to, or goes out from, where it has
    /// several; `unknown` is one that nobody knows.
    #[arg(long, value_name = "IP", value_parser = address)]
    own_address: Option<Address>,
    /// The HTTP method [default: GET].
    #[arg(long, value_name = "METHOD")]
    method: Option<String>,
    /// The raw path, with its query [default: /].
    #[arg(long, value_name = "PATH")]
    path: Option<String>,
    /// The authority.
    #[arg(long, value_name = "HOST")]
    host: Option<String>,
    /// A header line; may be repeated.
    #[arg(long = "header", short = 'H', value_name = "NAME: VALUE", value_parser = header)]
    headers: Vec<(String, String)>,
    /// The destination port.
    #[arg(long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..))]
    port: Option<u16>,
    /// What is spoken.
    #[arg(long, default_value = "http")]
    protocol: Protocol,
    /// A plugin configuration to evaluate under, such as for its trustDomains.
    #[arg(long, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
    /// How to show the verdict.
    #[arg(long, short, value_name = "FORM", default_value = "pretty")]
    pub(super) output: Output,
    /// Show every rule.
    #[arg(long)]
    pub(super) all: bool,
}

/// How to show the verdict.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum Output {
    /// For people, on one screen.
    Pretty,
    /// One JSON document.
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Way {
    Ingress,
    Egress,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Protocol {
    Http,
    Tcp,
}

#[derive(Debug, Clone)]
enum Peer {
    Pod(PodName),
    Address(IpAddr),
}

#[derive(Debug, Clone, Copy)]
enum Address {
    Known(IpAddr),
    Unknown,
}

impl Arguments {
    /// The request at the pod.
    pub(super) fn situation(
        &self,
        objects: Objects,
        config: Map<String, Value>,
    ) -> Result<Situation, Stop> {
        let (peer, direction) = match (&self.from, &self.to) {
            (Some(from), _) => (from, Direction::Ingress),
            (None, Some(to)) => (to, Direction::Egress),
            (None, None) => return Err(Stop::Usage("give --from or --to".to_owned())),
        };
        match (self.direction, direction) {
            (Some(Way::Egress), Direction::Ingress) => {
                return Err(Stop::Usage(
                    "an outgoing request has --to, not --from".to_owned(),
                ));
            }
            (Some(Way::Ingress), Direction::Egress) => {
                return Err(Stop::Usage(
                    "an incoming request has --from, not --to".to_owned(),
                ));
            }
            _ => {}
        }
        if direction == Direction::Egress && self.principal.is_some() {
            let message = "--principal is about who sends a request; policy on outgoing requests \
                           knows the address alone";
            return Err(Stop::Usage(message.to_owned()));
        }
        let request = RequestSpec {
            peer: Some(self.peer(peer)),
            http: self.http()?,
            port: self.port,
            sni: None,
            metadata: Value::Null,
            protocol: heliast::terms::Protocol::TCP,
            destination: None,
            own_address: self.own_address.map(|address| match address {
                Address::Known(address) => Some(address),
                Address::Unknown => None,
            }),
        };
        let workload = WorkloadSpec::Pod(self.workload.clone());
        Ok(Situation::new(
            objects, config, workload, direction, request,
        ))
    }

    fn peer(&self, peer: &Peer) -> PeerSpec {
        let (pod, address) = match peer {
            Peer::Pod(pod) => (Some(pod.clone()), None),
            Peer::Address(address) => (None, Some(Some(*address))),
        };
        let said = self.address.map(|address| match address {
            Address::Known(address) => Some(address),
            Address::Unknown => None,
        });
        let uri_sans = self
            .principal
            .as_ref()
            .map(|principal| match principal.as_str() {
                "none" => None,
                uri => Some(vec![uri.to_owned()]),
            });
        PeerSpec {
            pod,
            address: said.or(address),
            uri_sans,
        }
    }

    fn http(&self) -> Result<Option<HttpSpec>, Stop> {
        if self.protocol == Protocol::Tcp {
            let has_http = self.method.is_some()
                || self.path.is_some()
                || self.host.is_some()
                || !self.headers.is_empty();
            return if has_http {
                let message = "a TCP connection has no --method, --path, --host or --header";
                Err(Stop::Usage(message.to_owned()))
            } else {
                Ok(None)
            };
        }
        let or = |said: &Option<String>, default: &str| {
            Some(said.clone().unwrap_or_else(|| default.to_owned()))
        };
        Ok(Some(HttpSpec {
            method: or(&self.method, "GET"),
            path: or(&self.path, "/"),
            host: self.host.clone(),
            headers: self.headers.clone(),
        }))
    }
}

fn pod(text: &str) -> Result<PodName, String> {
    PodName::parse(text).ok_or_else(|| "write it as namespace/pod".to_owned())
}

fn peer(text: &str) -> Result<Peer, String> {
    let address = text
        .parse::<IpAddr>()
        .map(|address| Peer::Address(address.to_canonical()));
    address
        .ok()
        .or_else(|| PodName::parse(text).map(Peer::Pod))
        .ok_or_else(|| "write namespace/pod, or an IP address".to_owned())
}

fn address(text: &str) -> Result<Address, String> {
    if text == "unknown" {
        return Ok(Address::Unknown);
    }
    let address = text.parse::<IpAddr>().map_err(|error| error.to_string())?;
    Ok(Address::Known(address.to_canonical()))
}

fn header(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once(':').ok_or("write it as `name: value`")?;
    if name.is_empty() {
        return Err("use --method, --path and --host for the pseudo-headers".to_owned());
    }
    Ok((name.to_owned(), value.trim().to_owned()))
}
