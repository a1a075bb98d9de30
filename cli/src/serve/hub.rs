//! What is served now: the fleet, the whole bundle, and the pruned bundles that are asked for.

use super::answer::Answer;
use super::feed::{Edition, Feed};
use super::sync::lock;
use super::views::{Pruned, Views};
use crate::signing_key::SigningKey;
use heliast::bundle::{Audience, Object, ObjectKey, Order, Revision, Statement};
use heliast::problem::Problems;
use heliast::prune::{Effect, Fleet};
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock, RwLockWriteGuard};

/// What is served now.
#[derive(Debug)]
pub(super) struct Hub {
    fleet: RwLock<Option<Fleet>>,
    whole: OnceLock<Arc<Feed>>,
    views: Mutex<Views>,
    /// The place of the last revision in the order of bundles.
    order: Mutex<Order>,
    signing_key: Option<SigningKey>,
}

/// What a change made of the bundle.
#[derive(Debug, Clone)]
pub(super) struct Taken {
    /// The revision before; none if this is the first.
    pub(super) from: Option<Revision>,
    /// The revision now.
    pub(super) to: Revision,
    /// Its place in the order of bundles.
    pub(super) order: Order,
    /// How many objects there are.
    pub(super) objects: usize,
    /// How many pruned bundles changed with it.
    pub(super) views: usize,
}

impl Hub {
    /// Serves nothing yet.
    pub(super) fn new(signing_key: Option<SigningKey>, most_views: usize) -> Self {
        Self {
            fleet: RwLock::new(None),
            whole: OnceLock::new(),
            views: Mutex::new(Views::new(most_views)),
            order: Mutex::new(Order::of_number(0)),
            signing_key,
        }
    }

    /// The whole bundle, once there is one.
    pub(super) fn whole(&self) -> Option<&Arc<Feed>> {
        self.whole.get()
    }

    /// The answer of the whole bundle to a client that has this revision. May take long.
    pub(super) fn answer_whole(&self, from: Option<Revision>) -> Option<Answer> {
        let fleet = self.fleet.read().unwrap_or_else(PoisonError::into_inner);
        let store = fleet.as_ref()?.store();
        Some(self.whole.get()?.answer(store, from))
    }

    /// The pruned bundle of a pod, if it is being followed.
    pub(super) fn followed(&self, audience: &Audience) -> Option<Arc<Pruned>> {
        lock(&self.views).get(audience)
    }

    /// The pruned bundle of a pod; none if there is no such pod. May take long.
    pub(super) fn view(&self, audience: &Audience) -> Option<Arc<Pruned>> {
        let fleet = self.fleet.read().unwrap_or_else(PoisonError::into_inner);
        let fleet = fleet.as_ref()?;
        if let Some(known) = self.followed(audience) {
            return Some(known);
        }
        let view = fleet.view(audience)?;
        let order = *lock(&self.order);
        let edition = self.sign(view.revision(), order, Some(audience.clone()));
        let pruned = Arc::new(Pruned::new(view, order, Feed::new(edition, false)));
        // While the fleet is read it does not change: the view is as new as any.
        Some(lock(&self.views).insert(audience, pruned))
    }

    /// The compiled program of a pruned bundle. May take long.
    ///
    /// # Errors
    ///
    /// What of its policy cannot be compiled.
    pub(super) fn program(&self, pruned: &Pruned) -> Result<Answer, String> {
        pruned.program(self.signing_key.as_ref())
    }

    /// How many pruned bundles are kept up to date.
    pub(super) fn followed_count(&self) -> usize {
        lock(&self.views).len()
    }

    /// How many polls wait for the next revision.
    pub(super) fn waiting(&self) -> usize {
        let whole = self.whole.get().map_or(0, |feed| feed.waiting());
        whole.saturating_add(lock(&self.views).waiting())
    }

    /// The service account of a pod; none if there is no such pod. May take long.
    pub(super) fn service_account(&self, audience: &Audience) -> Option<String> {
        let fleet = self.fleet.read().unwrap_or_else(PoisonError::into_inner);
        let key = ObjectKey {
            api_version: "v1".to_owned(),
            kind: "Pod".to_owned(),
            namespace: Some(audience.namespace.clone()),
            name: audience.pod.clone(),
        };
        let pod = fleet.as_ref()?.store().get(&key)?;
        let pod: Value = serde_json::from_str(&pod.text).ok()?;
        let fields = ["/spec/serviceAccountName", "/spec/serviceAccount"];
        let names = fields
            .into_iter()
            .filter_map(|field| pod.pointer(field).and_then(Value::as_str));
        let name = names.into_iter().find(|name| !name.is_empty());
        Some(name.unwrap_or("default").to_owned())
    }

