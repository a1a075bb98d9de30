//! The verbs.

mod bundle;
mod check;
mod eval;
mod load;
mod nearest;
mod place;
mod serve;
mod test;

use crate::terminal::Terminal;
use clap::{CommandFactory, Parser, Subcommand, ValueEnum};
use heliast_cli::diagnostics::ColourChoice;
use heliast_cli::manifests::FileError;
use heliast_cli::signing_key::KeyError;
use std::io;
use std::process::ExitCode;

const EXIT_CODES: &str = "Exit codes: 0 yes, allowed, all passed; 1 no, denied, failed; \
    2 bad usage or input; 3 could not decide; 4 environment.";

/// Check, evaluate and test Calico application layer policy offline.
#[derive(Debug, Parser)]
#[command(name = "heliast", version, after_help = EXIT_CODES, max_term_width = 100)]
struct Cli {
    /// When to use colours.
    #[arg(
        long,
        global = true,
        value_name = "WHEN",
        default_value = "auto",
        hide_default_value = true
    )]
    color: ColorWhen,
    #[command(subcommand)]
    command: Verb,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum ColorWhen {
    Auto,
    Always,
    Never,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Check policies, configurations and policy tests for mistakes.
    Check(check::Arguments),
    /// Decide one request, and show which rules led to the verdict.
    Eval(Box<eval::Arguments>),
    /// Run policy tests.
    Test(test::Arguments),
    /// Build, look into, compare, sign and verify bundles.
    Bundle(bundle::Arguments),
    /// Serve bundles to sidecars, and follow the files they are made of.
    Serve(Box<serve::Arguments>),
    /// Print a completion script for a shell.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
}

/// An answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answer {
    /// Yes, allowed, all passed.
    Yes,
    /// No, denied, failed.
    No,
    /// It could not be decided, and that was said.
    Undecided,
}

/// Why there is no answer.
#[derive(Debug)]
enum Stop {
    /// The input is bad, and that was said.
    Told,
    /// Bad usage or input.
    Usage(String),
    /// It could not be decided.
    Undecided(String),
    /// The machine is in the way.
    Environment(String),
}

impl From<FileError> for Stop {
    fn from(error: FileError) -> Self {
        if error.is_missing {
            Self::Usage(error.to_string())
        } else {
            Self::Environment(error.to_string())
        }
    }
}

impl From<KeyError> for Stop {
    fn from(error: KeyError) -> Self {
        if error.is_environment {
            Self::Environment(error.to_string())
        } else {
            Self::Usage(error.to_string())
        }
    }
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Self::Environment(format!("cannot write to standard output: {error}"))
    }
}

/// Runs the command that the arguments ask for.
pub(crate) fn run() -> ExitCode {
    let cli = Cli::parse();
    let terminal = Terminal::new(match cli.color {
        ColorWhen::Auto => ColourChoice::Auto,
        ColorWhen::Always => ColourChoice::Always,
        ColorWhen::Never => ColourChoice::Never,
    });
    let result = match &cli.command {
        Verb::Check(arguments) => check::run(arguments, terminal),
        Verb::Eval(arguments) => eval::run(arguments, terminal),
        Verb::Test(arguments) => test::run(arguments, terminal),
        Verb::Bundle(arguments) => bundle::run(arguments, terminal),
        Verb::Serve(arguments) => serve::run(arguments, terminal),
        Verb::Completions { shell } => completions(*shell, terminal),
    };
    let (code, text) = match result {
        Ok(Answer::Yes) => (0, None),
        Ok(Answer::No) => (1, None),
        Ok(Answer::Undecided) => (3, None),
        Err(Stop::Told) => (2, None),
        Err(Stop::Usage(text)) => (2, Some(text)),
        Err(Stop::Undecided(text)) => (3, Some(text)),
        Err(Stop::Environment(text)) => (4, Some(text)),
    };
    if let Some(text) = text {
        terminal.fail(&text);
    }
    ExitCode::from(code)
}

fn completions(shell: clap_complete::Shell, terminal: Terminal) -> Result<Answer, Stop> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "heliast", &mut script);
    terminal.data(&String::from_utf8_lossy(&script))?;
    Ok(Answer::Yes)
}
