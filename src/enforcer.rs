//! Enforces one configuration: asks the host for what the rules can use, and rules on requests.

mod cache;
mod facts;
#[cfg(test)]
mod tests;
mod unenforceable;

pub use self::unenforceable::Unenforceable;

use self::cache::Cache;
use self::facts::Facts;
use crate::bundle::{Bundle, Revision, hex};
use crate::config::{Enforcement, PluginConfig};
use crate::evaluate::{Doubt, doubt, evaluate};
use crate::host::{Host, HostFailure, Number};
use crate::model::Model;
use crate::pace::{Pace, at_once};
use crate::peer::{Peer, PeerBinding};
use crate::program::{Local, Node, PeerRules, Program, is_governed};
use crate::settings::Settings;
use crate::verdict::{Decision, Direction, HeaderChange, Outcome, RuleId, Verdict};
use sha2::{Digest, Sha256};
use std::cell::{Cell, RefCell};
use std::fmt;
use std::rc::Rc;
use std::sync::Arc;

/// Why a request passes or is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// A rule decided.
    Rule(RuleId),
    /// It is an exempt probe.
    Exempt,
    /// There is no bundle yet.
    NoBundle,
    /// The server has not confirmed the bundle for longer than `maxStaleness`.
    StaleBundle,
    /// The host did not say what had to be known.
    HostFailure(HostFailure),
}

impl Reason {
    /// As it prints.
    #[must_use]
    pub fn text(&self) -> &str {
        match self {
            Self::Rule(rule) => rule.text(),
            Self::Exempt => "heliast/exempt",
            Self::NoBundle => "heliast/no-bundle",
            Self::StaleBundle => "heliast/stale-bundle",
            Self::HostFailure(_) => "heliast/host-failure",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
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
    /// What the denial is in doubt about; none unless it is one that policy asks for and
    /// `enforcement: Observe` does not carry out.
    pub doubt: Option<Doubt>,
    /// What would be, were the staged policies enforced; none where nothing is staged.
    pub staged: Option<Outcome>,
    /// The Log rules that matched.
    pub logged: Vec<RuleId>,
    /// What has happened to the headers of the request, in this order.
    pub changes: Vec<HeaderChange>,
}

/// One configuration, ready to rule on requests.
#[derive(Debug)]
pub struct Enforcer {
    config: Rc<PluginConfig>,
    policy: Result<Policy, Missing>,
    cache: Cache,
    /// The last denial and its id.
    last_denial: RefCell<Option<(Reason, String)>>,
    /// A direction that requests have come in, and no policy is about.
    undecided: Cell<Option<Direction>>,
}

/// Why there is no policy to enforce.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// No bundle came in yet.
    NoBundle,
    /// The last one is older than `maxStaleness`.
    StaleBundle,
}

/// What the ids of all denials under a revision begin with.
fn denials(revision: Revision) -> Box<Sha256> {
    Box::new(Sha256::new().chain_update(revision.to_string()))
}

/// What is enforced under one revision.
#[derive(Debug)]
struct Policy {
    revision: Revision,
    /// The hash of every denial's id, as far as it is the same.
    denials: Box<Sha256>,
    ingress: Option<Rc<Program>>,
    egress: Option<Rc<Program>>,
    /// The direction that no policy is about, where policy selects the workload in the other one.
    undecided: Option<Direction>,
}

impl Enforcer {
    /// What `config` asks for, under the policy of `bundle`, at `node`.
    ///
    /// # Errors
    ///
    /// If it is not known which workload enforces, or no peer could ever be recognised.
    pub fn new(config: PluginConfig, node: &Node, bundle: &Bundle) -> Result<Self, Unenforceable> {
        let pace = Pace::unbounded();
        at_once(Self::prepare(Rc::new(config), node, bundle, &pace))
    }

