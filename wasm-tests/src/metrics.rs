//! Statistics: one store for the process, ids per VM.

use std::collections::BTreeMap;

use crate::abi::{MetricKind, Status};

/// A statistic, as `/stats` would show it below `wasmcustom.`.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Metric {
    /// Counters and gauges.
    pub value: u64,
    /// Histograms: every recorded value.
    pub samples: Vec<u64>,
}

/// All statistics, common to every VM; the canary's increments stay.
#[derive(Debug, Default)]
pub(crate) struct MetricStore {
    metrics: BTreeMap<(MetricKind, String), Metric>,
}

impl MetricStore {
    pub(crate) fn get(&self, kind: MetricKind, name: &str) -> Option<&Metric> {
        self.metrics.get(&(kind, name.to_owned()))
    }

    pub(crate) fn all(&self) -> BTreeMap<String, Metric> {
        let named =
            |((_, name), metric): (&(MetricKind, String), &Metric)| (name.clone(), metric.clone());
        self.metrics.iter().map(named).collect()
    }

    fn entry(&mut self, key: &(MetricKind, String)) -> &mut Metric {
        self.metrics.entry(key.clone()).or_default()
    }
}

/// The low bits of an id are the kind, as in Envoy.
const KIND_MASK: u32 = 3;
const ID_STEP: u32 = 4;

/// The ids that one VM has been given. Defining a name again gives a **new id for the same statistic**.
#[derive(Debug, Default)]
pub(crate) struct MetricIds {
    names: BTreeMap<u32, (MetricKind, String)>,
    defined: BTreeMap<MetricKind, u32>,
}

impl MetricIds {
    pub(crate) fn define(&mut self, store: &mut MetricStore, kind: MetricKind, name: &str) -> u32 {
        let last = self.defined.entry(kind).or_insert(kind.code());
        *last = last.saturating_add(ID_STEP);
        let key = (kind, name.to_owned());
        store.entry(&key);
        self.names.insert(*last, key);
        *last
    }

    pub(crate) fn increment(
        &self,
        store: &mut MetricStore,
        id: u32,
        offset: i64,
    ) -> Result<(), Status> {
        if MetricKind::from_code(id & KIND_MASK).is_none_or(|kind| kind == MetricKind::Histogram) {
            return Err(Status::BadArgument);
        }
        let key = self.names.get(&id).ok_or(Status::NotFound)?;
        if key.0 == MetricKind::Counter && offset <= 0 {
            return Err(Status::BadArgument);
        }
        let metric = store.entry(key);
        metric.value = metric.value.wrapping_add_signed(offset);
        Ok(())
    }

    pub(crate) fn record(
        &self,
        store: &mut MetricStore,
        id: u32,
        value: u64,
    ) -> Result<(), Status> {
        let key = self.names.get(&id).ok_or(Status::NotFound)?;
        let metric = store.entry(key);
        match key.0 {
            MetricKind::Counter => metric.value = metric.value.wrapping_add(value),
            MetricKind::Gauge => metric.value = value,
            MetricKind::Histogram => metric.samples.push(value),
        }
        Ok(())
    }

    pub(crate) fn get(&self, store: &MetricStore, id: u32) -> Result<u64, Status> {
        if MetricKind::from_code(id & KIND_MASK).is_none_or(|kind| kind == MetricKind::Histogram) {
            return Err(Status::BadArgument);
        }
        let (kind, name) = self.names.get(&id).ok_or(Status::NotFound)?;
        Ok(store
            .get(*kind, name)
            .map(|metric| metric.value)
            .unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defining_twice_aliases_one_statistic() {
        let (mut store, mut ids) = (MetricStore::default(), MetricIds::default());
        let first = ids.define(&mut store, MetricKind::Counter, "requests");
        let second = ids.define(&mut store, MetricKind::Counter, "requests");
        assert_ne!(first, second);
        assert_eq!(ids.increment(&mut store, first, 2), Ok(()));
        assert_eq!(ids.increment(&mut store, second, 3), Ok(()));
        assert_eq!(ids.get(&store, first), Ok(5));
    }

    #[test]
    fn each_kind_takes_what_envoy_takes() {
        let (mut store, mut ids) = (MetricStore::default(), MetricIds::default());
        let counter = ids.define(&mut store, MetricKind::Counter, "c");
        let gauge = ids.define(&mut store, MetricKind::Gauge, "g");
        let histogram = ids.define(&mut store, MetricKind::Histogram, "h");
        assert_eq!(
            ids.increment(&mut store, counter, -1),
            Err(Status::BadArgument)
        );
        assert_eq!(ids.record(&mut store, gauge, 7), Ok(()));
        assert_eq!(ids.increment(&mut store, gauge, -2), Ok(()));
        assert_eq!(ids.get(&store, gauge), Ok(5));
        assert_eq!(
            ids.increment(&mut store, histogram, 1),
            Err(Status::BadArgument)
        );
        assert_eq!(ids.record(&mut store, histogram, 9), Ok(()));
        assert_eq!(
            store
                .get(MetricKind::Histogram, "h")
                .map(|m| m.samples.clone()),
            Some(vec![9])
        );
        assert_eq!(ids.increment(&mut store, 400, 1), Err(Status::NotFound));
    }
}
