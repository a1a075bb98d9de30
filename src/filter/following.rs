//! Follows a server of bundles on behalf of one root context.

use super::bundle_metrics::BundleMetrics;
use super::enforcing::Enforcing;
use super::metrics::Metrics;
use super::process::EnvoyProcess;
use super::{hostcalls, pairs};
use crate::bundle::{Bundle, Revision};
use crate::config::{HttpSource, PluginConfig};
use crate::enforcer::{Enforcer, Missing, Unenforceable};
use crate::fetch::{Follower, News, Refusal, RefusalKind};
use crate::limits;
use crate::pace::{Pace, at_once, turn};
use crate::program::Node;
use crate::verdict::Decision;
use litemap::LiteMap;
use log::{info, warn};
use std::cell::{Cell, RefCell};
use std::fmt;
use std::pin::Pin;
use std::rc::{Rc, Weak};
use std::task::Poll;
use std::time::Duration;

/// How often to look at what the process shares, in milliseconds: a worker begins to take what
/// another has posted within this time.
const TICK: u32 = 200;
/// The same while there is no bundle yet.
const FIRST_TICK: u32 = 50;
/// The same while a document is taken in, slice by slice.
const BUSY_TICK: u32 = 10;
/// How much of a program is compiled at one tick, in units of [`Pace`].
const SLICE: usize = 16 * 1024;

thread_local! {
    /// What the plugins of this VM follow: those of the same source follow it together, and a new
    /// configuration goes on where the one before it is.
    static FOLLOWERS: RefCell<LiteMap<[u8; 8], Weak<RefCell<Follower>>>> =
        const { RefCell::new(LiteMap::new_vec()) };
}

/// A source that is followed, and what is enforced of it.
pub(super) struct Following {
    config: Rc<PluginConfig>,
    max_staleness: Option<Duration>,
    node: Rc<Node>,
    follower: Rc<RefCell<Follower>>,
    process: EnvoyProcess,
    metrics: Rc<Metrics>,
    bundle_metrics: BundleMetrics,
    /// The bundle that is enforced, or could not be.
    seen: Option<Rc<Bundle>>,
    /// Why it could not be.
    unenforceable: Option<Refusal>,
    preparing: Option<Preparing>,
    enforced: Option<Rc<Enforcing>>,
    /// When the server last said that what is enforced holds, in milliseconds since 1970.
    confirmed: Option<u64>,
    missing: Rc<Enforcing>,
    /// What rules until the first bundle is taken, where other workers had one when this one began:
    /// what the operator lets pass before there is any bundle does not pass then.
    behind: Rc<Enforcing>,
    /// Whether they had. It is asked once: who was here before the first bundle lets pass what the
    /// operator lets pass until the bundle is in force here as well.
    began_behind: bool,
    stale: Rc<Enforcing>,
    told: Option<Refusal>,
    told_undecided: Rc<Cell<bool>>,
    period: u32,
}

/// A bundle on its way to be enforced.
struct Preparing {
    bundle: Rc<Bundle>,
    /// Kept until the bundle is enforced: see [`Follower::preparing`].
    _token: Rc<()>,
    enforcer: Pin<Box<dyn Future<Output = Result<Enforcer, Unenforceable>>>>,
}

impl fmt::Debug for Following {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Following")
            .field("follower", &self.follower)
            .finish_non_exhaustive()
    }
}

