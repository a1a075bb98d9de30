//! Istio's one wildcard algorithm (istio.md 1.3).

use std::fmt;

/// A value that may start or end with `*`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Glob {
    /// `*`: whatever is there and not empty.
    Present,
    /// `*text`: what ends so.
    Suffix(String),
    /// `text*`: what starts so.
    Prefix(String),
    /// The text itself.
    Exact(String),
}

impl Glob {
    /// Reads a value, in Istio's order: `*` in front is seen before `*` at the end, and every
    /// other `*` is an ordinary character.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        if text == "*" {
            Self::Present
        } else if let Some(end) = text.strip_prefix('*') {
            Self::Suffix(end.to_owned())
        } else if let Some(start) = text.strip_suffix('*') {
            Self::Prefix(start.to_owned())
        } else {
            Self::Exact(text.to_owned())
        }
    }

    /// The text without its wildcard.
    #[must_use]
    pub fn text(&self) -> &str {
        match self {
            Self::Present => "",
            Self::Suffix(text) | Self::Prefix(text) | Self::Exact(text) => text,
        }
    }
}

impl fmt::Display for Glob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Present => f.write_str("*"),
            Self::Suffix(text) => write!(f, "*{text}"),
            Self::Prefix(text) => write!(f, "{text}*"),
            Self::Exact(text) => f.write_str(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Glob;

    #[test]
    fn the_order_of_istio() {
        for (text, expected) in [
            ("*", Glob::Present),
            ("*foo", Glob::Suffix("foo".to_owned())),
            ("foo*", Glob::Prefix("foo".to_owned())),
            ("*foo*", Glob::Suffix("foo*".to_owned())),
            ("/a/*b", Glob::Exact("/a/*b".to_owned())),
            ("foo", Glob::Exact("foo".to_owned())),
            ("**", Glob::Suffix("*".to_owned())),
        ] {
            let glob = Glob::parse(text);
            assert_eq!(glob, expected, "{text}");
            assert_eq!(glob.to_string(), text);
        }
    }
}
