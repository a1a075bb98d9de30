//! A sidecar with one of the filters to be compared.

use std::fmt;
use std::net::SocketAddr;

use anyhow::{Context, Result};
use heliast_envoy_tests::{Bootstrap, Inbound, Node, PeerRecord};
use serde_json::{Value, json};

use crate::authorizer::Authorizer;
use crate::call::Call;
use crate::cores::Role;
use crate::filters;
use crate::laboratory::Laboratory;
use crate::mesh::{self, Mesh};
use crate::modules::Modules;
use crate::rules::Rules;
use crate::runtime;
use crate::sidecar::{LISTENER, Sidecar};

/// What stands in front of the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Setup {
    /// Nothing.
    None,
    /// A wasm filter that does nothing, made with the SDK.
    Empty,
    /// The same without the SDK, with no callbacks but those that heliast has.
    Bare,
    /// The same, and it calls Envoy.
    Calls(Call),
    /// Envoy's own RBAC.
    Rbac(Rules),
    /// A script with one rule.
    Lua(Rules),
    /// A server that answers OK.
    Authorization,
    /// heliast as the runtime-only module, with the rules compiled.
    Runtime(Rules),
    /// heliast, the guard behind it or not, with so many workloads in its bundle beside the three.
    Heliast {
        /// Its rules.
        rules: Rules,
        /// Whether the guard stands behind it, as it does in what we ship.
        guard: bool,
        /// Workloads that are no peers here.
        workloads: usize,
    },
}

impl Setup {
    /// heliast as it is shipped.
    pub(crate) fn heliast(rules: Rules) -> Self {
        Self::Heliast {
            rules,
            guard: true,
            workloads: 0,
        }
    }

    /// The path of the request that passes: the last rule's.
    pub(crate) fn path(self) -> String {
        match self {
            Self::None | Self::Empty | Self::Bare | Self::Calls(_) | Self::Authorization => {
                "/api/v1/items/000000".into()
            }
            Self::Rbac(rules)
            | Self::Lua(rules)
            | Self::Runtime(rules)
            | Self::Heliast { rules, .. } => rules.last_path(),
        }
    }

    /// What it decides by; `None` if it lets everything pass.
    pub(crate) fn rules(self) -> Option<Rules> {
        match self {
            Self::None | Self::Empty | Self::Bare | Self::Calls(_) | Self::Authorization => None,
            Self::Rbac(rules)
            | Self::Lua(rules)
            | Self::Runtime(rules)
            | Self::Heliast { rules, .. } => Some(rules),
        }
    }

    /// Starts Envoy with it, on its core.
    ///
    /// # Errors
    /// When something is not there, or Envoy refuses the configuration.
    pub(crate) async fn start(self, laboratory: &Laboratory) -> Result<Sidecar> {
        let cores = laboratory.cores;
        let mut bootstrap = Bootstrap::new(Node::default())?;
        let mut authorizer = None;
        if self == Self::Authorization {
            cores.take(Role::Other)?;
            let started = Authorizer::start(&bootstrap.folder().join("authorizer.socket"))?;
            bootstrap.cluster(filters::authorizer_cluster(started.socket()));
            authorizer = Some(started);
        }
        let inbound = inbound(&laboratory.mesh, self.record());
        let filters = self.filters(&laboratory.modules)?;
        bootstrap.inbound(&filters.into_iter().fold(inbound, Inbound::filter));
        cores.take(Role::Envoy)?;
        let sidecar = Sidecar::start(bootstrap, authorizer).await;
        cores.take(Role::Client)?;
        sidecar.with_context(|| format!("cannot start {self}"))
    }

    /// The record of the peer's address belongs to heliast.
    fn record(self) -> PeerRecord {
        match self {
            Self::Heliast { .. } | Self::Runtime(_) => PeerRecord::Direct,
            Self::None
            | Self::Empty
            | Self::Bare
            | Self::Calls(_)
            | Self::Rbac(_)
            | Self::Lua(_)
            | Self::Authorization => PeerRecord::Absent,
        }
    }

    fn filters(self, modules: &Modules) -> Result<Vec<Value>> {
        Ok(match self {
            Self::None => Vec::new(),
            Self::Empty => vec![filters::wasm("empty", modules.empty()?, "")],
            Self::Bare => vec![filters::wasm("bare", modules.bare()?, "")],
            Self::Calls(call) => vec![filters::wasm("bare", modules.bare()?, call.key())],
            Self::Rbac(rules) => vec![filters::rbac(rules)],
            Self::Lua(rules) => vec![filters::lua(rules)],
            Self::Authorization => vec![filters::authorization()],
            Self::Runtime(rules) => {
                let module = modules.runtime().context("no heliast-runtime.wasm")?;
                let configuration = runtime::configuration(rules)?;
                let (filter, guard) = filters::heliast(module, &configuration)?;
                vec![filter, guard]
            }
            Self::Heliast {
                rules,
                guard,
                workloads,
            } => {
                let configuration = configuration(rules, workloads);
                let (filter, guarding) = filters::heliast(modules.heliast()?, &configuration)?;
                let mut filters = vec![filter];
                filters.extend(guard.then_some(guarding));
                filters
            }
        })
    }
}

/// The listener of the server, without filters.
pub(crate) fn inbound(mesh: &Mesh, record: PeerRecord) -> Inbound {
    Inbound::new(LISTENER, SocketAddr::new(mesh::SERVER, 0))
        .mutual_tls(&mesh.server, &mesh.authority)
        .record(record)
        .unlogged()
}

/// A plugin configuration with these rules, and a fleet.
pub(crate) fn configuration(rules: Rules, workloads: usize) -> Value {
    let mut resources = mesh::pods();
    resources.extend(mesh::fleet(workloads));
    resources.extend(rules.calico());
    json!({
        "workload": {"namespace": mesh::NAMESPACE, "name": "server"},
        "trustDomains": ["cluster.local"],
        "bundle": {"inline": {"resources": resources}},
    })
}

impl fmt::Display for Setup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("no filter"),
            Self::Empty => f.write_str("empty wasm filter"),
            Self::Bare => f.write_str("empty wasm filter, no SDK"),
            Self::Calls(call) => write!(f, "no SDK, {call}"),
            Self::Rbac(rules) => write!(f, "native RBAC, {rules}"),
            Self::Lua(_) => f.write_str("Lua"),
            Self::Authorization => f.write_str("ext_authz"),
            Self::Runtime(rules) => write!(f, "heliast, {rules}, compiled"),
            Self::Heliast {
                rules,
                guard,
                workloads,
            } => {
                write!(f, "heliast, {rules}")?;
                if *workloads > 0 {
                    write!(f, ", {workloads} workloads")?;
                }
                f.write_str(if *guard { "" } else { ", no guard" })
            }
        }
    }
}
