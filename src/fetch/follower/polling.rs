//! Asking the server.

use super::{Follower, News, Refusal, RefusalKind};
#[cfg(feature = "objects")]
use crate::bundle::{BUNDLE_MEDIA_TYPE, DELTA_MEDIA_TYPE};
use crate::fetch::process::{Poll, Process, Uncallable};
use crate::fetch::schedule::milliseconds;

/// How much longer than its timeout a call may take before it is given up, in milliseconds: the
/// host promises an answer, and a promise is no bound.
const GRACE: u64 = 5_000;

/// A request that was not answered yet.
#[derive(Debug, Clone, Copy)]
pub(super) struct Call {
    /// Its number.
    pub(super) token: u32,
    /// Whether it named what we have.
    pub(super) conditional: bool,
    /// When it is given up, in milliseconds since 1970.
    given_up: u64,
}

impl Follower {
    /// Asks the server, if it is time to and no answer is on its way.
    pub(super) fn poll_if_due(&mut self, process: &dyn Process) -> Option<News> {
        let now = process.now();
        self.call.take_if(|call| call.given_up < now);
        if self.call.is_some() || !self.schedule.is_due(now) {
            return None;
        }
        self.schedule.start(now);
        let known = self.known().filter(|_| !self.repost);
        let conditional = known.is_some();
        match process.call(&self.request(known)) {
            Ok(token) => {
                let patience = milliseconds(self.source.timeout).saturating_add(GRACE);
                let given_up = now.saturating_add(patience);
                self.call = Some(Call {
                    token,
                    conditional,
                    given_up,
                });
                None
            }
            Err(why) => {
                let cluster = &self.source.cluster;
                let why = match why {
                    Uncallable::NoCluster => {
                        format!("Envoy's configuration has no cluster `{cluster}`")
                    }
                    Uncallable::NoHost => format!("the cluster `{cluster}` has no host"),
                };
                Some(self.failed(process, Refusal::new(RefusalKind::Cluster, why)))
            }
        }
    }

    /// What the server would call what we have.
    fn known(&self) -> Option<String> {
        let revision = self.revision()?;
        let etag = self.etag.clone();
        Some(etag.unwrap_or_else(|| format!("\"{revision}\"")))
    }

    fn request(&self, known: Option<String>) -> Poll {
        #[cfg(feature = "objects")]
        let (accept, encoding) = if self.wants_whole || self.repost {
            (BUNDLE_MEDIA_TYPE.to_owned(), "gzip")
        } else {
            (format!("{DELTA_MEDIA_TYPE}, {BUNDLE_MEDIA_TYPE}"), "gzip")
        };
        #[cfg(not(feature = "objects"))]
        let (accept, encoding) = (crate::compiled::MEDIA_TYPE.to_owned(), "identity");
        let mut headers = vec![
            (":method", "GET".to_owned()),
            (":path", self.source.path.clone()),
            (":authority", self.source.authority.clone()),
            ("accept", accept),
            ("accept-encoding", encoding.to_owned()),
            (
                "user-agent",
                concat!("heliast/", env!("CARGO_PKG_VERSION")).to_owned(),
            ),
        ];
        headers.extend(known.map(|etag| ("if-none-match", etag)));
        Poll {
            cluster: self.source.cluster.clone(),
            headers,
            timeout: self.source.timeout,
        }
    }
}
