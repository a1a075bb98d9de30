//! Mutual TLS between sidecars.

use serde_json::{Value, json};

use crate::pki::{Authority, Identity};

/// The server's side: a client certificate of this authority is required.
pub(super) fn server(identity: &Identity, authority: &Authority) -> Value {
    json!({
        "name": "envoy.transport_sockets.tls",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext",
            "require_client_certificate": true,
            "common_tls_context": {
                "alpn_protocols": ["h2", "http/1.1"],
                "tls_certificates": [certificate(identity)],
                "validation_context": {"trusted_ca": {"filename": authority.file()}},
            },
        },
    })
}

/// The client's side: shows its own certificate, and accepts only the named peer.
pub(super) fn client(identity: &Identity, authority: &Authority, peer: &str) -> Value {
    json!({
        "name": "envoy.transport_sockets.tls",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext",
            "common_tls_context": {
                "alpn_protocols": ["http/1.1"],
                "tls_certificates": [certificate(identity)],
                "validation_context": {
                    "trusted_ca": {"filename": authority.file()},
                    "match_typed_subject_alt_names":
                        [{"san_type": "URI", "matcher": {"exact": peer}}],
                },
            },
        },
    })
}

fn certificate(identity: &Identity) -> Value {
    json!({
        "certificate_chain": {"filename": identity.certificate_file},
        "private_key": {"filename": identity.key_file},
    })
}
