//! Keys of labels with their source in front (kubernetes-cilium.md 3.3).

use crate::resources::name::is_qualified_name;

const NAMESPACE: &str = "io.kubernetes.pod.namespace";
const NAMESPACE_LABELS: &str = "io.cilium.k8s.namespace.labels.";
const SERVICE_ACCOUNT: &str = "io.cilium.k8s.policy.serviceaccount";
const CLUSTER: &str = "io.cilium.k8s.policy.cluster";
/// What the keys of Cilium's own labels begin with. It takes other labels that begin so away from
/// pods.
const OWN: &str = "io.cilium.k8s";
/// How authors misspell the keys of Cilium's own labels: as Cilium's logs spell them, with a dot
/// between source and key.
const MISSPELT: [&str; 4] = [
    "k8s.io.cilium.k8s",
    "any.io.cilium.k8s",
    "k8s.io.kubernetes.pod.namespace",
    "any.io.kubernetes.pod.namespace",
];
/// What the keys begin with that Cilium leaves out of the identity of a pod, unless its option
/// `labels` says otherwise, and what it takes all the same.
const LEFT_OUT: [&str; 15] = [
    "io.kubernetes",
    "kubernetes.io",
    "k8s.io",
    "beta.kubernetes.io",
    "topology.kubernetes.io",
    "statefulset.kubernetes.io/pod-name",
    "apps.kubernetes.io/pod-index",
    "batch.kubernetes.io/job-completion-index",
    "batch.kubernetes.io/controller-uid",
    "pod-template-generation",
    "pod-template-hash",
    "controller-revision-hash",
    "controller-uid",
    "annotation",
    "etcd_node",
];

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
    /// The name of its cluster (`cilium.cluster` of the configuration).
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

    /// Why no pod can have a label of this key, if that is so: it is Cilium's own, or a misspelling
    /// of one.
    pub(super) fn fault(self) -> Option<(&'static str, &'static str)> {
        let Self::Pod(name) = self else {
            return None;
        };
        if name.starts_with(OWN) {
            let message = "is a label of Cilium's own that no pod has";
            let help = "the labels of Cilium's own are io.cilium.k8s.namespace.labels.<key>, \
                        io.cilium.k8s.policy.serviceaccount and io.cilium.k8s.policy.cluster";
            return Some((message, help));
        }
        let is_misspelt = MISSPELT.iter().any(|start| name.starts_with(start));
        is_misspelt.then_some((
            "is a misspelt label of Cilium's own: no pod has it",
            "write a colon behind the source, as in `k8s:io.kubernetes.pod.namespace`",
        ))
    }

    /// Whether Cilium, as it is configured by default, leaves the label out of a pod's identity, so
    /// that no selector sees it (`pkg/labelsfilter`).
    pub(super) fn is_left_out(self) -> bool {
        let Self::Pod(name) = self else {
            return false;
        };
        let beta = name
            .split_once('/')
            .is_some_and(|(prefix, _)| prefix.ends_with("beta.kubernetes.io"));
        beta || LEFT_OUT.iter().any(|start| name.starts_with(start))
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
    fn labels_that_no_pod_has_are_told() {
        for (key, is_fault, is_left_out) in [
            ("app", false, false),
            ("app.kubernetes.io/name", false, false),
            ("io.cilium.k8s.policy.cluster", false, false),
            ("k8s:io.cilium.k8s.namespace.labels.team", false, false),
            ("io.cilium.k8s.namespace.label.team", true, false),
            ("io.cilium.k8s.policy.name", true, false),
            ("k8s.io.cilium.k8s.namespace.labels.team", true, true),
            ("any:k8s.io.kubernetes.pod.namespace", true, true),
            ("pod-template-hash", false, true),
            ("kubernetes.io/metadata.name", false, true),
            ("failure-domain.beta.kubernetes.io/zone", false, true),
            ("example.org/pod-template-hash", false, false),
        ] {
            let parsed = LabelKey::parse(key);
            assert_eq!(parsed.fault().is_some(), is_fault, "{key}");
            assert_eq!(parsed.is_left_out(), is_left_out, "{key}");
        }
    }

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
