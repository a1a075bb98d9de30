//! Expressions in compiled programs: the text, and its table.

use super::{Regex, Table};
use crate::reader::{Read, Reader};
#[cfg(feature = "compiler")]
use serde::{Serialize, Serializer, ser::Error as _};

#[cfg(feature = "compiler")]
impl Serialize for Regex {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let table = self.table().map_err(S::Error::custom)?;
        (&self.text, table.write()).serialize(serializer)
    }
}

impl Read for Regex {
    fn read(from: &mut Reader<'_>) -> Self {
        let text = from.read();
        let table = Table::read(from.bytes());
        Self::of_table(text, table.map_or_else(|_| from.refuse(None), Some))
    }
}
