//! SPIFFE ids: who a certificate says its holder is (calico.md 4.2, design section 5).

use std::fmt;

/// `spiffe://<trust domain>/ns/<namespace>/sa/<service account>`, and nothing else.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SpiffeId {
    /// Whose authority issued it.
    pub trust_domain: String,
    /// The namespace of the workload.
    pub namespace: String,
    /// The service account of the workload.
    pub service_account: String,
}

impl SpiffeId {
    /// Reads an id from the bytes of a URI SAN. Extra or empty parts, percent escapes, white space
    /// and control bytes are refused: a name that can be written in two ways is no identity
    /// (istio.md section 9 row 32).
    #[must_use]
    pub fn parse(uri: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(uri).ok()?;
        let mut parts = text.strip_prefix("spiffe://")?.split('/');
        let trust_domain = parts.next().filter(|part| is_plain(part))?;
        parts.next().filter(|part| *part == "ns")?;
        let namespace = parts.next().filter(|part| is_plain(part))?;
        parts.next().filter(|part| *part == "sa")?;
        let service_account = parts.next().filter(|part| is_plain(part))?;
        if parts.next().is_some() {
            return None;
        }
        Some(Self {
            trust_domain: trust_domain.to_owned(),
            namespace: namespace.to_owned(),
            service_account: service_account.to_owned(),
        })
    }
}

/// Whether a part uses only what SPIFFE allows in trust domains and path segments.
fn is_plain(part: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    !part.is_empty() && part != "." && part != ".." && part.bytes().all(allowed)
}

impl fmt::Display for SpiffeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            trust_domain,
            namespace,
            service_account,
        } = self;
        write!(
            f,
            "spiffe://{trust_domain}/ns/{namespace}/sa/{service_account}"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::SpiffeId;

    #[test]
    fn reads_only_the_exact_form() {
        let id = SpiffeId::parse(b"spiffe://cluster.local/ns/default/sa/summary").unwrap();
        assert_eq!(id.trust_domain, "cluster.local");
        assert_eq!(
            (id.namespace.as_str(), id.service_account.as_str()),
            ("default", "summary")
        );
        assert_eq!(
            id.to_string(),
            "spiffe://cluster.local/ns/default/sa/summary"
        );
        for bad in [
            "",
            "spiffe://",
            "http://cluster.local/ns/a/sa/b",
            "SPIFFE://cluster.local/ns/a/sa/b",
            "spiffe:///ns/a/sa/b",
            "spiffe://td/ns//sa/b",
            "spiffe://td/ns/a/sa/",
            "spiffe://td/ns/a/sa/b/",
            "spiffe://td/ns/a/sa/b/c",
            "spiffe://td/ns/a/sa/b?x",
            "spiffe://td/ns/a/sa/b#x",
            "spiffe://td/ns/a/sa/b\0",
            "spiffe://td/ns/a/sa/b%2Fc",
            "spiffe://td/ns/a/sa/b,spiffe://td/ns/a/sa/c",
            "spiffe://td/ns/a/sa/b ",
            "spiffe://td/NS/a/sa/b",
            "spiffe://td/sa/b/ns/a",
            "spiffe://td/ns/../sa/b",
        ] {
            assert_eq!(SpiffeId::parse(bad.as_bytes()), None, "{bad:?}");
        }
        assert_eq!(SpiffeId::parse(b"spiffe://td/ns/a/sa/\xff"), None);
    }
}
