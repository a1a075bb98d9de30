//! Where rules stand in the files.

use heliast::explain::PolicyWalk;
use heliast::problem::Segment;
use heliast::verdict::RuleId;
use heliast_cli::manifests::{Location, Manifests, Objects};
use serde_json::Value;

/// Finds rules in files.
#[derive(Debug, Clone, Copy)]
pub(super) struct Places<'p> {
    pub(super) manifests: &'p Manifests,
    pub(super) objects: &'p Objects,
}

impl Places<'_> {
    /// Where a rule of a policy stands; the policy itself for the end of a tier.
    pub(super) fn rule(self, policy: &PolicyWalk, rule: &RuleId) -> Option<Location> {
        let key = |name: &str| Segment::Key(name.to_owned());
        let mut path = self.item(policy);
        match rule.index() {
            Some(index) => {
                path.extend([
                    key("spec"),
                    key(&rule.direction().to_string()),
                    Segment::Index(index),
                ]);
            }
            None => path.extend([key("metadata"), key("name")]),
        }
        let origin = self.objects.origin(policy.document)?;
        let document = self.manifests.documents().get(origin.document)?;
        let path = [origin.prefix.as_slice(), path.as_slice()].concat();
        Some(document.locate(&path, false))
    }

    /// The way from its object to the policy: empty, unless the object is a list.
    fn item(self, policy: &PolicyWalk) -> Vec<Segment> {
        let object = self.objects.values().get(policy.document);
        let items = object
            .and_then(|object| object.get("items"))
            .and_then(Value::as_array);
        let is_it = |item: &Value| {
            let text = |pointer: &str| item.pointer(pointer).and_then(Value::as_str);
            text("/metadata/name") == Some(&policy.id.name)
                && policy.id.namespace.as_deref().is_none_or(|namespace| {
                    text("/metadata/namespace").unwrap_or("default") == namespace
                })
                && text("/kind").is_none_or(|kind| kind == policy.id.kind)
        };
        let position = items.and_then(|items| items.iter().position(is_it));
        position.map_or_else(Vec::new, |index| {
            vec![Segment::Key("items".to_owned()), Segment::Index(index)]
        })
    }

    /// `file:line` of a place.
    pub(super) fn line(self, location: Location) -> String {
        let file = self.manifests.files().get(location.file);
        let name = file.map_or("", |file| file.name.as_str());
        format!("{name}:{}", location.span.start.line)
    }
}
