//! Build, demo, test and measure heliast.

fn main() {}
