//! A customer who never stops asking.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context, Result};
use heliast_envoy_tests::{Call, Protocol, Session};
use tokio::task::JoinHandle;
use tokio::time::sleep;

use crate::mesh::Mesh;

/// They go on for so long before and after what they are to witness.
const MARGIN: Duration = Duration::from_millis(200);

/// Steady requests in the background: new connections and a kept one by turns.
#[derive(Debug)]
pub(crate) struct Steady {
    stop: Arc<AtomicBool>,
    task: JoinHandle<Result<Count>>,
}

/// How they went.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Count {
    pub(crate) sent: u32,
    pub(crate) failed: u32,
}

impl Steady {
    /// Asks the front page, which policy allows, from outside.
    pub(crate) async fn start(mesh: &Mesh, from: IpAddr) -> Result<Self> {
        let dial = mesh.plaintext(from, "customer")?;
        let mut kept = dial.session(Protocol::Http1).await?;
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let task = tokio::spawn(async move {
            let mut count = Count::default();
            while !stopped.load(Ordering::Relaxed) {
                let mut fresh = dial.session(Protocol::Http1).await?;
                count.add(ask(&mut fresh).await);
                count.add(ask(&mut kept).await);
                sleep(Duration::from_millis(1)).await;
            }
            Ok(count)
        });
        sleep(MARGIN).await;
        Ok(Self { stop, task })
    }

    /// Lets the last request end, and counts.
    pub(crate) async fn stop(self) -> Result<Count> {
        sleep(MARGIN).await;
        self.stop.store(true, Ordering::Relaxed);
        self.task
            .await?
            .context("the steady customer lost their connection")
    }
}

impl Count {
    fn add(&mut self, went_well: bool) {
        self.sent += 1;
        self.failed += u32::from(!went_well);
    }
}

async fn ask(session: &mut Session) -> bool {
    session
        .call(&Call::get("customer", "/"))
        .await
        .is_ok_and(|answer| answer.status == 200)
}
