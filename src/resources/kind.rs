//! Which kinds of object heliast takes (design 6.2).

use super::calico::PolicyKind;
use super::cilium;
use super::kubernetes::Edition;
use super::name::shorten;
use crate::decode::{Fields, Nulls};

/// A kind that heliast takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A Calico policy.
    Policy(PolicyKind),
    /// Calico's staged form of a Kubernetes policy.
    StagedKubernetesNetworkPolicy,
    /// A Calico tier.
    Tier,
    /// A Calico network set of a namespace.
    NetworkSet,
    /// A Calico network set of the cluster.
    GlobalNetworkSet,
    /// A Cilium policy.
    CiliumPolicy(cilium::PolicyKind),
    /// A named list of networks of Cilium's.
    CiliumCidrGroup,
    /// Istio's authorization policy.
    AuthorizationPolicy,
    /// Istio's peer authentication.
    PeerAuthentication,
    /// A pod.
    Pod,
    /// A namespace.
    Namespace,
    /// A service account.
    ServiceAccount,
    /// A node.
    Node,
    /// A NetworkPolicy of Kubernetes.
    KubernetesNetworkPolicy,
    /// A policy of a Kubernetes cluster's administrators.
    ClusterPolicy(Edition),
    /// heliast's compact form of many pods.
    WorkloadGroup,
}

impl Kind {
    /// What null says in objects of this kind: the API server takes it for an absent field in its
    /// own kinds, and refuses it by the schema of every other.
    pub(super) fn nulls(self) -> Nulls {
        match self {
            Self::Policy(_)
            | Self::StagedKubernetesNetworkPolicy
            | Self::Tier
            | Self::NetworkSet
            | Self::GlobalNetworkSet
            | Self::CiliumPolicy(_)
            | Self::CiliumCidrGroup
            | Self::AuthorizationPolicy
            | Self::PeerAuthentication
            | Self::ClusterPolicy(_) => Nulls::Refused,
            Self::Pod
            | Self::Namespace
            | Self::ServiceAccount
            | Self::Node
            | Self::KubernetesNetworkPolicy
            | Self::WorkloadGroup => Nulls::Absent,
        }
    }
}

/// What an object says it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sort<'v> {
    /// An object.
    Object(Kind),
    /// A list; its items may leave out what they are if the list says it: apiVersion and kind.
    List(Option<(&'v str, &'v str)>),
}

const CALICO: &[&str] = &["projectcalico.org/v3", "crd.projectcalico.org/v1"];
const CILIUM: &[&str] = &["cilium.io/v2"];
const CILIUM_GROUPS: &[&str] = &["cilium.io/v2", "cilium.io/v2alpha1"];
const CORE: &[&str] = &["v1"];
const ISTIO: &[&str] = &["security.istio.io/v1", "security.istio.io/v1beta1"];
const HELIAST: &[&str] = &["heliast.dev/v1alpha1"];
const NETWORKING: &[&str] = &["networking.k8s.io/v1"];
const CLUSTER_POLICY: &[&str] = &[
    "policy.networking.k8s.io/v1alpha2",
    "policy.networking.k8s.io/v1beta1",
];
const ADMIN_POLICY: &[&str] = &["policy.networking.k8s.io/v1alpha1"];

const KINDS: [(&[&str], &str, Kind); 22] = [
    (
        CALICO,
        "GlobalNetworkPolicy",
        Kind::Policy(PolicyKind::GlobalNetworkPolicy),
    ),
    (
        CALICO,
        "NetworkPolicy",
        Kind::Policy(PolicyKind::NetworkPolicy),
    ),
    (
        CALICO,
        "StagedGlobalNetworkPolicy",
        Kind::Policy(PolicyKind::StagedGlobalNetworkPolicy),
    ),
    (
        CALICO,
        "StagedNetworkPolicy",
        Kind::Policy(PolicyKind::StagedNetworkPolicy),
    ),
    (
        CALICO,
        "StagedKubernetesNetworkPolicy",
        Kind::StagedKubernetesNetworkPolicy,
    ),
    (CALICO, "Tier", Kind::Tier),
    (CALICO, "NetworkSet", Kind::NetworkSet),
    (CALICO, "GlobalNetworkSet", Kind::GlobalNetworkSet),
    (
        CILIUM,
        "CiliumNetworkPolicy",
        Kind::CiliumPolicy(cilium::PolicyKind::CiliumNetworkPolicy),
    ),
    (
        CILIUM,
        "CiliumClusterwideNetworkPolicy",
        Kind::CiliumPolicy(cilium::PolicyKind::CiliumClusterwideNetworkPolicy),
    ),
    (CILIUM_GROUPS, "CiliumCIDRGroup", Kind::CiliumCidrGroup),
    (ISTIO, "AuthorizationPolicy", Kind::AuthorizationPolicy),
    (ISTIO, "PeerAuthentication", Kind::PeerAuthentication),
    (CORE, "Pod", Kind::Pod),
    (CORE, "Namespace", Kind::Namespace),
    (CORE, "ServiceAccount", Kind::ServiceAccount),
    (CORE, "Node", Kind::Node),
    (HELIAST, "WorkloadGroup", Kind::WorkloadGroup),
    (NETWORKING, "NetworkPolicy", Kind::KubernetesNetworkPolicy),
    (
        CLUSTER_POLICY,
        "ClusterNetworkPolicy",
        Kind::ClusterPolicy(Edition::Cluster),
    ),
    (
        ADMIN_POLICY,
        "AdminNetworkPolicy",
        Kind::ClusterPolicy(Edition::Admin),
    ),
    (
        ADMIN_POLICY,
        "BaselineAdminNetworkPolicy",
        Kind::ClusterPolicy(Edition::Baseline),
    ),
];

