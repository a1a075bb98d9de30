//! Keys of labels with their source in front (kubernetes-cilium.md 3.3).

use crate::resources::name::is_qualified_name;

const NAMESPACE: &str = "io.kubernetes.pod.namespace";
const NAMESPACE_LABELS: &str = "io.cilium.k8s.namespace.labels.";
const SERVICE_ACCOUNT: &str = "io.cilium.k8s.policy.serviceaccount";
const CLUSTER: &str = "io.cilium.k8s.policy.cluster";

/// What the key of a Cilium selector means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LabelKey<'k> {
    /// A label of the pod.
    Pod(&'k str),
    /// The name of its namespace.
    Namespace,
    /// A label of its namespace.
    OfNamespace(&'k str),
    /// The name of its service account.
    ServiceAccount,
    /// The name of its cluster, which nobody tells heliast.
    Cluster,
    /// One of Cilium's own labels, which say what is no pod, such as `reserved:host`.
    Reserved(&'k str),
    /// A label from another source than Kubernetes. No pod has any.
    Foreign,
}

impl<'k> LabelKey<'k> {
    /// The meaning of a key: `k8s:`, `any:` and no prefix are labels of pods.
    #[must_use]
    pub fn parse(key: &'k str) -> Self {
        let name = match key.split_once(':') {
            None | Some(("", _)) => key.trim_start_matches(':'),
            Some(("k8s" | "any", name)) => name,
            Some(("reserved", name)) => return Self::Reserved(name),
            Some(_) => return Self::Foreign,
        };
        match name {
            NAMESPACE => Self::Namespace,
            SERVICE_ACCOUNT => Self::ServiceAccount,
            CLUSTER => Self::Cluster,
            name => name
                .strip_prefix(NAMESPACE_LABELS)
                .map_or(Self::Pod(name), Self::OfNamespace),
        }
    }

    /// Whether this is a key at all.
    pub(super) fn admits(key: &str) -> bool {
        let (source, name) = key.split_once(':').unwrap_or(("any", key));
        // The labels of a namespace have keys of their own length.
        let name = name.strip_prefix(NAMESPACE_LABELS).unwrap_or(name);
        let is_source = source.bytes().all(|byte| byte.is_ascii_alphanumeric());
        !source.is_empty() && is_source && is_qualified_name(name)
    }
}

#[cfg(test)]
mod tests {
    use super::LabelKey;

    #[test]
    fn keys_have_sources() {
        for (key, meaning) in [
            ("app", LabelKey::Pod("app")),
            ("k8s:app", LabelKey::Pod("app")),
            ("any:example.org/app", LabelKey::Pod("example.org/app")),
            ("k8s:io.kubernetes.pod.namespace", LabelKey::Namespace),
            ("io.kubernetes.pod.namespace", LabelKey::Namespace),
            (
                "io.cilium.k8s.policy.serviceaccount",
                LabelKey::ServiceAccount,
            ),
            (
                "k8s:io.cilium.k8s.namespace.labels.kubernetes.io/metadata.name",
                LabelKey::OfNamespace("kubernetes.io/metadata.name"),
            ),
            ("any:io.cilium.k8s.policy.cluster", LabelKey::Cluster),
            ("reserved:host", LabelKey::Reserved("host")),
            ("container:name", LabelKey::Foreign),
        ] {
            assert!(LabelKey::admits(key), "{key}");
            assert_eq!(LabelKey::parse(key), meaning, "{key}");
        }
        for key in ["", ":", "k8s:", ":app", "a b", "k8s:a:b", "k8s :a", "a/b/c"] {
            assert!(!LabelKey::admits(key), "{key}");
        }
    }
}
