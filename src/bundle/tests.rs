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
        order: Some(Order::of_number(7)),
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
        (
            "{\"for\":{\"namespace\":\"a\",\"pod\":\"b\",\"peerBinding\":\"Principal\",\"node\":\"c\"}}",
            "`for` must be",
        ),
        (
            "{\"for\":{\"namespace\":\"a\",\"pod\":\"b\",\"peerBinding\":\"Address\"}}",
            "`for` must be",
        ),
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
        order: Some(Order::of_number(8)),
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

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut encoder, bytes).unwrap();
    encoder.finish().unwrap()
}

/// What a document holds, opened and read object by object.
fn read_all(body: &[u8], is_gzip: bool) -> (Document, Vec<Vec<u8>>) {
    let mut text = Text::new(body, is_gzip);
    let document = at_once(Document::read(&mut text, &Pace::slices(1))).unwrap();
    let Body::Whole { resources } = &document.body else {
        panic!("a delta");
    };
    let mut text = Text::new(body, is_gzip);
    let objects = resources.iter();
    let objects = objects.map(|range| text.at(range).unwrap().to_vec());
    let objects = objects.collect();
    (document, objects)
}

#[test]
fn a_long_compressed_document_is_read_piece_by_piece() {
    let long = "x\\\"[{".repeat(30_000);
    let objects: Vec<Object> = (0..3000)
        .map(|number| {
            let color = if number % 500 == 7 {
                long.as_str()
            } else {
                "red"
            };
            object(&format!("pod-{number}"), color)
        })
        .collect();
    let mut store = store(&objects);
    let statement = statement(&mut store);
    let text = write_bundle(&statement, &[], store.objects());
    let plain = read_all(text.as_bytes(), false);
    assert_eq!(read_all(&gzip(text.as_bytes()), true), plain);
    let texts = plain
        .1
        .iter()
        .map(|bytes| std::str::from_utf8(bytes).unwrap());
    assert!(texts.eq(store.objects().map(|object| &*object.text)));
}

/// Whatever is not signed, anyone can change on the way.
#[test]
fn what_is_signed_says_all_that_a_bundle_says_of_itself() {
    let audience = |by_principal| {
        let (namespace, pod) = ("dev".to_owned(), "web".to_owned());
        Some(Audience {
            namespace,
            pod,
            by_principal,
        })
    };
    let revision = store(&[]).revision();
    let head = format!("heliast.dev/v1alpha1 Bundle\nrevision {revision}\n");
    let (epoch, number) = (2, 7);
    for (order, audience, rest) in [
        (None, None, "sequence none\nfor everyone\n"),
        (
            Some(Order::of_number(7)),
            audience(false),
            "sequence 7\nfor dev/web AddressAndPrincipal\n",
        ),
        (
            Some(Order { epoch, number }),
            audience(true),
            "epoch 2\nsequence 7\nfor dev/web Principal\n",
        ),
    ] {
        let statement = Statement {
            revision,
            order,
            audience,
        };
        assert_eq!(statement.to_string(), format!("{head}{rest}"));
    }
}

#[test]
fn there_are_sixteen_signatures_and_no_more() {
    let objects = [object("a", "red")];
    let mut store = store(&objects);
    let statement = statement(&mut store);
    let signature = Signature {
        key: "k".to_owned(),
        signature: "s".to_owned(),
    };
    let with = |count| write_bundle(&statement, &vec![signature.clone(); count], store.objects());
    assert_eq!(open(&with(16)).unwrap().signatures.len(), 16);
    let why = open(&with(17)).unwrap_err();
    assert!(why.contains("more than 16 signatures"), "{why}");
}

#[test]
fn blanks_have_a_limit() {
    let blanks = " ".repeat(crate::limits::OBJECT_BYTES + (1 << 20));
    let mut text = Text::new(blanks.as_bytes(), false);
    let opened = at_once(Document::read(&mut text, &Pace::unbounded()));
    assert!(opened.is_err());
    let blanks = gzip(blanks.as_bytes());
    let opened = at_once(Document::read(
        &mut Text::new(&blanks, true),
        &Pace::unbounded(),
    ));
    assert!(matches!(opened, Err(TextError::TooLong(_))), "{opened:?}");
}

mod properties {
    use super::*;
    use proptest::prelude::*;

    fn json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            "[\\x00-\\x7f]{0,12}|.{0,6}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 32, 5, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                proptest::collection::vec((".{0,4}", inner), 0..5)
                    .prop_map(|fields| Value::Object(fields.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn any_values_are_found_where_they_stand(values in proptest::collection::vec(json(), 0..8)) {
            let head = format!("{{\"apiVersion\":\"{API_VERSION}\",\"kind\":\"Bundle\",");
            let revision = Leaf::of("").digest();
            let list = serde_json::to_string_pretty(&values).unwrap();
            let text = format!("{head}\"revision\":\"{}\",\n \"resources\" : {list} }}\n", hex(&revision));
            let (document, objects) = read_all(text.as_bytes(), false);
            let read: Vec<Value> = objects.iter().map(|bytes| serde_json::from_slice(bytes).unwrap()).collect();
            let again = |value: &Value| serde_json::from_str::<Value>(&value.to_string()).unwrap();
            prop_assert_eq!(read, values.iter().map(again).collect::<Vec<_>>());
            prop_assert_eq!((document, objects), read_all(&gzip(text.as_bytes()), true));
        }

        #[test]
        fn any_bytes_are_read_or_refused(text in "[\\[\\]{}\",:a0 \\\\]{0,60}", bytes: Vec<u8>) {
            let text = format!("{{\"resources\":{text}");
            let _opened = open(&text);
            for is_gzip in [false, true] {
                let mut text = Text::new(&bytes, is_gzip);
                let _read = at_once(Document::read(&mut text, &Pace::unbounded()));
            }
        }
    }
}
