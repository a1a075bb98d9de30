//! The `heliast` command.

fn main() {}
