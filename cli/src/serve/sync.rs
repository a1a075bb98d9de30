//! Locks that outlive a panic: every holder leaves them as they should be.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks it. Nothing that is held under these locks is left half done by a panic, and a server that
/// answers is worth more than one that does not.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
