//! How an expression puts sets of characters together.

use super::{BEYOND, Class, LAST, bit};
use crate::gather;

impl Class {
    /// A set of characters of ASCII alone.
    pub(in crate::regex) fn of_ascii(ranges: &[(u8, u8)]) -> Self {
        let mut class = Self::default();
        for (first, last) in ranges {
            class.add(u32::from(*first), u32::from(*last));
        }
        class
    }

    /// Every character.
    pub(in crate::regex) fn all() -> Self {
        let mut class = Self::default();
        class.add(0, LAST);
        class
    }

    /// Leaves open which characters beyond ASCII are in it.
    pub(in crate::regex) fn or_any_beyond_ascii(mut self) -> Self {
        self.leave_open();
        self
    }

    /// Adds all characters of another set.
    pub(in crate::regex) fn add_all(&mut self, other: &Self) {
        self.ascii |= other.ascii;
        self.beyond.extend_from_slice(&other.beyond);
        self.unsure |= other.unsure;
    }

    /// With the other case of each letter. Two characters beyond ASCII have letters of ASCII for
    /// their other case: the sign of Kelvin and the long s.
    pub(in crate::regex) fn folded(mut self) -> Self {
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
    pub(in crate::regex) fn negated(self) -> Self {
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

    /// Puts ranges that touch together, so that asking takes no longer than it must.
    pub(in crate::regex) fn finished(self) -> Self {
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

    /// Its ranges for certain, in order, if it is [`finished`](Self::finished).
    pub(in crate::regex) fn ranges(&self) -> Vec<(u32, u32)> {
        let mut ranges: Vec<(u32, u32)> = Vec::new();
        for character in (0..BEYOND).filter(|one| self.ascii & bit(*one) != 0) {
            match ranges.last_mut() {
                Some((_, last)) if last.saturating_add(1) == character => *last = character,
                _ => ranges.push((character, character)),
            }
        }
        ranges.extend_from_slice(&self.beyond);
        ranges
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
}

/// The sign of Kelvin, an upper case of `k`.
const KELVIN: u32 = 0x212a;
/// The long s, a lower case of `S`.
const LONG_S: u32 = 0x17f;

fn is_twin(character: u32) -> bool {
    matches!(character, KELVIN | LONG_S)
}

#[cfg(test)]
mod tests {
    use crate::regex::class::{Class, Doubt, LAST};

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
