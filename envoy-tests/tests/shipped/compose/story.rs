//! The rows of envoyfilter/compose/README.md that lead to the database, without Docker: real
//! sidecars from the bootstraps, the certificates and the policies that the containers have.

use std::net::IpAddr;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use heliast_envoy_tests::{Call, Dial, Envoy, Protocol, Upstream, upstream};
use hyper::StatusCode;
use tokio::time::{Instant, sleep};

use super::bank::{Pod, pods};
use super::sidecars::{Bank, output};

/// The doors of the sidecars through which programs call out.
const DOOR: u64 = 15001;
const DATABASE: u64 = 2379;
const PATIENCE: Duration = Duration::from_secs(30);

fn named<'p>(pods: &'p [Pod], name: &str) -> Result<&'p Pod> {
    let mut pods = pods.iter();
    pods.find(|pod| pod.name == name)
        .with_context(|| format!("no pod {name}"))
}

/// A way to call the database; the sidecar it leads through lives as long.
struct Caller {
    dial: Dial,
    _sidecar: Option<Envoy>,
}

impl Caller {
    /// Through the sidecar of a pod that runs at this address.
    async fn new(bank: &mut Bank, pod: &Pod, at: IpAddr) -> Result<Self> {
        let sidecar = bank.start(pod, at, "OUTBOUND").await?;
        Ok(Self {
            dial: Dial::new(bank.port(at, DOOR)?),
            _sidecar: Some(sidecar),
        })
    }

    async fn status(&self, method: &str, header: Option<&str>) -> Result<u16> {
        let mut call = Call::new(method, "database:2379", "/v2/keys?recursive=true");
        if let Some(address) = header {
            call = call.header("x-forwarded-for", address);
        }
        Ok(self.dial.call(Protocol::Http1, &call).await?.status)
    }
}

#[tokio::test]
async fn the_banks_sidecars_enforce_its_policy_and_take_another_at_run_time() -> Result<()> {
    let pods = pods()?;
    let mut bank = Bank::new(&pods)?;
    let (database, summary, attack) = (
        bank.pod("database")?,
        bank.pod("summary")?,
        bank.pod("attack")?,
    );
    let etcd = bank.port(database, 2378)?;
    let _etcd = Upstream::start(etcd, async |_| upstream::respond(StatusCode::OK, "{}")).await?;
    let sidecar = bank
        .start(named(&pods, "database")?, database, "INBOUND")
        .await?;
    let at_customer = bank.pod("customer")?;
    let customer = Caller::new(&mut bank, named(&pods, "customer")?, at_customer).await?;
    let honest = Caller::new(&mut bank, named(&pods, "summary")?, summary).await?;
    let plain = Caller {
        dial: Dial::new(bank.port(database, DATABASE)?).from(attack),
        _sidecar: None,
    };
    let own = Caller::new(&mut bank, named(&pods, "attack")?, attack).await?;
    let header = summary.to_string();
    let rows: [(&str, &Caller, &str, Option<&str>, u16); 6] = [
        ("Y5", &customer, "GET", None, 403),
        ("Y7", &honest, "GET", None, 200),
        ("as Y9, to the database", &own, "GET", None, 403),
        ("Y10", &plain, "GET", None, 403),
        ("Y11", &customer, "GET", Some(&header), 403),
        ("as Y10, with a header", &plain, "GET", Some(&header), 403),
    ];
    for (row, caller, method, header, expected) in rows {
        let status = caller.status(method, header).await?;
        ensure!(status == expected, "{row}: {status}\n{}", output(&sidecar)?);
    }
    drop(own);
    // The same door again, now with summary's key.
    let thief = Caller::new(&mut bank, named(&pods, "summary")?, attack).await?;
    ensure!(thief.status("PUT", None).await? == 403, "Y8");
    is_logged(
        &sidecar,
        "spiffe://cluster.local/ns/default/sa/summary verdict=deny",
    )
    .await?;

    bank.put("none")?;
    until(&customer, 200).await.context("Y1, Y12")?;
    ensure!(thief.status("PUT", None).await? == 200, "Y2");
    bank.put("heliast")?;
    until(&customer, 403).await.context("in force again")?;
    ensure!(honest.status("GET", None).await? == 200, "Y7 again");
    Ok(())
}

/// Waits for a policy to change what a caller is answered.
async fn until(caller: &Caller, expected: u16) -> Result<()> {
    let deadline = Instant::now() + PATIENCE;
    while caller.status("GET", None).await? != expected {
        ensure!(
            Instant::now() < deadline,
            "not {expected} within {PATIENCE:?}"
        );
        sleep(Duration::from_millis(20)).await;
    }
    Ok(())
}

/// Waits for a refused request to be printed as the README shows it.
async fn is_logged(sidecar: &Envoy, words: &str) -> Result<()> {
    let rule = "rule=calico/default/GlobalNetworkPolicy/-/database/ingress/default id=";
    let deadline = Instant::now() + PATIENCE;
    loop {
        let printed = output(sidecar)?;
        let is_row = |line: &str| {
            line.starts_with("403 PUT ") && line.contains(words) && line.contains(rule)
        };
        if printed.lines().any(is_row) {
            return Ok(());
        }
        ensure!(Instant::now() < deadline, "no row `{words}` in\n{printed}");
        sleep(Duration::from_millis(20)).await;
    }
}
