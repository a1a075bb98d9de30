//! One end of a rule: who it is about (calico.md 2.4, 4.1, 4.2; design section 5).

use super::Question;
use super::labels::{self, Known, NAMESPACE, OWN_DOMAIN, SERVICE_ACCOUNT, Subject};
use heliast::peer::{Identity, PeerBinding, PlaintextPeers};
use heliast::resources::calico::{EntityRule, NamespaceMatch};
use heliast::selector::Selector;
use heliast::spiffe::SpiffeId;
use heliast::truth::Truth;
use heliast::verdict::Direction;
use ipnet::IpNet;
use std::net::IpAddr;

/// `nets` and `notNets` (calico.md 4.1).
pub(super) fn nets(entity: &EntityRule, address: Option<IpAddr>) -> Truth {
    if entity.nets.is_empty() && entity.not_nets.is_empty() {
        return Truth::True;
    }
    let Some(address) = address else {
        return Truth::Unknown;
    };
    let hit = |nets: &[IpNet]| nets.iter().any(|net| net.contains(&address));
    let wanted = entity.nets.is_empty() || hit(&entity.nets);
    Truth::from(wanted && !hit(&entity.not_nets))
}

/// What a rule asks of labels, in the combination of calico.md 2.4.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// Nothing.
    Anyone,
    /// To be in the set of what has them.
    Member,
    /// Not to be in it: a global policy with `notSelector` alone.
    NotMember,
}

impl Shape {
    fn of(entity: &EntityRule, namespace: Option<&str>) -> Self {
        let asks = entity.selector.is_some()
            || entity.service_accounts.is_some()
            || entity.namespace_selector.is_some();
        match (asks, entity.not_selector.is_some(), namespace) {
            (true, ..) | (false, true, Some(_)) => Self::Member,
            (false, true, None) => Self::NotMember,
            (false, false, _) => Self::Anyone,
        }
    }
}

impl Shape {
    /// The clause, where this is known of being in the set.
    fn answer(self, member: Truth) -> Truth {
        match self {
            Self::Anyone => Truth::True,
            Self::Member => member,
            Self::NotMember => member.negate(),
        }
    }
}

/// Whether a workload or network set is in the set that the clauses of a rule describe together.
fn is_member(entity: &EntityRule, namespace: Option<&str>, subject: &Subject) -> Truth {
    if Shape::of(entity, namespace) == Shape::NotMember {
        return satisfies(entity.not_selector.as_ref(), subject);
    }
    let avoided = match &entity.not_selector {
        Some(selector) => subject.satisfies(selector).negate(),
        None => Truth::True,
    };
    account(entity, subject)
        .and(satisfies(entity.selector.as_ref(), subject))
        .and(in_namespace(entity, namespace, subject))
        .and(avoided)
}

fn satisfies(selector: Option<&Selector>, subject: &Subject) -> Truth {
    selector.map_or(Truth::True, |selector| subject.satisfies(selector))
}

fn account(entity: &EntityRule, subject: &Subject) -> Truth {
    let Some(accounts) = &entity.service_accounts else {
        return Truth::True;
    };
    let name = subject.labels.get(SERVICE_ACCOUNT);
    let named = accounts.names.is_empty() || name.is_some_and(|name| accounts.names.contains(name));
    let selector = accounts.selector.as_ref();
    Truth::from(named)
        .and(selector.map_or(Truth::True, |selector| subject.account_satisfies(selector)))
}

fn in_namespace(entity: &EntityRule, namespace: Option<&str>, subject: &Subject) -> Truth {
    let own = subject.labels.get(NAMESPACE).map(String::as_str);
    match &entity.namespace_selector {
        Some(NamespaceMatch::Global) => own.is_none().into(),
        Some(NamespaceMatch::Selector(selector)) => subject.namespace_satisfies(selector),
        None => namespace
            .is_none_or(|namespace| own == Some(namespace))
            .into(),
    }
}

/// Whether a principal has the service account and the namespace that a rule asks for (calico.md
/// 4.2), apart from all addresses.
fn identity(
    question: Question<'_>,
    entity: &EntityRule,
    namespace: Option<&str>,
    id: &SpiffeId,
) -> Truth {
    let resources = question.resources;
    let account = entity.service_accounts.as_ref().is_none_or(|accounts| {
        let labels = labels::account_labels(resources, &id.namespace, &id.service_account);
        let named = accounts.names.is_empty() || accounts.names.contains(&id.service_account);
        let selector = accounts.selector.as_ref();
        named && selector.is_none_or(|selector| selector.matches(&labels))
    });
    let in_namespace = match &entity.namespace_selector {
        Some(NamespaceMatch::Global) => true,
        Some(NamespaceMatch::Selector(selector)) => {
            selector.matches(&labels::namespace_labels(resources, &id.namespace))
        }
        None => namespace.is_none_or(|namespace| id.namespace == namespace),
    };
    Truth::from(account && in_namespace)
}

