//! Policies for hosts only (calico.md 1.1, 3.2): they are checked, and never reach a pod.

use super::policy_type::PolicyTypes;
use crate::decode::Fields;

/// Whether the policy reaches pods, after its flags were held against each other.
pub(super) fn check(spec: &Fields<'_, '_>, types: PolicyTypes) -> bool {
    let [untracked, before_nat, forwarded] =
        ["doNotTrack", "preDNAT", "applyOnForward"].map(|key| spec.flag(key));
    let Some(key) = [(untracked, "doNotTrack"), (before_nat, "preDNAT")]
        .into_iter()
        .find_map(|(is_set, key)| is_set.then_some(key))
    else {
        return true;
    };
    let field = spec.get(key).unwrap_or(spec.here());
    if untracked && before_nat {
        field.error(
            "contradiction",
            "`doNotTrack` and `preDNAT` exclude each other",
            "",
        );
    }
    if !forwarded {
        let message = format!("`{key}` needs `applyOnForward`");
        field.error("contradiction", message, "write `applyOnForward: true`");
    }
    let has_egress_rules = spec.get("egress").is_some_and(|rules| {
        rules
            .value()
            .as_array()
            .is_some_and(|list| !list.is_empty())
    });
    if before_nat && (types.egress || has_egress_rules) {
        field.error("contradiction", "a `preDNAT` policy has no egress", "");
    }
    let message = format!("a policy with `{key}` is for hosts: it never reaches a pod");
    field.warn("not-for-pods", message, "");
    false
}
