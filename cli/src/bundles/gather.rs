//! Bundles from manifests.

use crate::diagnostics::{Diagnostic, Diagnostics};
use crate::manifests::{Manifests, Objects, Origin};
use heliast::bundle::{Object, ObjectKey, Store, flatten};
use heliast::limits;
use heliast::problem::{FieldPath, Segment, Severity};
use heliast::resources::{self, Resources, Strictness};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The bundle of these objects, lists taken apart: what it holds, what that means, and what in it
/// has no effect.
///
/// # Errors
///
/// Everything that is wrong with the files and the objects in them.
pub fn gather(
    manifests: &Manifests,
    objects: &Objects,
) -> Result<(Store, Resources, Diagnostics), Diagnostics> {
    let mut diagnostics = Diagnostics::default();
    diagnostics.extend(manifests.diagnostics().iter().cloned(), 0);
    let decoded = resources::decode(objects.values(), Strictness::Heliast);
    let problems = match &decoded {
        Ok(loaded) => &loaded.warnings,
        Err(problems) => problems,
    };
    let list = problems.list.iter();
    let list = list.map(|problem| manifests.diagnose(problem, objects));
    diagnostics.extend(list, problems.omitted);
    let Ok(loaded) = decoded else {
        return Err(sorted(diagnostics));
    };
    let mut gathered = Gathered {
        manifests,
        store: Store::default(),
        origins: BTreeMap::new(),
        diagnostics,
    };
    for (value, origin) in objects.values().iter().zip(objects.origins()) {
        gathered.document(value, origin);
    }
    let diagnostics = sorted(gathered.diagnostics);
    if diagnostics.errors() > 0 {
        return Err(diagnostics);
    }
    Ok((gathered.store, loaded.resources, diagnostics))
}

fn sorted(mut diagnostics: Diagnostics) -> Diagnostics {
    diagnostics.sort();
    diagnostics
}

struct Gathered<'m> {
    manifests: &'m Manifests,
    store: Store,
    origins: BTreeMap<Arc<ObjectKey>, Origin>,
    diagnostics: Diagnostics,
}

impl Gathered<'_> {
    fn document(&mut self, value: &Value, origin: &Origin) {
        let is_list = value.get("items").is_some_and(Value::is_array);
        for (index, object) in flatten(value.clone()).into_iter().enumerate() {
            let mut origin = origin.clone();
            if is_list {
                let items = Segment::Key("items".to_owned());
                origin.prefix.extend([items, Segment::Index(index)]);
            }
            self.object(object, origin);
        }
    }

    fn object(&mut self, value: Value, origin: Origin) {
        let object = match Object::new(value) {
            Ok(object) => object,
            Err(why) => {
                let message = why.replace("an object of it", "this object");
                return self.refuse(&origin, "no-name", String::new(), message, "name it");
            }
        };
        let size = object.text.len();
        if size > limits::OBJECT_BYTES {
            let message = format!(
                "this object has {size} bytes; at most {} are allowed",
                limits::OBJECT_BYTES
            );
            return self.refuse(
                &origin,
                "too-large",
                object.key.to_string(),
                message,
                "split it",
            );
        }
        let key = Arc::clone(&object.key);
        // Objects that policy looks at were held against each other by the engine; of all others,
        // two that differ would make the bundle depend on the order of the files.
        match self.store.get(&key) {
            Some(known) if known.leaf != object.leaf => {
                let first = self.origins.get(&key).map(|first| self.place(first));
                let message = format!(
                    "there is another {key}{}, and the two differ",
                    first.unwrap_or_default()
                );
                self.refuse(
                    &origin,
                    "duplicate",
                    key.to_string(),
                    message,
                    "remove one of the two",
                );
            }
            Some(_) => {}
            None => {
                self.store.insert(object);
                self.origins.insert(key, origin);
            }
        }
    }

    /// ` in file:line`.
    fn place(&self, origin: &Origin) -> String {
        let path = FieldPath(origin.prefix.clone());
        let place = self.manifests.locate(origin.document, &path);
        let named = place.and_then(|place| {
            let file = self.manifests.files().get(place.file)?;
            Some(format!(" in {}:{}", file.name, place.span.start.line))
        });
        named.unwrap_or_default()
    }

    fn refuse(
        &mut self,
        origin: &Origin,
        code: &'static str,
        object: String,
        message: String,
        help: &str,
    ) {
        let path = FieldPath(origin.prefix.clone());
        self.diagnostics.push(Diagnostic {
            severity: Severity::Error,
            code,
            location: self.manifests.locate(origin.document, &path),
            object,
            path: path.to_string(),
            message,
            help: Some(help.to_owned()),
        });
    }
}
