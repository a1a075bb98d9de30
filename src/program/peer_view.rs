//! A peer as policy sees it, and what the peer clauses of rules say of it (design section 5).
//!
//! A peer may be readable in two ways: its address may belong to one workload and its certificate
//! to another. Then no label or identity clause is certain: an Allow is not met, and a Deny is met
//! if either reading meets it.

mod standing;

use self::standing::Standing;
use super::Local;
use super::condition::in_nets;
use super::peer_ports::{self, PeerPort, PortQuestion};
use crate::model::{
    Directory, Entity, IdentityClause, Members, NamespaceClause, NetworkSet, PrincipalClause,
    Workload,
};
use crate::peer::{Identity, Peer, Recognition};
use crate::selector::{Labels, Selector};
use crate::spiffe::SpiffeId;
use crate::terms::IpVersion;
use crate::truth::Truth;
use std::net::IpAddr;

/// A peer, with what the directory knows of it.
#[derive(Debug)]
pub struct PeerView<'d> {
    address: Option<IpAddr>,
    at: Members<'d>,
    around: Around<'d>,
    standing: Standing<'d>,
    identity: Identity,
}

/// What is known of the network sets around an address.
#[derive(Debug)]
enum Around<'d> {
    /// All of them: those of [`Members::sets`].
    Known,
    /// Nothing, because the address is not known.
    Unknown,
    /// Perhaps these: the enforcing workload's own addresses are not known.
    Perhaps(Vec<&'d NetworkSet>),
}

/// One of the clauses about the peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PeerClause {
    /// `nets`.
    Nets,
    /// `notNets`.
    NotNets,
    /// `selector`, `notSelector`, `namespaceSelector` and `serviceAccounts` together.
    Who,
    /// Whether it is a node.
    Node,
    /// Whether it has shown a certificate that is accepted.
    Verified,
    /// What its certificate says.
    Principal(usize),
}

impl<'d> PeerView<'d> {
    /// The peer of a request.
    #[must_use]
    pub fn new(peer: &Peer, directory: &'d Directory, recognition: Recognition) -> Self {
        let at = peer
            .address
            .map(|address| directory.at(address))
            .unwrap_or_default();
        let standing = Standing::of(peer, &at, directory, recognition);
        let around = if peer.address.is_some() {
            Around::Known
        } else {
            Around::Unknown
        };
        Self {
            address: peer.address,
            at,
            around,
            standing,
            identity: peer.identity.clone(),
        }
    }

    /// The enforcing workload seen as an end of a rule: nobody doubts who we are.
    pub(super) fn of_local(local: &'d Local, directory: &'d Directory) -> Self {
        let mut at = Members {
            workloads: vec![&local.workload],
            sets: Vec::new(),
        };
        for address in &local.addresses {
            at.sets.extend(directory.at(*address).sets);
        }
        let around = if local.addresses.is_empty() {
            Around::Perhaps(directory.sets().collect())
        } else {
            Around::Known
        };
        let address = local.addresses.first().copied();
        Self {
            address,
            at,
            around,
            standing: Standing::ByAddress,
            identity: Identity::Plaintext,
        }
    }

    /// Whether the IP version is the rule's.
    #[must_use]
    pub fn judge_ip_version(&self, version: Option<IpVersion>) -> Truth {
        match (version, self.address) {
            (None, _) => Truth::True,
            (Some(_), None) => Truth::Unknown,
            (Some(IpVersion::V4), Some(address)) => Truth::from(address.is_ipv4()),
            (Some(IpVersion::V6), Some(address)) => Truth::from(address.is_ipv6()),
        }
    }

    /// Whether the peer is the entity.
    #[must_use]
    pub fn judge(&self, entity: &Entity, directory: &Directory) -> Truth {
        let mut all = Truth::True;
        self.each_clause(entity, directory, &mut |_, truth| all = all.and(truth));
        all
    }

    /// What each clause that asks something says.
    #[must_use]
    pub fn clauses(&self, entity: &Entity, directory: &Directory) -> Vec<(PeerClause, Truth)> {
        let mut clauses = Vec::new();
        self.each_clause(entity, directory, &mut |clause, truth| {
            clauses.push((clause, truth));
        });
        clauses
    }

    fn each_clause(
        &self,
        entity: &Entity,
        directory: &Directory,
        say: &mut dyn FnMut(PeerClause, Truth),
    ) {
        if !entity.nets.is_empty() {
            say(PeerClause::Nets, in_nets(&entity.nets, self.address));
        }
        if !entity.not_nets.is_empty() {
            let inside = in_nets(&entity.not_nets, self.address);
            say(PeerClause::NotNets, inside.negate());
        }
        if entity.unknowable {
            say(PeerClause::Who, Truth::Unknown);
        }
        if entity.asks_who() {
            say(PeerClause::Who, self.judge_who(entity, directory));
        }
        if let Some(wanted) = entity.node {
            let is_node = |address| Truth::from(directory.is_node(address) == wanted);
            let judged = self.address.map_or(Truth::Unknown, is_node);
            say(PeerClause::Node, judged);
        }
        if let Some(wanted) = entity.verified {
            let verified = matches!(self.identity, Identity::Verified(_));
            say(PeerClause::Verified, Truth::from(verified == wanted));
        }
        for (index, clause) in entity.principals.iter().enumerate() {
            say(PeerClause::Principal(index), self.judge_principal(clause));
        }
    }

