//! One Envoy, with a listener for every configuration the cases need.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use heliast_envoy_tests::{
    AccessLog, Address, Bootstrap, Envoy, Identity, Inbound, ListenerFile, Node, Plugin, Target,
    Upstream, guard, install,
};

use serde_json::Value;
use tokio::time::{Instant, sleep};

use crate::certificates::Certificates;
use crate::echo;
use crate::metadata;
use crate::plan::Site;

/// Every listener's plugin shares one virtual machine, so that the module is compiled once.
const VM: &str = "corpus";
/// How long Envoy may take over hundreds of listeners on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);
/// What the module logs for each line of a reason.
const REFUSED: &str = "heliast: configuration refused: ";

/// The listeners, and what became of each.
pub(crate) struct Fleet {
    pub(crate) certificates: Certificates,
    envoy: Envoy,
    /// What says what it saw, behind the listeners that ask for it.
    _echo: Upstream,
    standings: Vec<Standing>,
    started: Duration,
    pushed: Duration,
}

/// What became of a listener.
#[derive(Debug)]
pub(crate) enum Standing {
    /// It listens.
    Up(SocketAddr),
    /// Envoy refused it, for this reason of the module's.
    Refused(String),
}

impl Fleet {
    /// Starts all listeners, first those that shall be good, then the others beside them.
    pub(crate) async fn start(sites: &[Site]) -> Result<Self> {
        let certificates = Certificates::new()?;
        let server =
            certificates.with_uris(&["spiffe://cluster.local/ns/corpus/sa/server".into()])?;
        let mut bootstrap = Bootstrap::new(Node::default())?;
        let mut file = bootstrap.listener_file()?;
        let echo = echo::start().await?;
        let nowhere = SocketAddr::from(([0, 0, 0, 0], 0));
        for (index, _) in sites.iter().enumerate().filter(|(_, site)| site.echo) {
            let target = Target::Upstream(echo.address().clone());
            let inbound = Inbound::new(&name(index), nowhere).target(target);
            inbound
                .cluster()
                .into_iter()
                .for_each(|one| bootstrap.cluster(one));
        }
        let envoy = Envoy::start(bootstrap).await?;
        let begun = Instant::now();
        let address = echo.address().clone();
        let make = |site| listener(site, sites, &envoy, &certificates, &server, &address);
        let mut listeners = Vec::new();
        for bad in [false, true] {
            let indices = (0..sites.len())
                .filter(|index| sites.get(*index).is_some_and(|site| site.bad == bad));
            for index in indices {
                listeners.push(make(index)?);
            }
            settle(&envoy, &mut file, &listeners).await?;
        }
        let standings = standings(&envoy, sites).await?;
        Ok(Self {
            certificates,
            started: envoy.start_time(),
            pushed: begun.elapsed(),
            envoy,
            _echo: echo,
            standings,
        })
    }

    pub(crate) fn standing(&self, site: usize) -> Result<&Standing> {
        self.standings.get(site).context("no such listener")
    }

    pub(crate) fn access_log(&self, site: usize) -> AccessLog {
        self.envoy.access_log(&name(site))
    }

    pub(crate) fn len(&self) -> usize {
        self.standings.len()
    }

    pub(crate) fn start_report(&self) -> String {
        format!(
            "{:.1} s to start Envoy and {:.1} s to make listeners",
            self.started.as_secs_f64(),
            self.pushed.as_secs_f64()
        )
    }
}

fn name(site: usize) -> String {
    format!("site-{site}")
}

/// A listener as it is shipped, on the workload's own address.
fn listener(
    index: usize,
    sites: &[Site],
    envoy: &Envoy,
    certificates: &Certificates,
    server: &Arc<Identity>,
    echo: &Address,
) -> Result<Value> {
    let site = sites.get(index).context("no such listener")?;
    let plugin = Plugin {
        name: name(index),
        vm_id: VM.into(),
        configuration: Some(site.configuration.clone()),
        ..Plugin::new(install::module()?, &Value::Null)
    };
    let target = match site.echo {
        true => Target::Upstream(echo.clone()),
        false => Target::Answer,
    };
    let mut inbound = Inbound::new(&name(index), site.listen)
        .target(target)
        .mutual_tls(server, certificates.authority())
        .record(site.record.into());
    if !site.metadata.is_empty() {
        inbound = inbound.filter(metadata::filter(&site.metadata));
    }
    let listener = inbound
        .filter(named(plugin.filter(), &name(index)))
        .filter(guard())
        .listener(envoy.folder());
    Ok(match site.outbound {
        true => outbound(listener),
        false => listener,
    })
}

