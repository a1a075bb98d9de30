//! Expressions in the form in which they are kept, and sent in compiled programs: parsed, in about
//! as many bytes as their text.
//!
//! ```text
//! expression   its tree in Latin-1; whether it is another in UTF-8, and that
//! tree         its classes; its root
//! class        whether characters beyond ASCII are open; ranges, each a gap and its length less one
//! part         a character as itself; or a code, what is said of it, and the parts within
//! ```
//!
//! Numbers and lists are postcard's. So the grammar of RE2, with its tables and messages, is where
//! objects are read and nowhere else. A form that was sent may say anything: if it has more bytes,
//! depth or steps than an expression may have, it is refused before any step is made.

mod assemble;
#[cfg(test)]
#[cfg(feature = "objects")]
mod tests;
#[cfg(feature = "objects")]
mod write;

use super::place::Place;
#[cfg(feature = "compiled")]
use crate::{
    limits,
    reader::{Read, Reader},
};
use std::sync::Arc;

/// An expression in parsed form.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Form(Arc<[u8]>);

impl Form {
    /// How many bytes it has.
    pub(super) fn size(&self) -> usize {
        self.0.len()
    }

    /// As it is sent.
    #[cfg(feature = "compiler")]
    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

#[cfg(feature = "compiled")]
impl Read for Form {
    fn read(from: &mut Reader<'_>) -> Self {
        let form = Self(Arc::from(from.bytes()));
        if form.size() <= limits::REGEX_FORM_BYTES && form.steps().is_some() {
            return form;
        }
        from.refuse(form)
    }
}

/// A character of the class with the number that follows.
const CLASS: u32 = 0;
/// One behind the other: how many parts, and they.
const ALL: u32 = 1;
/// One of them: how many parts, and they.
const ANY: u32 = 2;
/// A part that is there several times: how often at least, how often at most unless that is any
/// number, and the part.
const REPEAT: u32 = 3;
/// The character that follows, which would be read as a code.
const CHARACTER: u32 = 4;
/// The first of the places.
const PLACE: u32 = 5;
/// The places, in the order of their codes.
const PLACES: [Place; 6] = [
    Place::Start,
    Place::End,
    Place::LineStart,
    Place::LineEnd,
    Place::WordBoundary,
    Place::NoWordBoundary,
];
/// From here on characters stand for themselves.
const PLAIN: u32 = 0x20;
