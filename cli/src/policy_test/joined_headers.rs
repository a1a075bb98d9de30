//! Header lines as Envoy's filters get them: lines of some headers are one there.
//!
//! Envoy keeps some headers in slots of their own, and puts a second line of them behind the first,
//! with a comma between and without the empty ones. Which headers those are was asked of Envoy
//! 1.40; `policies/conformance/istio/joined-headers.yaml` asks again for some of them.

/// The headers whose lines Envoy joins, in lower case, as far as it hands them to filters at all.
pub const NAMES: [&str; 35] = [
    "accept",
    "accept-encoding",
    "access-control-request-headers",
    "access-control-request-method",
    "access-control-request-private-network",
    "authorization",
    "cache-control",
    "content-encoding",
    "content-type",
    "expect",
    "grpc-accept-encoding",
    "grpc-timeout",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-range",
    "if-unmodified-since",
    "origin",
    "pragma",
    "referer",
    "user-agent",
    "via",
    "x-client-trace-id",
    "x-envoy-attempt-count",
    "x-envoy-decorator-operation",
    "x-envoy-downstream-service-cluster",
    "x-envoy-downstream-service-node",
    "x-envoy-external-address",
    "x-envoy-original-host",
    "x-envoy-original-path",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-port",
    "x-forwarded-proto",
    "x-request-id",
];

/// The lines, names in lower case, with those joined that Envoy joins; each stands where its first
/// line stood.
pub(super) fn join(lines: Vec<(Vec<u8>, Vec<u8>)>) -> Vec<(Vec<u8>, Vec<u8>)> {
    let mut joined: Vec<(Vec<u8>, Vec<u8>)> = Vec::new();
    for (name, value) in lines {
        let is_joined = NAMES.iter().any(|known| known.as_bytes() == name);
        let first = joined.iter_mut().find(|(other, _)| *other == name);
        match first.filter(|_| is_joined) {
            Some((_, before)) => append(before, value),
            None => joined.push((name, value)),
        }
    }
    joined
}

fn append(before: &mut Vec<u8>, value: Vec<u8>) {
    if value.is_empty() {
        return;
    }
    if !before.is_empty() {
        before.push(b',');
    }
    before.extend(value);
}

#[cfg(test)]
mod tests {
    use super::join;

    #[test]
    fn lines_of_some_headers_are_one() {
        let lines = |lines: &[(&str, &str)]| -> Vec<(Vec<u8>, Vec<u8>)> {
            let line = |(name, value): &(&str, &str)| {
                (name.as_bytes().to_vec(), value.as_bytes().to_vec())
            };
            lines.iter().map(line).collect()
        };
        let sent = [
            ("authorization", ""),
            ("cookie", "a"),
            ("authorization", "v"),
            ("x-role", "a"),
            ("authorization", ""),
            ("cookie", "b"),
            ("authorization", "w"),
            ("x-role", "b"),
        ];
        let held = [
            ("authorization", "v,w"),
            ("cookie", "a"),
            ("x-role", "a"),
            ("cookie", "b"),
            ("x-role", "b"),
        ];
        assert_eq!(join(lines(&sent)), lines(&held));
        let empty = [("accept", ""), ("accept", "")];
        assert_eq!(join(lines(&empty)), lines(&[("accept", "")]));
    }
}
