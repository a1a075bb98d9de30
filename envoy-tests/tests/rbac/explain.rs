//! Why the filter refuses what RBAC lets pass, if it is for a reason that is intended.

use std::sync::Arc;

use anyhow::Result;

use crate::apart;
use crate::emitter;
use crate::fleet::{Fleet, Listeners};
use crate::generator::{Scene, Settings, workload};
use crate::peer::Certificates;
use crate::reason::Reason;
use crate::request::Request;

/// Other readings of a request that are tried at most.
const READINGS: usize = 400;
/// Reasons that are tried together at most.
const TOGETHER: usize = 3;

/// The fewest reasons under which RBAC itself refuses another reading of the request.
pub(crate) async fn explain(
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

/// The same, where every reading is allowed, but each by another rule: no rule by itself allows
/// them all. The scene is left with the one request.
pub(crate) async fn explain_apart(
    scene: &Scene,
    certificates: &Arc<Certificates>,
) -> Result<Option<Vec<Reason>>> {
    let mut documents = scene.documents.clone();
    let workload = workload();
    documents.retain(|document| emitter::enforces(document, &workload));
    let parts = apart::of(&documents).into_iter().enumerate();
    let parts: Vec<_> = parts
        .map(|(number, documents)| Scene {
            number,
            documents,
            ..scene.clone()
        })
        .collect();
    let Some(request) = scene.requests.first() else {
        return Ok(None);
    };
    let fleet = Fleet::start(&parts, Listeners::Native, Arc::clone(certificates)).await?;
    let mut reasons = vec![Reason::SeveralRules];
    for part in &parts {
        if fleet.ask_native(part.number, request).await? != 200 {
            continue;
        }
        match explain(&fleet, part.number, request, scene.settings).await? {
            Some(more) => reasons.extend(more),
            None => return Ok(None),
        }
    }
    reasons.sort();
    reasons.dedup();
    Ok((reasons.len() > 1).then_some(reasons))
}
