//! A directory that models share, and that pods may change in.

use super::Directory;
#[cfg(feature = "compiled")]
use crate::reader::{Read, Reader};
use std::ops::Deref;
use std::sync::{Arc, PoisonError, RwLock};

/// A directory. Whoever reads it keeps it as it is for so long.
#[derive(Debug, Clone, Default)]
pub struct SharedDirectory(Arc<RwLock<Directory>>);

impl From<Directory> for SharedDirectory {
    fn from(directory: Directory) -> Self {
        Self(Arc::new(RwLock::new(directory)))
    }
}

impl SharedDirectory {
    /// The directory, to be asked.
    pub fn read(&self) -> impl Deref<Target = Directory> + '_ {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    #[cfg(feature = "objects")]
    /// Changes the directory in place; false if another model shares it, or somebody reads it.
    pub(crate) fn change(&self, change: impl FnOnce(&mut Directory)) -> bool {
        if Arc::strong_count(&self.0) > 1 {
            return false;
        }
        match self.0.try_write() {
            Ok(mut directory) => {
                change(&mut directory);
                true
            }
            Err(_) => false,
        }
    }

    /// The directory, if nobody else has it.
    pub(super) fn into_sole(self) -> Option<Directory> {
        let lock = Arc::into_inner(self.0)?;
        Some(lock.into_inner().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(feature = "compiler")]
impl serde::Serialize for SharedDirectory {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.read().serialize(serializer)
    }
}

#[cfg(feature = "compiled")]
impl Read for SharedDirectory {
    fn read(from: &mut Reader<'_>) -> Self {
        Self::from(from.read::<Directory>())
    }
}
