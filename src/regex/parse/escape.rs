//! What a backslash makes of the character behind it.

use super::{Fault, Parser};
use crate::regex::class::Class;

/// `\d`, `\s` and `\w`, by their letter.
const SHORTHANDS: [(char, &[(u8, u8)]); 3] = [
    ('d', &[(b'0', b'9')]),
    ('s', &[(b'\t', b'\n'), (0x0c, b'\r'), (b' ', b' ')]),
    (
        'w',
        &[(b'0', b'9'), (b'A', b'Z'), (b'_', b'_'), (b'a', b'z')],
    ),
];

const SYMBOLS: &[(u8, u8)] = &[
    (b'$', b'$'),
    (b'+', b'+'),
    (b'<', b'>'),
    (b'^', b'^'),
    (b'`', b'`'),
    (b'|', b'|'),
    (b'~', b'~'),
];

/// The general categories of Unicode, and what each has of ASCII.
const CATEGORIES: [(&str, &[(u8, u8)]); 37] = [
    ("C", CONTROLS),
    ("Cc", CONTROLS),
    ("Cf", &[]),
    ("Co", &[]),
    ("Cs", &[]),
    ("L", LETTERS),
    ("Ll", &[(b'a', b'z')]),
    ("Lm", &[]),
    ("Lo", &[]),
    ("Lt", &[]),
    ("Lu", &[(b'A', b'Z')]),
    ("M", &[]),
    ("Mc", &[]),
    ("Me", &[]),
    ("Mn", &[]),
    ("N", DIGITS),
    ("Nd", DIGITS),
    ("Nl", &[]),
    ("No", &[]),
    (
        "P",
        &[
            (b'!', b'#'),
            (b'%', b'*'),
            (b',', b'/'),
            (b':', b';'),
            (b'?', b'@'),
            (b'[', b']'),
            (b'_', b'_'),
            (b'{', b'{'),
            (b'}', b'}'),
        ],
    ),
    ("Pc", &[(b'_', b'_')]),
    ("Pd", &[(b'-', b'-')]),
    ("Pe", &[(b')', b')'), (b']', b']'), (b'}', b'}')]),
    ("Pf", &[]),
    ("Pi", &[]),
    (
        "Po",
        &[
            (b'!', b'#'),
            (b'%', b'\''),
            (b'*', b'*'),
            (b',', b','),
            (b'.', b'/'),
            (b':', b';'),
            (b'?', b'@'),
            (b'\\', b'\\'),
        ],
    ),
    ("Ps", &[(b'(', b'('), (b'[', b'['), (b'{', b'{')]),
    ("S", SYMBOLS),
    ("Sc", &[(b'$', b'$')]),
    ("Sk", &[(b'^', b'^'), (b'`', b'`')]),
    (
        "Sm",
        &[(b'+', b'+'), (b'<', b'>'), (b'|', b'|'), (b'~', b'~')],
    ),
    ("So", &[]),
    ("Z", &[(b' ', b' ')]),
    ("Zl", &[]),
    ("Zp", &[]),
    ("Zs", &[(b' ', b' ')]),
    ("Latin", LETTERS),
];

const CONTROLS: &[(u8, u8)] = &[(0, 0x1f), (0x7f, 0x7f)];
const DIGITS: &[(u8, u8)] = &[(b'0', b'9')];
const LETTERS: &[(u8, u8)] = &[(b'A', b'Z'), (b'a', b'z')];

impl Parser<'_> {
    /// `\d`, `\pL` and their like, in a class and outside; nothing where another thing stands.
    pub(super) fn shorthand(&mut self) -> Result<Option<Class>, Fault> {
        let Some(['\\', letter, ..]) = self.rest.get(..2) else {
            return Ok(None);
        };
        let letter = *letter;
        let is_negated = letter.is_ascii_uppercase();
        let lower = letter.to_ascii_lowercase();
        let class = if lower == 'p' {
            self.take(if is_negated { "\\P" } else { "\\p" });
            self.category()?
        } else {
            let of_letter = SHORTHANDS.iter().find(|(name, _)| *name == lower);
            let Some((_, ranges)) = of_letter else {
                return Ok(None);
            };
            self.next();
            self.next();
            self.cased(Class::of_ascii(ranges))
        };
        Ok(Some(if is_negated { class.negated() } else { class }))
    }

    /// The other case of its letters too, where case does not count.
    pub(super) fn cased(&self, class: Class) -> Class {
        if self.flags.fold {
            class.folded()
        } else {
            class
        }
    }

    /// The name of a category: one letter, or several in braces.
    fn category(&mut self) -> Result<Class, Fault> {
        const WRONG: &str = "names a class of Unicode that is not known here: general categories are, such as `\\pL`, and `Any` and `Latin`,";
        let mut name = String::new();
        match self.next().ok_or(WRONG)? {
            '{' => loop {
                match self.next().ok_or(WRONG)? {
                    '}' => break,
                    one => name.push(one),
                }
            },
            one => name.push(one),
        }
        let (name, is_negated) = match name.strip_prefix('^') {
            Some(name) => (name, true),
            None => (name.as_str(), false),
        };
        let class = if name == "Any" {
            Class::all()
        } else {
            let known = CATEGORIES.iter().find(|(known, _)| *known == name);
            let (_, ranges) = known.ok_or(WRONG)?;
            self.cased(Class::of_ascii(ranges)).or_any_beyond_ascii()
        };
        Ok(if is_negated { class.negated() } else { class })
    }

    /// The one character that a backslash and what follows stand for.
    pub(super) fn escape(&mut self) -> Result<u32, Fault> {
        const WRONG: &str = "has a backslash before what it gives no meaning";
        let before = self.rest;
        let escaped = self.escape_or_nothing();
        let escaped = escaped.filter(|character| *character <= self.reading.largest());
        escaped.ok_or_else(|| {
            self.rest = before;
            WRONG
        })
    }

    fn escape_or_nothing(&mut self) -> Option<u32> {
        self.next();
        let escaped = self.next()?;
        let character = match escaped {
            'a' => 0x07,
            't' => 0x09,
            'n' => 0x0a,
            'v' => 0x0b,
            'f' => 0x0c,
            'r' => 0x0d,
            'x' => return self.hexadecimal(),
            '0' => return Some(self.octal(0)),
            // One digit would be a reference to a group.
            '1'..='7' if self.peek().is_some_and(|next| next.is_digit(8)) => {
                return Some(self.octal(escaped.to_digit(8)?));
            }
            other if other.is_ascii() && !other.is_ascii_alphanumeric() && other != '_' => {
                u32::from(other)
            }
            _ => return None,
        };
        Some(character)
    }

    fn octal(&mut self, first: u32) -> u32 {
        let mut number = first;
        for _ in 0..2 {
            let Some(digit) = self.peek().and_then(|next| next.to_digit(8)) else {
                break;
            };
            self.next();
            number = number.saturating_mul(8).saturating_add(digit);
        }
        number
    }

    /// `\x41` or `\x{41}`.
    fn hexadecimal(&mut self) -> Option<u32> {
        if !self.take("{") {
            let first = self.next()?.to_digit(16)?;
            let second = self.next()?.to_digit(16)?;
            return Some(first.saturating_mul(16).saturating_add(second));
        }
        let mut number = self.next()?.to_digit(16)?;
        loop {
            match self.next()? {
                '}' => return Some(number),
                digit => {
                    let digit = digit.to_digit(16)?;
                    number = number.saturating_mul(16).saturating_add(digit);
                }
            }
        }
    }
}
