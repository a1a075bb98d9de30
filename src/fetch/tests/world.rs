//! A process whose clock, sharing and server are the test's.

use crate::bundle::{
    DELTA_MEDIA_TYPE, Object, ObjectKey, Order, PublicKey, Signature, Statement, Store,
    write_bundle, write_delta,
};
use crate::config::{BundleSource, HttpSource, PluginConfig};
use crate::fetch::{Follower, News, Poll, Process, Shared, Uncallable};
use crate::host::HeaderLines;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signer, SigningKey};
use serde_json::{Value, json};
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::sync::Arc;

/// How often workers tick, in milliseconds.
pub(super) const TICK: u64 = 50;

/// A process as Envoy is: versions of what is shared mean nothing for a new key.
#[derive(Default)]
pub(super) struct World {
    pub(super) now: Cell<u64>,
    pub(super) shared: RefCell<BTreeMap<String, (Vec<u8>, u32)>>,
    version: Cell<u32>,
    random: Cell<u64>,
    calls: RefCell<Vec<(u32, Poll)>>,
    tokens: Cell<u32>,
    pub(super) no_cluster: Cell<bool>,
}

impl Process for World {
    fn now(&self) -> u64 {
        self.now.get()
    }

    fn random(&self) -> u64 {
        let next = self.random.get().wrapping_mul(6_364_136_223_846_793_005);
        self.random
            .set(next.wrapping_add(1_442_695_040_888_963_407));
        self.random.get() >> 16
    }

    fn shared(&self, key: &str) -> Option<Shared> {
        let (value, version) = self.shared.borrow().get(key)?.clone();
        Some(Shared { value, version })
    }

    fn share(&self, key: &str, value: &[u8], version: Option<u32>) -> bool {
        let mut shared = self.shared.borrow_mut();
        let now = shared.get(key).map(|(_, version)| *version);
        if now.is_some() && version.is_some() && version != now {
            return false;
        }
        self.version.set(self.version.get() + 1);
        shared.insert(key.to_owned(), (value.to_vec(), self.version.get()));
        true
    }

    fn call(&self, poll: &Poll) -> Result<u32, Uncallable> {
        if self.no_cluster.get() {
            return Err(Uncallable::NoCluster);
        }
        self.tokens.set(self.tokens.get() + 1);
        self.calls
            .borrow_mut()
            .push((self.tokens.get(), poll.clone()));
        Ok(self.tokens.get())
    }
}

