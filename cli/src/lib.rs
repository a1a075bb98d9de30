//! The `heliast` command as a library.
