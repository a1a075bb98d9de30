//! What holds of every world: equal objects give equal bytes, and a delta leads to them.
//!
//! `HELIAST_PROPTEST_CASES` and `HELIAST_PROPTEST_SEED` as in the engine's tests.

use crate::process::Folder;
use crate::world::{World, without_doubles, worlds};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed};
use serde_json::{Value, json};

fn config() -> Config {
    let number = |name| std::env::var(name).ok().map(|text| text.parse().unwrap());
    let (cases, seed) = (
        number("HELIAST_PROPTEST_CASES"),
        number("HELIAST_PROPTEST_SEED"),
    );
    Config {
        cases: cases.map_or(32, |cases: u64| u32::try_from(cases).unwrap()),
        failure_persistence: None,
        max_shrink_iters: 200,
        rng_seed: RngSeed::Fixed(seed.unwrap_or(2026)),
        ..Config::default()
    }
}

/// A world that holds something.
fn fleets() -> impl Strategy<Value = World> {
    worlds().prop_filter("an empty world", |world| !world.objects.is_empty())
}

/// The objects in the forms that users have them in, over several files.
#[derive(Debug, Clone, Copy)]
enum Form {
    Yaml,
    Json,
    List,
}

const FORMS: [Form; 3] = [Form::Yaml, Form::Json, Form::List];

fn write(folder: &Folder, name: &str, form: Form, objects: &[Value]) -> String {
    let (extension, text) = match form {
        Form::Yaml => {
            let documents: Vec<String> = objects.iter().map(|object| yaml(object, 0)).collect();
            ("yaml", documents.join("\n---\n"))
        }
        Form::Json => {
            let documents: Vec<String> = objects.iter().map(|one| format!("{one:#}")).collect();
            ("json", documents.join("\n"))
        }
        Form::List => {
            let list = json!({"apiVersion": "v1", "kind": "List", "items": objects});
            ("yaml", yaml(&list, 0))
        }
    };
    let file = format!("{name}.{extension}");
    folder.write(&file, text);
    file
}

/// Block YAML, as `kubectl` prints it.
fn yaml(value: &Value, depth: usize) -> String {
    let indent = "  ".repeat(depth);
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            let lines = fields.iter().map(|(key, value)| {
                format!("\n{indent}{}: {}", json!(key), yaml(value, depth + 1))
            });
            lines.collect()
        }
        Value::Array(items) if !items.is_empty() => {
            let lines = items.iter().map(|item| {
                let item = yaml(item, depth + 1);
                format!("\n{indent}- {}", item.trim_start())
            });
            lines.collect()
        }
        Value::Object(_)
        | Value::Array(_)
        | Value::String(_)
        | Value::Number(_)
        | Value::Bool(_)
        | Value::Null => value.to_string(),
    }
}

/// With what every API server adds.
fn managed(mut object: Value) -> Value {
    object["metadata"]["managedFields"] = json!([{"manager": "kubectl", "operation": "Update"}]);
    object
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn equal_objects_give_equal_bytes(
        world in fleets(),
        order in any::<prop::sample::Index>(),
        forms in (prop::sample::select(&FORMS[..]), prop::sample::select(&FORMS[..])),
        turn in any::<bool>(),
    ) {
        let folder = Folder::new();
        let all = write(&folder, "all", Form::Json, &world.objects);
        let expected = folder.good(&format!("build {all}")).out();
        let mut objects: Vec<Value> = world.objects.into_iter().map(managed).collect();
        objects.reverse();
        let middle = order.index(objects.len());
        let (first, second) = objects.split_at(middle);
        let mut files = Vec::new();
        for (name, form, objects) in [("b", forms.0, first), ("c", forms.1, second)] {
            if !objects.is_empty() {
                files.push(write(&folder, name, form, objects));
            }
        }
        if turn {
            files.reverse();
        }
        let built = folder.good(&format!("build {}", files.join(" ")));
        prop_assert_eq!(built.out(), expected);
    }

    #[test]
    fn a_delta_leads_to_the_bytes_of_the_new_bundle(
        old in fleets(),
        other in fleets(),
        kept in any::<prop::sample::Index>(),
        sequence in any::<u64>(),
    ) {
        let folder = Folder::new();
        // Some of the old objects stay, some change under their names, some go.
        let kept = &old.objects[..kept.index(old.objects.len() + 1)];
        let objects = other.objects.iter().chain(kept).cloned();
        let new = without_doubles(objects);
        write(&folder, "old", Form::Json, &old.objects);
        write(&folder, "new", Form::Json, &new);
        let public = folder.good("keygen --out key.pem").out();
        folder.good("build old.json --out a.json");
        folder.good(&format!("build new.json --sequence {sequence} --sign-key key.pem --out b.json"));
        folder.good("diff a.json b.json --delta --out delta.json");
        folder.good("apply a.json delta.json --out c.json");
        prop_assert_eq!(folder.read("c.json"), folder.read("b.json"));
        let key = public.lines().next().unwrap();
        folder.good(&format!("verify c.json --key {key} --sequence-at-least {sequence}"));
        let differ = folder.bundle("diff a.json new.json");
        let same = folder.good("build new.json").out() == folder.read("a.json");
        prop_assert_eq!(differ.code, i32::from(!same), "{}", differ.text());
    }
}
