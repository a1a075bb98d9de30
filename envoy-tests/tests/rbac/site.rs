//! The listeners of a scene: one with Envoy's own RBAC, one with the filter under test; all else is
//! the same. Others are there to explain differences.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;

use anyhow::{Context, Result};
use heliast_envoy_tests::{Inbound, Plugin, guard, install};
use serde_json::{Value, json};

use crate::claims;
use crate::doubt;
use crate::emitter::{self, Reading, Workload};
use crate::fleet::Listeners;
use crate::generator::{Scene, workload};
use crate::peer::Certificates;
use crate::tweak;

/// All listeners are here.
const SERVER: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 95, 0, 1));
/// Plugins that share a virtual machine share its compilation.
const VM: &str = "rbac";

pub(crate) fn native_name(scene: usize) -> String {
    format!("native-{scene}")
}

/// RBAC again, under the scene's policy for peers whose identity is in doubt.
pub(crate) fn doubting_name(scene: usize) -> String {
    format!("doubting-{scene}")
}

/// RBAC again, under the scene's policy as its authors meant it.
pub(crate) fn authors_name(scene: usize) -> String {
    format!("authors-{scene}")
}

pub(crate) fn module_name(scene: usize) -> String {
    format!("heliast-{scene}")
}

/// All listeners of a scene.
pub(crate) fn listeners(
    scene: &Scene,
    kinds: Listeners,
    folder: &Path,
    certificates: &Certificates,
) -> Result<Vec<Value>> {
    let workload = workload();
    let translated = |documents: &[Value], reading| emitter::filters(documents, &workload, reading);
    let native = match &scene.translated {
        Some(filters) => filters.clone(),
        None => translated(&scene.documents, Reading::Code)?,
    };
    let doubting = translated(&doubt::of(&scene.documents), Reading::Code)?;
    let authors = translated(&scene.documents, Reading::Author)?;
    let mut stacks = vec![
        (native_name(scene.number), native),
        (doubting_name(scene.number), doubting),
        (authors_name(scene.number), authors),
    ];
    if kinds == Listeners::Both {
        let plugin = plugin(scene, &workload)?;
        stacks.push((module_name(scene.number), vec![plugin.filter(), guard()]));
    }
    let settings = scene.settings.normalisation.to_envoy();
    let listener = |(name, filters): (String, Vec<Value>)| {
        let mut inbound = Inbound::new(&name, SocketAddr::new(SERVER, 0))
            .mutual_tls(&certificates.server, &certificates.authority)
            .filter(claims::filter());
        for filter in filters {
            inbound = inbound.filter(filter);
        }
        behind_proxy(tweak::with_http(&inbound, folder, &settings))
    };
    stacks.into_iter().map(listener).collect()
}

fn plugin(scene: &Scene, workload: &Workload) -> Result<Plugin> {
    let mut configuration = json!({
        "workload": {
            "namespace": workload.namespace,
            "name": "web",
            "serviceAccount": "web",
            "labels": workload.labels,
        },
        "trustDomains": workload.trust_domains.get(..1),
        "trustDomainAliases": workload.trust_domains.get(1..),
        "peerBinding": "Principal",
        "istio": {"rootNamespace": workload.root_namespace},
        "bundle": {"inline": {"resources": scene.documents}},
    });
    if scene.settings.forwarded_for
        && let Some(members) = configuration.as_object_mut()
    {
        members.insert("forwardedFor".into(), "Trusted".into());
    }
    Ok(Plugin {
        name: module_name(scene.number),
        vm_id: VM.into(),
        ..Plugin::new(install::module()?, &configuration)
    })
}

/// Every connection begins with a PROXY line: it chooses where the request seems to come from and
/// where it goes to, while the connection's own address stays what it is.
fn behind_proxy(mut listener: Value) -> Result<Value> {
    let filters = listener.get_mut("listener_filters");
    let filters = filters
        .and_then(Value::as_array_mut)
        .context("no listener filters")?;
    let kind =
        "type.googleapis.com/envoy.extensions.filters.listener.proxy_protocol.v3.ProxyProtocol";
    filters.insert(
        0,
        json!({
            "name": "envoy.filters.listener.proxy_protocol",
            "typed_config": {"@type": kind},
        }),
    );
    Ok(listener)
}
