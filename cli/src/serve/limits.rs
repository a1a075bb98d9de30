//! Every bound of the server, so that no client and no source makes it work, wait or hold without
//! end.

use std::time::Duration;

/// Longest `wait` that a poll may ask for.
pub const WAIT: Duration = Duration::from_secs(300);
/// Longest path and query, in bytes.
pub const URI_BYTES: usize = 2048;
/// Largest request head, in bytes: request line and headers.
pub const HEAD_BYTES: usize = 16 * 1024;
/// Most headers of one request.
pub const HEADERS: usize = 64;
/// How long the head of a request may take from its first byte to its last.
pub const HEAD_TIME: Duration = Duration::from_secs(10);
/// How long a connection may stay without a request. Longer than any sensible interval between two
/// polls, so that a sidecar does not reuse a connection that is just being closed.
pub const IDLE_TIME: Duration = Duration::from_secs(120);
/// How long a client may take to read the next bytes of an answer.
pub const WRITE_TIME: Duration = Duration::from_secs(20);
/// How long a TLS handshake may take.
pub const HANDSHAKE_TIME: Duration = Duration::from_secs(10);
/// How long clients are given to read their last answers when the server stops.
pub const SHUTDOWN_TIME: Duration = Duration::from_secs(5);
/// File descriptors that are not for connections: files of the source, the listener, the watcher.
pub const RESERVED_DESCRIPTORS: u64 = 64;

/// Bodies smaller than this are not compressed, in bytes: a delta fits into one packet as it is.
pub const GZIP_BYTES: usize = 1024;

/// Steps that a feed remembers, so that clients which are that far behind still get a delta.
pub const HISTORY_STEPS: usize = 256;
/// Objects named in the history of one feed: the memory that it takes.
pub const HISTORY_OBJECTS: usize = 20_000;
/// A pruned bundle that nobody asked for during this time is no longer kept up to date.
pub const VIEW_IDLE: Duration = Duration::from_secs(600);

/// Largest bundle whose warnings are looked for, in objects: all of it must be read anew for that,
/// at once.
pub const WARNED_OBJECTS: usize = 20_000;

/// How long a source must be quiet before it is read: a file is written in pieces.
pub const QUIET: Duration = Duration::from_millis(100);
/// How long reading is put off for a source that is never quiet.
pub const UNREST: Duration = Duration::from_secs(1);
/// How often a source is looked at without having been told of a change: not every file system
/// tells.
pub const POLL: Duration = Duration::from_secs(2);
/// A file that was changed this shortly before it was read may have been changed again in the same
/// tick of the file system's clock, and is read again.
pub const CLOCK_TICK: Duration = Duration::from_secs(1);
