//! Finding and reading files.

use super::limits;
use crate::gzip;
use std::fmt;
use std::fs;
use std::io::{self, Read};
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};

/// A file that is not there or cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileError {
    /// The path.
    pub path: PathBuf,
    /// What the system says.
    pub message: String,
    /// Whether it is not there at all: then the user named it wrongly.
    pub is_missing: bool,
}

impl FileError {
    /// What the system says of a path.
    #[must_use]
    pub fn new(path: &Path, error: &io::Error) -> Self {
        let is_missing = error.kind() == io::ErrorKind::NotFound;
        let message = if is_missing {
            "there is no such file or folder".to_owned()
        } else {
            error.to_string()
        };
        Self {
            path: path.to_path_buf(),
            message,
            is_missing,
        }
    }
}

impl FileError {
    /// A path whose name is that of a manifest, and which is none.
    #[must_use]
    pub fn no_file(path: &Path, kind: fs::FileType) -> Self {
        let kinds = [
            (kind.is_dir(), "a folder"),
            (kind.is_fifo(), "a named pipe"),
            (kind.is_socket(), "a socket"),
        ];
        let what = kinds.into_iter().find(|(is_it, _)| *is_it);
        let what = what.map_or("a device", |(_, what)| what);
        Self {
            path: path.to_path_buf(),
            message: format!("this is {what}, and a file with manifests is expected"),
            is_missing: false,
        }
    }
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", display(&self.path), self.message)
    }
}

impl std::error::Error for FileError {}

/// The file of that path, or all manifests under the folder, sorted by name.
///
/// # Errors
///
/// If it is not there, or a folder cannot be read.
pub fn find(path: &Path) -> Result<Vec<PathBuf>, FileError> {
    let kind = fs::metadata(path).map_err(|error| FileError::new(path, &error))?;
    if !kind.is_dir() {
        return Ok(vec![path.to_path_buf()]);
    }
    let mut found = Vec::new();
    walk(path, limits::FOLDER_DEPTH, &mut found)?;
    Ok(found)
}

fn walk(folder: &Path, depth: usize, found: &mut Vec<PathBuf>) -> Result<(), FileError> {
    let failed = |error: &io::Error| FileError::new(folder, error);
    let Some(depth) = depth.checked_sub(1) else {
        return Err(FileError {
            path: folder.to_path_buf(),
            message: format!("folders are nested deeper than {}", limits::FOLDER_DEPTH),
            is_missing: false,
        });
    };
    let entries = fs::read_dir(folder).map_err(|error| failed(&error))?;
    let mut paths = Vec::new();
    for entry in entries {
        let entry = entry.map_err(|error| failed(&error))?;
        // Hidden entries: version control, and the folders behind a ConfigMap's links.
        if !entry.file_name().to_string_lossy().starts_with('.') {
            paths.push(entry.path());
        }
    }
    paths.sort();
    for path in paths {
        let kind = fs::symlink_metadata(&path).map_err(|error| FileError::new(&path, &error))?;
        if kind.is_dir() {
            walk(&path, depth, found)?;
        } else if is_manifest(&path) {
            // A link that leads nowhere is a mistake, and not an absent file.
            let kind = fs::metadata(&path).map_err(|error| FileError::new(&path, &error))?;
            if !kind.is_file() {
                return Err(FileError::no_file(&path, kind.file_type()));
            }
            found.push(path);
        }
    }
    Ok(())
}

fn is_manifest(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str());
    matches!(extension, Some("yaml" | "yml" | "json"))
}

/// The bytes of a file, or of standard input where the path is `-`. What is longer than `most` is
/// cut right after it, for the caller to refuse.
///
/// # Errors
///
/// If it is not there, or cannot be read.
pub fn read(path: &Path, most: usize) -> Result<Vec<u8>, FileError> {
    let failed = |error: io::Error| FileError::new(path, &error);
    let length = gzip::one_more(most);
    let mut bytes = Vec::new();
    if path == Path::new("-") {
        let input = io::stdin().lock();
        input.take(length).read_to_end(&mut bytes).map_err(failed)?;
    } else {
        let file = fs::File::open(path).map_err(failed)?;
        file.take(length).read_to_end(&mut bytes).map_err(failed)?;
    }
    Ok(bytes)
}

/// A path as messages show it.
#[must_use]
pub fn display(path: &Path) -> String {
    if path == Path::new("-") {
        return "<stdin>".to_owned();
    }
    let plain = path.strip_prefix("./").ok();
    let plain = plain.filter(|plain| !plain.as_os_str().is_empty());
    plain.unwrap_or(path).display().to_string()
}
