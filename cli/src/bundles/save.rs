//! Files that are there whole or not at all.

use std::fs::{self, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// Puts bytes into a file. Whoever reads it meanwhile has the old bytes or the new ones: they are
/// written to another file in the same folder, which then takes its place.
///
/// # Errors
///
/// What the system says; the file is then as it was.
pub fn save(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let known = fs::metadata(path);
    if known.as_ref().is_ok_and(|known| !known.is_file()) {
        // A pipe or a device cannot be replaced, and has nothing in it to be kept.
        return fs::OpenOptions::new()
            .write(true)
            .open(path)?
            .write_all(bytes);
    }
    // What a link leads to is written, and not the link.
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        Some(_) | None => Path::new("."),
    };
    // Where the file is new, as open to others as the user's mask says.
    let permissions = known.map_or_else(
        |_| Permissions::from_mode(0o666),
        |known| known.permissions(),
    );
    let mut file = tempfile::Builder::new()
        .prefix(".heliast-")
        .permissions(permissions)
        .tempfile_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(&path).map_err(|error| error.error)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_and_keeps_its_mode() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("bundle.json");
        save(&file, b"one").unwrap();
        fs::set_permissions(&file, Permissions::from_mode(0o640)).unwrap();
        let link = folder.path().join("link");
        std::os::unix::fs::symlink(&file, &link).unwrap();
        save(&link, b"two").unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"two");
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        let mode = fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o640);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    }

    #[test]
    fn what_cannot_be_written_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        assert!(save(&folder.path().join("no/bundle.json"), b"one").is_err());
        assert!(save(folder.path(), b"one").is_err());
        save(Path::new("/dev/null"), b"one").unwrap();
    }
}
