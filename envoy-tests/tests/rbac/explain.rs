//! Why the filter refuses what RBAC lets pass, if it is for a reason that is intended.

use std::sync::Arc;

use anyhow::Result;
use serde_json::Value;

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
            } else if set.contains(&Reason::AuthorsWords) {
                fleet.ask_authors(scene, &reading).await?
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

/// The same with policy taken apart ([`apart`]). The scene is left with the one request.
pub(crate) async fn explain_apart(
    scene: &Scene,
    certificates: &Arc<Certificates>,
) -> Result<Option<Vec<Reason>>> {
    let mut documents = scene.documents.clone();
    let workload = workload();
    documents.retain(|document| emitter::enforces(document, &workload));
    let allows = by_several_rules(scene, apart::allows(&documents), certificates).await?;
    if allows.is_some() {
        return Ok(allows);
    }
    for clauses in apart::denials(&documents) {
        let reasons = clause_by_clause(scene, clauses, certificates).await?;
        if reasons.is_some() {
            return Ok(reasons);
        }
    }
    Ok(None)
}

/// No part by itself allows every reading.
async fn by_several_rules(
    scene: &Scene,
    parts: Vec<Vec<Value>>,
    certificates: &Arc<Certificates>,
) -> Result<Option<Vec<Reason>>> {
    let mut reasons = Vec::new();
    for refusal in refusals(scene, parts, certificates).await? {
        match refusal {
            Some(more) => reasons.extend(more),
            None => return Ok(None),
        }
    }
    Ok(named(Reason::SeveralRules, reasons))
}

/// Every clause is met by some reading.
async fn clause_by_clause(
    scene: &Scene,
    clauses: Vec<Value>,
    certificates: &Arc<Certificates>,
) -> Result<Option<Vec<Reason>>> {
    let parts = clauses.into_iter().map(|clause| vec![clause]).collect();
    let refusals = refusals(scene, parts, certificates).await?;
    let Some(reasons) = refusals.into_iter().collect::<Option<Vec<_>>>() else {
        return Ok(None);
    };
    Ok(named(Reason::ClauseByClause, reasons.concat()))
}

/// For each part: for which reasons RBAC refuses the request under it, if it does; for none, if it
/// refuses it as it is.
async fn refusals(
    scene: &Scene,
    parts: Vec<Vec<Value>>,
    certificates: &Arc<Certificates>,
) -> Result<Vec<Option<Vec<Reason>>>> {
    let parts = parts.into_iter().enumerate();
    let parts: Vec<_> = parts
        .map(|(number, documents)| Scene {
            number,
            documents,
            translated: None,
            ..scene.clone()
        })
        .collect();
    let fleet = Fleet::start(&parts, Listeners::Native, Arc::clone(certificates)).await?;
    let mut refusals = Vec::new();
    for part in &parts {
        for request in &part.requests {
            refusals.push(match fleet.ask_native(part.number, request).await? {
                403 => Some(Vec::new()),
                _ => explain(&fleet, part.number, request, part.settings).await?,
            });
        }
    }
    Ok(refusals)
}

/// With the reasons that there are beside; without any there is no ground for it.
fn named(reason: Reason, mut beside: Vec<Reason>) -> Option<Vec<Reason>> {
    beside.sort();
    beside.dedup();
    (!beside.is_empty()).then(|| [&beside[..], &[reason]].concat())
}
