//! Pruned bundles: what they say of the wrong workload is worth nothing.

use crate::commands::Stop;
use crate::commands::load::Sorted;
use heliast::bundle::Audience;
use heliast::config::PluginConfig;
use heliast_cli::manifests::Manifests;
use heliast_cli::policy_test::{Situation, WorkloadSpec};

/// Refuses bundles that were pruned for another workload than the one that enforces, or for another
/// `peerBinding`: rules that would have decided may have been left out.
pub(super) fn check(
    manifests: &Manifests,
    sorted: &Sorted,
    situation: &Situation,
) -> Result<(), Stop> {
    let documents = sorted.objects.iter();
    for document in documents.filter_map(|index| manifests.documents().get(*index)) {
        let whom = document.field("for");
        let Some(whom) = whom.filter(|_| document.text("kind") == Some("Bundle")) else {
            continue;
        };
        let file = manifests.files().get(document.file());
        let name = file.map_or("", |file| file.name.as_str());
        let audience = Audience::decode(&whom)
            .map_err(|why| Stop::Usage(format!("{name}: this is no bundle: {why}")))?;
        let is_its_own = match &situation.workload {
            Some(WorkloadSpec::Pod(pod)) => {
                (&pod.namespace, &pod.name) == (&audience.namespace, &audience.pod)
            }
            Some(WorkloadSpec::Described { .. }) | None => false,
        };
        let config = PluginConfig::from_value(&situation.configuration());
        let is_served =
            config.is_ok_and(|config| audience.serves(config.settings.recognition.binding));
        if !is_its_own || !is_served {
            return Err(Stop::Usage(format!(
                "{name}: this bundle was pruned for {audience}, and says nothing of any other \
                 workload or binding"
            )));
        }
    }
    Ok(())
}