/// The workload's own end: its own labels, the network sets around the address that was called, and
/// whoever else is there.
pub(super) fn judge_own(
    question: Question<'_>,
    entity: &EntityRule,
    namespace: Option<&str>,
) -> Truth {
    if entity.services.is_some() {
        return Truth::Unknown;
    }
    let addresses = &question.workload.addresses;
    let called = question.request.local_address;
    let at = |address: &IpAddr| judge_own_at(question, entity, namespace, *address);
    match called {
        _ if addresses.is_empty() => {
            let subject = labels::of_enforcing(question.resources, question.workload);
            let perhaps = in_some_set(question, entity, namespace).and(Truth::Unknown);
            let member = is_member(entity, namespace, &subject).or(perhaps);
            Shape::of(entity, namespace).answer(member)
        }
        Some(called) if addresses.contains(&called) => at(&called),
        // Any of its addresses may be the one: what they say together.
        Some(_) | None => in_common(addresses.iter().map(at)),
    }
}

/// The same, where this address of the workload was called.
fn judge_own_at(
    question: Question<'_>,
    entity: &EntityRule,
    namespace: Option<&str>,
    called: IpAddr,
) -> Truth {
    let workload = question.workload;
    let subject = labels::of_enforcing(question.resources, workload);
    let by_labels = is_member(entity, namespace, &subject);
    let in_set = Truth::from(in_set(question, entity, namespace, called));
    let mut others = at(question, called).into_iter();
    let is_other = others.any(|one| is_member(entity, namespace, &one.subject) == Truth::True);
    let member = by_labels
        .or(in_set)
        .or(Truth::from(is_other).and(Truth::Unknown));
    let shape = Shape::of(entity, namespace);
    let judged = shape.answer(member);
    // Our own certificate names our account and our namespace.
    let id = SpiffeId {
        trust_domain: OWN_DOMAIN.to_owned(),
        namespace: workload.namespace.clone(),
        service_account: workload.service_account.clone(),
    };
    let fits = identity(question, entity, namespace, &id) == Truth::True;
    let only_by_set = shape == Shape::Member && by_labels != Truth::True;
    if only_by_set && !fits && asks_identity(entity, namespace) {
        judged.and(Truth::Unknown)
    } else {
        judged
    }
}

/// What all of these say, or Unknown where they differ.
fn in_common(truths: impl Iterator<Item = Truth>) -> Truth {
    let mut truths: Vec<Truth> = truths.collect();
    truths.dedup();
    match truths.as_slice() {
        [one] => *one,
        _ => Truth::Unknown,
    }
}

/// Whether a network set around the address is what a rule describes.
fn in_set(
    question: Question<'_>,
    entity: &EntityRule,
    namespace: Option<&str>,
    address: IpAddr,
) -> bool {
    question
        .resources
        .network_sets
        .iter()
        .filter(|set| set.nets.iter().any(|net| net.contains(&address)))
        .map(|set| labels::of_set(question.resources, set))
        .any(|subject| is_member(entity, namespace, &subject) == Truth::True)
}

/// Whether there is a network set at all that is what a rule describes.
fn in_some_set(question: Question<'_>, entity: &EntityRule, namespace: Option<&str>) -> Truth {
    let sets = question.resources.network_sets.iter();
    let sets = sets.filter(|set| !set.nets.is_empty());
    sets.map(|set| labels::of_set(question.resources, set))
        .map(|subject| is_member(entity, namespace, &subject))
        .fold(Truth::False, Truth::or)
}

/// The peer's end.
pub(super) fn judge_peer(
    question: Question<'_>,
    entity: &EntityRule,
    namespace: Option<&str>,
) -> Truth {
    let shape = Shape::of(entity, namespace);
    if entity.services.is_some() {
        return Truth::Unknown;
    }
    if shape == Shape::Anyone {
        return Truth::True;
    }
    let address = question.peer.address;
    let in_set = address.map_or(Truth::Unknown, |address| {
        in_set(question, entity, namespace, address).into()
    });
    if shape == Shape::Member && !asks_identity(entity, namespace) && in_set == Truth::True {
        return Truth::True;
    }
    let peer = PeerEnd {
        question,
        entity,
        namespace,
        shape,
        in_set,
    };
    match standing(question) {
        Standing::ByAddress => address.map_or(Truth::Unknown, |address| peer.at(address)),
        Standing::Nobody => address.map_or(Truth::Unknown, |address| {
            peer.at(address).and(Truth::Unknown)
        }),
        Standing::Principal(id) => peer.by_principal(id),
        Standing::AddressAndPrincipal(id) => address.map_or(Truth::Unknown, |address| {
            peer.by_address_and_principal(address, id)
        }),
    }
}

/// Whether a rule that asks for labels also asks something of a principal (calico.md 4.2).
fn asks_identity(entity: &EntityRule, namespace: Option<&str>) -> bool {
    match entity.namespace_selector {
        Some(NamespaceMatch::Selector(_)) => true,
        // Passes for every principal; the set described has no workload in it.
        Some(NamespaceMatch::Global) => entity.service_accounts.is_some(),
        None => entity.service_accounts.is_some() || namespace.is_some(),
    }
}

