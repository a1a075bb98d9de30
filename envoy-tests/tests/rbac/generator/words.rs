//! The words of policies and requests: so few that they meet.

pub(super) const NAMESPACE: &str = "foo";
pub(super) const ROOT_NAMESPACE: &str = "istio-system";
pub(super) const LABELS: &[(&str, &str)] = &[("app", "web"), ("version", "v1")];
pub(super) const TRUST_DOMAINS: [&str; 2] = ["cluster.local", "old.example"];

pub(super) const PRINCIPALS: &[&str] = &[
    "cluster.local/ns/foo/sa/sleep",
    "cluster.local/ns/bar/sa/web",
    "cluster.local/ns/bar/sa/admin.prod",
    "cluster.local/ns/istio-system/sa/gateway",
    "old.example/ns/foo/sa/sleep",
    "evil.example/ns/foo/sa/sleep",
    "other.example/ns/foo/sa/sleep",
    "*.example/ns/foo/sa/sleep",
    "*.local/ns/foo/sa/sleep",
    "cluster.*/ns/foo/sa/sleep",
    "*/ns/bar/sa/web",
    "*/sa/sleep",
    "*min.prod",
    "cluster.local/ns/bar/*",
    "cluster*",
    "old*",
    "*",
];
pub(super) const NAMESPACES: &[&str] = &[
    "foo",
    "bar",
    "istio-system",
    "b*",
    "*o",
    "f*o",
    "*",
    "ba",
    "foo.",
    "istio*",
    // What reaches beyond the namespace, as Istio's code reads it.
    "*p",
    "*/sa",
    "foo/sa",
    "b*r",
    "sa",
    "ns",
];
pub(super) const ACCOUNTS: &[&str] = &[
    "sleep",
    "foo/sleep",
    "bar/web",
    "bar/admin.prod",
    "bar/adminXprod",
    "gateway",
    "istio-system/gateway",
    "bar/sleep",
];
pub(super) const DOMAINS: &[&str] = &[
    "cluster.local",
    "old.example",
    "evil.example",
    "*",
    "*.example",
    "old*",
    "*local",
    "cluster",
];
pub(super) const TOKENS: &[&str] = &[
    "issuer.example/alice",
    "https://issuer.example/alice",
    "https://issuer.example/bob",
    "*",
    "*lice",
    "*/alice",
    "*example/alice",
    "https://*",
    "issuer.example/al*",
    "issuer.example/*",
    "issuer.example",
    "alice",
];
pub(super) const ISSUERS: &[&str] = &["issuer.example", "https://issuer.example", "elsewhere"];
pub(super) const SUBJECTS: &[&str] = &["alice", "bob", "al", ""];
pub(super) const CLAIMS: &[&str] = &["admin", "dev", "adm*", "*in", "*", "web", "api"];
pub(super) const CLIENTS: &[&str] = &["127.95.0.2", "127.95.0.3", "127.95.1.2"];
pub(super) const DIRECT: &[&str] = &[
    "127.95.0.2",
    "127.95.0.3/32",
    "127.95.0.0/24",
    "127.95.0.0/16",
    "10.0.0.0/8",
    "0.0.0.0/0",
    "::/0",
    "127.95.1.2",
];
pub(super) const REMOTE: &[&str] = &[
    "10.1.2.3",
    "10.1.0.0/16",
    "203.0.113.9",
    "203.0.113.0/24",
    "127.95.0.0/16",
    "0.0.0.0/0",
    "2001:db8::/32",
];
pub(super) const CALLERS: &[&str] = &[
    "10.1.2.3",
    "10.1.9.9",
    "203.0.113.9",
    "192.0.2.1",
    "2001:db8::7",
];
pub(super) const LOCAL: &[&str] = &["10.9.0.1", "10.9.0.0/24", "10.9.1.1", "0.0.0.0/0"];
pub(super) const SERVERS: &[&str] = &["10.9.0.1", "10.9.0.77", "10.9.1.1"];
pub(super) const PORTS: &[&str] = &["80", "8080", "9090", "443"];
pub(super) const HOSTS: &[&str] = &[
    "a.com",
    "A.com",
    "a.com:8080",
    "b.a.com",
    "*.a.com",
    "*.com",
    "a.*",
    "a.com.",
    "*",
    "*:8080",
];
pub(super) const METHODS: &[&str] = &["GET", "POST", "DELETE", "get", "*", "P*", "*T", "PUT"];
pub(super) const PATHS: &[&str] = &[
    "/admin",
    "/admin/*",
    "/admin*",
    "/public",
    "/public/*",
    "/public/x",
    "*/items",
    "*.txt",
    "/api/v1/items",
    "/a/*b",
    "*foo*",
    "/",
    "*",
    "/a%2fb",
    "/%61dmin",
    "/caf%C3%A9",
    "/caf%c3%a9*",
    "/public%2Fx",
    "/api/{*}/items",
    "/api/{**}",
    "/admin/{**}",
    "/store/{**}/cart",
    "/foo/{*}/bar/{**}",
    "/{*}",
];
pub(super) const PATH_LINES: &[&str] = &[
    "/admin",
    "/admin*",
    "/public/*",
    "*/items",
    "*?q=/admin",
    "/",
    "*",
];
pub(super) const SCHEMES: &[&str] = &["http", "https", "htt*", "*", "*s", "HTTPS"];
pub(super) const SERVER_NAMES: &[&str] = &[
    "web.foo.svc",
    "outbound_.8080_._.web.foo.svc.cluster.local",
    "*.svc",
    "web*",
    "*",
    "*.cluster.local",
];
pub(super) const HEADER_VALUES: &[&str] = &[
    "admin",
    "guest",
    "adm*",
    "*min",
    "*",
    "admin,guest",
    "a",
    "GET",
    "Admin",
    "a%62",
    "a\\b",
    "\"admin\"",
];
pub(super) const TAGS: &[&str] = &[
    "gold", "[gold]", "g*", "[g*]", "*", "[*]", "silver", "[*er]", "[[gold]]", "[]",
];
