//! What a difference is worth.

use anyhow::Result;

use crate::explain::explain;
use crate::fleet::{Fleet, Statuses};
use crate::generator::Scene;
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

impl Verdict {
    /// Whether the filter let pass what RBAC refuses.
    pub(crate) fn is_unsafe(&self) -> bool {
        matches!(self, Self::Unexplained(statuses) if statuses.module == 200)
    }
}

/// Asks both, and explains what they do not agree on.
pub(crate) async fn judge(fleet: &Fleet, scene: &Scene, request: &Request) -> Result<Verdict> {
    let statuses = fleet.ask(scene.number, request).await?;
    Ok(match (statuses.native, statuses.module) {
        (200, 200) => Verdict::Allowed,
        (403, 403) => Verdict::Denied,
        (native, module) if native == module => Verdict::Unheard,
        (200, 403) => match explain(fleet, scene, request).await? {
            Some(reasons) => Verdict::Stricter(reasons),
            None => Verdict::Unexplained(statuses),
        },
        _ => Verdict::Unexplained(statuses),
    })
}