    /// The same, prepared in slices.
    ///
    /// # Errors
    ///
    /// As [`Self::new`]; and if the bundle was made for another workload or binding.
    pub async fn prepare(
        config: Rc<PluginConfig>,
        node: &Node,
        bundle: &Bundle,
        pace: &Pace,
    ) -> Result<Self, Unenforceable> {
        unenforceable::check_audience(&config, node, bundle)?;
        let settings = &config.settings;
        let by_address = settings.recognition.binding == PeerBinding::AddressAndPrincipal;
        if by_address && !bundle.model.directory.read().has_workloads() {
            return Err(Unenforceable::NoWorkloads);
        }
        let local = Local::resolve(&config.workload, node, &bundle.model);
        let local = local.ok_or(Unenforceable::NoWorkload)?;
        if !bundle.model.interest.covers(&local.workload) {
            return Err(Unenforceable::NotYet);
        }
        let undecided = undecided(&bundle.model, &local, settings, pace).await;
        let mut programs = [None, None];
        for (program, direction) in programs
            .iter_mut()
            .zip([Direction::Ingress, Direction::Egress])
        {
            if config.direction.is_none_or(|only| only == direction) {
                let model = Arc::clone(&bundle.model);
                let local = local.clone();
                let compiled =
                    Program::compile_in_slices(model, local, direction, settings.clone(), pace);
                *program = Some(Rc::new(compiled.await));
            }
        }
        let [ingress, egress] = programs;
        let policy = Policy {
            revision: bundle.revision,
            denials: denials(bundle.revision),
            ingress,
            egress,
            undecided,
        };
        Ok(Self {
            policy: Ok(policy),
            cache: Cache::default(),
            last_denial: RefCell::default(),
            undecided: Cell::default(),
            config,
        })
    }

    /// The same programs under another revision, where only pods have changed in their directory:
    /// what was remembered of peers is forgotten.
    #[must_use]
    pub fn renewed(&self, revision: Revision) -> Self {
        let policy = self.policy.as_ref().map_err(|why| *why);
        let policy = policy.map(|policy| Policy {
            revision,
            denials: denials(revision),
            ingress: policy.ingress.clone(),
            egress: policy.egress.clone(),
            undecided: policy.undecided,
        });
        Self {
            config: Rc::clone(&self.config),
            policy,
            cache: Cache::default(),
            last_denial: RefCell::default(),
            undecided: Cell::default(),
        }
    }

    /// What rules while there is no bundle: `onMissingBundle`, and exempt probes pass.
    #[must_use]
    pub fn without_policy(config: Rc<PluginConfig>, why: Missing) -> Self {
        Self {
            policy: Err(why),
            cache: Cache::default(),
            last_denial: RefCell::default(),
            undecided: Cell::default(),
            config,
        }
    }

    /// Tells once that requests come on a listener on which no policy decides, although policy
    /// selects this workload in the other direction: the direction of the listener.
    #[must_use]
    pub fn take_undecided(&self) -> Option<Direction> {
        self.undecided.take()
    }

    /// The configuration.
    #[must_use]
    pub fn config(&self) -> &PluginConfig {
        &self.config
    }

    /// The revision of the bundle, if there is one.
    #[must_use]
    pub fn revision(&self) -> Option<Revision> {
        self.policy.as_ref().ok().map(|policy| policy.revision)
    }

    /// The programs, one for each direction that is enforced.
    pub fn programs(&self) -> impl Iterator<Item = &Program> {
        self.policy.iter().flat_map(Policy::programs)
    }

    /// Rules on an HTTP request, and changes its headers as policy asks. A host that cannot answer,
    /// or cannot change them, is a denial.
    #[must_use]
    pub fn rule(&self, host: &dyn Host) -> Ruling {
        self.try_rule(Facts::new(host))
            .and_then(|ruling| {
                for change in &ruling.changes {
                    host.change(change)?;
                }
                Ok(ruling)
            })
            .unwrap_or_else(|failure| self.refuse(Reason::HostFailure(failure)))
    }

    /// An opaque name for a denial: operators find the rule by it, callers learn nothing from it.
    #[must_use]
    pub fn denial_id(&self, ruling: &Ruling) -> String {
        let mut last = self.last_denial.borrow_mut();
        // Who is refused tends to try again, and to be refused for the same reason.
        if let Some((reason, id)) = &*last
            && *reason == ruling.reason
        {
            return id.clone();
        }
        let id = self.id_of(&ruling.reason);
        *last = Some((ruling.reason.clone(), id.clone()));
        id
    }

    #[cold]
    fn id_of(&self, reason: &Reason) -> String {
        let policy = self.policy.as_ref().ok();
        let hash = policy.map(|policy| Sha256::clone(&policy.denials));
        let hash = hash.unwrap_or_default().chain_update(reason.text());
        hex(hash.finalize().get(..8).unwrap_or_default())
    }

