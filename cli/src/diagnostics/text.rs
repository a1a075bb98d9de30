//! Text from files, made fit for a terminal.

/// Most columns of a line.
pub const WIDTH: usize = 100;

/// The text with control characters replaced: what a file says must not drive the terminal.
#[must_use]
pub fn clean(text: &str) -> String {
    let visible = |character: char| match character {
        '\t' => ' ',
        // Marks that reorder text can make a line read as what it is not.
        '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => '\u{fffd}',
        control if control.is_control() => '\u{fffd}',
        other => other,
    };
    text.chars().map(visible).collect()
}

/// As [`clean`], lines kept apart.
pub(super) fn clean_lines(text: &str) -> impl Iterator<Item = String> {
    text.split('\n').map(clean)
}

/// A window of at most `width` characters of a line around the columns of interest (from 1),
/// and the column of its first character.
pub(super) fn window(line: &str, column: usize, width: usize) -> (String, usize) {
    let count = line.chars().count();
    if count <= width {
        return (clean(line), 1);
    }
    // A third of the window before the place, the rest after it.
    let first = column
        .saturating_sub(width / 3)
        .min(count.saturating_sub(width))
        .max(1);
    let cut: String = line
        .chars()
        .skip(first.saturating_sub(1))
        .take(width)
        .collect();
    (clean(&cut), first)
}

/// The line, broken between words where the screen ends; a word that is too long stays whole.
#[must_use]
pub fn wrap(line: &str, indent: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut current = String::new();
    for word in line.split_inclusive(' ') {
        let length = current
            .chars()
            .count()
            .saturating_add(word.trim_end().chars().count());
        if length > WIDTH && !current.trim().is_empty() {
            lines.push(std::mem::take(&mut current).trim_end().to_owned());
            current = " ".repeat(indent);
        }
        current.push_str(word);
    }
    lines.push(current.trim_end().to_owned());
    lines
}
