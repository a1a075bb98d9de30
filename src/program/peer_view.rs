//! A peer as policy sees it, and what the peer clauses of rules say of it (design section 5).
//!
//! Where address and certificate do not fit, the peer may be the pod at the address, an outsider, or
//! a pod of the certificate's identity. Then no clause about labels, namespace or account is certain:
//! an Allow is not met, and a Deny is met if any of those meets it.

mod holders;
mod standing;

pub(crate) use self::holders::judge_unknown;

use self::holders::Holders;
use self::standing::Standing;
use super::condition::in_nets;
use super::peer_ports::{self, PeerPort, PortQuestion};
use crate::model::{
    Directory, Entity, IdentityClause, Members, NamespaceClause, NetworkSet, PrincipalClause,
    Workload,
};
use crate::peer::{Identity, Peer};
use crate::selector::{Labels, Selector};
use crate::settings::Settings;
use crate::spiffe::SpiffeId;
use crate::terms::IpVersion;
use crate::truth::Truth;
use std::net::IpAddr;

/// A peer, with what the directory knows of it.
#[derive(Debug)]
pub struct PeerView<'d> {
    address: Option<IpAddr>,
    at: Members<'d>,
    standing: Standing<'d>,
    identity: Identity,
    /// Our own trust domain, if the certificate is of another one.
    own_domain: Option<String>,
}

