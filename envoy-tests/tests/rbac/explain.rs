//! Why the filter refuses what RBAC lets pass, if it is for a reason that is intended.

use std::sync::Arc;

use anyhow::Result;
use serde_json::Value;

use crate::apart;
use crate::emitter::{self, Quirk};
use crate::fleet::{Fleet, Listeners};
use crate::generator::{Scene, workload};
use crate::peer::Certificates;
use crate::question::Question;
use crate::reason::Reason;
use crate::request::Request;

/// Other readings of a request that are tried at most.
const READINGS: usize = 400;
/// Reasons that are tried together at most.
const TOGETHER: usize = 3;

/// The fewest reasons under which RBAC itself refuses another reading of the request.
pub(crate) async fn explain(
    fleet: &Fleet,
    scene: &Scene,
    request: &Request,
) -> Result<Option<Vec<Reason>>> {
    let grounded = Reason::ALL.into_iter();
    let grounded = grounded.filter(|reason| {
        let can_be_asked = fleet.has_quirks() || reason.quirk().is_none();
        can_be_asked && !reason.readings(request, scene).is_empty()
    });
    let mut sets: Vec<Vec<Reason>> = vec![Vec::new()];
    for reason in grounded {
        let with = sets.iter().filter(|set| set.len() < TOGETHER);
        let with: Vec<_> = with.map(|set| [&set[..], &[reason]].concat()).collect();
        sets.extend(with);
    }
    sets.sort_by_key(Vec::len);
    for set in sets.into_iter().skip(1) {
        let question = question(&set);
        if !fleet.has(&question) {
            continue;
        }
        for reading in readings(request, scene, &set) {
            if fleet.ask_native(scene.number, &question, &reading).await? == 403 {
                return Ok(Some(set));
            }
        }
    }
    Ok(None)
}

/// Under which policy it is to be asked for these reasons.
fn question(reasons: &[Reason]) -> Question {
    let mut quirks: Vec<Quirk> = reasons.iter().filter_map(|reason| reason.quirk()).collect();
    quirks.sort();
    Question {
        peer_in_doubt: reasons.iter().any(|reason| reason.is_of_identity()),
        authors_words: reasons.contains(&Reason::AuthorsWords),
        quirks,
    }
}

/// What the request could mean for all these reasons at once.
fn readings(request: &Request, scene: &Scene, reasons: &[Reason]) -> Vec<Request> {
    let mut readings = vec![request.clone()];
    for reason in reasons {
        let of_reason = |request| reason.readings(request, scene);
        readings = readings.iter().flat_map(of_reason).take(READINGS).collect();
    }
    readings
}

/// The same with what servers take for the same, which takes listeners that the usual fleet lacks.
/// Each scene has one request.
pub(crate) async fn explain_quirks(
    mut scenes: Vec<Scene>,
    certificates: &Arc<Certificates>,
) -> Result<Vec<Option<Vec<Reason>>>> {
    if scenes.is_empty() {
        return Ok(Vec::new());
    }
    for (number, scene) in scenes.iter_mut().enumerate() {
        scene.number = number;
    }
    let fleet = Fleet::start(&scenes, Listeners::Quirks, Arc::clone(certificates)).await?;
    let mut explained = Vec::new();
    for scene in &scenes {
        explained.push(match scene.requests.first() {
            Some(request) => explain(&fleet, scene, request).await?,
            None => None,
        });
    }
    Ok(explained)
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
    let fleet = Fleet::start(&parts, Listeners::Quirks, Arc::clone(certificates)).await?;
    let mut refusals = Vec::new();
    for part in &parts {
        for request in &part.requests {
            let as_it_is = Question::default();
            let status = fleet.ask_native(part.number, &as_it_is, request).await?;
            refusals.push(match status {
                403 => Some(Vec::new()),
                _ => explain(&fleet, part, request).await?,
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
