//! What the conditions of a source ask of the peer, put together (istio.md 1.2, 1.4).

use crate::model::{Entity, PrincipalClause, PrincipalPattern};
use crate::resources::istio::{Condition, Listed};
use crate::terms::Action;
use ipnet::IpNet;

/// A peer, as far as conditions have told.
#[derive(Debug)]
pub(super) struct Peer<'n> {
    /// The namespace of the policy, which a bare service account is in.
    namespace: &'n str,
    /// What becomes of a request of such a peer.
    action: Action,
    entity: Entity,
    /// Whether no peer can meet the conditions together.
    is_nobody: bool,
}

impl<'n> Peer<'n> {
    pub(super) fn new(namespace: &'n str, action: Action) -> Self {
        Self {
            namespace,
            action,
            entity: Entity::default(),
            is_nobody: false,
        }
    }

    /// Who that is; none if it is nobody.
    pub(super) fn entity(self) -> Option<Entity> {
        (!self.is_nobody).then_some(self.entity)
    }

    /// Adds a condition; one that is not about the peer adds nothing.
    pub(super) fn add(&mut self, condition: &Condition) {
        match condition {
            Condition::Principals(list) => {
                self.add_names(list, |glob| PrincipalPattern::parse(&glob.to_string()))
            }
            Condition::TrustDomains(list) => {
                self.add_names(list, |glob| PrincipalPattern::TrustDomain(glob.to_string()));
            }
            Condition::Namespaces(list) => self.add_namespaces(list),
            Condition::ServiceAccounts(list) => {
                let own = self.namespace;
                self.add_names(list, |account| PrincipalPattern::ServiceAccount {
                    namespace: account.namespace.as_deref().unwrap_or(own).to_owned(),
                    name: account.name.clone(),
                });
            }
            Condition::IpBlocks(list) => self.add_nets(list),
            Condition::RemoteIpBlocks(_)
            | Condition::RequestPrincipals(_)
            | Condition::Claim(..)
            | Condition::Header(..)
            | Condition::Hosts(_)
            | Condition::Methods(_)
            | Condition::Paths(_)
            | Condition::Ports(_)
            | Condition::DestinationIp(_)
            | Condition::ServerName(_)
            | Condition::Metadata(..) => {}
        }
    }

    /// Where Istio's code means more identities than the author, an Allow takes the few and a Deny
    /// the many; of what is excluded it is the other way round.
    fn add_namespaces(&mut self, list: &Listed<String>) {
        let few = |glob: &String| PrincipalPattern::Namespace(glob.clone());
        let many = |glob: &String| match is_of_namespaces_alone(glob) {
            true => PrincipalPattern::Namespace(glob.clone()),
            false => PrincipalPattern::NamespaceAcrossSlashes(glob.clone()),
        };
        let is_allow = self.action == Action::Allow;
        let (any, none) = match is_allow {
            true => (
                list.any.iter().map(few).collect(),
                list.none.iter().map(many).collect(),
            ),
            false => (
                list.any.iter().map(many).collect(),
                list.none.iter().map(few).collect(),
            ),
        };
        self.entity.principals.push(PrincipalClause { any, none });
    }

    fn add_names<T>(&mut self, list: &Listed<T>, pattern: impl Fn(&T) -> PrincipalPattern) {
        self.entity.principals.push(PrincipalClause {
            any: list.any.iter().map(&pattern).collect(),
            none: list.none.iter().map(&pattern).collect(),
        });
    }

    /// The address must be in both lists, of which one may be there already.
    fn add_nets(&mut self, list: &Listed<IpNet>) {
        self.entity.not_nets.extend(&list.none);
        if list.any.is_empty() {
            return;
        }
        if self.entity.nets.is_empty() {
            self.entity.nets.clone_from(&list.any);
            return;
        }
        let known = std::mem::take(&mut self.entity.nets);
        for one in &known {
            for other in &list.any {
                // Of two networks with anything in common, one is inside the other.
                if other.contains(one) {
                    self.entity.nets.push(*one);
                } else if one.contains(other) {
                    self.entity.nets.push(*other);
                }
            }
        }
        self.is_nobody |= self.entity.nets.is_empty();
        // Nothing may be left for a third list to start from.
        if self.entity.nets.is_empty() {
            self.entity.nets = known;
        }
    }
}

/// Whether Istio's expression for it, `.*/ns/VALUE/.*`, is met by the same identities as the glob
/// is by their namespaces. A star or a slash may take in what stands behind the namespace; where
/// the trust domain or the namespace is called `ns`, the text behind `/ns/` is `ns` or `sa`.
fn is_of_namespaces_alone(glob: &str) -> bool {
    glob == "*" || !(glob.contains(['*', '/']) || matches!(glob, "ns" | "sa"))
}
