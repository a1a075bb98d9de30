//! What an origin has to offer, and what it was asked.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use heliast::bundle::DELTA_MEDIA_TYPE;
use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};

use super::asked::Asked;
use super::edition::Edition;
use super::reply::Reply;

/// Bodies that are worth compressing.
const GZIP_FROM: usize = 1024;

#[derive(Debug)]
pub(super) struct Shelf {
    inner: Mutex<Inner>,
    /// Counts the times that something else was to be answered.
    news: watch::Sender<u64>,
}

#[derive(Debug)]
struct Inner {
    /// What every request gets, unless the last edition is served.
    told: Option<Reply>,
    once: VecDeque<Reply>,
    editions: Vec<Arc<Edition>>,
    asked: Vec<Asked>,
}

/// What there is to say right now.
enum Word {
    Say(Reply),
    /// Nothing new; to be said when the client has waited long enough.
    Later(Reply, Instant),
    /// Nothing at all until there is news.
    Hold,
}

impl Shelf {
    pub(super) fn new(told: Reply) -> Self {
        Self {
            inner: Mutex::new(Inner {
                told: Some(told),
                once: VecDeque::new(),
                editions: Vec::new(),
                asked: Vec::new(),
            }),
            news: watch::Sender::new(0),
        }
    }

    pub(super) fn publish(&self, edition: Edition) {
        let mut inner = self.inner();
        inner.editions.push(Arc::new(edition));
        inner.told = None;
        drop(inner);
        self.spread();
    }

    pub(super) fn forget(&self) {
        self.inner().editions.clear();
    }

    pub(super) fn answer(&self, reply: Reply) {
        self.inner().told = Some(reply);
        self.spread();
    }

    pub(super) fn answer_once(&self, reply: Reply) {
        self.inner().once.push_back(reply);
        self.spread();
    }

    pub(super) fn recover(&self) {
        self.inner().told = None;
        self.spread();
    }

    pub(super) fn remember(&self, asked: Asked) {
        self.inner().asked.push(asked);
    }

    pub(super) fn asked(&self) -> Vec<Asked> {
        self.inner().asked.clone()
    }

    pub(super) fn count(&self) -> usize {
        self.inner().asked.len()
    }

    /// What this request gets, as soon as there is something to be said.
    pub(super) async fn reply(&self, asked: &Asked) -> Reply {
        // Before looking, so that no news is missed.
        let mut news = self.news.subscribe();
        loop {
            let word = self.inner().word(asked);
            let waited = match word {
                Word::Say(reply) => return reply,
                Word::Later(reply, deadline) => {
                    let Ok(waited) = timeout_at(deadline, news.changed()).await else {
                        return reply;
                    };
                    waited
                }
                Word::Hold => news.changed().await,
            };
            if waited.is_err() {
                return Reply::close();
            }
        }
    }

    fn spread(&self) {
        self.news.send_modify(|news| *news += 1);
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn word(&mut self, asked: &Asked) -> Word {
        let told = self.once.pop_front().or_else(|| self.told.clone());
        match told {
            Some(reply) if reply.holds() => return Word::Hold,
            Some(reply) => return Word::Say(reply),
            None => {}
        }
        let Some((edition, before)) = self.editions.split_last() else {
            return Word::Say(Reply::status(404));
        };
        let etag = edition.revision().to_string();
        if asked.known().any(|known| known == etag) {
            let head = format!("HTTP/1.1 304 Not Modified\r\netag: \"{etag}\"\r\n\r\n");
            let reply = Reply::keeping(Bytes::from(head));
            let deadline = asked.at + asked.wait();
            return if deadline > Instant::now() {
                Word::Later(reply, deadline)
            } else {
                Word::Say(reply)
            };
        }
        Word::Say(document(asked, edition, before))
    }
}

/// The whole, or what is new in it, whichever is shorter.
fn document(asked: &Asked, edition: &Edition, before: &[Arc<Edition>]) -> Reply {
    let whole = edition.text();
    let known = asked.accepts("accept", DELTA_MEDIA_TYPE).then(|| {
        let mut before = before.iter().rev();
        before.find(|old| {
            asked
                .known()
                .any(|known| known == old.revision().to_string())
        })
    });
    let delta = known.flatten().map(|old| edition.since(old));
    let delta = delta.filter(|delta| delta.text().len() < whole.len());
    let (response, length) = match delta {
        Some(delta) => (delta.response(), delta.text().len()),
        None => (edition.response(), whole.len()),
    };
    if length > GZIP_FROM && asked.accepts("accept-encoding", "gzip") {
        return response.gzip().reply();
    }
    response.reply()
}
