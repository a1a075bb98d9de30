//! Expressions in compiled programs: the text, and its table.

use super::{Regex, Table};
use serde::de::Error as _;
use serde::ser::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An expression as it is sent.
#[derive(Serialize, Deserialize)]
struct Sent {
    text: String,
    table: Vec<u8>,
}

impl Serialize for Regex {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[cfg(feature = "compiler")]
        {
            let text = self.text.clone();
            let table = self.table().map_err(S::Error::custom)?.write();
            Sent { text, table }.serialize(serializer)
        }
        #[cfg(not(feature = "compiler"))]
        {
            drop(serializer);
            Err(S::Error::custom("there is no compiler"))
        }
    }
}

impl<'de> Deserialize<'de> for Regex {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Sent { text, table } = Sent::deserialize(deserializer)?;
        let table = Table::read(&table).map_err(D::Error::custom)?;
        Ok(Self::of_table(text, table))
    }
}
