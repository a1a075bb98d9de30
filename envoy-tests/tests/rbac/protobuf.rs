//! A JSON value as `google.protobuf.Value`, which the filter ahead makes metadata of.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

pub(crate) fn base64(value: &Value) -> String {
    STANDARD.encode(encode(value))
}

fn encode(value: &Value) -> Vec<u8> {
    match value {
        Value::Null => vec![0x08, 0],
        Value::Number(number) => {
            let double = number.as_f64().unwrap_or(0.0);
            [&[0x11][..], &double.to_le_bytes()].concat()
        }
        Value::String(text) => field(3, text.as_bytes()),
        Value::Bool(truth) => vec![0x20, u8::from(*truth)],
        Value::Object(members) => {
            let entry = |(key, value): (&String, &Value)| {
                let entry = [field(1, key.as_bytes()), field(2, &encode(value))].concat();
                field(1, &entry)
            };
            field(5, &members.iter().flat_map(entry).collect::<Vec<_>>())
        }
        Value::Array(items) => {
            let items = items.iter().flat_map(|item| field(1, &encode(item)));
            field(6, &items.collect::<Vec<_>>())
        }
    }
}

/// A field of bytes: number and wire type, length, contents.
fn field(number: u8, contents: &[u8]) -> Vec<u8> {
    let mut bytes = vec![number << 3 | 2];
    let mut length = contents.len();
    while length >= 0x80 {
        bytes.push(u8::try_from(length & 0x7f).unwrap_or(0) | 0x80);
        length >>= 7;
    }
    bytes.push(u8::try_from(length).unwrap_or(0));
    bytes.extend_from_slice(contents);
    bytes
}

#[test]
fn values_are_encoded_as_protobuf_has_them() {
    let value = serde_json::json!({"a": ["b", true]});
    let list = [
        0x32, 0x07, 0x0a, 0x03, 0x1a, 0x01, b'b', 0x0a, 0x02, 0x20, 0x01,
    ];
    // The list is an entry's value: lengths by hand.
    let list = [&[0x32, 9][..], list.get(2..).unwrap()].concat();
    let entry = [&[0x0a, 1, b'a', 0x12, 11][..], &list].concat();
    let fields = [&[0x0a, 16][..], &entry].concat();
    assert_eq!(encode(&value), [&[0x2a, 18][..], &fields].concat());
}
