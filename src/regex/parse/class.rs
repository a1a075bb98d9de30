//! Classes: `[a-z]` and what may stand in one.

use super::{Fault, Parser};
use crate::regex::class::Class;

/// Names of classes within a class: `[[:digit:]]`.
const NAMED: [(&str, &[(u8, u8)]); 14] = [
    ("alnum", &[(b'0', b'9'), (b'A', b'Z'), (b'a', b'z')]),
    ("alpha", &[(b'A', b'Z'), (b'a', b'z')]),
    ("ascii", &[(0, 0x7f)]),
    ("blank", &[(b'\t', b'\t'), (b' ', b' ')]),
    ("cntrl", &[(0, 0x1f), (0x7f, 0x7f)]),
    ("digit", &[(b'0', b'9')]),
    ("graph", &[(b'!', b'~')]),
    ("lower", &[(b'a', b'z')]),
    ("print", &[(b' ', b'~')]),
    (
        "punct",
        &[(b'!', b'/'), (b':', b'@'), (b'[', b'`'), (b'{', b'~')],
    ),
    ("space", &[(b'\t', b'\r'), (b' ', b' ')]),
    ("upper", &[(b'A', b'Z')]),
    (
        "word",
        &[(b'0', b'9'), (b'A', b'Z'), (b'_', b'_'), (b'a', b'z')],
    ),
    ("xdigit", &[(b'0', b'9'), (b'A', b'F'), (b'a', b'f')]),
];

impl Parser<'_> {
    /// A class, from its bracket to the one that closes it.
    pub(super) fn class(&mut self) -> Result<Class, Fault> {
        const OPEN: &str = "has a `[` without a `]`";
        self.next();
        let is_negated = self.take("^");
        let mut class = Class::default();
        // A bracket that comes first stands for itself.
        let mut is_first = true;
        loop {
            match self.peek() {
                None => return Err(OPEN),
                Some(']') if !is_first => break,
                Some(_) => is_first = false,
            }
            if let Some(part) = self.named()? {
                class.add_all(&part);
            } else if let Some(part) = self.shorthand()? {
                class.add_all(&part);
            } else {
                let range = self.range()?;
                class.add_all(&self.cased(range));
            }
        }
        self.next();
        Ok(if is_negated { class.negated() } else { class })
    }

    /// `[:digit:]` and its like; nothing where another thing stands.
    fn named(&mut self) -> Result<Option<Class>, Fault> {
        let Some(inner) = self.rest.strip_prefix(&['[', ':']) else {
            return Ok(None);
        };
        let Some(end) = inner.windows(2).position(|two| two == [':', ']']) else {
            return Ok(None);
        };
        let name: String = inner.iter().take(end).collect();
        let (name, is_negated) = match name.strip_prefix('^') {
            Some(name) => (name, true),
            None => (name.as_str(), false),
        };
        let known = NAMED.iter().find(|(known, _)| *known == name);
        let (_, ranges) = known.ok_or("names a class that is not known")?;
        self.rest = inner.get(end.saturating_add(2)..).unwrap_or_default();
        let class = self.cased(Class::of_ascii(ranges));
        Ok(Some(if is_negated { class.negated() } else { class }))
    }

    /// One character, or from one to another.
    fn range(&mut self) -> Result<Class, Fault> {
        let first = self.member()?;
        let mut last = first;
        // In front of the closing bracket a hyphen stands for itself.
        if let ['-', next, ..] = self.rest
            && *next != ']'
        {
            self.next();
            last = self.member()?;
        }
        if last < first {
            return Err("has a range from a later character to an earlier one");
        }
        let mut class = Class::default();
        class.add(first, last);
        Ok(class)
    }

    fn member(&mut self) -> Result<u32, Fault> {
        if self.peek() == Some('\\') {
            return self.escape();
        }
        let character = self.next().ok_or("has a `[` without a `]`")?;
        Ok(u32::from(character))
    }
}