    fn try_rule(&self, mut facts: Facts<'_>) -> Result<Ruling, HostFailure> {
        let policy = match &self.policy {
            Ok(policy) => policy,
            Err(why) => return self.rule_without_policy(*why, facts),
        };
        let connection = facts.host.number(Number::ConnectionId)?;
        let known = connection.and_then(|id| self.cache.connection(id));
        let (program, rules, peer) = match known {
            Some((direction, rules, peer)) => (policy.program(direction), rules, peer),
            None => self.recognise(policy, &mut facts, connection)?,
        };
        let Some(program) = program else {
            return Ok(self.refuse(Reason::NoBundle));
        };
        let observed = self.config.enforcement == Enforcement::Observe;
        let (verdict, doubt) = facts.ask(program, &rules, |request| {
            let verdict = evaluate(program, &rules, request);
            let refused = verdict.enforced.decision == Decision::Deny;
            let doubt = (observed && refused).then(|| doubt(program, &rules, request));
            (verdict, doubt)
        })?;
        let ruling = self.conclude(verdict, doubt);
        if program.direction == Direction::Egress {
            return Ok(ruling);
        }
        self.let_probes_pass(ruling, &mut facts, &peer)
    }

    fn rule_without_policy(
        &self,
        why: Missing,
        mut facts: Facts<'_>,
    ) -> Result<Ruling, HostFailure> {
        let reason = match why {
            Missing::NoBundle => Reason::NoBundle,
            Missing::StaleBundle => Reason::StaleBundle,
        };
        let refused = self.refuse(reason);
        if self.config.on_missing_bundle == Decision::Allow {
            return Ok(Ruling {
                decision: Decision::Allow,
                policy: Decision::Allow,
                ..refused
            });
        }
        if self.config.exempt.is_empty() || self.direction(facts.host)? == Direction::Egress {
            return Ok(refused);
        }
        let (peer, _) = facts.caller(&self.config.settings.trust_domains)?;
        self.let_probes_pass(refused, &mut facts, &peer)
    }

    /// Finds the rules of the peer, and remembers them for the connection if nothing about the
    /// peer can change from one request to the next.
    fn recognise<'p>(
        &self,
        policy: &'p Policy,
        facts: &mut Facts<'_>,
        connection: Option<u64>,
    ) -> Result<Recognised<'p>, HostFailure> {
        let direction = self.direction(facts.host)?;
        if policy.undecided == Some(direction) {
            self.undecided.set(Some(direction));
        }
        let (peer, lasting) = match direction {
            Direction::Ingress => facts.caller(&self.config.settings.trust_domains)?,
            Direction::Egress => (facts.callee()?, true),
        };
        let peer = Rc::new(peer);
        let Some(program) = policy.program(direction) else {
            let nothing = Rc::new(PeerRules::nothing());
            return Ok((None, nothing, peer));
        };
        let rules = self.cache.rules(direction, &peer, program);
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

    fn conclude(&self, verdict: Verdict, doubt: Option<Doubt>) -> Ruling {
        let Verdict {
            enforced,
            staged,
            logged,
            changes,
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
            doubt,
            staged,
            logged,
            // Observing never changes a request.
            changes: if observed { Vec::new() } else { changes },
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
            doubt: None,
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
            doubt: None,
            staged: None,
            logged: Vec::new(),
            changes: Vec::new(),
        }
    }
}

/// The direction that no policy is about, where policy selects the workload in the other one.
async fn undecided(
    model: &Model,
    local: &Local,
    settings: &Settings,
    pace: &Pace,
) -> Option<Direction> {
    let ingress = is_governed(model, local, Direction::Ingress, settings, pace).await;
    let egress = is_governed(model, local, Direction::Egress, settings, pace).await;
    match (ingress, egress) {
        (true, false) => Some(Direction::Egress),
        (false, true) => Some(Direction::Ingress),
        (true, true) | (false, false) => None,
    }
}

impl Policy {
    fn programs(&self) -> impl Iterator<Item = &Program> {
        self.ingress.iter().chain(&self.egress).map(Rc::as_ref)
    }

    fn program(&self, direction: Direction) -> Option<&Program> {
        match direction {
            Direction::Ingress => self.ingress.as_deref(),
            Direction::Egress => self.egress.as_deref(),
        }
    }
}

/// A program, the rules of it that are left for a peer, and the peer.
type Recognised<'e> = (Option<&'e Program>, Rc<PeerRules>, Rc<Peer>);
