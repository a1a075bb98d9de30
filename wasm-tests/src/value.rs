//! Property values and their byte forms in Envoy.

use std::collections::BTreeMap;

use crate::abi::Status;
use crate::pairs;

/// A property value, of the type Envoy has it in; the type decides the bytes the guest reads.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Strings, byte strings and serialised messages: as they are.
    Bytes(Vec<u8>),
    /// One byte, 0 or 1.
    Bool(bool),
    /// Eight bytes, little endian: integers, ports, and timestamps or durations in nanoseconds.
    I64(i64),
    /// Eight bytes, little endian.
    U64(u64),
    /// Eight bytes IEEE 754, little endian; every number in node metadata is one.
    Double(f64),
    /// The pairs format, each value in its own byte form.
    Map(BTreeMap<String, Self>),
    /// The pairs format with the elements as keys and empty values.
    List(Vec<Self>),
    /// Present, but without a byte form.
    Null,
}

impl Value {
    /// The bytes the guest gets from `proxy_get_property`.
    ///
    /// # Errors
    /// `SerializationFailure` where Envoy has no byte form for the value.
    pub fn encode(&self) -> Result<Vec<u8>, Status> {
        Ok(match self {
            Self::Bytes(bytes) => bytes.clone(),
            Self::Bool(value) => vec![u8::from(*value)],
            Self::I64(value) => value.to_le_bytes().to_vec(),
            Self::U64(value) => value.to_le_bytes().to_vec(),
            Self::Double(value) => value.to_le_bytes().to_vec(),
            Self::Map(map) => {
                let mut encoded = Vec::new();
                for (key, value) in map {
                    encoded.push((key.as_bytes().to_vec(), value.encode()?));
                }
                pairs::encode(&encoded)
            }
            Self::List(items) => {
                let mut encoded = Vec::new();
                for item in items {
                    encoded.push((item.encode()?, Vec::new()));
                }
                pairs::encode(&encoded)
            }
            Self::Null => return Err(Status::SerializationFailure),
        })
    }

    /// The value below this one, by map key or list index.
    pub(crate) fn descend(&self, path: &[String]) -> Option<&Self> {
        let Some((first, rest)) = path.split_first() else {
            return Some(self);
        };
        let child = match self {
            Self::Map(map) => map.get(first),
            Self::List(items) => items.get(first.parse::<usize>().ok()?),
            Self::Bytes(_)
            | Self::Bool(_)
            | Self::I64(_)
            | Self::U64(_)
            | Self::Double(_)
            | Self::Null => None,
        };
        child?.descend(rest)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Bytes(text.as_bytes().to_vec())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Bytes(text.into_bytes())
    }
}

impl From<Vec<u8>> for Value {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Bytes(bytes)
    }
}

impl From<&[u8]> for Value {
    fn from(bytes: &[u8]) -> Self {
        Self::Bytes(bytes.to_vec())
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::I64(value)
    }
}

impl From<u64> for Value {
    fn from(value: u64) -> Self {
        Self::U64(value)
    }
}

impl From<f64> for Value {
    fn from(value: f64) -> Self {
        Self::Double(value)
    }
}

/// As Envoy reads node metadata, a protobuf `Struct`: every number is a double.
impl From<serde_json::Value> for Value {
    fn from(json: serde_json::Value) -> Self {
        match json {
            serde_json::Value::Null => Self::Null,
            serde_json::Value::Bool(value) => Self::Bool(value),
            serde_json::Value::Number(number) => number.as_f64().map_or(Self::Null, Self::Double),
            serde_json::Value::String(text) => text.into(),
            serde_json::Value::Array(items) => {
                Self::List(items.into_iter().map(Self::from).collect())
            }
            serde_json::Value::Object(map) => Self::Map(
                map.into_iter()
                    .map(|(key, value)| (key, value.into()))
                    .collect(),
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_eight_bytes_little_endian_and_bools_are_one() {
        assert_eq!(Value::U64(258).encode(), Ok(vec![2, 1, 0, 0, 0, 0, 0, 0]));
        assert_eq!(Value::I64(-1).encode(), Ok(vec![255; 8]));
        assert_eq!(
            Value::Double(1.0).encode(),
            Ok(vec![0, 0, 0, 0, 0, 0, 0xf0, 0x3f])
        );
        assert_eq!(Value::Bool(true).encode(), Ok(vec![1]));
    }

    #[test]
    fn a_list_puts_its_items_in_the_key_slots() {
        let list = Value::List(vec!["a".into(), "bc".into()]);
        let pairs = vec![(b"a".to_vec(), Vec::new()), (b"bc".to_vec(), Vec::new())];
        assert_eq!(list.encode(), Ok(pairs::encode(&pairs)));
    }

    #[test]
    fn numbers_of_node_metadata_are_doubles() {
        let value = Value::from(serde_json::json!({"PORT": 8080, "IPS": ["a", "b"]}));
        assert_eq!(
            value.descend(&["PORT".to_owned()]),
            Some(&Value::Double(8080.0))
        );
        assert_eq!(
            value.descend(&["IPS".to_owned(), "1".to_owned()]),
            Some(&"b".into())
        );
        assert_eq!(value.descend(&["IPS".to_owned(), "2".to_owned()]), None);
    }
}
