//! How the bytes of a value, and of an expression, are read as characters.
//!
//! Envoy reads both in Latin-1 since 1.40, one character for each byte, and in UTF-8 before.

/// A way to read bytes as characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    /// Each byte is a character.
    Latin1,
    /// As RE2 reads UTF-8.
    Utf8,
}

/// What stands at a place of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Read {
    /// A character, and how many bytes it takes.
    Character(u32, usize),
    /// Bytes in the shape of a character that are none: too long a form, or beyond the last one.
    /// RE2 takes them for one where every character beyond ASCII would do.
    Shape(usize),
    /// Bytes that nothing matches.
    Nothing,
}

impl Reading {
    /// The characters of an expression.
    #[cfg(feature = "objects")]
    pub(super) fn characters(self, text: &str) -> Vec<char> {
        match self {
            Self::Latin1 => text.bytes().map(char::from).collect(),
            Self::Utf8 => text.chars().collect(),
        }
    }

    /// The largest character that an expression may name by its number.
    #[cfg(feature = "objects")]
    pub(super) fn largest(self) -> u32 {
        match self {
            Self::Latin1 => 0xff,
            Self::Utf8 => super::class::LAST,
        }
    }

    /// Reads what stands in front of a rest that is not empty.
    pub(super) fn first(self, rest: &[u8]) -> Read {
        let Some(first) = rest.first().copied() else {
            return Read::Nothing;
        };
        if self == Self::Latin1 || first < 0x80 {
            return Read::Character(u32::from(first), 1);
        }
        // How many bytes it has, which bits of the first count, and from where the form is due.
        let (length, bits, least) = match first {
            0xc2..=0xdf => (2, 0x1f, 0x80),
            0xe0..=0xef => (3, 0x0f, 0x800),
            0xf0..=0xf4 => (4, 0x07, 0x1_0000),
            _ => return Read::Nothing,
        };
        let Some(others) = rest.get(1..length) else {
            return Read::Nothing;
        };
        if !others.iter().all(|byte| matches!(byte, 0x80..=0xbf)) {
            return Read::Nothing;
        }
        let start = u32::from(first) & bits;
        let character = others
            .iter()
            .fold(start, |sum, byte| (sum << 6) | u32::from(byte & 0x3f));
        if (least..=super::class::LAST).contains(&character) {
            Read::Character(character, length)
        } else {
            Read::Shape(length)
        }
    }
}