/// Gives the plugin a root id of its own: the one name that Envoy puts before what a module logs.
fn named(mut filter: Value, name: &str) -> Value {
    if let Some(root_id) = filter.pointer_mut("/typed_config/config/root_id") {
        *root_id = name.into();
    }
    filter
}

/// The same on the way out.
fn outbound(mut listener: Value) -> Value {
    if let Some(members) = listener.as_object_mut() {
        members.insert("traffic_direction".into(), "OUTBOUND".into());
    }
    listener
}

/// Pushes listeners and waits until Envoy has taken or refused each of them.
async fn settle(envoy: &Envoy, file: &mut ListenerFile, listeners: &[Value]) -> Result<()> {
    let before = considered(envoy).await?.0;
    file.write(listeners)?;
    let deadline = Instant::now() + PATIENCE;
    while Instant::now() < deadline {
        // Envoy answers nobody while it makes listeners.
        let now = considered(envoy).await.ok();
        if now.is_some_and(|(updates, warming)| updates > before && warming == 0) {
            // The workers get them on their next turn, which nothing reports.
            sleep(Duration::from_millis(100)).await;
            return Ok(());
        }
        sleep(Duration::from_millis(50)).await;
    }
    bail!("Envoy did not look at all listeners within {PATIENCE:?}")
}

/// How many updates were looked at, and how many listeners are not yet ready.
async fn considered(envoy: &Envoy) -> Result<(u64, u64)> {
    let path = "/stats?filter=(lds.update_(success|rejected)|total_listeners_warming)";
    let page = envoy.admin().page(path).await?;
    let mut counts = (0, 0);
    for line in page.lines() {
        let (name, value) = line.rsplit_once(": ").context("no counter")?;
        let value: u64 = value.parse()?;
        if name.ends_with("warming") {
            counts.1 += value;
        } else {
            counts.0 += value;
        }
    }
    Ok(counts)
}

async fn standings(envoy: &Envoy, sites: &[Site]) -> Result<Vec<Standing>> {
    let up = envoy.admin().listeners().await?;
    let mut reasons = reasons(&envoy.log()?);
    let reported = refused(envoy).await?;
    let mut standings = Vec::new();
    for index in 0..sites.len() {
        let name = name(index);
        standings.push(match up.get(&name) {
            Some(address) => Standing::Up(*address),
            None => {
                ensure!(
                    reported.contains(&name),
                    "{name} was neither made nor refused"
                );
                Standing::Refused(reasons.remove(&name).unwrap_or_default())
            }
        });
    }
    Ok(standings)
}

/// The names of refused listeners, somewhere in what Envoy reports of them.
async fn refused(envoy: &Envoy) -> Result<String> {
    let refused = envoy.admin().refused_listeners().await?;
    let texts = refused
        .into_iter()
        .map(|(name, details)| format!("{name} {details}\n"));
    Ok(texts.collect())
}

/// The reasons in the log, by the plugin that gave them.
fn reasons(log: &str) -> BTreeMap<String, String> {
    let mut reasons: BTreeMap<String, String> = BTreeMap::new();
    for line in log.lines() {
        let Some((head, reason)) = line.split_once(REFUSED) else {
            continue;
        };
        let plugin = head.split_once("wasm log ").map(|(_, prefix)| prefix);
        let plugin = plugin.and_then(|prefix| prefix.split_whitespace().next());
        let text = reasons
            .entry(plugin.unwrap_or_default().to_owned())
            .or_default();
        text.push_str(reason);
        text.push('\n');
    }
    reasons
}