/// What a server answers: status, headers, body.
#[derive(Debug, Clone)]
pub(super) struct Reply(pub(super) Vec<(&'static str, String)>, pub(super) Vec<u8>);

impl Reply {
    pub(super) fn status(status: u16) -> Self {
        Self(vec![(":status", status.to_string())], Vec::new())
    }

    pub(super) fn body(body: impl Into<Vec<u8>>) -> Self {
        Self(vec![(":status", "200".to_owned())], body.into())
    }

    /// What Envoy makes of an answer that broke off.
    pub(super) fn nothing() -> Self {
        Self(Vec::new(), Vec::new())
    }

    pub(super) fn header(mut self, name: &'static str, value: &str) -> Self {
        self.0.push((name, value.to_owned()));
        self
    }
}

/// Workers, each with a follower of its own, and how many bundles each has taken.
pub(super) struct Workers {
    pub(super) world: World,
    pub(super) list: Vec<Follower>,
    pub(super) news: Vec<News>,
    pub(super) polls: usize,
}

impl Workers {
    pub(super) fn new(count: usize, more: &Value) -> Self {
        let world = World::default();
        world.now.set(1_700_000_000_000);
        let source = source(more);
        let list = (0..count).map(|_| Follower::new(source.clone())).collect();
        Self {
            world,
            list,
            news: Vec::new(),
            polls: 0,
        }
    }

    /// All workers tick, some time goes by, and the server answers what it was asked.
    pub(super) fn round(&mut self, server: &mut dyn FnMut(&Poll) -> Option<Reply>) {
        for worker in 0..self.list.len() {
            self.tick(worker);
        }
        self.answer(server);
        self.world.now.set(self.world.now.get() + TICK);
    }

    pub(super) fn tick(&mut self, worker: usize) {
        let news = self.list[worker].tick(&self.world);
        self.news.extend(news);
    }

    pub(super) fn answer(&mut self, server: &mut dyn FnMut(&Poll) -> Option<Reply>) {
        let calls = self.world.calls.take();
        for (token, poll) in calls {
            let Some(Reply(headers, body)) = server(&poll) else {
                self.world.calls.borrow_mut().push((token, poll));
                continue;
            };
            self.polls += 1;
            let lines: Vec<_> = headers
                .iter()
                .map(|(name, value)| (*name, &**value))
                .collect();
            let lines: HeaderLines = lines.into_iter().collect();
            for worker in &mut self.list {
                self.news
                    .extend(worker.answered(&self.world, token, &lines, body.clone()));
            }
        }
    }

    pub(super) fn rounds(&mut self, count: usize, mut server: impl FnMut(&Poll) -> Option<Reply>) {
        for _ in 0..count {
            self.round(&mut server);
        }
    }

    /// What every worker has, in twelve digits.
    pub(super) fn revisions(&self) -> Vec<Option<String>> {
        let short = |worker: &Follower| worker.bundle().map(|bundle| bundle.revision.short());
        self.list.iter().map(short).collect()
    }

    pub(super) fn all_have(&self, server: &Server) -> bool {
        let wanted = server.store.clone().revision().short();
        self.revisions()
            .iter()
            .all(|revision| revision.as_ref() == Some(&wanted))
    }
}

pub(super) fn source(more: &Value) -> HttpSource {
    let mut http = json!({"cluster": "heliast", "path": "/v1/bundle", "pollInterval": "1s"});
    for (key, value) in more.as_object().unwrap() {
        http[key] = value.clone();
    }
    let config = json!({"bundle": {"http": http}});
    match PluginConfig::from_value(&config).unwrap().bundle {
        BundleSource::Http(source) => source,
        BundleSource::Inline(_) | BundleSource::Compiled(_) => panic!("inline"),
    }
}

/// A server of bundles that does what it should.
#[derive(Clone, Default)]
pub(super) struct Server {
    pub(super) store: Store,
    pub(super) epoch: u64,
    pub(super) sequence: Option<u64>,
    pub(super) signer: Option<Arc<SigningKey>>,
    pub(super) history: BTreeMap<String, Store>,
    pub(super) deltas: bool,
}

impl Server {
    pub(super) fn new(pods: usize) -> Self {
        let mut server = Self {
            deltas: true,
            ..Self::default()
        };
        for number in 0..pods {
            server.store.insert(pod(number, "start"));
        }
        server.remember();
        server
    }

    /// Changes one pod.
    pub(super) fn set(&mut self, number: usize, color: &str) {
        self.store.insert(pod(number, color));
        self.sequence = self.sequence.map(|sequence| sequence + 1);
        self.remember();
    }

    pub(super) fn remove(&mut self, number: usize) {
        self.store.remove(&pod(number, "").key);
        self.sequence = self.sequence.map(|sequence| sequence + 1);
        self.remember();
    }

    pub(super) fn remember(&mut self) {
        let tag = self.tag();
        self.history.insert(tag, self.store.clone());
    }

    fn tag(&self) -> String {
        format!("\"{}\"", self.store.clone().revision())
    }

    fn order(&self) -> Option<Order> {
        let epoch = self.epoch;
        self.sequence.map(|number| Order { epoch, number })
    }

    pub(super) fn statement(&self) -> Statement {
        Statement {
            revision: self.store.clone().revision(),
            order: self.order(),
            audience: None,
        }
    }

    pub(super) fn signatures(&self) -> Vec<Signature> {
        let sign = |key: &Arc<SigningKey>| {
            let bytes = key.sign(self.statement().to_string().as_bytes()).to_bytes();
            Signature {
                key: public(key).id().to_owned(),
                signature: STANDARD.encode(bytes),
            }
        };
        self.signer.iter().map(sign).collect()
    }

    pub(super) fn whole(&self) -> Reply {
        let text = write_bundle(&self.statement(), &self.signatures(), self.store.objects());
        Reply::body(text).header("etag", &self.tag())
    }

    pub(super) fn answer(&self, poll: &Poll) -> Reply {
        let header = |wanted: &str| {
            let found = poll.headers.iter().find(|(name, _)| *name == wanted);
            found.map(|(_, value)| value.as_str()).unwrap_or_default()
        };
        if header("if-none-match") == self.tag() {
            return Reply::status(304);
        }
        let base = self.history.get(header("if-none-match"));
        match base {
            Some(base) if self.deltas && header("accept").contains(DELTA_MEDIA_TYPE) => {
                self.delta(base)
            }
            _ => self.whole(),
        }
    }

    pub(super) fn delta(&self, base: &Store) -> Reply {
        let upsert = self
            .store
            .objects()
            .filter(|object| base.get(&object.key).is_none_or(|old| old != *object));
        let gone: Vec<&ObjectKey> = base
            .objects()
            .map(|object| &*object.key)
            .filter(|key| self.store.get(key).is_none())
            .collect();
        let text = write_delta(
            base.clone().revision(),
            &self.statement(),
            &self.signatures(),
            upsert,
            gone.into_iter(),
        );
        Reply::body(text).header("etag", &self.tag())
    }
}

pub(super) fn public(key: &SigningKey) -> PublicKey {
    PublicKey::from_bytes(key.verifying_key().as_bytes()).unwrap()
}

pub(super) fn pod(number: usize, color: &str) -> Object {
    let metadata = json!({"namespace": "dev", "name": format!("pod-{number}"),
        "labels": {"color": color}});
    let address = format!("10.0.{}.{}", number / 256, number % 256);
    Object::new(
        json!({"apiVersion": "v1", "kind": "Pod", "metadata": metadata,
        "status": {"podIP": address}}),
    )
    .unwrap()
}
