//! Metadata that the test decides: in a header of the request, as `google.protobuf.Value`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

/// What the filter ahead reads a token's claims from, and a tag; it takes them off the request.
pub(crate) const TOKEN_HEADER: &str = "x-test-token";
pub(crate) const TAG_HEADER: &str = "x-test-tag";

/// Stands in for `jwt_authn`: claims come in a header, already verified, and leave it here.
pub(crate) fn filter() -> Value {
    let kind = "type.googleapis.com/envoy.extensions.filters.http.header_to_metadata.v3.Config";
    let rule = |header: &str, namespace: &str, key: &str| {
        json!({
            "header": header,
            "remove": true,
            "on_header_present": {
                "metadata_namespace": namespace,
                "key": key,
                "type": "PROTOBUF_VALUE",
                "encode": "BASE64",
            },
        })
    };
    json!({
        "name": "envoy.filters.http.header_to_metadata",
        "typed_config": {"@type": kind, "request_rules": [
            rule(TOKEN_HEADER, "envoy.filters.http.jwt_authn", "payload"),
            rule(TAG_HEADER, "envoy.filters.http.tags", "tag"),
        ]},
    })
}

/// The value of one of the two headers.
pub(crate) fn header(value: &Value) -> String {
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
    let value = json!({"a": ["b", true]});
    let list = [
        0x32, 0x07, 0x0a, 0x03, 0x1a, 0x01, b'b', 0x0a, 0x02, 0x20, 0x01,
    ];
    // The list is an entry's value: lengths by hand.
    let list = [&[0x32, 9][..], list.get(2..).unwrap()].concat();
    let entry = [&[0x0a, 1, b'a', 0x12, 11][..], &list].concat();
    let fields = [&[0x0a, 16][..], &entry].concat();
    assert_eq!(encode(&value), [&[0x2a, 18][..], &fields].concat());
}
