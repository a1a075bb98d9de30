//! What a difference is worth.

use anyhow::Result;

use crate::fleet::{Fleet, Statuses};
use crate::generator::Settings;
use crate::reason::Reason;
use crate::request::Request;

/// How the two listeners compare over one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Both let it pass.
    Allowed,
    /// Both refuse it.
    Denied,
    /// Envoy refuses it ahead of either filter.
    Unheard,
    /// The filter refuses what RBAC lets pass, for these reasons.
    Stricter(Vec<Reason>),
    /// No reason is known.
    Unexplained(Statuses),
}

/// Other readings of a request that are tried at most.
const READINGS: usize = 400;
/// Reasons that are tried together at most.
const TOGETHER: usize = 3;

/// Asks both, and explains what they do not agree on.
pub(crate) async fn judge(
    fleet: &Fleet,
    scene: usize,
    request: &Request,
    settings: Settings,
) -> Result<Verdict> {
    let statuses = fleet.ask(scene, request).await?;
    Ok(match (statuses.native, statuses.module) {
        (200, 200) => Verdict::Allowed,
        (403, 403) => Verdict::Denied,
        (native, module) if native == module => Verdict::Unheard,
        (200, 403) => match explain(fleet, scene, request, settings).await? {
            Some(reasons) => Verdict::Stricter(reasons),
            None => Verdict::Unexplained(statuses),
        },
        _ => Verdict::Unexplained(statuses),
    })
}

/// The fewest reasons under which RBAC itself refuses another reading of the request.
async fn explain(
    fleet: &Fleet,
    scene: usize,
    request: &Request,
    settings: Settings,
) -> Result<Option<Vec<Reason>>> {
    let grounded = Reason::ALL.into_iter();
    let grounded = grounded.filter(|reason| !reason.readings(request, settings).is_empty());
    let mut sets: Vec<Vec<Reason>> = vec![Vec::new()];
    for reason in grounded {
        let with = sets.iter().filter(|set| set.len() < TOGETHER);
        let with: Vec<_> = with.map(|set| [&set[..], &[reason]].concat()).collect();
        sets.extend(with);
    }
    sets.sort_by_key(Vec::len);
    for set in sets.into_iter().skip(1) {
        for reading in readings(request, settings, &set) {
            let status = if set.iter().any(|reason| reason.is_of_identity()) {
                fleet.ask_doubting(scene, &reading).await?
            } else {
                fleet.ask_native(scene, &reading).await?
            };
            if status == 403 {
                return Ok(Some(set));
            }
        }
    }
    Ok(None)
}

/// What the request could mean for all these reasons at once.
fn readings(request: &Request, settings: Settings, reasons: &[Reason]) -> Vec<Request> {
    let mut readings = vec![request.clone()];
    for reason in reasons {
        let of_reason = |request| reason.readings(request, settings);
        readings = readings.iter().flat_map(of_reason).take(READINGS).collect();
    }
    readings
}
