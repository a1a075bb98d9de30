//! Expressions in compiled programs: their text. What is matched with is made where a value comes.

use super::Regex;
use crate::reader::{Read, Reader};
#[cfg(feature = "compiler")]
use serde::{Serialize, Serializer};

#[cfg(feature = "compiler")]
impl Serialize for Regex {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.as_str().serialize(serializer)
    }
}

impl Read for Regex {
    fn read(from: &mut Reader<'_>) -> Self {
        let text: String = from.read();
        match Self::parse(&text) {
            Ok(regex) => regex,
            Err(_) => from.refuse(Self { text: text.into() }),
        }
    }
}
