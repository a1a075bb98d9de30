//! Documents, deltas and signatures.

use super::*;
use crate::pace::{Pace, at_once};
use ed25519_dalek::{Signer, SigningKey};
use serde_json::json;

fn object(name: &str, color: &str) -> Object {
    let labels = json!({"color": color});
    let metadata =
        json!({"name": name, "namespace": "dev", "labels": labels, "managedFields": [1]});
    Object::new(json!({"apiVersion": "v1", "kind": "Pod", "metadata": metadata})).unwrap()
}

fn store(objects: &[Object]) -> Store {
    let mut store = Store::default();
    for object in objects {
        store.insert(object.clone());
    }
    store
}

fn statement(store: &mut Store) -> Statement {
    Statement {
        revision: store.revision(),
        sequence: Some(7),
        audience: Some(Audience {
            namespace: "dev".to_owned(),
            pod: "web".to_owned(),
            by_principal: false,
        }),
    }
}

fn open(text: &str) -> Result<Document, String> {
    at_once(Document::open(text.as_bytes(), &Pace::slices(1)))
}

#[test]
fn a_bundle_is_read_as_it_was_written() {
    let objects = [object("a", "red"), object("b", "blue")];
    let mut store = store(&objects);
    let statement = statement(&mut store);
    let signatures = [Signature {
        key: "k".to_owned(),
        signature: "s".to_owned(),
    }];
    let text = write_bundle(&statement, &signatures, store.objects());
    let document = open(&text).unwrap();
    assert_eq!(document.statement, statement);
    assert_eq!(document.signatures, signatures);
    let Body::Whole { resources } = document.body else {
        panic!("a delta");
    };
    let read: Vec<Object> = resources
        .iter()
        .map(|range| Document::object(text.as_bytes(), range).unwrap())
        .collect();
    assert_eq!(read, objects);
    assert!(!text.contains("managedFields"));
}

#[test]
fn the_order_of_keys_and_white_space_mean_nothing() {
    let mut store = store(&[object("a", "red")]);
    let statement = statement(&mut store);
    let text = write_bundle(&statement, &[], store.objects());
    let value: Value = serde_json::from_str(&text).unwrap();
    let pretty = serde_json::to_string_pretty(&value).unwrap();
    let document = open(&pretty).unwrap();
    assert_eq!(document.statement, statement);
    let Body::Whole { resources } = document.body else {
        panic!("a delta");
    };
    let again = Document::object(pretty.as_bytes(), &resources[0]).unwrap();
    assert_eq!(again, object("a", "red"));
}

#[test]
fn a_delta_leads_to_what_it_promises_or_changes_nothing() {
    let mut before = store(&[object("a", "red"), object("b", "blue"), object("c", "blue")]);
    let mut after = store(&[
        object("a", "green"),
        object("c", "blue"),
        object("d", "red"),
    ]);
    let from = before.revision();
    let statement = statement(&mut after);
    let upsert = [object("a", "green"), object("d", "red")];
    let gone = [(*object("b", "").key).clone()];
    let text = write_delta(from, &statement, &[], upsert.iter(), gone.iter());
    let document = open(&text).unwrap();
    let Body::Delta {
        from: base,
        upsert: ranges,
        remove,
    } = document.body
    else {
        panic!("a bundle");
    };
    assert_eq!((base, remove.as_slice()), (from, &gone[..]));
    let read = |range| Document::object(text.as_bytes(), range).unwrap();
    let upsert: Vec<Object> = ranges.iter().map(read).collect();
    let pace = Pace::slices(1);
    let wrong = at_once(before.apply(upsert.clone(), &remove, from, &pace));
    assert!(wrong.is_err());
    assert_eq!(before.revision(), from, "nothing is half applied");
    at_once(before.apply(upsert, &remove, statement.revision, &pace)).unwrap();
    assert!(before.objects().eq(after.objects()));
}

#[test]
fn what_is_no_document_is_refused_with_the_reason() {
    let deep = format!("{{\"kind\":{}", "[".repeat(100_000));
    let long = format!(
        "{{\"resources\":[\"{}\"]}}",
        "x".repeat(crate::limits::OBJECT_BYTES)
    );
    for (text, reason) in [
        ("", "`{` is missing"),
        ("{", "not JSON"),
        ("[]", "`{` is missing"),
        ("{}", "apiVersion"),
        ("{\"a\":1}", "unknown field `a`"),
        ("{\"kind\":\"Bundle\"}{}", "something follows"),
        ("{\"sequence\":-1}", "invalid value"),
        ("{\"revision\":\"abc\"}", "64 hexadecimal digits"),
        ("{\"for\":{}}", "`for` must be"),
        ("{\"signatures\":{}}", "`signatures` must be"),
        (
            "{\"apiVersion\":\"heliast.dev/v1alpha1\",\"kind\":\"Pod\"}",
            "neither",
        ),
        (
            "{\"apiVersion\":\"heliast.dev/v1alpha1\",\"kind\":\"Bundle\",\"resources\":[]}",
            "it has no `revision`",
        ),
        ("{\"remove\":[{}]}", "no `apiVersion`"),
        ("{\"resources\":[1,,2]}", "not JSON"),
        (&deep, "recursion limit"),
        (&long, "at most"),
    ] {
        let error = open(text).unwrap_err();
        assert!(error.contains(reason), "{:.40}: {error}", text);
    }
}

#[test]
fn an_object_nested_too_deeply_is_refused() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let text = format!("{{\"resources\":[{deep}]}}");
    let ranges = 14..text.len().checked_sub(2).unwrap();
    let error = Document::object(text.as_bytes(), &ranges).unwrap_err();
    assert!(error.contains("recursion limit"), "{error}");
}

#[test]
fn only_the_key_that_signed_the_statement_is_believed() {
    let signer = SigningKey::from_bytes(&[7; 32]);
    let key = PublicKey::from_bytes(signer.verifying_key().as_bytes()).unwrap();
    let other = SigningKey::from_bytes(&[8; 32]);
    let other = PublicKey::from_bytes(other.verifying_key().as_bytes()).unwrap();
    let statement = statement(&mut store(&[object("a", "red")]));
    let bytes = signer.sign(statement.to_string().as_bytes()).to_bytes();
    let signature = |id: &str| Signature {
        key: id.to_owned(),
        signature: base64::Engine::encode(&base64::engine::general_purpose::STANDARD, bytes),
    };
    assert!(key.has_signed(&statement, &signature(key.id())));
    assert!(!key.has_signed(&statement, &signature(other.id())));
    assert!(!other.has_signed(&statement, &signature(other.id())));
    let later = Statement {
        sequence: Some(8),
        ..statement.clone()
    };
    let for_everyone = Statement {
        audience: None,
        ..statement
    };
    assert!(!key.has_signed(&later, &signature(key.id())));
    assert!(!key.has_signed(&for_everyone, &signature(key.id())));
    assert_eq!(PublicKey::parse(&key.encode()), Ok(key));
}

#[test]
fn keys_are_read_in_every_form_that_people_have() {
    // Printed by `openssl genpkey -algorithm ed25519 | openssl pkey -pubout`.
    let body = "MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=";
    let pem = format!("-----BEGIN PUBLIC KEY-----\n{body}\n-----END PUBLIC KEY-----\n");
    let key = PublicKey::parse(&pem).unwrap();
    assert_eq!(PublicKey::parse(body), Ok(key.clone()));
    assert_eq!(PublicKey::parse(&key.encode()), Ok(key));
    for wrong in [
        "",
        "!",
        "AAAA",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
    ] {
        assert!(PublicKey::parse(wrong).is_err(), "{wrong}");
    }
}
