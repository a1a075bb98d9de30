//! What the sidecar's agent does: it fetches modules, and hands on configurations that travel apart
//! from the listeners.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};
use heliast_envoy_tests::{Bootstrap, ExtensionFile, Inbound, install};
use serde_json::{Value, json};

use super::chain;
use super::extension::Extension;
use super::patch::Patches;
use crate::tree::{list, list_mut, set, text};

/// All configurations handed on so far, by name; listeners that name the same one share it.
#[derive(Debug, Default)]
pub(crate) struct Agent {
    pub(crate) files: BTreeMap<String, ExtensionFile>,
}

impl Agent {
    /// The listener that a sidecar gets with these objects applied, in this order.
    pub(crate) fn render(
        &mut self,
        bootstrap: &Bootstrap,
        inbound: &Inbound,
        metadata_exchange: bool,
        objects: &[Value],
    ) -> Result<Value> {
        let found = objects
            .iter()
            .map(Extension::of)
            .collect::<Result<Vec<_>>>()?;
        let extensions: Vec<_> = found.into_iter().flatten().collect();
        let patches = Patches::of(objects);
        let listener = chain::inbound(inbound, &extensions, metadata_exchange, bootstrap.folder());
        self.patched(bootstrap, listener, &patches, extensions)
    }

    /// The listener that a gateway gets with these objects applied: it is marked as an outbound one.
    pub(crate) fn render_gateway(
        &mut self,
        bootstrap: &Bootstrap,
        inbound: &Inbound,
        objects: &[Value],
    ) -> Result<Value> {
        let mut listener = chain::inbound(inbound, &[], false, bootstrap.folder());
        set(&mut listener, "", "traffic_direction", "OUTBOUND".into())?;
        self.patched(bootstrap, listener, &Patches::of(objects), Vec::new())
    }

    fn patched(
        &mut self,
        bootstrap: &Bootstrap,
        mut listener: Value,
        patches: &Patches,
        extensions: Vec<Extension>,
    ) -> Result<Value> {
        patches.apply(&mut listener)?;
        let mut configurations = patches.extensions()?;
        for extension in extensions {
            configurations.insert(extension.name, extension.typed_config);
        }
        for chain in list_mut(&mut listener, "/filter_chains")? {
            let filters = chain::http_filters(chain).context("no HTTP")?;
            for filter in list_mut(chain, &filters)? {
                self.hand_on(bootstrap, filter, &configurations)?;
            }
        }
        Ok(listener)
    }

    /// Lets a filter by reference have its configuration, from a file in place of ADS.
    fn hand_on(
        &mut self,
        bootstrap: &Bootstrap,
        filter: &mut Value,
        configurations: &BTreeMap<String, Value>,
    ) -> Result<()> {
        let Some(source) = filter.pointer("/config_discovery/config_source") else {
            return Ok(());
        };
        ensure!(
            source.get("ads") == Some(&json!({})),
            "not by ADS: {source}"
        );
        let name = text(filter, "/name")?.to_owned();
        if !self.files.contains_key(&name) {
            let configuration = configurations.get(&name);
            let configuration = configuration.with_context(|| format!("nothing for {name}"))?;
            let mut file = bootstrap.extension_file(&name)?;
            file.write(&fetched(configuration)?)?;
            self.files.insert(name.clone(), file);
        }
        let file = self.files.get(&name).context("no file")?.filter();
        for (key, value) in crate::tree::members(&file, "/config_discovery/config_source") {
            set(
                filter,
                "/config_discovery/config_source",
                key,
                value.clone(),
            )?;
        }
        let source = filter.pointer_mut("/config_discovery/config_source");
        let source = source.and_then(Value::as_object_mut).context("no source")?;
        source.remove("ads");
        Ok(())
    }
}

/// The configuration with the module on disk in place of its address.
pub(crate) fn fetched(typed_config: &Value) -> Result<Value> {
    let code = "/config/vm_config/code";
    let remote = typed_config.pointer(&format!("{code}/remote"));
    let remote = remote.context("the agent fetches only `remote`")?;
    ensure!(text(remote, "/http_uri/cluster")? == "_");
    ensure!(!text(remote, "/http_uri/uri")?.is_empty());
    let mut typed_config = typed_config.clone();
    let local = json!({"local": {"filename": install::module()?}});
    set(&mut typed_config, "/config/vm_config", "code", local)?;
    Ok(typed_config)
}

/// The names of a listener's HTTP filters, which are the same in all of its chains.
pub(crate) fn http_filters(listener: &Value) -> Result<Vec<String>> {
    let mut chains = list(listener, "/filter_chains").iter().map(|chain| {
        let filters = chain::http_filters(chain).unwrap_or_default();
        crate::pieces::names(list(chain, &filters))
    });
    let first = chains.next().context("no chain")?;
    ensure!(chains.all(|other| other == first), "chains differ");
    Ok(first.into_iter().map(str::to_owned).collect())
}
