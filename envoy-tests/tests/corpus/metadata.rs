//! Dynamic metadata of a case, put there by a filter ahead of ours: Envoy's own, which takes values
//! from header lines and removes these.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

/// What metadata there is: the name of a filter, and a key below it.
pub(crate) type Slot = (String, String);

/// The slots that the metadata of a case fills, in order.
pub(crate) fn slots(metadata: &Value) -> Vec<Slot> {
    let of_filter = |(filter, keys): (&String, &Map<String, Value>)| {
        let keys = keys.keys().map(|key| (filter.clone(), key.clone()));
        keys.collect::<Vec<_>>()
    };
    let mut slots: Vec<Slot> = filters(metadata).flat_map(of_filter).collect();
    slots.sort();
    slots
}

/// The filter that fills these slots.
pub(crate) fn filter(slots: &[Slot]) -> Value {
    let rule = |(index, (filter, key)): (usize, &Slot)| {
        json!({
            "header": header(index),
            "on_header_present": {
                "metadata_namespace": filter,
                "key": key,
                "type": "PROTOBUF_VALUE",
                "encode": "BASE64",
            },
            "remove": true,
        })
    };
    let rules: Vec<Value> = slots.iter().enumerate().map(rule).collect();
    json!({
        "name": "envoy.filters.http.header_to_metadata",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.header_to_metadata.v3.Config",
            "request_rules": rules,
        },
    })
}

/// The header lines that carry the metadata of a case to that filter.
pub(crate) fn lines(metadata: &Value) -> Vec<(String, String)> {
    let value = |(filter, key): &Slot| {
        let value = metadata.get(filter).and_then(|keys| keys.get(key));
        STANDARD.encode(encode(value.unwrap_or(&Value::Null)))
    };
    let slots = slots(metadata);
    let lines = slots.iter().enumerate();
    lines
        .map(|(index, slot)| (header(index), value(slot)))
        .collect()
}

fn filters(metadata: &Value) -> impl Iterator<Item = (&String, &Map<String, Value>)> {
    let all = metadata.as_object().into_iter().flatten();
    all.filter_map(|(filter, keys)| Some((filter, keys.as_object()?)))
}

fn header(index: usize) -> String {
    format!("x-heliast-case-metadata-{index}")
}

/// As `google.protobuf.Value`.
fn encode(value: &Value) -> Vec<u8> {
    match value {
        Value::Null => vec![1 << 3, 0],
        Value::Number(number) => {
            let number = number.as_f64().unwrap_or_default();
            let mut bytes = vec![(2 << 3) | 1];
            bytes.extend(number.to_le_bytes());
            bytes
        }
        Value::String(text) => part(3, text.as_bytes()),
        Value::Bool(value) => vec![4 << 3, u8::from(*value)],
        Value::Object(fields) => {
            let field = |(key, value): (&String, &Value)| {
                let entry = [part(1, key.as_bytes()), part(2, &encode(value))].concat();
                part(1, &entry)
            };
            part(5, &fields.iter().flat_map(field).collect::<Vec<u8>>())
        }
        Value::Array(items) => {
            let item = |value: &Value| part(1, &encode(value));
            part(6, &items.iter().flat_map(item).collect::<Vec<u8>>())
        }
    }
}

/// A field of bytes: its number, its length, and they.
fn part(number: u8, bytes: &[u8]) -> Vec<u8> {
    let mut part = vec![(number << 3) | 2];
    let mut length = bytes.len();
    while length > 0x7f {
        part.push(u8::try_from(length & 0x7f).unwrap_or_default() | 0x80);
        length >>= 7;
    }
    part.push(u8::try_from(length).unwrap_or_default());
    part.extend_from_slice(bytes);
    part
}
