//! Every bound on what a manifest may make the command do.

/// Largest file, in bytes.
pub const FILE_BYTES: usize = 64 * 1024 * 1024;
/// Deepest nesting of maps and lists.
pub const DEPTH: usize = 100;
/// Most values that aliases may copy in one file: a few lines of them can stand for billions.
pub const ALIASED_VALUES: usize = 100_000;
/// Deepest nesting of folders.
pub const FOLDER_DEPTH: usize = 32;
/// Most problems shown of one file.
pub const SYNTAX_PROBLEMS: usize = 20;
