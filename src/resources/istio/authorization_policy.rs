//! AuthorizationPolicy (istio.md 1).

use super::rule::Rule;
use super::scope::Scope;
use super::{ROOT_NAMESPACE, metadata, warnings};
use crate::decode::{Field, Fields};
use crate::limits;
use crate::resources::name::NameForm;
use crate::resources::object::{self, Form, Metadata, Place};

const FORM: Form = Form {
    kind: "AuthorizationPolicy",
    scope: object::Scope::Namespaced,
    name: NameForm::Subdomain,
};

/// What a policy does with a request it matches. CUSTOM is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PolicyAction {
    /// Allow it; what no policy of the kind matches is denied.
    Allow,
    /// Deny it, whatever others allow.
    Deny,
    /// Record it.
    Audit,
}

/// An AuthorizationPolicy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthorizationPolicy {
    /// Which object.
    pub metadata: Metadata,
    /// Whom it governs.
    pub scope: Scope,
    /// What it does.
    pub action: PolicyAction,
    /// Whether it is only evaluated, never enforced.
    pub dry_run: bool,
    /// Its rules; one of them is enough.
    pub rules: Vec<Rule>,
}

impl AuthorizationPolicy {
    pub(in crate::resources) fn decode(root: &Field<'_, '_>, place: Place) -> Option<Self> {
        let root = object::strict(root)?;
        let metadata = FORM.decode(&root, place);
        let dry_run = metadata::is_dry_run(&root);
        let Some(spec) = root.get("spec") else {
            warn_of_allowing_nothing(&root);
            return Some(Self {
                metadata: metadata?,
                scope: Scope::everything(),
                action: PolicyAction::Allow,
                dry_run,
                rules: Vec::new(),
            });
        };
        let known = [
            "selector",
            "targetRef",
            "targetRefs",
            "action",
            "provider",
            "rules",
        ];
        let spec = spec.object(&known)?;
        let action = action(&spec);
        let scope = Scope::decode(&spec);
        let namespace = metadata
            .as_ref()
            .and_then(|metadata| metadata.id.namespace.as_deref());
        let rules = rules(&spec, action, namespace == Some(ROOT_NAMESPACE));
        Some(Self {
            metadata: metadata?,
            scope,
            action: action?,
            dry_run,
            rules,
        })
    }
}

fn action(spec: &Fields<'_, '_>) -> Option<PolicyAction> {
    if let Some(provider) = spec.get("provider") {
        let help = "heliast calls nobody out: let Istio itself enforce a CUSTOM policy";
        provider.error(
            "istio-custom",
            "belongs to the action CUSTOM, which is not taken",
            help,
        );
    }
    let Some(field) = spec.get("action") else {
        return Some(PolicyAction::Allow);
    };
    if field.value().as_str() == Some("CUSTOM") {
        let help = "leave the policy out here and let Istio itself enforce it, beside heliast";
        field.error(
            "istio-custom",
            "CUSTOM asks an external service, which heliast cannot call",
            help,
        );
        return None;
    }
    field.one_of(&[
        ("ALLOW", PolicyAction::Allow),
        ("DENY", PolicyAction::Deny),
        ("AUDIT", PolicyAction::Audit),
    ])
}

fn rules(spec: &Fields<'_, '_>, action: Option<PolicyAction>, in_root: bool) -> Vec<Rule> {
    let field = spec.get("rules");
    let list = field.as_ref().map(|field| field.list(limits::ISTIO_ITEMS));
    let list = list.unwrap_or_default();
    if let (Some(action), true) = (action, list.is_empty()) {
        match action {
            PolicyAction::Allow => warn_of_allowing_nothing(spec),
            // To protocol buffers, and so to Istio, an empty list is no list.
            PolicyAction::Deny => spec.here().error(
                "istio-deny-nothing",
                "a DENY policy needs `rules`, and one rule at least",
                "write `rules: [{}]` to deny every request",
            ),
            PolicyAction::Audit => spec.here().warn(
                "istio-deny-nothing",
                "has no rule: it matches no request",
                "write `rules: [{}]` to mean every request",
            ),
        }
    }
    let read = |field: &Field<'_, '_>| {
        let rule = Rule::decode(field)?;
        if let Some(action) = action {
            warnings::rule(field, &rule, action, in_root);
        }
        Some(rule)
    };
    list.iter().filter_map(read).collect()
}

fn warn_of_allowing_nothing(at: &Fields<'_, '_>) {
    at.here().warn(
        "istio-allow-nothing",
        "has no rule: all requests in its scope are denied that no other policy allows",
        "write `rules: [{}]` to allow every request",
    );
}
