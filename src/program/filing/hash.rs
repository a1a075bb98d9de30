//! A hash of texts that is made byte by byte, so that one pass gives those of all starts of a text
//! (FNV-1a). It need not withstand anybody: who chooses texts to collide gains that a rule is
//! asked that need not be.

/// The hash of the bytes so far.
#[derive(Debug, Clone, Copy)]
pub(in crate::program) struct TextHash(u64);

const START: u64 = 0xcbf2_9ce4_8422_2325;
const FACTOR: u64 = 0x0100_0000_01b3;

impl Default for TextHash {
    fn default() -> Self {
        Self(START)
    }
}

impl TextHash {
    pub(in crate::program) fn add(&mut self, byte: u8) {
        self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(FACTOR);
    }

    /// The hash of the bytes as a whole text.
    pub(in crate::program) fn of_whole(self) -> u64 {
        self.0
    }

    /// The hash of the bytes as the start of a text.
    pub(in crate::program) fn of_prefix(self) -> u64 {
        !self.0
    }
}
