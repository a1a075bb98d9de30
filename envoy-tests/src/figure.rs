//! Figures that tests measure.

use std::io::{self, Write};

/// Prints a figure, past the test runner, which keeps what passing tests print to itself.
/// `cargo xtask test` shows it.
///
/// # Errors
///
/// If nothing can be printed.
pub fn figure(text: &str) -> io::Result<()> {
    writeln!(io::stdout().lock(), "\nfigure: {text}")
}
