//! The database's sidecar in a mesh of Istio's, and how to ask it.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use anyhow::{Context, Result, ensure};
use heliast_envoy_tests::access_log::MARK;
use heliast_envoy_tests::{
    Answer, Authority, Bootstrap, Call, Dial, Envoy, Identity, Inbound, Node, Protocol, Record,
};
use serde_json::{Value, json};

use crate::tree::object;

pub(crate) const DATABASE: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 83, 0, 1));
pub(crate) const SUMMARY: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 83, 0, 2));
pub(crate) const CUSTOMER: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 83, 0, 3));
const ALLOWED: &str = "calico/default/GlobalNetworkPolicy/-/database/ingress/0";
const DENIED: &str = "calico/default/GlobalNetworkPolicy/-/database/ingress/default";

/// The bank's certificates.
pub(crate) struct Bank {
    pub(crate) authority: Authority,
    database: Identity,
    pub(crate) summary: Identity,
    pub(crate) customer: Identity,
}

impl Bank {
    pub(crate) fn new() -> Result<Self> {
        let authority = Authority::new("istio")?;
        let sign = |account| authority.sign_workload("cluster.local", "default", account);
        Ok(Self {
            database: sign("database")?,
            summary: sign("summary")?,
            customer: sign("customer")?,
            authority,
        })
    }

    /// The sidecar of the database, as Istio announces it.
    pub(crate) fn bootstrap() -> Result<Bootstrap> {
        let labels = json!({"app": "database"});
        let ip = DATABASE.to_string();
        Bootstrap::new(Node::pod("default", "database", "database", &labels, &ip))
    }

    pub(crate) fn inbound(&self, name: &str) -> Inbound {
        Inbound::new(name, SocketAddr::new(DATABASE, 0)).mutual_tls(&self.database, &self.authority)
    }

    /// Mutual TLS to a listener.
    pub(crate) async fn dial(
        &self,
        envoy: &Envoy,
        listener: &str,
        from: IpAddr,
        identity: &Identity,
    ) -> Result<Dial> {
        let at = envoy.admin().listener(listener).await?;
        Dial::new(at)
            .from(from)
            .mutual_tls(identity, &self.authority)
    }
}

pub(crate) fn objects(paths: &[&str]) -> Result<Vec<Value>> {
    paths.iter().map(|path| object(path)).collect()
}

/// One request, and what the access log has of it.
pub(crate) async fn ask(
    envoy: &Envoy,
    listener: &str,
    dial: &Dial,
    what: &str,
    header: Option<(&str, &str)>,
) -> Result<(Answer, Record)> {
    let mark = format!("{listener}: {what}");
    let mut call = Call::get("database:2379", "/v2/keys?recursive=true").header(MARK, &*mark);
    if let Some((name, value)) = header {
        call = call.header(name, value);
    }
    let answer = dial
        .call(Protocol::Http1, &call)
        .await
        .context(mark.clone())?;
    let record = envoy.access_log(listener).marked(&mark).await?;
    Ok((answer, record))
}

/// A request that the filter decided, one way or the other.
pub(crate) fn is_decided((answer, record): &(Answer, Record), allowed: bool) -> Result<()> {
    let (status, verdict, rule) = match allowed {
        true => (200, "allow", ALLOWED),
        false => (403, "deny", DENIED),
    };
    let seen = (answer.status, record.verdict(), record.rule());
    ensure!(
        seen == (status, Some(verdict), Some(rule)),
        "{seen:?}: {}",
        record.value()
    );
    ensure!(answer.header("x-heliast-id").is_some() != allowed);
    Ok(())
}

/// A request that no filter decided, and that the guard refused.
pub(crate) fn is_guarded((answer, record): &(Answer, Record)) -> Result<()> {
    ensure!(answer.status == 403, "{}", record.value());
    ensure!(record.verdict().is_none() && answer.header("x-heliast-id").is_none());
    let details = record.text("details").unwrap_or_default();
    ensure!(details.contains("rbac_access_denied"), "{details}");
    Ok(())
}