impl Following {
    /// Follows the source of a configuration. If this VM follows it already, what is there is
    /// enforced at once.
    pub(super) fn new(
        config: PluginConfig,
        source: HttpSource,
        node: Node,
        metrics: Metrics,
    ) -> Self {
        let config = Rc::new(config);
        let metrics = Rc::new(metrics);
        let told_undecided = Rc::default();
        let under = |config: &Rc<PluginConfig>, why| {
            Rc::new(Enforcing {
                enforcer: Enforcer::without_policy(Rc::clone(config), why),
                metrics: Rc::clone(&metrics),
                told_undecided: Rc::clone(&told_undecided),
            })
        };
        let without = |why| under(&config, why);
        let denying = Rc::new(PluginConfig {
            on_missing_bundle: Decision::Deny,
            ..PluginConfig::clone(&config)
        });
        let node = Rc::new(node);
        let max_staleness = source.max_staleness;
        let follower = follower(source);
        follower.borrow_mut().enforce_at(&config.workload, &node);
        let process = EnvoyProcess::default();
        let began_behind = follower.borrow().is_told(&process);
        let mut following = Self {
            max_staleness,
            node,
            follower,
            process,
            bundle_metrics: BundleMetrics::define(),
            seen: None,
            unenforceable: None,
            preparing: None,
            enforced: None,
            confirmed: None,
            missing: without(Missing::NoBundle),
            behind: under(&denying, Missing::NoBundle),
            began_behind,
            stale: without(Missing::StaleBundle),
            told: None,
            told_undecided,
            period: 0,
            metrics,
            config,
        };
        following.prepare();
        if let Some(preparing) = following.preparing.take() {
            let prepared = at_once(preparing.enforcer);
            following.enforce(&preparing.bundle, prepared);
        }
        following.set_period();
        following
    }

    /// What rules on requests now.
    pub(super) fn enforcing(&self) -> &Rc<Enforcing> {
        let Some(enforced) = &self.enforced else {
            return if self.began_behind {
                &self.behind
            } else {
                &self.missing
            };
        };
        let is_older_than = |most| self.age().is_none_or(|age| age > most);
        if self.max_staleness.is_some_and(is_older_than) {
            &self.stale
        } else {
            enforced
        }
    }

    pub(super) fn tick(&mut self) {
        let called = self.process.called.get();
        let news = self.follower.borrow_mut().tick(&self.process);
        if self.process.called.get() != called {
            self.bundle_metrics.count_poll();
        }
        self.hear(news);
        self.prepare();
        self.go_on();
        self.bundle_metrics.set_age(self.age());
        self.set_period();
    }

    /// How long ago the server last said that what is enforced holds; none if nobody can tell.
    fn age(&self) -> Option<Duration> {
        let confirmed = Duration::from_millis(self.confirmed?);
        Some(self.process.time()?.saturating_sub(confirmed))
    }

    /// The server has answered a call.
    pub(super) fn answered(&mut self, token: u32) {
        let headers = hostcalls::call_headers().ok().flatten();
        let headers = headers.and_then(pairs::decode).unwrap_or_default();
        // One byte more than allowed, so that a longer body is refused, not cut.
        let body = hostcalls::call_body(limits::BUNDLE_BYTES.saturating_add(1));
        let body = body.ok().flatten().unwrap_or_default();
        let mut follower = self.follower.borrow_mut();
        let news = follower.answered(&self.process, token, &headers, body);
        drop(follower);
        self.hear(news);
        self.set_period();
    }

    fn hear(&mut self, news: Option<News>) {
        match news {
            None => {}
            Some(News::Confirmed | News::Bundle) => {
                let kind = self.unenforceable.as_ref().map(|refusal| refusal.kind);
                self.bundle_metrics.set_error(kind);
                self.told.clone_from(&self.unenforceable);
            }
            Some(News::Refused(refusal)) => self.refuse(refusal),
        }
        self.refresh();
    }

    /// What the server confirms is what is enforced, unless that could not be.
    fn refresh(&mut self) {
        let follower = self.follower.borrow();
        let is_seen = |bundle| {
            self.seen
                .as_ref()
                .is_some_and(|seen| Rc::ptr_eq(seen, bundle))
        };
        if self.unenforceable.is_none() && follower.bundle().is_some_and(is_seen) {
            self.confirmed = follower.confirmed();
        }
    }

    /// Tells why something was not taken; once, however often it is tried again.
    fn refuse(&mut self, refusal: Refusal) {
        self.bundle_metrics.count_error(refusal.kind);
        self.bundle_metrics.set_error(Some(refusal.kind));
        if self.told.as_ref() != Some(&refusal) {
            let Refusal { kind, why } = &refusal;
            for line in why.lines() {
                warn!("heliast: bundle refused ({}): {line}", kind.word());
            }
            self.told = Some(refusal);
        }
    }

