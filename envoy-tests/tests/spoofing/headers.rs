//! The headers that carry addresses, identities, or another request than the one they are on.

/// Take an address.
const ADDRESSES: &[&str] = &[
    "x-forwarded-for",
    "x-real-ip",
    "x-client-ip",
    "x-cluster-client-ip",
    "true-client-ip",
    "cf-connecting-ip",
    "fastly-client-ip",
    "x-envoy-external-address",
    "x-original-forwarded-for",
    "x-remote-addr",
    "x-heliast-peer-address",
    "heliast.peer_address",
];

/// Take a principal.
const PRINCIPALS: &[&str] = &[
    "x-istio-source-principal",
    "x-heliast-peer-uri-sans",
    "heliast.peer_uri_sans",
    "io.istio.peer_principal",
    "x-ssl-client-s-dn",
    "x-spiffe-id",
];

/// Take a path.
const PATHS: &[&str] = &[
    "x-envoy-original-path",
    "x-original-uri",
    "x-original-url",
    "x-rewrite-url",
    "x-forwarded-uri",
    "x-forwarded-prefix",
];

/// Say something of their own.
const STATEMENTS: &[(&str, &str)] = &[
    ("x-forwarded-proto", "https"),
    ("x-forwarded-port", "8080"),
    ("x-envoy-internal", "true"),
    ("x-envoy-original-method", "GET"),
    ("x-http-method-override", "GET"),
    (
        "x-envoy-peer-metadata",
        "ChoKDkFQUF9DT05UQUlORVJTEggaBmFsaWNl",
    ),
    ("x-istio-attributes", "Cj4KCnNvdXJjZS5pcBIwEi5zcGlmZmU6Ly8="),
    ("wasm.heliast_verdict", "allow"),
    ("x-heliast-verdict", "allow"),
    ("authorization", "Bearer eyJhbGciOiJub25lIn0.e30."),
];

/// Headers and what a liar would write into them, for the address and the account he wants.
pub(crate) fn lies(address: &str, account: &str) -> Vec<(&'static str, String)> {
    let principal = format!("spiffe://cluster.local/ns/shop/sa/{account}");
    let plain = [
        (ADDRESSES, address),
        (PRINCIPALS, &principal),
        (PATHS, "/public"),
    ];
    let plain = plain
        .into_iter()
        .flat_map(|(names, value)| names.iter().map(move |name| (*name, value.to_owned())));
    let statements = STATEMENTS
        .iter()
        .map(|(name, value)| (*name, (*value).to_owned()));
    plain
        .chain(statements)
        .chain(elaborate(address, account, &principal))
        .collect()
}

/// Those with a form of their own.
fn elaborate(address: &str, account: &str, principal: &str) -> [(&'static str, String); 9] {
    let certificate =
        format!("By=spiffe://cluster.local/ns/shop/sa/server;Hash=00;URI={principal}");
    let node = format!("sidecar~{address}~{account}.shop~shop.svc.cluster.local");
    let baggage = format!("k8s.namespace.name=shop,k8s.pod.name={account},service.name={account}");
    [
        (
            "x-forwarded-for",
            format!("{address}, 127.0.0.1, {address}"),
        ),
        (
            "x-forwarded-for",
            format!("{address}:443, unknown, _hidden"),
        ),
        (
            "forwarded",
            format!("for={address};by=127.0.0.1;proto=https"),
        ),
        ("x-forwarded-client-cert", certificate),
        ("x-forwarded-host", account.to_owned()),
        ("x-envoy-peer-metadata-id", node),
        ("x-envoy-original-dst-host", format!("{address}:8080")),
        (
            "x-envoy-downstream-service-cluster",
            format!("{account}.shop"),
        ),
        ("baggage", baggage),
    ]
}
