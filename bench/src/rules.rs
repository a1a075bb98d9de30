//! The same rules for every engine: so many of them, the last of which matches.

use std::fmt;

use serde_json::{Map, Value, json};

use crate::mesh;

/// Most rules of one policy that Calico, and so heliast, accepts; a round number below it.
const RULES_OF_A_POLICY: usize = 1000;

/// What rules tell requests apart by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum By {
    /// Method and exact path.
    Path,
    /// The peer's service account, by its certificate.
    Identity,
}

/// Rules that differ in one thing and allow something each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Rules {
    /// What tells them apart.
    pub(crate) by: By,
    /// How many there are.
    pub(crate) count: usize,
}

impl Rules {
    /// The path that the last rule allows.
    pub(crate) fn last_path(self) -> String {
        match self.by {
            By::Path => path(self.count - 1),
            By::Identity => path(0),
        }
    }

    /// A path that no rule allows a stranger.
    pub(crate) fn refused_path(self) -> String {
        match self.by {
            By::Path => path(self.count),
            By::Identity => path(0),
        }
    }

    /// The policies of native RBAC, which are tried in the order of their names.
    pub(crate) fn rbac(self) -> Value {
        let policies: Map<_, _> = (0..self.count)
            .map(|index| (format!("rule-{index:06}"), self.rbac_policy(index)))
            .collect();
        json!({"action": "ALLOW", "policies": policies})
    }

    fn rbac_policy(self, index: usize) -> Value {
        match self.by {
            By::Path => json!({
                "permissions": [{"and_rules": {"rules": [
                    {"header": {"name": ":method", "string_match": {"exact": "GET"}}},
                    {"url_path": {"path": {"exact": path(index)}}},
                ]}}],
                "principals": [{"any": true}],
            }),
            By::Identity => json!({
                "permissions": [{"any": true}],
                "principals": [{"authenticated": {
                    "principal_name": {"exact": mesh::spiffe(&self.account(index))},
                }}],
            }),
        }
    }

    /// The policies of heliast, in Calico's words: as few as hold so many rules.
    pub(crate) fn calico(self) -> Vec<Value> {
        let indices: Vec<_> = (0..self.count).collect();
        let chunks = indices.chunks(RULES_OF_A_POLICY).enumerate();
        chunks
            .map(|(number, chunk)| {
                let rules: Vec<_> = chunk.iter().map(|index| self.calico_rule(*index)).collect();
                json!({
                    "apiVersion": "projectcalico.org/v3",
                    "kind": "NetworkPolicy",
                    "metadata": {"name": format!("rules-{number:03}"), "namespace": mesh::NAMESPACE},
                    "spec": {
                        "order": number,
                        "selector": "app == 'server'",
                        "types": ["Ingress"],
                        "ingress": rules,
                    },
                })
            })
            .collect()
    }

    fn calico_rule(self, index: usize) -> Value {
        match self.by {
            By::Path => json!({
                "action": "Allow",
                "http": {"methods": ["GET"], "paths": [{"exact": path(index)}]},
            }),
            By::Identity => json!({
                "action": "Allow",
                "source": {"serviceAccounts": {"names": [self.account(index)]}},
            }),
        }
    }

    /// The last one is the client's.
    fn account(self, index: usize) -> String {
        if index + 1 == self.count {
            mesh::CLIENT_ACCOUNT.into()
        } else {
            format!("account-{index:06}")
        }
    }
}

impl fmt::Display for Rules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let by = match self.by {
            By::Path => "",
            By::Identity => " by identity",
        };
        let plural = if self.count == 1 { "" } else { "s" };
        write!(f, "{} rule{plural}{by}", self.count)
    }
}

fn path(index: usize) -> String {
    format!("/api/v1/items/{index:06}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_rules_for_both_and_the_last_one_matches() {
        for by in [By::Path, By::Identity] {
            for count in [1, 10, 1000, 2500] {
                let rules = Rules { by, count };
                let policies = rules.calico();
                let lists = policies
                    .iter()
                    .filter_map(|policy| policy["spec"]["ingress"].as_array());
                assert_eq!(lists.map(Vec::len).sum::<usize>(), count);
                let last = policies.last().map(ToString::to_string).unwrap_or_default();
                let native = rules.rbac();
                let native = native["policies"].as_object().cloned().unwrap_or_default();
                assert_eq!(native.len(), count);
                let native = native
                    .values()
                    .next_back()
                    .map(ToString::to_string)
                    .unwrap_or_default();
                let wanted = match by {
                    By::Path => rules.last_path(),
                    By::Identity => mesh::CLIENT_ACCOUNT.to_owned(),
                };
                assert!(
                    last.contains(&wanted) && native.contains(&wanted),
                    "{by:?} {count}"
                );
            }
        }
    }
}
