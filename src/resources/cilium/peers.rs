//! The peers of a rule (kubernetes-cilium.md 3.1 to 3.3).

use super::section::{Context, Section};
use super::{DomainPattern, EntityName, LabelKey, cidr, selector};
use crate::decode::{Field, Fields};
use crate::limits;
use crate::resources::label_selector::LabelSelector;
use ipnet::IpNet;

/// Most peers of one rule.
const PEERS: usize = limits::RULES;

/// One of the peers of a rule.
#[derive(Debug, Clone, PartialEq)]
pub enum Peer {
    /// Pods by their labels.
    Endpoints(LabelSelector),
    /// What is neither pod nor node, by its address.
    Net {
        /// The network.
        net: IpNet,
        /// What is left out of it.
        except: Vec<IpNet>,
    },
    /// The same, in the networks of a CiliumCIDRGroup.
    Group {
        /// Its name.
        name: String,
        /// What is left out of them.
        except: Vec<IpNet>,
    },
    /// A peer by what it is.
    Entity(EntityName),
    /// Whoever is called by this name.
    Domain(DomainPattern),
}

impl Peer {
    /// Whether it takes knowing the nodes or the groups of networks to tell.
    #[must_use]
    pub fn asks_place(&self) -> bool {
        match self {
            Self::Endpoints(_)
            | Self::Entity(EntityName::All | EntityName::None | EntityName::Unknown) => false,
            // The host has further addresses, which only its Node object tells.
            Self::Net { .. } | Self::Group { .. } | Self::Domain(_) | Self::Entity(_) => true,
        }
    }

    /// How many values are written out for it, at most, wherever it is spelt out.
    pub(super) fn spelt_values(&self) -> usize {
        match self {
            Self::Endpoints(selector) => selector.values().max(1),
            Self::Net { except, .. } | Self::Group { except, .. } => except.len().saturating_add(1),
            Self::Entity(_) | Self::Domain(_) => 1,
        }
    }
}

/// How the peers of a kind are read: the whole list at its field.
type Read = fn(&Field<'_, '_>, Context<'_>) -> Vec<Peer>;

/// A kind of peers: its name in an ingress rule and in an egress rule.
struct Kind {
    ingress: &'static str,
    egress: &'static str,
    read: Read,
}

const KINDS: [Kind; 8] = [
    Kind {
        ingress: "fromEndpoints",
        egress: "toEndpoints",
        read: |field, context| each(field, &|item| selector::of_peer(item, context)),
    },
    Kind {
        ingress: "fromCIDR",
        egress: "toCIDR",
        read: |field, _| each(field, &cidr::decode),
    },
    Kind {
        ingress: "fromCIDRSet",
        egress: "toCIDRSet",
        read: |field, _| each(field, &cidr::decode_in_set),
    },
    Kind {
        ingress: "fromEntities",
        egress: "toEntities",
        read: |field, context| {
            let section = context.section;
            each(field, &|item| {
                EntityName::decode(item, section).map(Peer::Entity)
            })
        },
    },
    Kind {
        ingress: "fromNodes",
        egress: "toNodes",
        read: |field, context| {
            let section = context.section;
            section.unsupported(field, "nodes are not found by their labels");
            for item in field.list(PEERS) {
                let _checked = LabelSelector::decode_with_keys(&item, LabelKey::admits);
            }
            Vec::new()
        },
    },
    Kind {
        ingress: "fromGroups",
        egress: "toGroups",
        read: |field, _| unresolved(field, "groups of a cloud are not looked up"),
    },
    Kind {
        ingress: "",
        egress: "toServices",
        read: |field, _| unresolved(field, "services are not looked up"),
    },
    Kind {
        ingress: "",
        egress: "toFQDNs",
        read: domains,
    },
];

/// The peers of a rule: everybody if it names none, and nobody if its list is empty.
pub(super) fn decode(rule: &Fields<'_, '_>, context: Context<'_>) -> Option<Vec<Peer>> {
    let mut peers: Option<Vec<Peer>> = None;
    for kind in &KINDS {
        let Some(field) = rule.get(kind.field(context.section)) else {
            continue;
        };
        if peers.is_some() {
            let message = "a rule names peers in one way only";
            field.error("mixed-rule", message, "write one rule for each");
        }
        if field.value().as_array().is_some_and(Vec::is_empty) {
            let message = "an empty list is nobody, not everybody";
            let help = "remove the field for everybody, or the rule";
            field.warn("cilium-empty-peers", message, help);
        }
        let more = (kind.read)(&field, context);
        peers.get_or_insert_default().extend(more);
    }
    peers
}

impl Kind {
    fn field(&self, section: Section) -> &'static str {
        if section.is_ingress() {
            self.ingress
        } else {
            self.egress
        }
    }
}

fn each(field: &Field<'_, '_>, read: &dyn Fn(&Field<'_, '_>) -> Option<Peer>) -> Vec<Peer> {
    field.list(PEERS).iter().filter_map(read).collect()
}

fn unresolved(field: &Field<'_, '_>, message: &str) -> Vec<Peer> {
    let help = "name the networks instead, with `toCIDRSet` or `fromCIDRSet`";
    field.error("unsupported-field", message, help);
    Vec::new()
}

fn domains(field: &Field<'_, '_>, context: Context<'_>) -> Vec<Peer> {
    if context.section.is_deny() {
        let message = "a deny cannot be by name";
        field.error("unsupported-field", message, "deny by networks");
    } else {
        let message = "grants nothing unless the plugin is configured with `destinationDomains: \
                       Requested`: a proxy sees the name that is asked for, not where it leads";
        field.warn("cilium-domains", message, "");
    }
    each(field, &|item| DomainPattern::decode(item).map(Peer::Domain))
}
