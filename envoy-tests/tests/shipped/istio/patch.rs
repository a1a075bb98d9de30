//! What istiod makes of EnvoyFilters (istio.md 5).

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use super::chain::http_filters;
use crate::pieces::MANAGER;
use crate::tree::{list, list_mut, text, text_or_empty};

/// The patches of some EnvoyFilters, in the order in which they are applied.
#[derive(Debug)]
pub(crate) struct Patches(Vec<Value>);

impl Patches {
    /// Of those objects that are EnvoyFilters; they were applied in this order.
    pub(crate) fn of(objects: &[Value]) -> Self {
        let is_filter = |object: &&Value| text_or_empty(object, "/kind") == "EnvoyFilter";
        let mut filters: Vec<_> = objects.iter().filter(is_filter).collect();
        let priority = |object: &Value| object.pointer("/spec/priority").and_then(Value::as_i64);
        filters.sort_by_key(|object| priority(object).unwrap_or(0));
        let patches = filters
            .iter()
            .flat_map(|object| list(object, "/spec/configPatches"));
        Self(patches.cloned().collect())
    }

    /// Changes a listener: first the network filters of each chain, then its HTTP filters.
    pub(crate) fn apply(&self, listener: &mut Value) -> Result<()> {
        let context = match text(listener, "/traffic_direction")? {
            "INBOUND" => "SIDECAR_INBOUND",
            // Sidecars call out elsewhere: of these tests, only gateways have such listeners.
            _ => "GATEWAY",
        };
        for chain in list_mut(listener, "/filter_chains")? {
            for patch in self.to("NETWORK_FILTER", context) {
                let filters = list_mut(chain, "/filters")?;
                insert(filters, patch, "/match/listener/filterChain/filter/name")?;
            }
            for patch in self.to("HTTP_FILTER", context) {
                let wanted = text(patch, "/match/listener/filterChain/filter/name")?;
                let Some(filters) = http_filters(chain).filter(|_| wanted == MANAGER) else {
                    continue;
                };
                let filters = list_mut(chain, &filters)?;
                let anchor = "/match/listener/filterChain/filter/subFilter/name";
                insert(filters, patch, anchor)?;
            }
        }
        Ok(())
    }

    /// The configurations that travel apart from the listeners, by name.
    pub(crate) fn extensions(&self) -> Result<BTreeMap<String, Value>> {
        let mut found = BTreeMap::new();
        let contexts = ["SIDECAR_INBOUND", "GATEWAY"];
        for patch in contexts
            .iter()
            .flat_map(|context| self.to("EXTENSION_CONFIG", context))
        {
            ensure!(text(patch, "/patch/operation")? == "ADD");
            let value = patch.pointer("/patch/value").context("no value")?;
            let config = value.get("typed_config").context("no typed_config")?;
            found.insert(text(value, "/name")?.to_owned(), config.clone());
        }
        Ok(found)
    }

    fn to<'a>(&'a self, what: &'a str, context: &'a str) -> impl Iterator<Item = &'a Value> {
        self.0.iter().filter(move |patch| {
            let wanted = text_or_empty(patch, "/match/context");
            text_or_empty(patch, "/applyTo") == what && [context, "ANY", ""].contains(&wanted)
        })
    }
}

/// With a neighbour that is not there a patch is left out; with none named, it goes to that end.
fn insert(filters: &mut Vec<Value>, patch: &Value, anchor: &str) -> Result<()> {
    let value = patch.pointer("/patch/value").context("no value")?.clone();
    let anchor = text_or_empty(patch, anchor);
    let found = filters
        .iter()
        .position(|filter| text_or_empty(filter, "/name") == anchor);
    let position = match (text(patch, "/patch/operation")?, found) {
        ("INSERT_FIRST", _) => Some(0),
        ("INSERT_BEFORE", None) if anchor.is_empty() => Some(0),
        ("ADD", _) => Some(filters.len()),
        ("INSERT_AFTER", None) if anchor.is_empty() => Some(filters.len()),
        ("INSERT_BEFORE", found) => found,
        ("INSERT_AFTER", found) => found.map(|position| position + 1),
        (other, _) => bail!("operation {other}"),
    };
    if let Some(position) = position {
        filters.insert(position, value);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn patched(operation: &str, anchor: &str) -> Result<Vec<String>> {
        let mut filters: Vec<_> = ["a", "b", "c"].map(|name| json!({"name": name})).into();
        let patch = json!({
            "match": anchor,
            "patch": {"operation": operation, "value": {"name": "new"}},
        });
        insert(&mut filters, &patch, "/match")?;
        let names = crate::pieces::names(&filters);
        Ok(names.into_iter().map(str::to_owned).collect())
    }

    #[test]
    fn the_operations_are_those_of_istiod() -> Result<()> {
        for (operation, anchor, expected) in [
            ("INSERT_FIRST", "b", "new a b c"),
            ("INSERT_BEFORE", "b", "a new b c"),
            ("INSERT_BEFORE", "", "new a b c"),
            ("INSERT_BEFORE", "missing", "a b c"),
            ("INSERT_AFTER", "b", "a b new c"),
            ("INSERT_AFTER", "", "a b c new"),
            ("INSERT_AFTER", "missing", "a b c"),
            ("ADD", "", "a b c new"),
        ] {
            let names = patched(operation, anchor)?.join(" ");
            ensure!(names == expected, "{operation} `{anchor}`: {names}");
        }
        Ok(())
    }
}
