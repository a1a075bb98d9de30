//! The `heliast` command.

mod commands;
mod terminal;

use std::process::ExitCode;

fn main() -> ExitCode {
    commands::run()
}
