//! Sets of characters.

#[cfg(feature = "objects")]
mod made;

/// The last character there is.
pub(super) const LAST: u32 = 0x10_ffff;
/// The first character beyond ASCII.
const BEYOND: u32 = 0x80;

/// A set of characters. Those of ASCII are known; of the others it may be open which are in it,
/// where that would take tables of Unicode that heliast does not carry.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Class {
    /// A bit for each character of ASCII.
    ascii: u128,
    /// First and last characters of the ranges beyond ASCII that are in it for certain.
    beyond: Vec<(u32, u32)>,
    /// Whether any other character beyond ASCII may be in it as well.
    unsure: bool,
}

/// What is asked of characters that a class may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Doubt {
    /// They are not in it.
    Excluded,
    /// They are in it.
    Included,
}

impl Class {
    /// Adds the characters from the first to the last.
    pub(super) fn add(&mut self, first: u32, last: u32) {
        for character in first..=last.min(BEYOND.saturating_sub(1)) {
            self.ascii |= bit(character);
        }
        if last >= BEYOND {
            self.beyond.push((first.max(BEYOND), last));
        }
    }

    /// Leaves open which characters beyond ASCII are in it.
    pub(super) fn leave_open(&mut self) {
        self.unsure = true;
    }

    /// Whether a character is in it, which is [`finished`](Self::finished).
    pub(super) fn has(&self, character: u32, doubt: Doubt) -> bool {
        if character < BEYOND {
            return self.ascii & bit(character) != 0;
        }
        let later = self.beyond.partition_point(|(_, last)| *last < character);
        let range = self.beyond.get(later);
        range.is_some_and(|(first, _)| *first <= character)
            || (self.unsure && doubt == Doubt::Included)
    }

    /// Whether every character beyond ASCII is in it, which is [`finished`](Self::finished).
    pub(super) fn has_all(&self, doubt: Doubt) -> bool {
        self.beyond.first() == Some(&(BEYOND, LAST)) || (self.unsure && doubt == Doubt::Included)
    }

    /// How much room it takes, in steps of a machine.
    pub(super) fn size(&self) -> usize {
        self.beyond.len().saturating_add(4)
    }

    /// Whether it is open which characters beyond ASCII are in it.
    pub(super) fn is_unsure(&self) -> bool {
        self.unsure
    }
}

fn bit(character: u32) -> u128 {
    1_u128.checked_shl(character).unwrap_or(0)
}
