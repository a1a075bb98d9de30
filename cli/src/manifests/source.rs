//! Places in the text of a file.

/// A file that was read.
#[derive(Debug, Clone)]
pub struct SourceFile {
    /// Its path as the user wrote it, or `<stdin>`.
    pub name: String,
    /// Its text.
    pub text: String,
}

impl SourceFile {
    /// A line of the text, from 1, without its line break.
    #[must_use]
    pub fn line(&self, number: usize) -> Option<&str> {
        self.text.lines().nth(number.checked_sub(1)?)
    }
}

/// A place between two characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// The line, from 1.
    pub line: usize,
    /// The character in the line, from 1.
    pub column: usize,
}

/// A stretch of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// Its first character.
    pub start: Position,
    /// The one after its last.
    pub end: Position,
}

impl Span {
    /// The place where a file begins.
    pub(super) const START: Self = {
        let start = Position { line: 1, column: 1 };
        Self { start, end: start }
    };
}

/// A stretch of text in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Location {
    /// Position of the file in [`super::Manifests::files`].
    pub file: usize,
    /// The text.
    pub span: Span,
}
