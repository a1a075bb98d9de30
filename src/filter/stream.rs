//! One request: the ruling is asked for, told to the access log, and carried out.

use super::enforcing::Enforcing;
use super::envoy::Envoy;
use super::{hostcalls, pairs};
use crate::config::DenyReply;
use crate::enforcer::{Enforcer, Reason, Ruling};
use crate::verdict::Decision;
use log::{error, info, warn};

/// What Envoy does with a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Action {
    /// It goes on.
    Continue,
    /// It goes no further.
    Pause,
}

/// Decides the request whose headers have come, and carries the decision out.
pub(super) fn decide(enforcing: &Enforcing) -> Action {
    let Enforcing {
        enforcer, metrics, ..
    } = enforcing;
    let ruling = enforcer.rule(&Envoy);
    enforcing.warn_of_no_decision();
    metrics.count(&ruling);
    log_ruling(&ruling);
    tell(&ruling);
    match ruling.decision {
        Decision::Allow => pass(),
        Decision::Deny => deny(enforcer, &ruling),
    }
}

/// Lets the request through. The guard behind the filter waits for this property
/// (envoy-wasm.md 3.5), so it is set last and only here.
fn pass() -> Action {
    if let Err(status) = hostcalls::set_property("heliast_verdict", "allow") {
        error!("heliast: the host answered status {status} when told the verdict");
    }
    Action::Continue
}

fn deny(enforcer: &Enforcer, ruling: &Ruling) -> Action {
    let id = enforcer.denial_id(ruling);
    info!("heliast: denied by {} (id {id})", ruling.reason);
    note("heliast_verdict", "deny");
    note("heliast_id", &id);
    refuse(&enforcer.config().deny, &ruling.reason, &id)
}

/// Answers the request. The rule goes to the access log as response code details, in the form that
/// dashboards know from Envoy's own RBAC; the caller gets the opaque id and nothing else.
pub(super) fn refuse(reply: &DenyReply, reason: &Reason, id: &str) -> Action {
    let details = format!("rbac_access_denied_matched_policy[{reason}]");
    let configured = reply
        .headers
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()));
    let id = Some(("x-heliast-id", id)).filter(|(_, id)| !id.is_empty());
    let headers = pairs::encode(configured.chain(id));
    if let Err(status) =
        hostcalls::send_local_response(reply.status, &details, &reply.body, &headers)
    {
        error!("heliast: the host answered status {status} when told to refuse a request");
    }
    // Whether or not the reply goes out, the request must not.
    Action::Pause
}

/// Puts the ruling where access logs can print it (docs/operations.md).
fn tell(ruling: &Ruling) {
    note("heliast_rule", ruling.reason.text());
    if ruling.policy != ruling.decision {
        note("heliast_observed", "deny");
    }
    if let Some(staged) = &ruling.staged {
        note("heliast_staged", word(staged.decision));
        note("heliast_staged_rule", staged.rule.text());
    }
}

fn log_ruling(ruling: &Ruling) {
    if let Reason::HostFailure(failure) = &ruling.reason {
        warn!("heliast: {failure}");
    }
    for rule in &ruling.logged {
        info!("heliast: log rule {rule} matched");
    }
}

/// Notes something for operators; a note that cannot be made changes no verdict.
fn note(name: &str, value: &str) {
    let _status = hostcalls::set_property(name, value);
}

fn word(decision: Decision) -> &'static str {
    match decision {
        Decision::Allow => "allow",
        Decision::Deny => "deny",
    }
}
