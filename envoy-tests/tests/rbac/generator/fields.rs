//! The fields of sources and operations, the conditions, and what may stand in them.

use super::words::*;

/// A field, and its values.
pub(super) type Field = (&'static str, &'static [&'static str]);

pub(super) const SOURCE: &[Field] = &[
    ("principals", PRINCIPALS),
    ("principals", PRINCIPALS),
    ("namespaces", NAMESPACES),
    ("serviceAccounts", ACCOUNTS),
    ("trustDomains", DOMAINS),
    ("requestPrincipals", TOKENS),
    ("ipBlocks", DIRECT),
    ("remoteIpBlocks", REMOTE),
];

pub(super) const OPERATION: &[Field] = &[
    ("paths", PATHS),
    ("paths", PATHS),
    ("paths", PATHS),
    ("methods", METHODS),
    ("hosts", HOSTS),
    ("hosts", HOSTS),
    ("ports", PORTS),
];

pub(super) const CONDITION: &[Field] = &[
    ("source.principal", PRINCIPALS),
    ("source.namespace", NAMESPACES),
    ("source.serviceAccount", ACCOUNTS),
    ("source.trustDomain", DOMAINS),
    ("source.ip", DIRECT),
    ("remote.ip", REMOTE),
    ("request.auth.principal", TOKENS),
    ("request.auth.audiences", CLAIMS),
    ("request.auth.presenter", CLAIMS),
    ("request.auth.claims[groups]", CLAIMS),
    ("request.auth.claims[nested][role]", CLAIMS),
    ("destination.ip", LOCAL),
    ("destination.port", PORTS),
    ("connection.sni", SERVER_NAMES),
    ("request.headers[x-role]", HEADER_VALUES),
    ("request.headers[X-Token]", HEADER_VALUES),
    ("request.headers[x-role]", HEADER_VALUES),
    ("request.headers[:method]", METHODS),
    // Names that mean a part of the request line, or `host`, to Envoy.
    ("request.headers[host]", HOSTS),
    ("request.headers[Host]", HOSTS),
    ("request.headers[:authority]", HOSTS),
    ("request.headers[:path]", PATH_LINES),
    ("request.headers[:scheme]", SCHEMES),
    // Lines that Envoy joins, and lines that it does not.
    ("request.headers[authorization]", HEADER_VALUES),
    ("request.headers[User-Agent]", HEADER_VALUES),
    ("request.headers[Cookie]", HEADER_VALUES),
    // Nobody sends it.
    ("request.headers[x-absent]", HEADER_VALUES),
    ("experimental.envoy.filters.http.tags[tag]", TAGS),
];
