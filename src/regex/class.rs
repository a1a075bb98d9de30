//! Sets of characters.

use crate::gather;

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
    /// A set of characters of ASCII alone.
    pub(super) fn of_ascii(ranges: &[(u8, u8)]) -> Self {
        let mut class = Self::default();
        for (first, last) in ranges {
            class.add(u32::from(*first), u32::from(*last));
        }
        class
    }

    /// Every character.
    pub(super) fn all() -> Self {
        let mut class = Self::default();
        class.add(0, LAST);
        class
    }

    /// Leaves open which characters beyond ASCII are in it.
    pub(super) fn or_any_beyond_ascii(mut self) -> Self {
        self.unsure = true;
        self
    }

    /// Adds the characters from the first to the last.
    pub(super) fn add(&mut self, first: u32, last: u32) {
        for character in first..=last.min(BEYOND.saturating_sub(1)) {
            self.ascii |= bit(character);
        }
        if last >= BEYOND {
            self.beyond.push((first.max(BEYOND), last));
        }
    }

    /// Adds all characters of another set.
    pub(super) fn add_all(&mut self, other: &Self) {
        self.ascii |= other.ascii;
        self.beyond.extend_from_slice(&other.beyond);
        self.unsure |= other.unsure;
    }

    /// With the other case of each letter. Two characters beyond ASCII have letters of ASCII for
    /// their other case: the sign of Kelvin and the long s.
    pub(super) fn folded(mut self) -> Self {
        let is_all = self.has_all_beyond();
        for letter in b'a'..=b'z' {
            let lower = bit(u32::from(letter));
            let upper = bit(u32::from(letter.to_ascii_uppercase()));
            if self.ascii & (lower | upper) != 0 {
                self.ascii |= lower | upper;
            }
        }
        for (letter, twin) in [(b'k', KELVIN), (b's', LONG_S)] {
            let has_twin = self.has_beyond(twin);
            let both = bit(u32::from(letter)) | bit(u32::from(letter.to_ascii_uppercase()));
            if has_twin {
                self.ascii |= both;
            } else if self.ascii & both != 0 {
                self.beyond.push((twin, twin));
            }
        }
        // What else is a letter beyond ASCII, and of which other letter it is the case, is open.
        let others = |(first, last): &(u32, u32)| first != last || !is_twin(*first);
        self.unsure |= !is_all && self.beyond.iter().any(others);
        self
    }

    /// The other characters.
    pub(super) fn negated(self) -> Self {
        let ascii = !self.ascii;
        if self.unsure {
            return Self {
                ascii,
                beyond: Vec::new(),
                unsure: !self.has_all_beyond(),
            };
        }
        let mut beyond = Vec::new();
        let mut next = BEYOND;
        for (first, last) in gather::set(self.beyond) {
            if next < first {
                beyond.push((next, first.saturating_sub(1)));
            }
            next = next.max(last.saturating_add(1));
        }
        if next <= LAST {
            beyond.push((next, LAST));
        }
        Self {
            ascii,
            beyond,
            unsure: false,
        }
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

    fn has_beyond(&self, character: u32) -> bool {
        let mut ranges = self.beyond.iter();
        ranges.any(|(first, last)| (*first..=*last).contains(&character))
    }

    fn has_all_beyond(&self) -> bool {
        let mut next = BEYOND;
        for (first, last) in gather::set(self.beyond.iter().copied()) {
            if first > next {
                return false;
            }
            next = next.max(last.saturating_add(1));
        }
        next > LAST
    }

    /// Puts ranges that touch together, so that asking takes no longer than it must.
    pub(super) fn finished(self) -> Self {
        let unsure = self.unsure;
        let known = Self {
            unsure: false,
            ..self
        };
        Self {
            unsure,
            ..known.negated().negated()
        }
    }
}

/// The sign of Kelvin, an upper case of `k`.
const KELVIN: u32 = 0x212a;
/// The long s, a lower case of `S`.
const LONG_S: u32 = 0x17f;

fn is_twin(character: u32) -> bool {
    matches!(character, KELVIN | LONG_S)
}

fn bit(character: u32) -> u128 {
    1_u128.checked_shl(character).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::{Class, Doubt, LAST};

    fn of(first: char, last: char) -> Class {
        let mut class = Class::default();
        class.add(u32::from(first), u32::from(last));
        class
    }

    #[test]
    fn what_a_class_has_its_opposite_has_not() {
        let mut two = of('b', 'd');
        two.add(0xe9, 0x200);
        two.add(0xc0, 0xea);
        for class in [two, of('a', '\u{ff}'), Class::all(), Class::default()] {
            let (class, other) = (class.clone().finished(), class.negated());
            assert_eq!(class, other.clone().negated());
            for character in (0..0x300).chain([0xd800, LAST]) {
                assert_ne!(
                    class.has(character, Doubt::Excluded),
                    other.has(character, Doubt::Excluded),
                    "{character:x}"
                );
            }
        }
    }

    #[test]
    fn what_is_open_stays_open() {
        let open = of('a', 'a').or_any_beyond_ascii();
        for class in [open.clone(), open.negated()] {
            assert!(class.has(0xe9, Doubt::Included));
            assert!(!class.has(0xe9, Doubt::Excluded));
        }
        assert!(!Class::all().folded().is_unsure());
        assert!(of('é', 'é').folded().is_unsure());
    }

    #[test]
    fn letters_have_both_cases() {
        for (letter, has) in [
            ('k', "kK\u{212a}"),
            ('S', "sS\u{17f}"),
            ('\u{17f}', "sS\u{17f}"),
        ] {
            let class = of(letter, letter).folded().finished();
            assert!(!class.is_unsure(), "{letter}");
            for other in "akKsS[{\u{212a}\u{17f}é".chars() {
                let is_in = class.has(u32::from(other), Doubt::Excluded);
                assert_eq!(is_in, has.contains(other), "{letter} {other}");
            }
        }
    }
}
