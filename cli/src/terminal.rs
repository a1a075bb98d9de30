//! The two streams: data on standard output, everything else on standard error.

use heliast_cli::diagnostics::{Colour, ColourChoice, Diagnostics, Form, Style, clean};
use heliast_cli::manifests::Manifests;
use std::io::{self, ErrorKind, Write};

/// The streams of this process.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Terminal {
    /// What standard output gets.
    pub(crate) colour: Colour,
    /// What standard error gets.
    error_colour: Colour,
}

impl Terminal {
    pub(crate) fn new(choice: ColourChoice) -> Self {
        Self {
            colour: Colour::of(choice, &io::stdout()),
            error_colour: Colour::of(choice, &io::stderr()),
        }
    }

    /// Writes data. A reader that has seen enough is no error.
    pub(crate) fn data(self, text: &str) -> io::Result<()> {
        self.bytes(text.as_bytes())
    }

    /// Writes data that is no text.
    pub(crate) fn bytes(self, bytes: &[u8]) -> io::Result<()> {
        let mut out = io::stdout().lock();
        match out.write_all(bytes).and_then(|()| out.flush()) {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
            result => result,
        }
    }

    /// Tells the user something. There is nobody left to tell if that fails.
    pub(crate) fn say(self, text: &str) {
        let _nobody_left = io::stderr().lock().write_all(text.as_bytes());
    }

    /// Tells the user why the command stops.
    pub(crate) fn fail(self, text: &str) {
        let label = self.error_colour.paint(Style::Bad, "error");
        let lines: Vec<String> = text.lines().map(clean).collect();
        self.say(&format!("{label}: {}\n", lines.join("\n")));
    }

    /// Shows problems.
    pub(crate) fn show(self, diagnostics: &Diagnostics, manifests: &Manifests) {
        self.say(&diagnostics.render(manifests, Form::Pretty, self.error_colour));
    }

    /// Shows problems, one line each.
    pub(crate) fn show_compact(self, diagnostics: &Diagnostics, manifests: &Manifests) {
        self.say(&diagnostics.render(manifests, Form::Compact, self.error_colour));
    }
}
