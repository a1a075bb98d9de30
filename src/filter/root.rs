//! One configuration: read once, enforced for every stream.

use super::enforcing::Enforcing;
use super::metrics::Metrics;
use super::request::RequestFilter;
use super::{hostcalls, node};
use crate::bundle::Bundle;
use crate::config::PluginConfig;
use crate::enforcer::Enforcer;
use crate::limits;
use log::{error, info, warn};
use proxy_wasm::traits::{Context, HttpContext, RootContext};
use proxy_wasm::types::ContextType;
use std::rc::Rc;

/// The root context. Without a configuration it makes no filter that would let anything pass.
#[derive(Debug, Default)]
pub(super) struct Root {
    enforcing: Option<Rc<Enforcing>>,
}

impl Context for Root {}

impl RootContext for Root {
    /// Takes the configuration, or refuses it with every reason in Envoy's log.
    ///
    /// A pure function of the configuration's bytes and the node's metadata: were it to fail on a
    /// worker after it passed on the main thread, Envoy would let requests past the filter
    /// (envoy-wasm.md 3.3).
    fn on_configure(&mut self, _size: usize) -> bool {
        // One byte more than allowed, so that a longer configuration is refused, not cut.
        let bytes = hostcalls::plugin_configuration(limits::CONFIGURATION_BYTES.saturating_add(1));
        let configured = match bytes {
            Ok(bytes) => configure(&bytes.unwrap_or_default()),
            Err(status) => Err(format!(
                "the host answered status {status} when asked for the configuration"
            )),
        };
        match configured {
            Ok(enforcer) => {
                let metrics = Metrics::define(&enforcer);
                self.enforcing = Some(Rc::new(Enforcing { enforcer, metrics }));
                true
            }
            Err(why) => {
                why.lines()
                    .for_each(|line| error!("heliast: configuration refused: {line}"));
                false
            }
        }
    }

    fn create_http_context(&self, _id: u32) -> Option<Box<dyn HttpContext>> {
        Some(Box::new(RequestFilter::new(self.enforcing.clone())))
    }

    fn get_type(&self) -> Option<ContextType> {
        Some(ContextType::HttpContext)
    }
}

fn configure(bytes: &[u8]) -> Result<Enforcer, String> {
    let config = PluginConfig::parse(bytes).map_err(|problems| problems.to_string())?;
    let bundle = Bundle::load(&config.resources).map_err(|problems| problems.to_string())?;
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
