//! A rule of an AuthorizationPolicy (istio.md 1.1, 1.2).

use super::condition::{Attribute, Condition};
use super::when;
use crate::decode::{Field, Fields};
use crate::limits;

/// A rule: one of its sources, one of its operations, and every condition. What is absent asks
/// nothing, and what asks nothing is met by everything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// `from`: each is met if all of its conditions are.
    pub from: Option<Vec<Vec<Condition>>>,
    /// `to`, in the same way.
    pub to: Option<Vec<Vec<Condition>>>,
    /// `when`: all of them.
    pub when: Vec<Condition>,
}

/// A field and its negative twin.
type Pair = (&'static str, &'static str, Attribute);

static SOURCE: [Pair; 7] = [
    ("principals", "notPrincipals", Attribute::Principal),
    (
        "requestPrincipals",
        "notRequestPrincipals",
        Attribute::RequestPrincipal,
    ),
    ("namespaces", "notNamespaces", Attribute::Namespace),
    ("ipBlocks", "notIpBlocks", Attribute::Ip),
    ("remoteIpBlocks", "notRemoteIpBlocks", Attribute::RemoteIp),
    (
        "serviceAccounts",
        "notServiceAccounts",
        Attribute::ServiceAccount,
    ),
    ("trustDomains", "notTrustDomains", Attribute::TrustDomain),
];

static OPERATION: [Pair; 4] = [
    ("hosts", "notHosts", Attribute::Host),
    ("ports", "notPorts", Attribute::Port),
    ("methods", "notMethods", Attribute::Method),
    ("paths", "notPaths", Attribute::Path),
];

impl Rule {
    pub(super) fn decode(field: &Field<'_, '_>) -> Option<Self> {
        let fields = field.object(&["from", "to", "when"])?;
        let rule = Self {
            from: each(&fields, "from", "source", &SOURCE),
            to: each(&fields, "to", "operation", &OPERATION),
            when: fields
                .get("when")
                .map(|list| {
                    list.list(limits::ISTIO_ITEMS)
                        .iter()
                        .filter_map(when::decode)
                        .collect()
                })
                .unwrap_or_default(),
        };
        let shared = values(rule.to.iter().flatten().flatten().chain(&rule.when));
        let sources = rule.from.as_ref().map_or(1, Vec::len);
        if shared.saturating_mul(sources) > limits::ISTIO_RULE_VALUES {
            let message = format!(
                "has {sources} sources and {shared} other values; together at most {} are allowed",
                limits::ISTIO_RULE_VALUES
            );
            field.error("too-many", message, "make several policies of it");
        } else {
            field.count_spelt(sources, shared);
        }
        Some(rule)
    }

    /// Every condition of it.
    pub fn conditions(&self) -> impl Iterator<Item = &Condition> {
        let lists = self.from.iter().chain(&self.to).flatten().flatten();
        lists.chain(&self.when)
    }
}

fn values<'c>(conditions: impl Iterator<Item = &'c Condition>) -> usize {
    conditions.fold(0, |sum, condition| sum.saturating_add(condition.len()))
}

/// The items of `from` or `to`.
fn each(
    rule: &Fields<'_, '_>,
    key: &'static str,
    inner: &'static str,
    pairs: &[Pair],
) -> Option<Vec<Vec<Condition>>> {
    let field = rule.get(key)?;
    let list = field.list(limits::ISTIO_ITEMS);
    if list.is_empty() && field.value().is_array() {
        field.error(
            "istio-empty-list",
            "is empty",
            "remove it where anything will do",
        );
    }
    let item = |item: &Field<'_, '_>| {
        let outer = item.object(&[inner])?;
        let field = outer.require(inner)?;
        let conditions = conditions(&field, pairs)?;
        if conditions.is_empty() {
            let help = "remove it where anything will do";
            field.error("istio-empty-list", "asks nothing", help);
        }
        Some(conditions)
    };
    Some(list.iter().filter_map(item).collect())
}

fn conditions(field: &Field<'_, '_>, pairs: &[Pair]) -> Option<Vec<Condition>> {
    let known: Vec<&str> = pairs
        .iter()
        .flat_map(|(any, none, _)| [*any, *none])
        .collect();
    let fields = field.object(&known)?;
    for key in ["serviceAccounts", "notServiceAccounts"] {
        if let Some(accounts) = fields.get(key).filter(|_| known.contains(&key)) {
            // Only for the error: the values are read below.
            let _within = accounts.list(limits::ISTIO_SERVICE_ACCOUNTS);
        }
    }
    let read = |(any, none, attribute): &Pair| {
        Condition::decode(*attribute, Vec::new(), fields.get(any), fields.get(none))
    };
    let conditions: Vec<Condition> = pairs.iter().filter_map(read).collect();
    let has = |is: fn(&Condition) -> bool| conditions.iter().any(is);
    let by_account = has(|condition| matches!(condition, Condition::ServiceAccounts(_)));
    let by_other = |condition: &Condition| {
        matches!(
            condition,
            Condition::Principals(_) | Condition::Namespaces(_)
        )
    };
    if by_account && has(by_other) {
        field.error(
            "istio-source-identity",
            "`serviceAccounts` cannot stand beside `principals` or `namespaces`",
            "make two sources of it, or write `namespace/name` in `serviceAccounts`",
        );
    }
    Some(conditions)
}
