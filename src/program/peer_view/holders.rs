//! Whose certificate a peer shows.

use crate::model::{Directory, Workload};
use crate::selector::{Labels, Selector};
use crate::spiffe::SpiffeId;
use crate::truth::Truth;

/// The pods that a certificate may be of.
#[derive(Debug)]
pub(super) enum Holders<'d> {
    /// Every known pod of its identity, of which there is one at least.
    Known(Vec<&'d Workload>),
    /// A pod that is not known. What it inherits from its namespace and service account is; its own
    /// labels are not.
    Unknown(Box<Workload>),
}

impl<'d> Holders<'d> {
    /// Those of this certificate. Pods of the directory are taken for those of our own trust domain,
    /// so where nothing but the certificate counts, one of another domain is none of theirs
    /// (`is_ours` is false).
    pub(super) fn of(id: &SpiffeId, directory: &'d Directory, is_ours: bool) -> Self {
        let known = if is_ours {
            directory.holding(id)
        } else {
            Vec::new()
        };
        if !known.is_empty() {
            return Self::Known(known);
        }
        let no_labels = Default::default();
        let pod = directory.workload(&id.namespace, &id.service_account, &no_labels, Vec::new());
        Self::Unknown(Box::new(pod))
    }

    /// The known pods; none if there are none.
    pub(super) fn known(&self) -> &[&'d Workload] {
        match self {
            Self::Known(pods) => pods,
            Self::Unknown(_) => &[],
        }
    }
}

/// What a selector says of a pod of which only the inherited labels are known.
pub(crate) fn judge_unknown(pod: &Workload, selector: &Selector) -> Truth {
    selector.judge(&pod.labels, &|key| is_inherited(pod, key))
}

/// The value of a label of such a pod: none if nobody knows, and then whether it has one at all.
pub(super) fn inherited<'p>(pod: &'p Workload, key: &str) -> Option<Option<&'p str>> {
    is_inherited(pod, key).then(|| pod.labels.value(key))
}

/// Whether it follows from namespace and service account what a label is.
fn is_inherited(pod: &Workload, key: &str) -> bool {
    key.starts_with("pcns.") || key.starts_with("pcsa.") || pod.labels.own.contains_key(key)
}