/// One of the clauses about the peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PeerClause {
    /// `nets`.
    Nets,
    /// `notNets`.
    NotNets,
    /// A group of networks.
    Group,
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
    pub fn new(peer: &Peer, directory: &'d Directory, settings: &Settings) -> Self {
        let at = peer
            .address
            .map(|address| directory.at(address))
            .unwrap_or_default();
        let own_domain = match &peer.identity {
            Identity::Verified(id) if !settings.is_own_domain(id) => {
                settings.trust_domains.first().cloned()
            }
            Identity::Verified(_) | Identity::Plaintext | Identity::Unaccepted(_) => None,
        };
        Self {
            address: peer.address,
            standing: Standing::of(peer, &at, directory, settings),
            at,
            identity: peer.identity.clone(),
            own_domain,
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
        if let Some(group) = &entity.group {
            let is_inside = |address| Truth::from(group.contains(address));
            let judged = self.address.map_or(Truth::Unknown, is_inside);
            say(PeerClause::Group, judged);
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
            Standing::ByPrincipal(_, Holders::Known(pods)) => pods,
            Standing::ByPrincipal(..) | Standing::Unknown => return None,
            Standing::ByAddress
            | Standing::Agreed(_)
            | Standing::InDoubt(..)
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
        let (here, holders) = match &self.standing {
            Standing::ByAddress | Standing::Agreed(_) | Standing::Unidentified => {
                (self.at.workloads.as_slice(), None)
            }
            Standing::ByPrincipal(_, holders) => (&[][..], Some(holders)),
            Standing::InDoubt(_, holders) => (self.at.workloads.as_slice(), Some(holders)),
            Standing::Unknown => return false,
        };
        // Without an address nobody knows which network sets are around it.
        if self.address.is_none() {
            return false;
        }
        if let Some(Holders::Unknown(pod)) = holders {
            match holders::inherited(pod, key) {
                Some(value) => value.into_iter().for_each(&mut *look),
                None => return false,
            }
        }
        let known = holders.map(Holders::known).unwrap_or_default();
        let workloads = here.iter().chain(known);
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
            (Identity::Verified(_), Standing::Unknown) => return None,
            (Identity::Verified(id), _) => id,
        };
        let mut ids = vec![id.clone()];
        if matches!(self.standing, Standing::InDoubt(..) | Standing::ByAddress) {
            ids.extend(self.ids_at_the_address(id));
        }
        Some(ids)
    }

    /// The ids that those at the address would show: in the trust domain of the certificate, and in
    /// our own.
    fn ids_at_the_address(&self, id: &SpiffeId) -> Vec<SpiffeId> {
        let domains = [Some(&id.trust_domain), self.own_domain.as_ref()];
        let in_domain = |domain: &String| {
            let domain = domain.clone();
            let workloads = self.at.workloads.iter();
            workloads.map(move |workload| SpiffeId {
                trust_domain: domain.clone(),
                namespace: workload.namespace.clone(),
                service_account: workload.service_account.clone(),
            })
        };
        domains.into_iter().flatten().flat_map(in_domain).collect()
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
        self.standing.grounds(self.at.workloads.is_empty())
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
            Standing::ByAddress | Standing::Agreed(_) => self.judge_at_the_address(entity),
            Standing::ByPrincipal(_, holders) => self.judge_holders(entity, holders),
            Standing::InDoubt(id, holders) => {
                let by_address = self.judge_at_the_address(entity);
                let by_certificate = holds_identity(&entity.identity, id, directory)
                    .and(self.judge_holders(entity, holders));
                by_address.or(by_certificate).and(Truth::Unknown)
            }
            Standing::Unidentified => self.judge_at_the_address(entity).and(Truth::Unknown),
            Standing::Unknown => Truth::Unknown,
        }
    }

    /// Whether the name of the verified principal is as asked. A certificate that does not go with
    /// the address may be the peer's own or a stolen one, so it is held against both readings, and
    /// is certain in neither.
    fn judge_principal(&self, clause: &PrincipalClause) -> Truth {
        let id = match (&self.identity, &self.standing) {
            (Identity::Unaccepted(_), _) | (_, Standing::Unidentified) => return Truth::Unknown,
            (Identity::Plaintext, _) => return Truth::from(clause.holds(None)),
            (Identity::Verified(id), _) => id,
        };
        let by_certificate = clause.holds(Some(id));
        match &self.standing {
            Standing::InDoubt(..) | Standing::ByAddress => {
                let mut readings = vec![by_certificate];
                // An outsider has no name that any policy knows.
                if self.at.workloads.is_empty() || matches!(self.standing, Standing::ByAddress) {
                    readings.push(clause.holds(None));
                }
                let others = self.ids_at_the_address(id).into_iter();
                readings.extend(others.map(|other| clause.holds(Some(&other))));
                Truth::agreed(readings).and(Truth::Unknown)
            }
            // Anybody may be at an address that is not known.
            Standing::Unknown => Truth::Unknown,
            Standing::ByPrincipal(..) | Standing::Agreed(_) | Standing::Unidentified => {
                Truth::from(by_certificate)
            }
        }
    }

    fn is_in_set(&self, entity: &Entity) -> bool {
        let holds =
            |selector: &Selector| self.at.sets.iter().any(|set| selector.matches(&set.labels));
        entity.member.as_ref().is_some_and(holds)
    }

    /// What the labels say if the peer is whoever is at its address: an outsider, who has none, if
    /// that is nobody.
    fn judge_at_the_address(&self, entity: &Entity) -> Truth {
        self.judge_one_of(entity, &self.at.workloads)
    }

    /// What the labels say if the peer is one of those who hold its certificate.
    fn judge_holders(&self, entity: &Entity, holders: &Holders<'_>) -> Truth {
        match holders {
            Holders::Known(pods) => self.judge_one_of(entity, pods),
            Holders::Unknown(pod) => judge_members(entity, &|selector| {
                self.judge_sets(selector).or(judge_unknown(pod, selector))
            }),
        }
    }

    /// What the labels say if the peer is one of these workloads, nobody knows which, and in the
    /// sets of its address. They are certain only where all of them say the same.
    fn judge_one_of(&self, entity: &Entity, workloads: &[&Workload]) -> Truth {
        let mut judged = workloads.iter().map(|workload| {
            judge_members(entity, &|selector| {
                self.judge_sets(selector)
                    .or(Truth::from(selector.matches(&workload.labels)))
            })
        });
        let Some(first) = judged.next() else {
            return judge_members(entity, &|selector| self.judge_sets(selector));
        };
        judged.fold(
            first,
            |all, one| {
                if all == one { all } else { Truth::Unknown }
            },
        )
    }

    /// Whether one of the network sets around the address has these labels.
    fn judge_sets(&self, selector: &Selector) -> Truth {
        if self.address.is_none() {
            return Truth::Unknown;
        }
        let matches = |set: &&NetworkSet| selector.matches(&set.labels);
        Truth::from(self.at.sets.iter().any(matches))
    }
}

/// Both label clauses of an entity, given what a selector says of whoever is there.
pub(super) fn judge_members(entity: &Entity, holds: &dyn Fn(&Selector) -> Truth) -> Truth {
    let member = entity.member.as_ref().map_or(Truth::True, holds);
    let not_member = entity.not_member.as_ref().map_or(Truth::False, holds);
    member.and(not_member.negate())
}

/// Whether a verified principal is what the clause asks (calico.md 4.2).
pub(crate) fn holds_identity(
    clause: &IdentityClause,
    id: &SpiffeId,
    directory: &Directory,
) -> Truth {
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
