//! Reads compiled programs, in the [wire format of postcard](https://postcard.jamesmunns.com/wire-format).
//!
//! Reading does not fail on the way. A reader that meets a mistake notes it and has no more bytes:
//! all that is still asked for is a stand-in, and [`Reader::whole`] refuses everything. Were each
//! value a result, each type would have to free, at each of its fields, those before it; with the
//! decoders that serde derives this was 36 KB of the module.

#[cfg(test)]
#[cfg(feature = "compiler")]
mod tests;

use crate::gather;
use ipnet::IpNet;
use litemap::LiteMap;
use std::net::IpAddr;
use std::sync::Arc;

/// What can be read of a compiled program, in the order that serde's derive writes it in.
pub(crate) trait Read {
    /// Reads one; after a mistake, any.
    fn read(from: &mut Reader<'_>) -> Self;
}

/// Bytes of a compiled program that were not read yet.
#[derive(Debug)]
pub(crate) struct Reader<'b> {
    left: &'b [u8],
    wrong: bool,
}

impl<'b> Reader<'b> {
    /// The value that these bytes are, all of them; none if there was a mistake.
    #[cfg(feature = "compiled")]
    pub(crate) fn whole<T: Read>(bytes: &'b [u8]) -> Option<T> {
        Self::whole_by(bytes, Self::read)
    }

    /// What this reads of these bytes, if it is all of them and there was no mistake.
    pub(crate) fn whole_by<T>(bytes: &'b [u8], read: impl FnOnce(&mut Self) -> T) -> Option<T> {
        let mut from = Self {
            left: bytes,
            wrong: false,
        };
        let value = read(&mut from);
        (!from.wrong && from.left.is_empty()).then_some(value)
    }

    /// The next value.
    pub(crate) fn read<T: Read>(&mut self) -> T {
        T::read(self)
    }

    /// A reader of the same bytes, to look what comes.
    pub(crate) fn ahead(&self) -> Self {
        Self {
            left: self.left,
            wrong: self.wrong,
        }
    }

    /// Notes a mistake; the stand-in is never used.
    pub(crate) fn refuse<T>(&mut self, stand_in: T) -> T {
        self.wrong = true;
        self.left = &[];
        stand_in
    }

    /// Which variant of an enum comes next.
    pub(crate) fn variant(&mut self) -> u64 {
        self.number()
    }

    /// Reads as many as there are. Each has at least one byte, so they are not more than bytes.
    pub(crate) fn each(&mut self, mut one: impl FnMut(&mut Self)) {
        let mut left = self.length();
        while left > 0 && !self.wrong {
            one(self);
            left = left.saturating_sub(1);
        }
    }

    /// The next bytes, of which it was said how many they are.
    pub(crate) fn bytes(&mut self) -> &'b [u8] {
        let length = self.length();
        let (bytes, left) = self.left.split_at_checked(length).unwrap_or_default();
        self.left = left;
        bytes
    }

    /// How many bytes or values come next.
    pub(crate) fn length(&mut self) -> usize {
        let length = usize::try_from(self.number()).unwrap_or(usize::MAX);
        if length > self.left.len() {
            return self.refuse(0);
        }
        length
    }

    fn byte(&mut self) -> u8 {
        let Some((byte, left)) = self.left.split_first() else {
            return self.refuse(0);
        };
        self.left = left;
        *byte
    }

    /// Seven bits in each byte, the lowest first; the eighth says that there are more.
    #[inline(never)]
    fn number(&mut self) -> u64 {
        let mut number = 0;
        for shift in (0..u64::BITS).step_by(7) {
            let byte = self.byte();
            let bits = u64::from(byte & 0x7f);
            if bits > u64::MAX >> shift {
                break;
            }
            number |= bits << shift;
            if byte < 0x80 {
                return number;
            }
        }
        self.refuse(0)
    }
}

impl Read for u8 {
    fn read(from: &mut Reader<'_>) -> Self {
        from.byte()
    }
}

impl Read for u16 {
    fn read(from: &mut Reader<'_>) -> Self {
        let number = Self::try_from(from.number());
        number.unwrap_or_else(|_| from.refuse(0))
    }
}

impl Read for u32 {
    fn read(from: &mut Reader<'_>) -> Self {
        let number = Self::try_from(from.number());
        number.unwrap_or_else(|_| from.refuse(0))
    }
}

impl Read for u64 {
    fn read(from: &mut Reader<'_>) -> Self {
        from.number()
    }
}

impl Read for usize {
    fn read(from: &mut Reader<'_>) -> Self {
        let number = Self::try_from(from.number());
        number.unwrap_or_else(|_| from.refuse(0))
    }
}

impl Read for bool {
    fn read(from: &mut Reader<'_>) -> Self {
        match from.byte() {
            0 => false,
            1 => true,
            _ => from.refuse(false),
        }
    }
}

impl Read for String {
    #[inline(never)]
    fn read(from: &mut Reader<'_>) -> Self {
        let text = std::str::from_utf8(from.bytes());
        text.unwrap_or_else(|_| from.refuse("")).to_owned()
    }
}

impl<const N: usize> Read for [u8; N] {
    fn read(from: &mut Reader<'_>) -> Self {
        let Some((bytes, left)) = from.left.split_first_chunk() else {
            return from.refuse([0; N]);
        };
        from.left = left;
        *bytes
    }
}

impl<T: Read> Read for Option<T> {
    fn read(from: &mut Reader<'_>) -> Self {
        from.read::<bool>().then(|| from.read())
    }
}

impl<T: Read> Read for Vec<T> {
    #[inline(never)]
    fn read(from: &mut Reader<'_>) -> Self {
        let count = from.length();
        // A value may be a hundred times as large here as it was sent.
        let mut all = Self::with_capacity(count.min(RESERVED));
        while all.len() < count && !from.wrong {
            all.push(from.read());
        }
        all
    }
}

/// For how many values room is made before any of them is there.
const RESERVED: usize = 64;

impl Read for LiteMap<String, String> {
    fn read(from: &mut Reader<'_>) -> Self {
        let map = gather::sent(from.read());
        map.unwrap_or_else(|| from.refuse(Self::new_vec()))
    }
}

impl<A: Read, B: Read> Read for (A, B) {
    fn read(from: &mut Reader<'_>) -> Self {
        (from.read(), from.read())
    }
}

impl<T: Read> Read for Arc<T> {
    fn read(from: &mut Reader<'_>) -> Self {
        Self::new(from.read())
    }
}

impl Read for IpAddr {
    #[inline(never)]
    fn read(from: &mut Reader<'_>) -> Self {
        match from.variant() {
            0 => Self::from(from.read::<[u8; 4]>()),
            1 => Self::from(from.read::<[u8; 16]>()),
            _ => from.refuse(Self::from([0; 4])),
        }
    }
}

/// An address and the length of the prefix.
impl Read for IpNet {
    #[inline(never)]
    fn read(from: &mut Reader<'_>) -> Self {
        let (address, length) = from.read();
        Self::new(address, length).unwrap_or_else(|_| from.refuse(Self::default()))
    }
}
