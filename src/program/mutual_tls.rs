//! Which ports of a workload want a certificate (istio.md 2).

use super::condition::Condition;
use super::{Local, PolicyProgram, RuleProgram, TierProgram};
use crate::model::{Entity, Layer, Model, MutualTls};
use crate::settings::Settings;
use crate::terms::{Action, MutualTlsMode, TierDefault};
use crate::truth::Truth;
use crate::verdict::PolicyId;
use std::sync::Arc;

const TIER: &str = "peer-authentication";

/// A tier that denies whoever shows no certificate that is accepted, where one is wanted; none if
/// none is. `intern` gives the entity of the peer its position in the program.
pub(super) fn tier(
    model: &Model,
    local: &Local,
    settings: &Settings,
    intern: impl FnOnce(&Entity) -> usize,
) -> Option<TierProgram> {
    let (policy, condition) = strictness(model, local, settings)?;
    let rule = RuleProgram {
        index: 0,
        action: Action::Deny,
        own_end: Truth::True,
        peer: intern(&Entity {
            verified: Some(false),
            ..Entity::default()
        }),
        ip_version: None,
        conditions: condition.into_iter().map(Arc::new).collect(),
        rewrites: Vec::new(),
    };
    let program = PolicyProgram {
        id: Arc::new(PolicyId {
            dialect: "istio",
            tier: Some(TIER.to_owned()),
            kind: MutualTls::KIND,
            namespace: policy.namespace.clone(),
            name: policy.name.clone(),
        }),
        document: policy.document,
        staged: false,
        isolates: false,
        rules: vec![rule],
    };
    Some(TierProgram {
        layer: Layer::Istio,
        name: TIER.to_owned(),
        end: TierDefault::Pass,
        rewrites: false,
        policies: vec![program],
    })
}

/// The object that says STRICT, and for which ports, where it is not for all.
fn strictness<'m>(
    model: &'m Model,
    local: &Local,
    settings: &Settings,
) -> Option<(&'m MutualTls, Option<Condition>)> {
    let root = settings.istio_root_namespace.as_str();
    let own = local.workload.namespace.as_str();
    let in_namespace =
        |policy: &MutualTls, namespace: &str| policy.namespace.as_deref() == Some(namespace);
    let oldest = |is_meant: &dyn Fn(&MutualTls) -> bool| {
        let policies = model.mutual_tls.iter();
        policies
            .filter(|policy| is_meant(policy))
            .min_by_key(|policy| policy.age())
    };
    let of_namespace = |namespace: &str| {
        oldest(&|policy| policy.selector.is_none() && in_namespace(policy, namespace))
    };
    // A selector in the root namespace has no effect.
    let of_workload = oldest(&|policy| {
        let selector = policy.selector.as_ref();
        let selects = selector.is_some_and(|selector| selector.matches(&local.workload.labels));
        selects && own != root && in_namespace(policy, own)
    });
    // The innermost level that says anything holds; a level that does not leaves the one above.
    let levels = [of_workload, of_namespace(own), of_namespace(root)];
    let decides = levels
        .into_iter()
        .flatten()
        .find(|policy| policy.mode.is_some());
    let strict = decides.filter(|policy| policy.mode == Some(MutualTlsMode::Strict));
    let ports = |is_strict: bool| {
        let ports = of_workload.into_iter().flat_map(|policy| &policy.ports);
        let ports = ports.filter(|(_, mode)| {
            mode.is_some_and(|mode| (mode == MutualTlsMode::Strict) == is_strict)
        });
        ports.map(|(port, _)| (*port, *port)).collect::<Vec<_>>()
    };
    if let Some(policy) = strict {
        let lenient = ports(false);
        let condition = (!lenient.is_empty()).then(|| Condition::PortRanges(Vec::new(), lenient));
        return Some((policy, condition));
    }
    let strict = ports(true);
    let policy = of_workload.filter(|_| !strict.is_empty())?;
    Some((policy, Some(Condition::PortRanges(strict, Vec::new()))))
}
