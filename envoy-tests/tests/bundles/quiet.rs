//! Tests that measure want the machine for themselves.

use tokio::sync::{RwLock, RwLockReadGuard, RwLockWriteGuard};

static MACHINE: RwLock<()> = RwLock::const_new(());

/// The right to run; ends with its owner.
#[expect(dead_code, reason = "held, not read")]
pub(crate) enum Turn {
    Beside(RwLockReadGuard<'static, ()>),
    Alone(RwLockWriteGuard<'static, ()>),
}

/// Runs beside others that do not measure.
pub(crate) async fn beside_others() -> Turn {
    Turn::Beside(MACHINE.read().await)
}

/// Runs when nobody else does.
pub(crate) async fn alone() -> Turn {
    Turn::Alone(MACHINE.write().await)
}
