//! What rules say of the enforcing workload itself.
//!
//! Nobody doubts who we are, so most of it is settled when a program is made. But a request has one
//! own address: the one that was called, or that it goes out from. Of a workload with several, only
//! what is known of that one counts: the network sets around it, and whoever else has it.

use super::Local;
use super::peer_view::{holds_identity, judge_members};
use crate::model::{Directory, Entity, NetworkSet, Workload};
use crate::selector::Selector;
use crate::spiffe::SpiffeId;
use crate::truth::Truth;
use std::net::IpAddr;

/// The enforcing workload, as an end of a rule.
pub(super) struct OwnEnd<'m> {
    workload: &'m Workload,
    /// Who our own certificate says we are.
    id: SpiffeId,
    directory: &'m Directory,
    addresses: Vec<OwnAddress<'m>>,
    /// The network sets that may be around us, where our addresses are not known.
    perhaps: Vec<&'m NetworkSet>,
}

/// One of our addresses.
struct OwnAddress<'m> {
    address: IpAddr,
    sets: Vec<&'m NetworkSet>,
    /// Others that are said to have it too.
    others: Vec<&'m Workload>,
}

/// What an end says: always the same, or something else at each of our addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Said {
    /// Whichever address was called.
    Always(Truth),
    /// This of each of our addresses.
    Of(Vec<(IpAddr, Truth)>),
}

impl<'m> OwnEnd<'m> {
    pub(super) fn new(local: &'m Local, directory: &'m Directory) -> Self {
        let workload = &local.workload;
        let addresses = local.addresses.iter().map(|address| {
            let there = directory.at(*address);
            let others = there.workloads.into_iter();
            OwnAddress {
                address: *address,
                sets: there.sets,
                others: others.filter(|other| *other != workload).collect(),
            }
        });
        let is_known = !local.addresses.is_empty();
        let perhaps = (!is_known).then(|| directory.sets());
        Self {
            id: SpiffeId {
                trust_domain: String::new(),
                namespace: workload.namespace.clone(),
                service_account: workload.service_account.clone(),
            },
            addresses: addresses.collect(),
            perhaps: perhaps.into_iter().flatten().collect(),
            workload,
            directory,
        }
    }

    /// What the labels, namespace and account of an end say.
    pub(super) fn judge(&self, entity: &Entity) -> Said {
        if entity.unknowable {
            return Said::Always(Truth::Unknown);
        }
        if !entity.asks_who() {
            return Said::Always(Truth::True);
        }
        let by_labels = judge_members(entity, &|selector| self.has(selector));
        if self.addresses.is_empty() {
            let judged = judge_members(entity, &|selector| self.perhaps_has(selector));
            return Said::Always(self.confirm(entity, by_labels, judged));
        }
        let judge = |at: &OwnAddress<'_>| {
            let judged = judge_members(entity, &|selector| self.has_at(at, selector));
            (at.address, self.confirm(entity, by_labels, judged))
        };
        let judged: Vec<_> = self.addresses.iter().map(judge).collect();
        let mut truths = judged.iter().map(|(_, truth)| *truth);
        match truths.next() {
            Some(first) if truths.all(|truth| truth == first) => Said::Always(first),
            _ => Said::Of(judged),
        }
    }

    /// Calico's checker holds account and namespace of an end against our own certificate too. Where
    /// only a network set makes us the end, and our account or namespace is another, one half of
    /// Calico says yes and the other no.
    fn confirm(&self, entity: &Entity, by_labels: Truth, judged: Truth) -> Truth {
        let named = holds_identity(&entity.identity, &self.id, self.directory);
        if by_labels != Truth::True && named == Truth::False {
            judged.and(Truth::Unknown)
        } else {
            judged
        }
    }

    fn has(&self, selector: &Selector) -> Truth {
        Truth::from(selector.matches(&self.workload.labels))
    }

    /// The same of us, or of a set that may be around us.
    fn perhaps_has(&self, selector: &Selector) -> Truth {
        let mut sets = self.perhaps.iter();
        let perhaps = sets.any(|set| selector.matches(&set.labels));
        self.has(selector)
            .or(Truth::from(perhaps).and(Truth::Unknown))
    }

    /// The same of us at one of our addresses, or of a set around it. Others who have the address
    /// are perhaps gone: a Deny is met by them, an Allow is not.
    fn has_at(&self, at: &OwnAddress<'_>, selector: &Selector) -> Truth {
        let mut sets = at.sets.iter();
        let in_set = sets.any(|set| selector.matches(&set.labels));
        let mut others = at.others.iter();
        let is_other = others.any(|other| selector.matches(&other.labels));
        self.has(selector)
            .or(Truth::from(in_set))
            .or(Truth::from(is_other).and(Truth::Unknown))
    }
}