/// Kinds of Istio's that are refused, because to skip them could open access: group, kind, why, and
/// what to do instead.
const REFUSED: [(&str, &str, &str, &str); 3] = [
    (
        "security.istio.io",
        "RequestAuthentication",
        "is not taken: heliast never verifies tokens",
        "leave it to Istio: its jwt_authn filter verifies them, and heliast reads what it found",
    ),
    (
        "authentication.istio.io",
        "Policy",
        "is long gone from Istio",
        "write a PeerAuthentication of security.istio.io/v1: `peers: [mtls: {}]` is `mtls: {mode: STRICT}`",
    ),
    (
        "authentication.istio.io",
        "MeshPolicy",
        "is long gone from Istio",
        "write a PeerAuthentication of security.istio.io/v1 in the root namespace",
    ),
];

/// Finds out what an object is; `inherited` is what its list says of it.
pub(super) fn identify<'v>(
    root: &Fields<'v, '_>,
    inherited: Option<(&'v str, &'v str)>,
) -> Option<Sort<'v>> {
    let (api_version, kind) = match inherited {
        Some(inherited) if root.get("kind").is_none() && root.get("apiVersion").is_none() => {
            inherited
        }
        _ => {
            let api_version = root.require("apiVersion").and_then(|field| field.string());
            let kind = root.require("kind").and_then(|field| field.string());
            (api_version?, kind?)
        }
    };
    if (api_version, kind) == ("v1", "List") {
        return Some(Sort::List(None));
    }
    if let Some(found) = find(api_version, kind) {
        return Some(Sort::Object(found));
    }
    let item_kind = kind.strip_suffix("List");
    if let Some(item_kind) = item_kind.filter(|kind| find(api_version, kind).is_some()) {
        return Some(Sort::List(Some((api_version, item_kind))));
    }
    refuse(root, api_version, kind);
    None
}

fn find(api_version: &str, kind: &str) -> Option<Kind> {
    let is_it = |entry: &&(&[&str], &str, Kind)| entry.1 == kind && entry.0.contains(&api_version);
    KINDS.iter().find(is_it).map(|entry| entry.2)
}

/// Says why an object is refused, at the field that is to blame.
fn refuse(root: &Fields<'_, '_>, api_version: &str, kind: &str) {
    let tell = |field: &'static str, code, message: String, help: String| {
        root.get(field)
            .unwrap_or(root.here())
            .error(code, message, &help);
    };
    let group = api_version.split_once('/').map_or("", |(group, _)| group);
    let refused = REFUSED
        .iter()
        .find(|(of, name, ..)| *of == group && *name == kind);
    if let Some((_, _, why, help)) = refused {
        let message = format!("`{kind}` of {group} {why}");
        return tell("kind", "unsupported-kind", message, (*help).to_owned());
    }
    let versions = [
        CALICO,
        CILIUM_GROUPS,
        ISTIO,
        CORE,
        HELIAST,
        NETWORKING,
        CLUSTER_POLICY,
        ADMIN_POLICY,
    ]
    .concat();
    if versions.contains(&api_version) {
        let message = format!("unknown kind `{}` in {api_version}", shorten(kind));
        return tell(
            "kind",
            "unknown-kind",
            message,
            kind_help(api_version, kind),
        );
    }
    let message = format!("unknown apiVersion `{}`", shorten(api_version));
    let in_group = |entry: &&(&[&str], &str, Kind)| {
        entry.1 == kind && entry.0.iter().any(|version| version.starts_with(group))
    };
    let known = KINDS.iter().find(in_group);
    let known = known.or_else(|| KINDS.iter().find(|entry| entry.1 == kind));
    let help = match known {
        Some((versions, _, _)) => format!("`{kind}` is in {}", versions.join(" and ")),
        None => crate::suggest::did_you_mean(api_version, versions),
    };
    tell("apiVersion", "unknown-api-version", message, help);
}

fn kind_help(api_version: &str, kind: &str) -> String {
    if let Some((versions, _, _)) = KINDS.iter().find(|entry| entry.1 == kind) {
        return format!("`{kind}` is in {}", versions.join(" and "));
    }
    let here = |entry: &&(&[&str], &'static str, Kind)| entry.0.contains(&api_version);
    let kinds: Vec<&str> = KINDS.iter().filter(here).map(|entry| entry.1).collect();
    crate::suggest::nearest(kind, kinds.iter().copied()).map_or_else(
        || format!("known kinds are {}", kinds.join(", ")),
        |near| format!("did you mean `{near}`?"),
    )
}
