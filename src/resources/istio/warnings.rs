//! What in a rule is legal and does not do what its author most likely meant (istio.md 1.7, 8, 9).

use super::authorization_policy::PolicyAction;
use super::condition::{Condition, Listed};
use super::rule::Rule;
use crate::decode::Field;
use crate::terms::Glob;

/// Warns about a rule.
pub(super) fn rule(field: &Field<'_, '_>, rule: &Rule, action: PolicyAction, in_root: bool) {
    // Who writes policy is told by the command; the module has no room for advice.
    if cfg!(target_arch = "wasm32") {
        return;
    }
    let asks = |is: fn(&Condition) -> bool| rule.conditions().any(is);
    if action == PolicyAction::Deny && asks(Condition::is_http) && !asks(is_port) {
        field.warn(
            "istio-deny-tcp",
            "asks for HTTP and for no port: plain TCP connections are denied whatever they carry",
            "add `ports` to its operations, so that other ports are left alone",
        );
    }
    if asks(denies_identity) && !asks(wants_identity) {
        field.warn(
            "istio-negative-identity",
            "a caller without a certificate meets a `not` about identities",
            "add `principals: [\"*\"]` to mean callers of the mesh only",
        );
    }
    if action == PolicyAction::Deny && asks(wants_identity) {
        field.warn(
            "istio-deny-plaintext",
            "a caller without a certificate is never denied by this rule",
            "make it STRICT by a PeerAuthentication, or deny what is `notPrincipals`",
        );
    }
    if asks(|condition| matches!(condition, Condition::RemoteIpBlocks(_))) {
        field.warn(
            "istio-remote-ip",
            "the remote address is known only where `forwardedFor` is Trusted, or no \
             x-forwarded-for comes with the request",
            "use `ipBlocks`, or enforce it at the gateway",
        );
    }
    for hosts in rule.conditions().filter_map(hosts) {
        if lacks_ports(hosts) {
            field.warn(
                "istio-host-port",
                "a host is compared with its port: requests that write one are another host",
                "list it with `:*` at its end too, as `example.com:*`",
            );
            break;
        }
    }
    if in_root && rule.conditions().any(has_bare_account) {
        field.warn(
            "istio-root-service-account",
            "a service account without a namespace is one of the root namespace",
            "write it as `namespace/name`",
        );
    }
}

fn is_port(condition: &Condition) -> bool {
    matches!(condition, Condition::Ports(_))
}

fn hosts(condition: &Condition) -> Option<&Listed<Glob>> {
    if let Condition::Hosts(list) = condition {
        Some(list)
    } else {
        None
    }
}

fn has_bare_account(condition: &Condition) -> bool {
    let Condition::ServiceAccounts(list) = condition else {
        return false;
    };
    let mut all = list.any.iter().chain(&list.none);
    all.any(|account| account.namespace.is_none())
}

/// Whether a host stands there without a port, and without a twin that has one.
fn lacks_ports(list: &Listed<Glob>) -> bool {
    [&list.any, &list.none].into_iter().any(|values| {
        let has_port = |name: &str| {
            values.iter().any(|value| {
                value
                    .text()
                    .strip_prefix(name)
                    .is_some_and(|rest| rest.starts_with(':'))
            })
        };
        values.iter().any(
            |value| matches!(value, Glob::Exact(name) if !name.contains(':') && !has_port(name)),
        )
    })
}

/// Whether the condition names identities that are meant, and identities that are not.
fn identities(condition: &Condition) -> (bool, bool) {
    let (any, none) = match condition {
        Condition::Principals(list) | Condition::TrustDomains(list) => {
            (list.any.len(), list.none.len())
        }
        Condition::Namespaces(list) => (list.any.len(), list.none.len()),
        Condition::ServiceAccounts(list) => (list.any.len(), list.none.len()),
        Condition::IpBlocks(_)
        | Condition::RemoteIpBlocks(_)
        | Condition::RequestPrincipals(_)
        | Condition::Claim(..)
        | Condition::Header(..)
        | Condition::Hosts(_)
        | Condition::Methods(_)
        | Condition::Paths(_)
        | Condition::Ports(_)
        | Condition::DestinationIp(_)
        | Condition::ServerName(_)
        | Condition::Metadata(..) => (0, 0),
    };
    (any > 0, none > 0)
}

fn wants_identity(condition: &Condition) -> bool {
    identities(condition).0
}

fn denies_identity(condition: &Condition) -> bool {
    identities(condition).1
}