    /// The named ports of the peer that are asked for; none if it is not known which workload it is.
    #[must_use]
    pub fn named_ports(&self, questions: &[PortQuestion]) -> Option<Vec<PeerPort>> {
        if questions.is_empty() {
            return Some(Vec::new());
        }
        let workloads = match &self.standing {
            Standing::ByPrincipal(_, holders) if !holders.is_empty() => holders,
            Standing::ByPrincipal(..) | Standing::Unknown => return None,
            Standing::ByAddress
            | Standing::Agreed(_)
            | Standing::External(..)
            | Standing::Disagreed(_)
            | Standing::Unidentified => &self.at.workloads,
        };
        Some(peer_ports::answers(questions, workloads))
    }

    /// The address, if it is known.
    pub(super) fn address(&self) -> Option<IpAddr> {
        self.address
    }

    /// Shows the values of a label: those of all workloads that the peer may be, and of the network
    /// sets it is in; false if it is not certain which these are. A selector that asks for another
    /// value is False of the peer, on whatever grounds it stands.
    pub(super) fn values_of(&self, key: &str, look: &mut dyn FnMut(&str)) -> bool {
        let (here, holders): (&[&Workload], &[&Workload]) = match &self.standing {
            Standing::ByAddress | Standing::Agreed(_) | Standing::Unidentified => {
                (&self.at.workloads, &[])
            }
            Standing::ByPrincipal(_, holders) if !holders.is_empty() => (&[], holders),
            Standing::External(_, holders) => (&[], holders),
            Standing::Disagreed(holders) => (&self.at.workloads, holders),
            Standing::ByPrincipal(..) | Standing::Unknown => return false,
        };
        if !matches!(self.around, Around::Known) {
            return false;
        }
        let workloads = here.iter().chain(holders);
        let labels = workloads.filter_map(|workload| workload.labels.value(key));
        let sets = self.at.sets.iter();
        let sets = sets.filter_map(|set| set.labels.value(key));
        labels.chain(sets).for_each(look);
        true
    }

    /// The ids that a clause about the principal is held against; none if it is not certain which
    /// these are. A clause that none of them meets, and that asks for an id, is False of the peer.
    pub(super) fn ids(&self) -> Option<Vec<SpiffeId>> {
        let id = match (&self.identity, &self.standing) {
            (Identity::Unaccepted(_), _) | (_, Standing::Unidentified) => return None,
            (Identity::Plaintext, _) => return Some(Vec::new()),
            (Identity::Verified(id), _) => id,
        };
        let mut ids = vec![id.clone()];
        if matches!(self.standing, Standing::Disagreed(_)) {
            ids.extend(self.others_at_the_address(id));
        }
        Some(ids)
    }

    /// The ids that those at the address would show, in the trust domain of this one.
    fn others_at_the_address(&self, id: &SpiffeId) -> impl Iterator<Item = SpiffeId> {
        self.at.workloads.iter().map(|workload| SpiffeId {
            trust_domain: id.trust_domain.clone(),
            namespace: workload.namespace.clone(),
            service_account: workload.service_account.clone(),
        })
    }

    /// The workloads at the peer's address.
    #[must_use]
    pub fn workloads(&self) -> &[&'d Workload] {
        &self.at.workloads
    }

    /// The network sets that contain the peer's address.
    #[must_use]
    pub fn sets(&self) -> &[&'d NetworkSet] {
        &self.at.sets
    }

