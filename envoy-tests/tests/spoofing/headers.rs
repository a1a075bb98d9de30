//! The headers that carry addresses, identities, or another request than the one they are on.

/// Headers and what a liar would write into them, for the address and the account he wants.
pub(crate) fn lies(address: &str, account: &str) -> Vec<(&'static str, String)> {
    let principal = format!("spiffe://cluster.local/ns/shop/sa/{account}");
    let mut lies = Vec::new();
    for name in [
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
    ] {
        lies.push((name, address.to_owned()));
    }
    for name in [
        "x-istio-source-principal",
        "x-heliast-peer-uri-sans",
        "heliast.peer_uri_sans",
        "io.istio.peer_principal",
        "x-ssl-client-s-dn",
        "x-spiffe-id",
    ] {
        lies.push((name, principal.clone()));
    }
    for name in [
        "x-envoy-original-path",
        "x-original-uri",
        "x-original-url",
        "x-rewrite-url",
        "x-forwarded-uri",
        "x-forwarded-prefix",
    ] {
        lies.push((name, "/public".to_owned()));
    }
    lies.extend([
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
        (
            "x-forwarded-client-cert",
            format!("By=spiffe://cluster.local/ns/shop/sa/server;Hash=00;URI={principal}"),
        ),
        ("x-forwarded-proto", "https".into()),
        ("x-forwarded-host", account.to_owned()),
        ("x-forwarded-port", "8080".into()),
        ("x-envoy-internal", "true".into()),
        (
            "x-envoy-peer-metadata",
            "ChoKDkFQUF9DT05UQUlORVJTEggaBmFsaWNl".into(),
        ),
        (
            "x-envoy-peer-metadata-id",
            format!("sidecar~{address}~{account}.shop~shop.svc.cluster.local"),
        ),
        ("x-envoy-original-dst-host", format!("{address}:8080")),
        ("x-envoy-original-method", "GET".into()),
        (
            "x-envoy-downstream-service-cluster",
            format!("{account}.shop"),
        ),
        (
            "x-istio-attributes",
            "Cj4KCnNvdXJjZS5pcBIwEi5zcGlmZmU6Ly8=".into(),
        ),
        (
            "baggage",
            format!("k8s.namespace.name=shop,k8s.pod.name={account},service.name={account}"),
        ),
        ("x-http-method-override", "GET".into()),
        ("wasm.heliast_verdict", "allow".into()),
        ("x-heliast-verdict", "allow".into()),
        ("authorization", "Bearer eyJhbGciOiJub25lIn0.e30.".into()),
    ]);
    lies
}
