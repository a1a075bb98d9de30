//! What a file looks like from outside: enough to know that it need not be read again.

use super::super::limits;
use crate::manifests::{FileError, limits::FILE_BYTES};
use rustix::fs::OFlags;
use sha2::{Digest as _, Sha256};
use std::fs;
use std::io::{self, Read};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;
use std::time::SystemTime;

/// SHA-256 of a file.
pub(super) type Digest = [u8; 32];

/// What a file looks like from outside, and when it was looked at.
#[derive(Debug, Clone)]
pub(super) struct Stamp {
    device: u64,
    inode: u64,
    size: u64,
    modified: Option<SystemTime>,
    /// When the inode changed, in seconds and nanoseconds: tools can set back the other time.
    changed: (i64, i64),
    looked: SystemTime,
}

impl PartialEq for Stamp {
    fn eq(&self, other: &Self) -> bool {
        let Self {
            device,
            inode,
            size,
            modified,
            changed,
            looked: _,
        } = self;
        *device == other.device
            && *inode == other.inode
            && *size == other.size
            && *modified == other.modified
            && *changed == other.changed
    }
}

impl Stamp {
    /// Looks at a file; at what it leads to, if it is a link.
    pub(super) fn of(path: &Path) -> Result<Self, FileError> {
        let looked = SystemTime::now();
        let data = fs::metadata(path).map_err(|error| FileError::new(path, &error))?;
        if !data.is_file() {
            return Err(FileError::no_file(path, data.file_type()));
        }
        Ok(Self {
            device: data.dev(),
            inode: data.ino(),
            size: data.size(),
            modified: data.modified().ok(),
            changed: (data.ctime(), data.ctime_nsec()),
            looked,
        })
    }

    /// Which file it is, by whatever name.
    pub(super) fn inode(&self) -> (u64, u64) {
        (self.device, self.inode)
    }

    /// Whether a file that looked like this and now looks like `now` is surely the same: it was
    /// last changed so long before it was read that a later change would show.
    pub(super) fn is_sure(&self, now: &Self) -> bool {
        let age = self
            .modified
            .and_then(|modified| self.looked.duration_since(modified).ok());
        self == now && age.is_some_and(|age| age >= limits::CLOCK_TICK)
    }

    /// The file's bytes, and their digest.
    pub(super) fn read(&self, path: &Path) -> Result<(Vec<u8>, Digest), FileError> {
        let bytes = read_file(path)?;
        let digest = Sha256::digest(&bytes).into();
        Ok((bytes, digest))
    }
}

/// The bytes of a file; what is longer than a manifest may be is cut right after that, to be
/// refused. Whoever puts a named pipe in its place must not make the server wait.
fn read_file(path: &Path) -> Result<Vec<u8>, FileError> {
    let failed = |error: io::Error| FileError::new(path, &error);
    let flags = i32::try_from(OFlags::NONBLOCK.bits()).unwrap_or(0);
    let mut options = fs::OpenOptions::new();
    options.read(true).custom_flags(flags);
    let file = options.open(path).map_err(failed)?;
    let kind = file.metadata().map_err(failed)?.file_type();
    if !kind.is_file() {
        return Err(FileError::no_file(path, kind));
    }
    let mut bytes = Vec::new();
    let most = u64::try_from(FILE_BYTES).unwrap_or(u64::MAX);
    file.take(most.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(failed)?;
    Ok(bytes)
}
