//! Colours: on terminals only, and never the only sign of anything.

use std::fmt;
use std::io::IsTerminal;

/// What `--color` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ColourChoice {
    /// On a terminal, unless the environment says otherwise.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// Whether a stream gets colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Colour(bool);

/// What a stretch of text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// Errors and denials.
    Bad,
    /// Warnings.
    Doubtful,
    /// Success and permission.
    Good,
    /// Line numbers and frames.
    Frame,
    /// What matters most.
    Strong,
}

impl Colour {
    /// No colours.
    pub const NONE: Self = Self(false);

    /// What a stream gets: `--color`, then `NO_COLOR`, `CLICOLOR_FORCE` and `TERM=dumb`, then
    /// whether it is a terminal.
    #[must_use]
    pub fn of(choice: ColourChoice, stream: &impl IsTerminal) -> Self {
        let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let forced = std::env::var_os("CLICOLOR_FORCE")
            .is_some_and(|value| !value.is_empty() && value != "0");
        Self(match choice {
            ColourChoice::Always => true,
            ColourChoice::Never => false,
            ColourChoice::Auto if is_set("NO_COLOR") => false,
            ColourChoice::Auto if forced => true,
            ColourChoice::Auto => {
                stream.is_terminal() && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
            }
        })
    }

    /// The text in a style.
    pub fn paint<T: fmt::Display>(self, style: Style, text: T) -> Painted<T> {
        Painted {
            style: self.0.then_some(style),
            text,
        }
    }
}

/// Text in a style.
#[derive(Debug, Clone, Copy)]
pub struct Painted<T> {
    style: Option<Style>,
    text: T,
}

impl<T: fmt::Display> fmt::Display for Painted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let code = match self.style {
            None => return self.text.fmt(f),
            Some(Style::Bad) => "1;31",
            Some(Style::Doubtful) => "1;33",
            Some(Style::Good) => "1;32",
            Some(Style::Frame) => "34",
            Some(Style::Strong) => "1",
        };
        write!(f, "\x1b[{code}m{}\x1b[0m", self.text)
    }
}
