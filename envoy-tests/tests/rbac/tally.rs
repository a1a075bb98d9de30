//! What a run came to.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use anyhow::Result;

use crate::explain::{explain_apart, explain_quirks};
use crate::generator::Scene;
use crate::peer::Certificates;
use crate::reason::Reason;
use crate::request::Request;
use crate::verdict::Verdict;

#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) allowed: usize,
    pub(crate) denied: usize,
    unheard: usize,
    stricter: BTreeMap<Vec<Reason>, usize>,
    /// Scenes that are left with the one request.
    pub(crate) unexplained: Vec<(Scene, Verdict)>,
}

impl Tally {
    pub(crate) fn count(&mut self, scene: &Scene, request: &Request, verdict: Verdict) {
        match verdict {
            Verdict::Allowed => self.allowed += 1,
            Verdict::Denied => self.denied += 1,
            Verdict::Unheard => self.unheard += 1,
            Verdict::Stricter(reasons) => *self.stricter.entry(reasons).or_default() += 1,
            Verdict::Unexplained(_) => {
                let scene = Scene {
                    requests: vec![request.clone()],
                    ..scene.clone()
                };
                self.unexplained.push((scene, verdict));
            }
        }
    }

    /// Explains what can be explained with more effort.
    pub(crate) async fn look_again(&mut self, certificates: &Arc<Certificates>) -> Result<()> {
        let stricter = std::mem::take(&mut self.unexplained);
        let (unsafe_ones, stricter): (Vec<_>, Vec<_>) = stricter
            .into_iter()
            .partition(|(_, verdict)| verdict.is_unsafe());
        self.unexplained = unsafe_ones;
        let scenes: Vec<_> = stricter.iter().map(|(scene, _)| scene.clone()).collect();
        let explained = explain_quirks(scenes, certificates).await?;
        for ((scene, verdict), quirks) in stricter.into_iter().zip(explained) {
            let reasons = match quirks {
                Some(reasons) => Some(reasons),
                None => explain_apart(&scene, certificates).await?,
            };
            match reasons {
                Some(reasons) => *self.stricter.entry(reasons).or_default() += 1,
                None => self.unexplained.push((scene, verdict)),
            }
        }
        Ok(())
    }

    /// Requests that both filters decided.
    pub(crate) fn cases(&self) -> usize {
        self.allowed + self.denied + self.stricter() + self.unexplained.len()
    }

    fn stricter(&self) -> usize {
        self.stricter.values().sum()
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} requests decided twice: {} allowed and {} denied by both, {} denied by the filter \
             alone for a known reason, {} unexplained ({} more refused ahead of the filters)",
            self.cases(),
            self.allowed,
            self.denied,
            self.stricter(),
            self.unexplained.len(),
            self.unheard,
        )?;
        for (reasons, count) in &self.stricter {
            let names: Vec<_> = reasons.iter().map(|reason| format!("{reason:?}")).collect();
            write!(f, "\nfigure:   {count:5} {}", names.join(" and "))?;
        }
        Ok(())
    }
}
