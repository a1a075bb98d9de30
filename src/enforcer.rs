//! Enforces one configuration: asks the host for what the rules can use, and rules on requests.

mod cache;
#[cfg(test)]
mod tests;

use self::cache::Cache;
use crate::bundle::{Bundle, Revision, hex};
use crate::config::{Enforcement, PluginConfig};
use crate::evaluate::evaluate;
use crate::host::{HeaderLines, Host, HostFailure, Number, Text};
use crate::identify::{self, Recorded};
use crate::peer::{Identity, Peer, PeerBinding};
use crate::program::{Local, Node, PeerRules, Program};
use crate::request::{Http, Request};
use crate::resources::calico::Protocol;
use crate::verdict::{Decision, Direction, Outcome, RuleId, Verdict};
use sha2::{Digest, Sha256};
use std::fmt;
use std::net::IpAddr;
use std::rc::Rc;
use std::sync::Arc;

/// Why a request passes or is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// A rule decided.
    Rule(RuleId),
    /// It is an exempt probe.
    Exempt,
    /// There is no bundle.
    NoBundle,
    /// The host did not say what had to be known.
    HostFailure(HostFailure),
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rule(rule) => write!(f, "{rule}"),
            Self::Exempt => f.write_str("heliast/exempt"),
            Self::NoBundle => f.write_str("heliast/no-bundle"),
            Self::HostFailure(_) => f.write_str("heliast/host-failure"),
        }
    }
}

/// The answer to a request, with all that is said of it to operators.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ruling {
    /// What happens.
    pub decision: Decision,
    /// What policy says; differs from [`Self::decision`] only where denials are not carried out.
    pub policy: Decision,
    /// Why.
    pub reason: Reason,
    /// What would be, were the staged policies enforced; none where nothing is staged.
    pub staged: Option<Outcome>,
    /// The Log rules that matched.
    pub logged: Vec<RuleId>,
}

/// Why a configuration cannot be enforced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unenforceable {
    /// Neither configuration nor node metadata says which workload enforces.
    NoWorkload,
    /// Peers cannot be bound to addresses, because no workload is known.
    NoWorkloads,
}

impl fmt::Display for Unenforceable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoWorkload => {
                "the enforcing workload has no namespace: set `workload.namespace`, or NAMESPACE in the node's metadata"
            }
            Self::NoWorkloads => {
                "the bundle has no Pod or WorkloadGroup, so no peer can be recognised by its address: add them, or set `peerBinding: Principal` to trust certificates alone"
            }
        })
    }
}

/// One configuration, ready to rule on requests.
#[derive(Debug)]
pub struct Enforcer {
    config: PluginConfig,
    revision: Revision,
    ingress: Option<Program>,
    egress: Option<Program>,
    cache: Cache,
}

impl Enforcer {
    /// What `config` asks for, under the policy of `bundle`, at `node`.
    ///
    /// # Errors
    ///
    /// If it is not known which workload enforces, or no peer could ever be recognised.
    pub fn new(config: PluginConfig, node: &Node, bundle: &Bundle) -> Result<Self, Unenforceable> {
        let recognition = config.recognition;
        let by_address = recognition.binding == PeerBinding::AddressAndPrincipal;
        if by_address && !bundle.model.directory.has_workloads() {
            return Err(Unenforceable::NoWorkloads);
        }
        let local = Local::resolve(&config.workload, node, &bundle.model);
        let local = local.ok_or(Unenforceable::NoWorkload)?;
        let program = |direction| {
            let wanted = config.direction.is_none_or(|only| only == direction);
            let model = Arc::clone(&bundle.model);
            wanted.then(|| Program::compile(model, local.clone(), direction, recognition))
        };
        Ok(Self {
            ingress: program(Direction::Ingress),
            egress: program(Direction::Egress),
            revision: bundle.revision,
            cache: Cache::default(),
            config,
        })
    }

    /// The configuration.
    #[must_use]
    pub fn config(&self) -> &PluginConfig {
        &self.config
    }

    /// The revision of the bundle.
    #[must_use]
    pub fn revision(&self) -> Revision {
        self.revision
    }

    /// The programs, one for each direction that is enforced.
    pub fn programs(&self) -> impl Iterator<Item = &Program> {
        self.ingress.iter().chain(&self.egress)
    }

    /// Rules on an HTTP request. A host that cannot answer is a denial.
    #[must_use]
    pub fn rule(&self, host: &dyn Host) -> Ruling {
        let facts = Facts {
            host,
            headers: None,
        };
        self.try_rule(facts)
            .unwrap_or_else(|failure| self.refuse(Reason::HostFailure(failure)))
    }

    /// An opaque name for a denial: operators find the rule by it, callers learn nothing from it.
    #[must_use]
    pub fn denial_id(&self, ruling: &Ruling) -> String {
        let mut hash = Sha256::new();
        hash.update(self.revision.to_string().as_bytes());
        hash.update(ruling.reason.to_string().as_bytes());
        hex(hash.finalize().get(..8).unwrap_or_default())
    }