/// What a peer is recognised by (design section 5).
enum Standing<'q> {
    ByAddress,
    /// Its certificate names nobody, or it would need one.
    Nobody,
    Principal(&'q SpiffeId),
    AddressAndPrincipal(&'q SpiffeId),
}

fn standing(question: Question<'_>) -> Standing<'_> {
    let recognition = question.recognition;
    // Where a request goes to is known by its address alone.
    if question.direction == Direction::Egress || recognition.binding == PeerBinding::Address {
        return Standing::ByAddress;
    }
    match (&question.peer.identity, recognition.plaintext) {
        (Identity::Plaintext, PlaintextPeers::ByAddress) => Standing::ByAddress,
        (Identity::Plaintext, PlaintextPeers::Unidentified) | (Identity::Unaccepted(_), _) => {
            Standing::Nobody
        }
        (Identity::Verified(id), _) if recognition.binding == PeerBinding::Principal => {
            Standing::Principal(id)
        }
        (Identity::Verified(id), _) => Standing::AddressAndPrincipal(id),
    }
}

/// What a rule asks of the labels of a peer.
#[derive(Clone, Copy)]
struct PeerEnd<'q> {
    question: Question<'q>,
    entity: &'q EntityRule,
    namespace: Option<&'q str>,
    shape: Shape,
    /// Whether a network set around the address is in the set described.
    in_set: Truth,
}

impl PeerEnd<'_> {
    /// The clause, if the peer is somebody with these labels.
    fn of(&self, subject: &Subject) -> Truth {
        let member = is_member(self.entity, self.namespace, subject);
        self.shape.answer(member.or(self.in_set))
    }

    /// The clause, if the peer is somebody without labels, namespace and account.
    fn of_outsider(&self) -> Truth {
        self.shape.answer(self.in_set)
    }

    /// The clause, if the peer is whoever is known at an address: each of them that it may be.
    fn of_those_at(&self, address: IpAddr) -> Vec<Truth> {
        let here = at(self.question, address);
        if here.is_empty() {
            return vec![self.of_outsider()];
        }
        here.iter().map(|one| self.of(&one.subject)).collect()
    }

    /// The clause, if the peer is a pod of the certificate's identity: each of those that are known,
    /// or one that is not.
    fn of_those_with(&self, id: &SpiffeId, holders: &[Known<'_>]) -> Vec<Truth> {
        let labels = if holders.is_empty() {
            vec![self.of(&labels::of_principal(self.question.resources, id))]
        } else {
            holders.iter().map(|one| self.of(&one.subject)).collect()
        };
        let identity = identity(self.question, self.entity, self.namespace, id);
        labels.into_iter().map(|one| one.and(identity)).collect()
    }

    fn at(&self, address: IpAddr) -> Truth {
        in_common(self.of_those_at(address).into_iter())
    }

    fn by_principal(&self, id: &SpiffeId) -> Truth {
        // Nothing but the certificate tells our pods from those of another trust domain.
        let holders = if id.trust_domain == OWN_DOMAIN {
            named(self.question, id)
        } else {
            Vec::new()
        };
        in_common(self.of_those_with(id, &holders).into_iter())
    }

    /// Certain where everybody at the address is of the certificate's identity. Else the peer may be
    /// any of them, and no clause is met for certain: it is False if it is of all of them.
    fn by_address_and_principal(&self, address: IpAddr, id: &SpiffeId) -> Truth {
        let here = at(self.question, address);
        if !here.is_empty() && here.iter().all(|one| one.is_named(id)) {
            let identity = identity(self.question, self.entity, self.namespace, id);
            return self.at(address).and(identity);
        }
        let mut may_be = self.of_those_at(address);
        may_be.extend(self.of_those_with(id, &named(self.question, id)));
        let is_none = may_be.iter().all(|one| *one == Truth::False);
        Truth::from(!is_none).and(Truth::Unknown)
    }
}

fn at(question: Question<'_>, address: IpAddr) -> Vec<Known<'_>> {
    let mut known = labels::workloads(question.resources);
    known.retain(|workload| workload.addresses.contains(&address));
    known
}

/// The pods whose namespace and service account a certificate names.
fn named<'q>(question: Question<'q>, id: &SpiffeId) -> Vec<Known<'q>> {
    let mut known = labels::workloads(question.resources);
    known.retain(|workload| workload.is_named(id));
    known
}

/// Whether the names of ports of an end mean those of this workload: where the end describes a set
/// of members, it must be one of them.
pub(super) fn gives_ports(entity: &EntityRule, namespace: Option<&str>, subject: &Subject) -> bool {
    Shape::of(entity, namespace) != Shape::Member
        || is_member(entity, namespace, subject) == Truth::True
}
