//! Telling everyone that the server is to stop.

use tokio::sync::watch::{self, Receiver, Sender};

/// Knows whether the server is to stop.
#[derive(Debug, Clone)]
pub(super) struct Stop(Receiver<bool>);

/// Tells everyone to stop.
#[derive(Debug)]
pub(super) struct Stopper(Sender<bool>);

/// The two ends.
pub(super) fn channel() -> (Stopper, Stop) {
    let (sender, receiver) = watch::channel(false);
    (Stopper(sender), Stop(receiver))
}

impl Stop {
    /// Waits until the server is to stop.
    pub(super) async fn asked(&self) {
        let mut receiver = self.0.clone();
        // A server whose other end is gone has stopped too.
        let _stopped = receiver.wait_for(|stop| *stop).await;
    }
}

impl Stopper {
    /// Tells everyone to stop, now and whoever asks later.
    pub(super) fn stop(&self) {
        self.0.send_replace(true);
    }
}
