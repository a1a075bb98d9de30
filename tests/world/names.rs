//! The names, labels and addresses that worlds are made of.

pub(super) const NAMESPACES: [&str; 3] = ["dev", "prod", "ops"];
/// `gone` is held by few workloads, so that principals nobody is known to hold occur.
pub(super) const ACCOUNTS: [&str; 4] = ["front", "back", "default", "gone"];
pub(super) const VALUES: [&str; 4] = ["a", "b", "ab", ""];

/// Labels of namespaces; the last one claims a name that is Calico's to give.
pub(super) const NAMESPACE_KEYS: [&str; 3] = ["team", "env", "projectcalico.org/name"];
/// Labels of service accounts.
pub(super) const ACCOUNT_KEYS: [&str; 3] = ["role", "team", "projectcalico.org/name"];
/// Labels of workloads and network sets, some of them spoofed.
pub(super) const OWN_KEYS: [&str; 7] = [
    "app",
    "tier",
    "team",
    "app",
    "pcns.team",
    "pcsa.role",
    "projectcalico.org/serviceaccount",
];
/// A label that a pod may claim and a network set may not.
pub(super) const POD_KEYS: [&str; 4] = [
    "app",
    "tier",
    "projectcalico.org/namespace",
    "projectcalico.org/orchestrator",
];

/// What selectors of rules and policies ask for.
pub(super) const SELECTED: [(&str, &[&str]); 11] = [
    ("app", &VALUES),
    ("app", &VALUES),
    ("tier", &VALUES),
    ("team", &VALUES),
    ("pcns.team", &VALUES),
    ("pcns.projectcalico.org/name", &NAMESPACES),
    ("pcsa.role", &VALUES),
    ("pcsa.projectcalico.org/name", &ACCOUNTS),
    ("projectcalico.org/namespace", &NAMESPACES),
    ("projectcalico.org/serviceaccount", &ACCOUNTS),
    ("projectcalico.org/orchestrator", &["k8s", "a"]),
];
/// What namespace selectors ask for.
pub(super) const NAMESPACE_SELECTED: [(&str, &[&str]); 5] = [
    ("team", &VALUES),
    ("env", &VALUES),
    ("projectcalico.org/name", &NAMESPACES),
    ("kubernetes.io/metadata.name", &NAMESPACES),
    ("projectcalico.org/namespace", &NAMESPACES),
];
/// What service account selectors ask for.
pub(super) const ACCOUNT_SELECTED: [(&str, &[&str]); 3] = [
    ("role", &VALUES),
    ("team", &VALUES),
    ("projectcalico.org/name", &ACCOUNTS),
];

/// Addresses of workloads.
pub(super) const INSIDE: [&str; 7] = [
    "10.0.0.1",
    "10.0.0.2",
    "10.0.0.3",
    "10.0.1.1",
    "192.168.0.9",
    "fd00::1",
    "fd00::2",
];
/// Addresses of nobody we know.
pub(super) const OUTSIDE: [&str; 4] = ["203.0.113.7", "10.0.0.200", "2001:db8::7", "fd00::ffff"];

/// Networks of rules; the catch-all first, which `notNets` may not have.
pub(super) const NETS_V4: [&str; 9] = [
    "0.0.0.0/0",
    "0.0.0.0/1",
    "10.0.0.0/8",
    "10.0.0.0/24",
    "10.0.0.0/30",
    "10.0.0.2/31",
    "10.0.0.1/32",
    "192.168.0.0/16",
    "203.0.113.0/25",
];
pub(super) const NETS_V6: [&str; 6] = [
    "::/0",
    "fd00::/8",
    "fd00::/64",
    "fd00::/127",
    "fd00::2/128",
    "2001:db8::/32",
];
/// Networks of sets, which need not be masked, nor have a prefix.
pub(super) const NETS_OF_SETS: [&str; 10] = [
    "0.0.0.0/0",
    "10.0.0.0/8",
    "10.0.0.3/24",
    "10.0.0.2/31",
    "10.0.0.1",
    "203.0.113.7",
    "192.168.0.0/28",
    "::/0",
    "fd00::1/64",
    "fd00::2",
];

/// Named ports, and the numbers they and others have.
pub(super) const PORT_NAMES: [&str; 3] = ["http", "admin", "nowhere"];
pub(super) const PORTS: [u16; 4] = [80, 8080, 8081, 443];
