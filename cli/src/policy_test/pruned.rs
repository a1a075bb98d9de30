//! Runs cases on the pruned bundle of the pod that enforces.

use super::case::Case;
use super::engine::{EngineRunner, Prepared, prepare};
use super::runner::{Observed, Runner};
use super::situation::WorkloadSpec;
use anyhow::{Context, anyhow};
use heliast::bundle::{Audience, Bundle, Object, flatten};
use heliast::config::{PluginConfig, WorkloadConfig};
use heliast::enforcer::Enforcer;
use heliast::peer::PeerBinding;
use heliast::prune::Fleet;
use heliast::settings::Settings;
use serde_json::Value;

/// Runs cases natively, as [`EngineRunner`] does, where a pod enforces on its pruned bundle.
#[derive(Debug, Default)]
pub struct PrunedRunner;

impl Runner for PrunedRunner {
    fn name(&self) -> &'static str {
        EngineRunner.name()
    }

    fn run(&mut self, case: &Case) -> anyhow::Result<Observed> {
        let whole = match prepare(&case.situation) {
            Ok(prepared) => prepared,
            Err(text) => return Ok(Observed::Error(text)),
        };
        let Some(bundle) = pruned(case)? else {
            return whole.observe(case);
        };
        let config = PluginConfig::from_value(&case.configuration())?;
        let enforcer = Enforcer::new(config, &case.node(), &bundle);
        let enforcer = enforcer.map_err(|error| anyhow!("the pruned bundle: {error}"))?;
        Prepared { enforcer }.observe(case)
    }
}

/// The pruned bundle of the pod that enforces a case; none where only the whole one will do.
///
/// # Errors
///
/// If there is no such pod, or what was refused before it was pruned.
pub(super) fn pruned(case: &Case) -> anyhow::Result<Option<Bundle>> {
    let config = PluginConfig::from_value(&case.configuration())?;
    let Some(WorkloadSpec::Pod(pod)) = &case.situation.workload else {
        return Ok(None);
    };
    if config.workload != WorkloadConfig::default() {
        // The configuration says that it is another workload than the pod.
        return Ok(None);
    }
    if config.settings.istio_root_namespace != Settings::default().istio_root_namespace {
        // Such a mesh takes the whole bundle: the filter refuses a pruned one.
        return Ok(None);
    }
    let objects = case.resources().iter().cloned().flat_map(flatten);
    let objects: Result<Vec<Object>, String> = objects.map(Object::new).collect();
    let fleet = Fleet::load(objects.map_err(|error| anyhow!(error))?)?;
    let audience = Audience {
        namespace: pod.namespace.clone(),
        pod: pod.name.clone(),
        by_principal: config.settings.recognition.binding == PeerBinding::Principal,
    };
    let view = fleet.view(&audience).context("there is no such pod")?;
    let kept = view.store().objects();
    let kept: Result<Vec<Value>, _> = kept
        .map(|object| serde_json::from_str(&object.text))
        .collect();
    let mut bundle = Bundle::load(&kept?)?;
    bundle.audience = Some(audience);
    Ok(Some(bundle))
}