    fn try_rule(&self, mut facts: Facts<'_>) -> Result<Ruling, HostFailure> {
        let connection = facts.host.number(Number::ConnectionId)?;
        let known = connection.and_then(|id| self.cache.connection(id));
        let (program, rules, peer) = match known {
            Some((direction, rules, peer)) => (self.program(direction), rules, peer),
            None => self.recognise(&mut facts, connection)?,
        };
        let Some(program) = program else {
            return Ok(self.refuse(Reason::NoBundle));
        };
        let verdict = facts.evaluate(program, &rules)?;
        let ruling = self.conclude(verdict);
        if program.direction == Direction::Egress {
            return Ok(ruling);
        }
        self.let_probes_pass(ruling, &mut facts, &peer)
    }

    fn program(&self, direction: Direction) -> Option<&Program> {
        match direction {
            Direction::Ingress => self.ingress.as_ref(),
            Direction::Egress => self.egress.as_ref(),
        }
    }

    /// Finds the rules of the peer, and remembers them for the connection if nothing about the
    /// peer can change from one request to the next.
    fn recognise(
        &self,
        facts: &mut Facts<'_>,
        connection: Option<u64>,
    ) -> Result<Recognised<'_>, HostFailure> {
        let direction = self.direction(facts.host)?;
        let (peer, lasting) = match direction {
            Direction::Ingress => facts.caller(&self.config.trust_domains)?,
            Direction::Egress => (facts.callee()?, true),
        };
        let peer = Rc::new(peer);
        let Some(program) = self.program(direction) else {
            let nothing = Rc::new(PeerRules::nothing());
            return Ok((None, nothing, peer));
        };
        let rules = self
            .cache
            .rules(direction, &peer, || PeerRules::new(program, &peer));
        if let (Some(id), true) = (connection, lasting) {
            self.cache.remember(id, direction, &rules, &peer);
        }
        Ok((Some(program), rules, peer))
    }

    fn direction(&self, host: &dyn Host) -> Result<Direction, HostFailure> {
        if let Some(direction) = self.config.direction {
            return Ok(direction);
        }
        let outbound = host.number(Number::ListenerDirection)? == Some(2);
        Ok(if outbound {
            Direction::Egress
        } else {
            Direction::Ingress
        })
    }

    fn conclude(&self, verdict: Verdict) -> Ruling {
        let Verdict {
            enforced,
            staged,
            logged,
        } = verdict;
        let observed = self.config.enforcement == Enforcement::Observe;
        Ruling {
            decision: if observed {
                Decision::Allow
            } else {
                enforced.decision
            },
            policy: enforced.decision,
            reason: Reason::Rule(enforced.rule),
            staged,
            logged,
        }
    }

    /// Exempts an incoming probe. Only a denial asks: what passes needs no exemption.
    fn let_probes_pass(
        &self,
        ruling: Ruling,
        facts: &mut Facts<'_>,
        peer: &Peer,
    ) -> Result<Ruling, HostFailure> {
        if ruling.policy == Decision::Allow || !facts.is_exempt(&self.config, peer)? {
            return Ok(ruling);
        }
        let allowed = Decision::Allow;
        Ok(Ruling {
            decision: allowed,
            policy: allowed,
            reason: Reason::Exempt,
            ..ruling
        })
    }

    fn refuse(&self, reason: Reason) -> Ruling {
        let observed = self.config.enforcement == Enforcement::Observe;
        Ruling {
            decision: if observed {
                Decision::Allow
            } else {
                Decision::Deny
            },
            policy: Decision::Deny,
            reason,
            staged: None,
            logged: Vec::new(),
        }
    }
}

/// A program, the rules of it that are left for a peer, and the peer.
type Recognised<'e> = (Option<&'e Program>, Rc<PeerRules>, Rc<Peer>);

/// The facts of one request, fetched at most once and only when asked for.
struct Facts<'h> {
    host: &'h dyn Host,
    headers: Option<HeaderLines>,
}

impl Facts<'_> {
    fn headers(&mut self) -> Result<&HeaderLines, HostFailure> {
        let headers = match self.headers.take() {
            Some(headers) => headers,
            None => self.host.headers()?,
        };
        Ok(self.headers.insert(headers))
    }

    /// Who sent an incoming request, and whether that holds for the whole connection.
    fn caller(&mut self, trust_domains: &[String]) -> Result<(Peer, bool), HostFailure> {
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
    fn callee(&self) -> Result<Peer, HostFailure> {
        let address = self.host.text(Text::DestinationAddress)?;
        let address = address.and_then(|text| identify::address(&text));
        Ok(Peer {
            address,
            identity: Identity::Plaintext,
        })
    }

    fn evaluate(&mut self, program: &Program, rules: &PeerRules) -> Result<Verdict, HostFailure> {
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
        let lines: Vec<(&[u8], &[u8])> = if uses.http {
            self.headers()?.iter().collect()
        } else {
            Vec::new()
        };
        let request = Request {
            protocol: Protocol::TCP,
            port: destination_port,
            source_port,
            local_address: own_address,
            http: Some(Http::new(&lines)),
        };
        Ok(evaluate(program, rules, &request))
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

    fn is_exempt(&mut self, config: &PluginConfig, peer: &Peer) -> Result<bool, HostFailure> {
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
