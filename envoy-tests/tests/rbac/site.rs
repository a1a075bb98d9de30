//! The listeners of a scene: one with Envoy's own RBAC, one with the filter under test; all else is
//! the same. Others are there to explain differences.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;

use anyhow::{Context, Result};
use heliast_envoy_tests::{Inbound, Plugin, guard, install};
use serde_json::{Value, json};

use crate::claims;
use crate::doubt;
use crate::emitter::{self, Meaning, Reading, Workload};
use crate::fleet::Listeners;
use crate::generator::{Scene, workload};
use crate::peer::Certificates;
use crate::question::Question;
use crate::tweak;

/// All listeners are here.
const SERVER: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 95, 0, 1));
/// Plugins that share a virtual machine share its compilation.
const VM: &str = "rbac";

/// RBAC under one reading of the scene's policies.
pub(crate) fn native_name(scene: usize, question: &Question) -> String {
    format!("native-{scene}-{question:?}")
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
    let mut stacks = Vec::new();
    for question in kinds.questions() {
        let filters = match &scene.translated {
            Some(filters) if question == Question::default() => filters.clone(),
            _ => translated(&scene.documents, &workload, &question)?,
        };
        stacks.push((native_name(scene.number, &question), filters));
    }
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

/// The filters of these policies under one reading of them.
fn translated(documents: &[Value], workload: &Workload, question: &Question) -> Result<Vec<Value>> {
    let meaning = Meaning {
        reading: match question.authors_words {
            true => Reading::Author,
            false => Reading::Code,
        },
        quirks: &question.quirks,
    };
    match question.peer_in_doubt {
        true => emitter::filters(&doubt::of(documents), workload, meaning),
        false => emitter::filters(documents, workload, meaning),
    }
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
