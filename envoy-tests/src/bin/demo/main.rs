//! The YAO Bank demo.
fn main() {}
