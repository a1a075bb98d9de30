//! The facts of one request, as far as the rules that are left can use them.

use crate::config::PluginConfig;
use crate::host::{HeaderLines, Host, HostFailure, Number, Text};
use crate::identify::{self, Recorded};
use crate::peer::{Identity, Peer};
use crate::program::{PeerRules, Program, Uses};
use crate::request::{Http, Metadata, Request};
use crate::settings::{DestinationDomains, ForwardedFor, Settings};
use crate::terms::Protocol;
use crate::verdict::Direction;
use std::net::IpAddr;

/// The pseudo-headers that rules ask for. Where they ask for no other header, these few are cheaper
/// than the whole map (envoy-wasm.md 5.2).
#[derive(Default)]
struct PseudoHeaders {
    method: Option<Vec<u8>>,
    path: Option<Vec<u8>>,
    authority: Option<Vec<u8>>,
}

impl PseudoHeaders {
    fn fetch(host: &dyn Host, uses: Uses) -> Result<Self, HostFailure> {
        let fetch = |wanted: bool, name| match wanted {
            true => host.pseudo_header(name),
            false => Ok(None),
        };
        Ok(Self {
            method: fetch(uses.method, ":method")?,
            path: fetch(uses.path, ":path")?,
            authority: fetch(uses.authority, ":authority")?,
        })
    }

    fn http(&self) -> Http<'_> {
        Http {
            method: self.method.as_deref(),
            path: self.path.as_deref(),
            authority: self.authority.as_deref(),
            headers: &[],
        }
    }
}

/// The facts of one request, fetched at most once and only when asked for.
pub(super) struct Facts<'h> {
    pub(super) host: &'h dyn Host,
    headers: Option<HeaderLines>,
}

impl<'h> Facts<'h> {
    pub(super) fn new(host: &'h dyn Host) -> Self {
        Self {
            host,
            headers: None,
        }
    }

    fn headers(&mut self) -> Result<&HeaderLines, HostFailure> {
        let headers = match self.headers.take() {
            Some(headers) => headers,
            None => self.host.headers()?,
        };
        Ok(self.headers.insert(headers))
    }

    /// Who sent an incoming request, and whether that holds for the whole connection.
    pub(super) fn caller(&mut self, trust_domains: &[String]) -> Result<(Peer, bool), HostFailure> {
        let connection = identify::connection(self.host, trust_domains)?;
        let (address, lasting) = match connection.address {
            Recorded::Yes(address) => (address, true),
            Recorded::No => {
                let host = self.host;
                (identify::request_address(host, self.headers()?)?, false)
            }
        };
        Ok((
            Peer {
                address,
                identity: connection.identity,
            },
            lasting,
        ))
    }

    /// Who an outgoing request is for.
    pub(super) fn callee(&self) -> Result<Peer, HostFailure> {
        let address = self.host.text(Text::DestinationAddress)?;
        let address = address.and_then(|text| identify::address(&text));
        Ok(Peer {
            address,
            identity: Identity::Plaintext,
        })
    }

    /// Answers what `ask` says of the request, made of the facts that the rules can use.
    pub(super) fn ask<T>(
        &mut self,
        program: &Program,
        rules: &PeerRules,
        ask: impl FnOnce(&Request<'_>) -> T,
    ) -> Result<T, HostFailure> {
        let uses = rules.uses;
        let host = self.host;
        let port = |wanted: bool, fact| -> Result<Option<u16>, HostFailure> {
            let number = if wanted { host.number(fact)? } else { None };
            Ok(number.and_then(|number| u16::try_from(number).ok()))
        };
        let destination_port = port(uses.port, Number::DestinationPort)?;
        let own_address = if uses.local_address {
            self.own_address(program)?
        } else {
            None
        };
        // A header may have chosen the source port; only then are headers needed for it.
        let forwarded = uses.source_port && identify::is_forwarded(self.headers()?);
        let source_port = port(uses.source_port && !forwarded, Number::SourcePort)?;
        let settings = &program.settings;
        let remote_address = if uses.remote_address {
            self.remote_address(settings)?
        } else {
            None
        };
        // Envoy has an empty one for a connection without.
        let server_name = if uses.server_name {
            let name = host.text(Text::ServerName)?;
            name.filter(|name| !name.is_empty())
        } else {
            None
        };
        let mut metadata = Metadata::default();
        if uses.metadata {
            for path in &program.metadata {
                metadata.insert(path.clone(), host.metadata(path)?);
            }
        }
        let lines: Vec<(&[u8], &[u8])>;
        let pseudo;
        let http = if uses.headers || self.headers.is_some() {
            lines = self.headers()?.iter().collect();
            Http::new(&lines)
        } else {
            pseudo = PseudoHeaders::fetch(host, uses)?;
            pseudo.http()
        };
        let request = Request {
            port: destination_port,
            source_port,
            local_address: own_address,
            remote_address,
            server_name: server_name.as_deref(),
            trusts_domain: program.direction == Direction::Egress
                && settings.destination_domains == DestinationDomains::Requested,
            readings: settings.readings,
            metadata: &metadata,
            ..Request::new(Protocol::TCP, Some(http))
        };
        Ok(ask(&request))
    }

    /// The address of the enforcing workload that the request came to, or goes out from. What goes
    /// out has the workload as its source, and a header may have chosen that.
    fn own_address(&mut self, program: &Program) -> Result<Option<IpAddr>, HostFailure> {
        let host = self.host;
        match (program.direction, program.local.addresses.as_slice()) {
            (Direction::Ingress, _) => {
                let destination = host.text(Text::DestinationAddress)?;
                Ok(destination.and_then(|text| identify::address(&text)))
            }
            (Direction::Egress, [only]) => Ok(Some(*only)),
            (Direction::Egress, _) => identify::request_address(host, self.headers()?),
        }
    }

    /// The address of the sender, which headers may name only where the operator trusts them.
    fn remote_address(&mut self, settings: &Settings) -> Result<Option<IpAddr>, HostFailure> {
        let host = self.host;
        match settings.forwarded_for {
            ForwardedFor::Untrusted => identify::request_address(host, self.headers()?),
            ForwardedFor::Trusted => {
                let source = host.text(Text::SourceAddress)?;
                Ok(source.and_then(|text| identify::address_as_written(&text)))
            }
        }
    }

    pub(super) fn is_exempt(
        &mut self,
        config: &PluginConfig,
        peer: &Peer,
    ) -> Result<bool, HostFailure> {
        let (Some(source), false) = (peer.address, config.exempt.is_empty()) else {
            return Ok(false);
        };
        let port = self.host.number(Number::DestinationPort)?;
        let port = port.and_then(|port| u16::try_from(port).ok());
        let (Some(port), Some(path)) = (port, self.headers()?.first(":path")) else {
            return Ok(false);
        };
        Ok(config
            .exempt
            .iter()
            .any(|exemption| exemption.covers(port, path, source)))
    }
}
