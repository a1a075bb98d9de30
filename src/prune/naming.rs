//! Names of objects, whichever version of their group they are given in.

use super::surroundings::{AccountName, SetName};
use crate::bundle::ObjectKey;

/// Kind and group, namespace and name of an object. A namespaced object that names no namespace is
/// in `default`, and so, here, is one that can have none.
pub(super) type Name = (String, String, String);

fn namespace(key: &ObjectKey) -> String {
    let namespace = key.namespace.as_deref();
    namespace.unwrap_or("default").to_owned()
}

/// The name of an object.
pub(super) fn name(key: &ObjectKey) -> Name {
    let group = key.api_version.split_once('/').map(|(group, _)| group);
    let kind = match group {
        // Calico's own store and its API hold the same objects.
        None | Some(CALICO | CALICO_STORE) => key.kind.clone(),
        Some(group) => format!("{}.{group}", key.kind),
    };
    (kind, namespace(key), key.name.clone())
}

const CALICO: &str = "projectcalico.org";
const CALICO_STORE: &str = "crd.projectcalico.org";

/// The namespace and name of a service account or a pod.
pub(super) fn account_name(key: &ObjectKey) -> AccountName {
    (namespace(key), key.name.clone())
}

/// The name of a network set.
pub(super) fn set_name(key: &ObjectKey) -> SetName {
    let is_global = key.kind == "GlobalNetworkSet";
    let namespace = (!is_global).then(|| namespace(key));
    (namespace, key.name.clone())
}