    /// Begins to prepare the bundle that is followed, if it is another than before.
    fn prepare(&mut self) {
        let follower = self.follower.borrow();
        let Some(bundle) = follower.bundle().filter(|_| follower.serves_all()) else {
            return;
        };
        let latest = self.preparing.as_ref().map(|preparing| &preparing.bundle);
        let latest = latest.or(self.seen.as_ref());
        if latest.is_some_and(|latest| Rc::ptr_eq(latest, bundle)) {
            return;
        }
        let bundle = Rc::clone(bundle);
        // Between two requests only pods have changed, none of them ours: nothing to compile.
        let is_same = self.preparing.is_none()
            && self.unenforceable.is_none()
            && self
                .seen
                .as_ref()
                .is_some_and(|seen| seen.shares_model(&bundle));
        if let Some(enforced) = self.enforced.as_ref().filter(|_| is_same) {
            let renewed = enforced.enforcer.renewed(bundle.revision);
            drop(follower);
            return self.enforce(&bundle, Ok(renewed));
        }
        let (config, node) = (Rc::clone(&self.config), Rc::clone(&self.node));
        let prepared = Rc::clone(&bundle);
        let enforcer = Box::pin(async move {
            let pace = Pace::slices(SLICE);
            Enforcer::prepare(config, &node, &prepared, &pace).await
        });
        self.preparing = Some(Preparing {
            _token: follower.preparing(),
            bundle,
            enforcer,
        });
    }

    fn go_on(&mut self) {
        let Some(mut preparing) = self.preparing.take() else {
            return;
        };
        match turn(preparing.enforcer.as_mut()) {
            Poll::Ready(prepared) => self.enforce(&preparing.bundle, prepared),
            Poll::Pending => self.preparing = Some(preparing),
        }
    }

    /// Enforces a bundle from the next request on; or keeps to the one before.
    fn enforce(&mut self, bundle: &Rc<Bundle>, prepared: Result<Enforcer, Unenforceable>) {
        self.seen = Some(Rc::clone(bundle));
        let enforcer = match prepared {
            Ok(enforcer) => enforcer,
            Err(why) => {
                let refusal = Refusal::new(RefusalKind::Workload, why.to_string());
                self.unenforceable = Some(refusal.clone());
                return self.refuse(refusal);
            }
        };
        self.unenforceable = None;
        self.told = None;
        self.bundle_metrics.set_error(None);
        let before = self
            .enforced
            .as_ref()
            .and_then(|enforced| enforced.enforcer.revision());
        let before =
            before.map_or_else(|| "none".to_owned(), |revision: Revision| revision.short());
        let (rules, workloads) = self.metrics.set_sizes(&enforcer);
        let bytes = self.follower.borrow().bytes();
        self.bundle_metrics.set_bundle(bundle.revision, bytes);
        info!(
            "heliast: bundle {before} -> {}: {rules} rules, {workloads} workloads",
            bundle.revision.short(),
        );
        self.enforced = Some(Rc::new(Enforcing {
            enforcer,
            metrics: Rc::clone(&self.metrics),
            told_undecided: Rc::clone(&self.told_undecided),
        }));
        self.refresh();
    }

    fn set_period(&mut self) {
        let follower = self.follower.borrow();
        let period = if follower.is_busy() || self.preparing.is_some() {
            BUSY_TICK
        } else if follower.bundle().is_none() {
            FIRST_TICK
        } else {
            TICK
        };
        if period != self.period && hostcalls::set_tick_period(period).is_ok() {
            self.period = period;
        }
    }
}

impl Drop for Following {
    /// Whatever is still answered will not be heard.
    fn drop(&mut self) {
        if Rc::strong_count(&self.follower) == 1 {
            self.follower.borrow_mut().leave(&self.process);
        }
        if let Some(token) = self.process.called.get() {
            self.follower.borrow_mut().forget(token);
        }
    }
}

fn follower(source: HttpSource) -> Rc<RefCell<Follower>> {
    FOLLOWERS.with_borrow_mut(|followers| {
        followers.retain(|_, follower| follower.strong_count() > 0);
        let key = source.fingerprint();
        if let Some(follower) = followers.get(&key).and_then(Weak::upgrade) {
            follower.borrow_mut().retune(source);
            return follower;
        }
        let follower = Rc::new(RefCell::new(Follower::new(source)));
        followers.insert(key, Rc::downgrade(&follower));
        follower
    })
}
