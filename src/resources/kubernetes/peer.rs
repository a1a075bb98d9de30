//! The other end of a rule (kubernetes-cilium.md 1.1, 2.1).

use super::domain::Domain;
use super::edition::Edition;
use super::pods::{Pods, require_one};
use super::{block, selector};
use crate::decode::Field;
use crate::resources::label_selector::LabelSelector;
use crate::terms::Action;
use ipnet::IpNet;

/// Most networks, and most domain names, of one peer.
const LISTED: usize = 25;

/// Whom a rule means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Peer {
    /// Pods; never an address outside, and never a pod on the network of its host.
    Pods(Pods),
    /// Addresses, of pods too.
    Networks {
        /// One of these networks contains the address.
        nets: Vec<IpNet>,
        /// None of these does.
        except: Vec<IpNet>,
    },
    /// Nodes with these labels.
    Nodes(LabelSelector),
    /// Domain names; of rules that allow only.
    Domains(Vec<Domain>),
}

impl Peer {
    /// A peer of a NetworkPolicy.
    pub(super) fn decode(field: &Field<'_, '_>) -> Option<Self> {
        let fields = field.object(&["podSelector", "namespaceSelector", "ipBlock"])?;
        let selector = |key: &'static str| {
            let field = fields.get(key)?;
            let read = LabelSelector::decode(&field);
            selector::warn_absent(&field, &read);
            Some(read)
        };
        let pods = selector("podSelector");
        let namespaces = selector("namespaceSelector");
        let block = fields.get("ipBlock");
        match (pods.is_some() || namespaces.is_some(), block) {
            (true, Some(_)) => {
                let message = "`ipBlock` stands beside a selector";
                field.error("exactly-one", message, "make two items of it");
                None
            }
            (false, None) => {
                let message = "says nothing of the peer";
                let help = "write `podSelector`, `namespaceSelector` or `ipBlock`; every peer is a rule without peers";
                field.error("exactly-one", message, help);
                None
            }
            (true, None) => Some(Self::Pods(Pods {
                namespaces,
                pods: pods.unwrap_or_default(),
            })),
            (false, Some(block)) => {
                let (net, except) = block::decode(&block)?;
                Some(Self::Networks {
                    nets: vec![net],
                    except,
                })
            }
        }
    }

    /// A peer of an administrator's policy.
    pub(super) fn decode_cluster(
        field: &Field<'_, '_>,
        is_egress: bool,
        action: Action,
        edition: Edition,
    ) -> Option<Self> {
        let known = edition.peers(is_egress);
        let fields = field.object(known)?;
        if !require_one(field, &fields, known) {
            return None;
        }
        if let Some(nodes) = fields.get("nodes") {
            return Some(Self::Nodes(LabelSelector::decode(&nodes)));
        }
        if let Some(networks) = fields.get("networks") {
            let list = networks.list(LISTED);
            if list.is_empty() {
                networks.error("empty-list", "must have at least one network", "");
            }
            let read = match edition {
                Edition::Cluster => block::exact_network,
                Edition::Admin | Edition::Baseline => block::network,
            };
            let nets = list.iter().filter_map(read).collect();
            return Some(Self::Networks {
                nets,
                except: Vec::new(),
            });
        }
        if let Some(names) = fields.get("domainNames") {
            if action != Action::Allow {
                let word = edition.actions().first().map_or("", |(word, _)| *word);
                let message = format!("`domainNames` may only be in a rule whose action is {word}");
                names.error("misplaced-domains", message, "use `networks`");
            }
            let message = "the name asked for is the caller's word: it grants nothing unless the operator opts in";
            names.warn("kubernetes-domain-names", message, "");
            let list = names.list(LISTED);
            if list.is_empty() {
                names.error("empty-list", "must have at least one name", "");
            }
            return Some(Self::Domains(
                list.iter().filter_map(Domain::decode).collect(),
            ));
        }
        let pods = Pods::decode(&fields, edition)?;
        if action == Action::Allow {
            let selectors = pods.namespaces.iter().chain([&pods.pods]);
            selectors.for_each(|read| selector::warn_absent(field, read));
        }
        if !is_egress && action == Action::Deny && pods.is_everyone() {
            let message = "means every pod, and no client from outside the cluster";
            let help = "an ingress rule of this kind cannot mean addresses; use a NetworkPolicy";
            field.warn("kubernetes-outside-not-denied", message, help);
        }
        Some(Self::Pods(pods))
    }
}
