//! What Calico's own code makes of objects otherwise than its documents say, and can only be seen
//! beside its policy.

use super::keys;
use crate::problem::{Report, Severity};
use crate::resources::Resources;
use crate::resources::object::Metadata;

/// What Felix puts before the label keys of namespaces and of service accounts.
const PREFIX_LENGTH: usize = "pcns.".len();
/// Most letters of the name in a label key, and of a label's value.
const NAME: usize = 63;
/// Most letters of the prefix of a label key.
const PREFIX: usize = 253;

/// Namespaces and service accounts whose labels Felix loses: it validates them with its prefix
/// before each key, and the account's name as a label's value, and drops all labels of the object
/// where one of them is too long then (calico.md, corrections).
pub(super) fn lost_labels(resources: &Resources, report: &Report) {
    if resources.policies.is_empty() {
        return;
    }
    for namespace in &resources.namespaces {
        if let Some(key) = too_long(&namespace.metadata) {
            warn(&namespace.metadata, key, report);
        }
    }
    for account in &resources.service_accounts {
        // An account with a name of 63 letters is left out of the labels of its pods alone.
        if account.metadata.id.name.len() >= NAME {
            warn(&account.metadata, "metadata.name", report);
        } else if let Some(key) = too_long(&account.metadata) {
            warn(&account.metadata, key, report);
        }
    }
}

/// A label key that is too long behind Felix's prefix.
fn too_long(metadata: &Metadata) -> Option<&str> {
    let is_too_long = |key: &&String| match key.split_once('/') {
        Some((prefix, _)) => prefix.len().saturating_add(PREFIX_LENGTH) > PREFIX,
        None => key.len().saturating_add(PREFIX_LENGTH) > NAME,
    };
    metadata.labels.keys().find(is_too_long).map(String::as_str)
}

fn warn(metadata: &Metadata, longest: &str, report: &Report) {
    let message = format!(
        "Calico's Felix loses labels that pods have of this object, because `{longest}` is too \
         long for it; heliast keeps them"
    );
    let help = "shorten it: a label key to 58 letters, the name of a service account to 62";
    let path = keys(&["metadata"]);
    report.add(metadata.problem(Severity::Warning, "lost-labels", path, message, help));
}