    /// How many objects are served.
    pub(super) fn objects(&self) -> usize {
        let fleet = self.fleet.read().unwrap_or_else(PoisonError::into_inner);
        fleet.as_ref().map_or(0, |fleet| fleet.store().len())
    }

    /// What in the bundle has no effect, or not the expected one. Takes long: all of it is read
    /// anew.
    pub(super) fn warnings(&self) -> Problems {
        let fleet = self.fleet.read().unwrap_or_else(PoisonError::into_inner);
        let warnings = fleet.as_ref().map(Fleet::warnings);
        warnings.cloned().unwrap_or_default()
    }

    /// Whether an object is served just so.
    pub(super) fn has(&self, object: &Object) -> bool {
        let fleet = self.fleet.read().unwrap_or_else(PoisonError::into_inner);
        let served = fleet
            .as_ref()
            .and_then(|fleet| fleet.store().get(&object.key));
        served.is_some_and(|served| served.leaf == object.leaf)
    }

    /// Takes a change of the source, or nothing of it. `place` gives a new revision its place in the
    /// order of bundles, and `announce` hears of it just before any client can.
    ///
    /// # Errors
    ///
    /// Every mistake in it.
    pub(super) fn take(
        &self,
        upsert: Vec<Object>,
        remove: Vec<ObjectKey>,
        place: impl FnOnce(Revision) -> Order,
        announce: impl FnOnce(&Taken),
    ) -> Result<Taken, Problems> {
        let mut fleet = self.fleet.write().unwrap_or_else(PoisonError::into_inner);
        match &mut *fleet {
            None => {
                drop(fleet);
                // Loading takes long, and nobody else writes.
                let loaded = Fleet::load(upsert)?;
                let fleet = self.fleet.write().unwrap_or_else(PoisonError::into_inner);
                Ok(self.begin(fleet, loaded, place, announce))
            }
            Some(loaded) => {
                let from = loaded.revision();
                let touched: BTreeSet<Arc<ObjectKey>> = upsert
                    .iter()
                    .map(|object| Arc::clone(&object.key))
                    .chain(remove.iter().cloned().map(Arc::new))
                    .collect();
                let effect = loaded.apply(upsert, remove)?;
                let touched = touched.into_iter().collect();
                Ok(self.publish(fleet, from, touched, &effect, place, announce))
            }
        }
    }

    fn begin(
        &self,
        mut slot: RwLockWriteGuard<'_, Option<Fleet>>,
        fleet: Fleet,
        place: impl FnOnce(Revision) -> Order,
        announce: impl FnOnce(&Taken),
    ) -> Taken {
        let to = fleet.revision();
        let order = place(to);
        *lock(&self.order) = order;
        let taken = Taken {
            from: None,
            to,
            order,
            objects: fleet.store().len(),
            views: 0,
        };
        *slot = Some(fleet);
        announce(&taken);
        let edition = self.sign(to, order, None);
        self.whole
            .get_or_init(|| Arc::new(Feed::new(edition, true)));
        taken
    }

    fn publish(
        &self,
        slot: RwLockWriteGuard<'_, Option<Fleet>>,
        from: Revision,
        touched: Vec<Arc<ObjectKey>>,
        effect: &Effect,
        place: impl FnOnce(Revision) -> Order,
        announce: impl FnOnce(&Taken),
    ) -> Taken {
        let to = slot.as_ref().map_or(from, Fleet::revision);
        if from != to {
            *lock(&self.order) = place(to);
        }
        let order = *lock(&self.order);
        let mut taken = Taken {
            from: Some(from),
            to,
            order,
            objects: 0,
            views: 0,
        };
        // From here on clients may read; nobody else writes.
        let slot = RwLockWriteGuard::downgrade(slot);
        let Some(fleet) = &*slot else {
            return taken;
        };
        taken.objects = fleet.store().len();
        announce(&taken);
        if from == to {
            return taken;
        }
        if let Some(whole) = self.whole.get() {
            whole.publish(self.sign(to, order, None), touched, fleet.store());
        }
        let views = lock(&self.views).begin_round();
        for (audience, pruned) in views {
            let sign = |revision| self.sign(revision, order, Some(audience.clone()));
            if pruned.follow(fleet, effect, order, sign) {
                taken.views = taken.views.saturating_add(1);
            }
            if pruned.feed().revision().is_none() {
                lock(&self.views).forget(&audience);
            }
        }
        taken
    }

    fn sign(&self, revision: Revision, order: Order, audience: Option<Audience>) -> Edition {
        let statement = Statement {
            revision,
            order: Some(order),
            audience,
        };
        let key = self.signing_key.as_ref();
        let signatures = key.map(|key| key.sign(&statement)).into_iter().collect();
        Edition {
            statement,
            signatures,
        }
    }
}
