//! One configuration: read once, enforced for every stream.

use super::enforcing::Enforcing;
use super::following::Following;
use super::metrics::Metrics;
use super::{hostcalls, node};
use crate::bundle::Bundle;
#[cfg(feature = "compiled")]
use crate::compiled::Opened;
use crate::config::{BundleSource, PluginConfig};
use crate::enforcer::Enforcer;
use crate::limits;
use log::{error, info, warn};
use std::rc::Rc;

/// The root context. Without a configuration it makes no filter that would let anything pass.
#[derive(Debug, Default)]
pub(super) struct Root {
    policy: Option<PolicySource>,
}

/// Where the policy comes from.
#[derive(Debug)]
enum PolicySource {
    /// The configuration.
    Inline(Box<Enforcing>),
    /// A server.
    Http(Box<Following>),
}

impl Root {
    /// Takes the configuration, or refuses it with every reason in Envoy's log.
    ///
    /// The answer is a pure function of the configuration's bytes and the node's metadata: were it
    /// to fail on a worker after it passed on the main thread, Envoy would let requests past the
    /// filter (envoy-wasm.md 3.3). A bundle that is fetched comes later, and decides nothing here.
    pub(super) fn configure(&mut self) -> bool {
        // One byte more than allowed, so that a longer configuration is refused, not cut.
        let bytes = hostcalls::plugin_configuration(limits::CONFIGURATION_BYTES.saturating_add(1));
        let configured = match bytes {
            Ok(bytes) => configure(&bytes.unwrap_or_default()),
            Err(status) => Err(format!(
                "the host answered status {status} when asked for the configuration"
            )),
        };
        match configured {
            Ok(policy) => {
                self.policy = Some(policy);
                true
            }
            Err(why) => {
                why.lines()
                    .for_each(|line| error!("heliast: configuration refused: {line}"));
                false
            }
        }
    }

    /// What rules on requests now; none without a configuration.
    pub(super) fn enforcing(&self) -> Option<&Enforcing> {
        self.policy.as_ref().map(|policy| match policy {
            PolicySource::Inline(enforcing) => enforcing.as_ref(),
            PolicySource::Http(following) => following.enforcing().as_ref(),
        })
    }

    /// Goes on with what is followed.
    pub(super) fn tick(&mut self) {
        if let Some(PolicySource::Http(following)) = &mut self.policy {
            following.tick();
        }
    }

    /// The server has answered a call.
    pub(super) fn answered(&mut self, token: u32) {
        if let Some(PolicySource::Http(following)) = &mut self.policy {
            following.answered(token);
        }
    }
}

fn configure(bytes: &[u8]) -> Result<PolicySource, String> {
    let config = PluginConfig::parse(bytes).map_err(|problems| problems.to_string())?;
    if let BundleSource::Http(source) = &config.bundle {
        let source = source.clone();
        let following = Following::new(config, source, node::read(), Metrics::define());
        return Ok(PolicySource::Http(Box::new(following)));
    }
    let enforcer = enforce_inline(config)?;
    let metrics = Metrics::define();
    metrics.set_sizes(&enforcer);
    let metrics = Rc::new(metrics);
    Ok(PolicySource::Inline(Box::new(Enforcing {
        enforcer,
        metrics,
        told_undecided: Rc::default(),
    })))
}

fn enforce_inline(config: PluginConfig) -> Result<Enforcer, String> {
    let bundle = load(&config.bundle)?;
    bundle
        .warnings
        .list
        .iter()
        .for_each(|warning| warn!("heliast: {warning}"));
    let enforcer = Enforcer::new(config, &node::read(), &bundle).map_err(|why| why.to_string())?;
    for program in enforcer.programs() {
        info!(
            "heliast: revision {} enforced for {}/{} {}: {} rules",
            bundle.revision,
            program.local.workload.namespace,
            program.local.workload.service_account,
            program.direction,
            program.rule_count(),
        );
    }
    Ok(enforcer)
}

/// The bundle that the configuration itself holds. What this build cannot load was refused with the
/// configuration.
fn load(source: &BundleSource) -> Result<Bundle, String> {
    match source {
        #[cfg(feature = "objects")]
        BundleSource::Inline(objects) => {
            Bundle::load(objects).map_err(|problems| problems.to_string())
        }
        #[cfg(feature = "compiled")]
        BundleSource::Compiled(bytes) => {
            let loaded = Opened::new(bytes).and_then(|opened| opened.load(bytes));
            loaded.map_err(|why| format!("its compiled program is refused: {why}"))
        }
        _ => Err("this module takes no such bundle".to_owned()),
    }
}
