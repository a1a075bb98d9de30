//! The HTTP connection manager, the same in every listener but for filters and routes.

use std::path::Path;

use serde_json::{Value, json};

use super::access_log_file;
use crate::access_log;

/// A network filter that speaks HTTP. The router is added behind the filters.
pub(super) fn connection_manager(
    listener: &str,
    access_log: Option<Value>,
    filters: &[Value],
    virtual_hosts: &Value,
) -> Value {
    let mut filters = filters.to_vec();
    filters.push(json!({
        "name": "envoy.filters.http.router",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router",
        },
    }));
    json!({
        "name": "envoy.filters.network.http_connection_manager",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
            "stat_prefix": listener,
            "codec_type": "AUTO",
            // As in Istio's sidecars: x-forwarded-for is believed. The filter must not mind.
            "use_remote_address": false,
            // Without these two a CONNECT or a web socket is refused before any filter sees it.
            "upgrade_configs": [{"upgrade_type": "CONNECT"}, {"upgrade_type": "websocket"}],
            "http2_protocol_options": {"allow_connect": true},
            "access_log": Vec::from_iter(access_log),
            "http_filters": filters,
            "route_config": {"virtual_hosts": virtual_hosts},
        },
    })
}

/// A file of its own for every listener: two writers to one would overwrite each other.
pub(super) fn access_log(folder: &Path, listener: &str) -> Value {
    json!({
        "name": "envoy.access_loggers.file",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog",
            "path": access_log_file(folder, listener),
            "log_format": {"json_format": access_log::format()},
        },
    })
}
