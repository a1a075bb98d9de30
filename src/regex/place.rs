//! Places between two characters.

/// A place between two characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// The start of the value.
    Start,
    /// The end of the value.
    End,
    /// The start of a line.
    LineStart,
    /// The end of a line.
    LineEnd,
    /// Between a letter, digit or underscore and what is none.
    WordBoundary,
    /// Anywhere else.
    NoWordBoundary,
}
