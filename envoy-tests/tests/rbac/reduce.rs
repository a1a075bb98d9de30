//! Making an unexplained difference small enough to look at.

mod documents;
mod requests;

use std::sync::Arc;

use anyhow::Result;

use crate::explain::explain_quirks;
use crate::fleet::{Fleet, Listeners};
use crate::generator::Scene;
use crate::peer::Certificates;
use crate::verdict::{Verdict, judge};

/// Each leaves out one thing, and is one start of Envoy.
const ROUNDS: usize = 60;

/// Leaves out what can be left out of a scene with one request, as long as the verdict on it is
/// unexplained in the same way.
pub(crate) async fn reduce(scene: &Scene, certificates: &Arc<Certificates>) -> Result<Scene> {
    let mut smallest = scene.clone();
    let wanted = verdicts(std::slice::from_ref(scene), certificates).await?;
    for _ in 0..ROUNDS {
        let mut candidates = smaller(&smallest);
        for (number, candidate) in candidates.iter_mut().enumerate() {
            candidate.number = number;
        }
        let verdicts = verdicts(&candidates, certificates).await?;
        let mut found = candidates.into_iter().zip(verdicts);
        match found.find(|(_, verdict)| wanted.first() == Some(verdict)) {
            Some((candidate, _)) => smallest = candidate,
            None => break,
        }
    }
    smallest.number = scene.number;
    Ok(smallest)
}

fn smaller(scene: &Scene) -> Vec<Scene> {
    let documents = documents::smaller(&scene.documents);
    let with_documents = documents.into_iter().map(|documents| Scene {
        documents,
        ..scene.clone()
    });
    let requests = scene.requests.first().map(requests::smaller);
    let with_request = requests.into_iter().flatten().map(|request| Scene {
        requests: vec![request],
        ..scene.clone()
    });
    with_documents.chain(with_request).collect()
}

async fn verdicts(scenes: &[Scene], certificates: &Arc<Certificates>) -> Result<Vec<Verdict>> {
    let fleet = Fleet::start(scenes, Listeners::Both, Arc::clone(certificates)).await?;
    let mut verdicts = Vec::new();
    for scene in scenes {
        for request in &scene.requests {
            verdicts.push(judge(&fleet, scene, request).await?);
        }
    }
    let explained = explain_quirks(scenes.to_vec(), certificates).await?;
    for (verdict, explained) in verdicts.iter_mut().zip(explained) {
        if let (Verdict::Unexplained(_), Some(reasons), false) =
            (&*verdict, explained, verdict.is_unsafe())
        {
            *verdict = Verdict::Stricter(reasons);
        }
    }
    Ok(verdicts)
}
