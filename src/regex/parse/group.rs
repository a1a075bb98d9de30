//! What a group begins with.

use super::{Fault, Parser};

/// What an opening bracket opens.
pub(super) enum Opening {
    /// A group.
    Group,
    /// Nothing: it switches flags for what follows.
    Switches,
}

impl Parser<'_> {
    /// `(`, `(?:`, `(?P<name>`, `(?flags:` or `(?flags)`.
    pub(super) fn opening(&mut self) -> Result<Opening, Fault> {
        self.next();
        if !self.take("?") {
            return Ok(Opening::Group);
        }
        if self.take("P<") || self.take("<") {
            return self.name().map(|()| Opening::Group);
        }
        self.switches()
    }

    fn name(&mut self) -> Result<(), Fault> {
        let mut is_empty = true;
        loop {
            match self.next() {
                Some('>') if !is_empty => return Ok(()),
                Some(one) if one.is_ascii_alphanumeric() || one == '_' => is_empty = false,
                _ => return Err("has a group whose name is none"),
            }
        }
    }

    fn switches(&mut self) -> Result<Opening, Fault> {
        const WRONG: &str = "has a group of a kind that is not known";
        let mut flags = self.flags;
        let mut on = true;
        let mut is_bare = false;
        loop {
            match self.next().ok_or(WRONG)? {
                'i' => flags.fold = on,
                'm' => flags.lines = on,
                's' => flags.dot_takes_all = on,
                'U' => {}
                '-' if on => {
                    on = false;
                    is_bare = true;
                    continue;
                }
                end @ (':' | ')') if !is_bare => {
                    self.flags = flags;
                    return Ok(if end == ':' {
                        Opening::Group
                    } else {
                        Opening::Switches
                    });
                }
                _ => return Err(WRONG),
            }
            is_bare = false;
        }
    }
}