    /// Why the peer's labels and identity count, or do not; for explanations.
    #[must_use]
    pub fn grounds(&self) -> &'static str {
        self.standing.grounds()
    }

    /// Whether labels and identity are the entity's.
    pub(super) fn judge_who(&self, entity: &Entity, directory: &Directory) -> Truth {
        if !entity.asks_who() {
            return Truth::True;
        }
        // A network set is a matter of addresses; no certificate adds to it or takes from it.
        let by_set = entity.identity == IdentityClause::default() && self.is_in_set(entity);
        if by_set {
            return Truth::True;
        }
        // Most entities are others, and a name tells it sooner than labels do.
        if let Some(id) = self.standing.principal()
            && holds_identity(&entity.identity, id, directory) == Truth::False
        {
            return Truth::False;
        }
        match &self.standing {
            Standing::ByAddress | Standing::Agreed(_) => {
                self.judge_labels(entity, &self.at.workloads)
            }
            Standing::ByPrincipal(id, holders) => {
                self.judge_by_principal(entity, id, holders, directory)
            }
            Standing::External(_, holders) => {
                let outside = self.judge_labels(entity, &[]);
                let inside = self.judge_labels(entity, holders);
                if holders.is_empty() || outside == inside {
                    outside
                } else {
                    Truth::Unknown
                }
            }
            Standing::Disagreed(holders) => {
                let by_address = self.judge_labels(entity, &self.at.workloads);
                let by_principal = self.judge_labels(entity, holders);
                by_address.or(by_principal).and(Truth::Unknown)
            }
            Standing::Unidentified => self
                .judge_labels(entity, &self.at.workloads)
                .and(Truth::Unknown),
            Standing::Unknown => Truth::Unknown,
        }
    }

    /// Whether the name of the verified principal is as asked. A certificate that does not go with
    /// the address may be the peer's own or a stolen one, so it is held against both readings, and
    /// is certain in neither.
    fn judge_principal(&self, clause: &PrincipalClause) -> Truth {
        let id = match (&self.identity, &self.standing) {
            (Identity::Unaccepted(_), _) | (_, Standing::Unidentified) => return Truth::Unknown,
            (Identity::Plaintext, _) => None,
            (Identity::Verified(id), _) => Some(id),
        };
        let by_certificate = clause.holds(id);
        match &self.standing {
            Standing::Disagreed(_) => {
                let mut readings = vec![by_certificate];
                let others = id.into_iter().flat_map(|id| self.others_at_the_address(id));
                readings.extend(others.map(|other| clause.holds(Some(&other))));
                Truth::agreed(readings).and(Truth::Unknown)
            }
            Standing::External(_, holders) if !holders.is_empty() => {
                Truth::agreed([by_certificate, clause.holds(None)]).and(Truth::Unknown)
            }
            Standing::ByAddress | Standing::Unknown if id.is_some() => {
                Truth::agreed([by_certificate, clause.holds(None)]).and(Truth::Unknown)
            }
            Standing::ByAddress
            | Standing::Unknown
            | Standing::ByPrincipal(..)
            | Standing::Agreed(_)
            | Standing::External(..)
            | Standing::Unidentified => Truth::from(by_certificate),
        }
    }

    fn is_in_set(&self, entity: &Entity) -> bool {
        let holds =
            |selector: &Selector| self.at.sets.iter().any(|set| selector.matches(&set.labels));
        entity.member.as_ref().is_some_and(holds)
    }

    /// What the labels say if the peer is one of these workloads, and in the sets of its address.
    /// Several workloads at one address count only where they agree.
    fn judge_labels(&self, entity: &Entity, workloads: &[&Workload]) -> Truth {
        judge_members(entity, &|selector| {
            let workloads = workloads
                .iter()
                .map(|workload| selector.matches(&workload.labels));
            self.judge_sets(selector).or(Truth::agreed(workloads))
        })
    }

    /// What the labels say of a principal: those of all workloads that hold it, or, where none is
    /// known, those that follow from the principal itself.
    fn judge_by_principal(
        &self,
        entity: &Entity,
        id: &SpiffeId,
        holders: &[&Workload],
        directory: &Directory,
    ) -> Truth {
        if !holders.is_empty() {
            return self.judge_labels(entity, holders);
        }
        let nobody = Default::default();
        let holder = directory.workload(&id.namespace, &id.service_account, &nobody, Vec::new());
        let known = |key: &str| {
            let inherited = key.starts_with("pcns.") || key.starts_with("pcsa.");
            inherited || holder.labels.own.contains_key(key)
        };
        judge_members(entity, &|selector| {
            self.judge_sets(selector)
                .or(selector.judge(&holder.labels, &known))
        })
    }

    /// Whether one of the network sets around the address has these labels.
    fn judge_sets(&self, selector: &Selector) -> Truth {
        let matches = |set: &&NetworkSet| selector.matches(&set.labels);
        if self.at.sets.iter().any(matches) {
            return Truth::True;
        }
        match &self.around {
            Around::Known => Truth::False,
            Around::Unknown => Truth::Unknown,
            Around::Perhaps(sets) if sets.iter().any(matches) => Truth::Unknown,
            Around::Perhaps(_) => Truth::False,
        }
    }
}

/// Both label clauses of an entity, given what a selector says of whoever is there.
fn judge_members(entity: &Entity, holds: &dyn Fn(&Selector) -> Truth) -> Truth {
    let member = entity.member.as_ref().map_or(Truth::True, holds);
    let not_member = entity.not_member.as_ref().map_or(Truth::False, holds);
    member.and(not_member.negate())
}

/// Whether a verified principal is what the clause asks (calico.md 4.2).
fn holds_identity(clause: &IdentityClause, id: &SpiffeId, directory: &Directory) -> Truth {
    let named =
        clause.service_accounts.is_empty() || clause.service_accounts.contains(&id.service_account);
    let labelled = clause
        .service_account_selector
        .as_ref()
        .is_none_or(|selector| {
            let labels = directory.service_account_labels(&id.namespace, &id.service_account);
            selector.matches(labels.as_ref())
        });
    let namespace = match &clause.namespace {
        NamespaceClause::Any => true,
        NamespaceClause::Named(name) => *name == id.namespace,
        NamespaceClause::Labelled(selector) => {
            selector.matches(directory.namespace_labels(&id.namespace).as_ref())
        }
    };
    Truth::from(named && labelled && namespace)
}
