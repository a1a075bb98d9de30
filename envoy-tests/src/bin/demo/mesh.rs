//! The bank: all pods, their sidecars, their programs.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use anyhow::{Context, Result};
use heliast_envoy_tests::{Authority, Dial, Identity, Upstream, address, install};
use tokio::task::JoinSet;

use crate::bank::{self, Database};
use crate::manifest::Cast;
use crate::sidecar::{Neighbourhood, Sidecar};

/// Somebody who is no pod.
pub(crate) const OUTSIDE: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 9, 10, 1));

/// Everything that runs; all of it ends with its owner.
#[derive(Debug)]
pub(crate) struct Mesh {
    pub(crate) database: Arc<Database>,
    cast: Cast,
    neighbourhood: Arc<Neighbourhood>,
    sidecars: BTreeMap<String, Sidecar>,
    _programs: Vec<Upstream>,
}

impl Mesh {
    /// Starts the bank without policy.
    pub(crate) async fn start(cast: Cast, filter: bool) -> Result<Self> {
        let module = filter.then(install::module).transpose()?;
        let mut addresses = BTreeMap::new();
        for pod in &cast.pods {
            addresses.insert(pod.name.clone(), address::free(pod.ip, pod.port)?);
        }
        let authority = Authority::new("yao-bank")?;
        let pods = cast.pods.clone();
        let neighbourhood = Arc::new(Neighbourhood {
            authority,
            addresses,
            pods,
            module,
        });
        let sidecars = start_sidecars(&cast, &neighbourhood).await?;
        let database = Arc::new(Database::default());
        let programs = start_programs(&sidecars, &database).await?;
        Ok(Self {
            database,
            cast,
            neighbourhood,
            sidecars,
            _programs: programs,
        })
    }

    /// Puts the policy in force everywhere, or takes it away.
    pub(crate) async fn set_policy(&mut self, policy: bool) -> Result<()> {
        let configuration = self.cast.configuration(policy);
        for sidecar in self.sidecars.values_mut() {
            sidecar.configure(&configuration).await?;
        }
        Ok(())
    }

    pub(crate) fn sidecars(&self) -> impl Iterator<Item = &Sidecar> {
        self.sidecars.values()
    }

    pub(crate) fn sidecar(&self, name: &str) -> Result<&Sidecar> {
        self.sidecars
            .get(name)
            .with_context(|| format!("the bank has no pod {name}"))
    }

    pub(crate) fn authority(&self) -> &Authority {
        &self.neighbourhood.authority
    }

    /// Straight to a pod's sidecar from this address, without a certificate.
    pub(crate) fn plaintext(&self, from: IpAddr, to: &str) -> Result<Dial> {
        Ok(Dial::new(self.sidecar(to)?.address).from(from))
    }

    /// Straight to a pod's sidecar from this address, with this certificate, whoever's it is.
    pub(crate) fn mutual(&self, from: IpAddr, identity: &Identity, to: &str) -> Result<Dial> {
        self.plaintext(from, to)?
            .mutual_tls(identity, self.authority())
    }
}

/// All at once: each compiles the filter for itself.
async fn start_sidecars(
    cast: &Cast,
    neighbourhood: &Arc<Neighbourhood>,
) -> Result<BTreeMap<String, Sidecar>> {
    let configuration = Arc::new(cast.configuration(false));
    let mut starting = JoinSet::new();
    eprintln!("starting {} sidecars", cast.pods.len());
    for pod in cast.pods.clone() {
        let (others, configuration) = (Arc::clone(neighbourhood), Arc::clone(&configuration));
        starting.spawn(async move { Sidecar::start(pod, &others, &configuration).await });
    }
    let mut sidecars = BTreeMap::new();
    while let Some(started) = starting.join_next().await {
        let sidecar = started??;
        let seconds = sidecar.envoy.start_time().as_secs_f64();
        let megabytes = sidecar.envoy.memory()? >> 20;
        let (name, address) = (&sidecar.pod.name, sidecar.address);
        eprintln!("  {name:<9} at {address:<16} ready after {seconds:.1} s, {megabytes} MB");
        sidecars.insert(name.clone(), sidecar);
    }
    Ok(sidecars)
}

async fn start_programs(
    sidecars: &BTreeMap<String, Sidecar>,
    database: &Arc<Database>,
) -> Result<Vec<Upstream>> {
    let mut programs = Vec::new();
    for (name, sidecar) in sidecars {
        let program = match name.as_str() {
            "database" => bank::start_database(sidecar.app(), Arc::clone(database)).await?,
            "summary" => bank::start_summary(sidecar.app(), sidecar.dial()).await?,
            "customer" => bank::start_customer(sidecar.app(), sidecar.dial()).await?,
            _ => bank::start_nothing(sidecar.app()).await?,
        };
        programs.push(program);
    }
    Ok(programs)
}
