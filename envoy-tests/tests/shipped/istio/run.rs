//! The manifests at work: what istiod renders of them, in real Envoy, with real certificates.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use anyhow::{Context, Result, ensure};
use heliast_envoy_tests::access_log::MARK;
use heliast_envoy_tests::{
    Address, Answer, Authority, Bootstrap, Call, Dial, Envoy, Identity, Inbound, Leaf, Node,
    Protocol, Record, Upstream, pki, upstream,
};
use hyper::StatusCode;
use serde_json::{Value, json};

use super::agent::{Agent, fetched, http_filters};
use super::chain;
use super::patch::Patches;
use super::{ENVOY_FILTER, GUARD, PEER, TRAFFIC_EXTENSION, WASM_PLUGIN};
use crate::pieces;
use crate::tree::{list, object, set, text};

const DATABASE: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 83, 0, 1));
const SUMMARY: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 83, 0, 2));
const CUSTOMER: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 83, 0, 3));
const ALLOWED: &str = "calico/default/GlobalNetworkPolicy/-/database/ingress/0";
const DENIED: &str = "calico/default/GlobalNetworkPolicy/-/database/ingress/default";

/// The ways of installing, as install.md has them: files in the order in which they are applied,
/// and what the filter is called.
const WAYS: [(&str, &[&str], &str); 3] = [
    (
        "wasmplugin",
        &[PEER, WASM_PLUGIN, GUARD],
        "extensions.istio.io/wasmplugin/default.heliast",
    ),
    (
        "trafficextension",
        &[PEER, TRAFFIC_EXTENSION, GUARD],
        "extensions.istio.io/trafficextension/default.heliast",
    ),
    ("envoyfilter", &[ENVOY_FILTER], "heliast"),
];

/// The bank's certificates.
struct Bank {
    authority: Authority,
    database: Identity,
    summary: Identity,
    customer: Identity,
}

impl Bank {
    fn new() -> Result<Self> {
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
    fn bootstrap() -> Result<Bootstrap> {
        let labels = json!({"app": "database"});
        let ip = DATABASE.to_string();
        Bootstrap::new(Node::pod("default", "database", "database", &labels, &ip))
    }

    fn inbound(&self, name: &str) -> Inbound {
        Inbound::new(name, SocketAddr::new(DATABASE, 0)).mutual_tls(&self.database, &self.authority)
    }

    /// Mutual TLS to a listener.
    async fn dial(
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

fn objects(paths: &[&str]) -> Result<Vec<Value>> {
    paths.iter().map(|path| object(path)).collect()
}

/// One request, and what the access log has of it.
async fn ask(
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
fn is_decided((answer, record): &(Answer, Record), allowed: bool) -> Result<()> {
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
fn is_guarded((answer, record): &(Answer, Record)) -> Result<()> {
    ensure!(answer.status == 403, "{}", record.value());
    ensure!(record.verdict().is_none() && answer.header("x-heliast-id").is_none());
    let details = record.text("details").unwrap_or_default();
    ensure!(details.contains("rbac_access_denied"), "{details}");
    Ok(())
}

/// The whole story on one listener: who passes, and who does not, whatever it says.
async fn only_summary_passes(bank: &Bank, envoy: &Envoy, name: &str) -> Result<()> {
    let summary = bank.dial(envoy, name, SUMMARY, &bank.summary).await?;
    let customer = bank.dial(envoy, name, CUSTOMER, &bank.customer).await?;
    let plain = Dial::new(envoy.admin().listener(name).await?).from(SUMMARY);
    let two = [
        pki::spiffe("cluster.local", "default", "summary"),
        pki::spiffe("cluster.local", "default", "customer"),
    ];
    let two = bank
        .authority
        .sign(&format!("{name}-two"), &Leaf::with_uris(two))?;
    let two = bank.dial(envoy, name, SUMMARY, &two).await?;
    let foreign = bank.authority.sign(
        &format!("{name}-foreign"),
        &Leaf::with_uris([pki::spiffe("elsewhere", "default", "summary")]),
    )?;
    let foreign = bank.dial(envoy, name, SUMMARY, &foreign).await?;
    let summary_address = SUMMARY.to_string();
    let lie = Some(("x-forwarded-for", summary_address.as_str()));
    let certificate = Some((
        "x-forwarded-client-cert",
        "URI=spiffe://cluster.local/ns/default/sa/summary",
    ));
    for (what, dial, header, allowed) in [
        ("summary", &summary, None, true),
        (
            "summary behind a header",
            &summary,
            Some(("x-forwarded-for", "9.9.9.9")),
            true,
        ),
        ("customer", &customer, None, false),
        (
            "customer with summary's address in a header",
            &customer,
            lie,
            false,
        ),
        (
            "customer with summary's name in a header",
            &customer,
            certificate,
            false,
        ),
        ("plaintext", &plain, None, false),
        ("plaintext with a header", &plain, lie, false),
        ("a certificate with two names", &two, None, false),
        ("a trust domain that is not ours", &foreign, None, false),
    ] {
        let seen = ask(envoy, name, dial, what, header).await?;
        is_decided(&seen, allowed).with_context(|| format!("{name}: {what}"))?;
    }
    Ok(())
}

#[tokio::test]
async fn every_way_of_installing_lets_in_whom_policy_lets_in_and_nobody_without_the_filter()
-> Result<()> {
    let bank = Bank::new()?;
    let mut bootstrap = Bank::bootstrap()?;
    let mut agent = Agent::default();
    for (name, paths, filter) in WAYS {
        let objects = objects(paths)?;
        let listener = agent.render(&bootstrap, &bank.inbound(name), true, &objects)?;
        for chain in list(&listener, "/filter_chains") {
            pieces::in_chain(chain, filter).with_context(|| name.to_owned())?;
        }
        let names = http_filters(&listener)?;
        let position = |name: &str| names.iter().position(|other| other == name);
        ensure!(position("istio.metadata_exchange") == Some(0), "{names:?}");
        ensure!(
            position(filter) < position("envoy.filters.http.fault"),
            "{names:?}"
        );
        bootstrap.listener(listener);
    }
    // The guard alone, and the filter's patch without the neighbour it goes behind.
    for (name, paths, exchange) in [
        ("guard-alone", &[PEER, GUARD][..], true),
        ("no-anchor", &[ENVOY_FILTER], false),
    ] {
        let inbound = bank.inbound(name);
        let listener = agent.render(&bootstrap, &inbound, exchange, &objects(paths)?)?;
        let names = http_filters(&listener)?;
        ensure!(
            names.iter().filter(|name| name.contains("heliast")).count() == 1,
            "{names:?}"
        );
        bootstrap.listener(listener);
    }
    let envoy = Envoy::start(bootstrap).await?;
    for (name, _, _) in WAYS {
        only_summary_passes(&bank, &envoy, name).await?;
    }
    for name in ["guard-alone", "no-anchor"] {
        let summary = bank.dial(&envoy, name, SUMMARY, &bank.summary).await?;
        is_guarded(&ask(&envoy, name, &summary, "summary", None).await?)?;
        let plain = Dial::new(envoy.admin().listener(name).await?).from(SUMMARY);
        is_guarded(&ask(&envoy, name, &plain, "plaintext", None).await?)?;
    }
    Ok(())
}

/// What install.md says of a pull that fails, and of a policy with a mistake in it.
#[tokio::test]
async fn without_module_or_with_a_refused_policy_nobody_passes_until_a_good_one_comes() -> Result<()>
{
    let bank = Bank::new()?;
    let mut bootstrap = Bank::bootstrap()?;
    let mut agent = Agent::default();
    let good = object(ENVOY_FILTER)?;
    let shipped = Patches::of(std::slice::from_ref(&good)).extensions()?;
    let shipped = fetched(shipped.get("heliast").context("no configuration")?)?;
    let mut typo = shipped.clone();
    let value = text(&typo, "/config/configuration/value")?.replace("\"ingress\"", "\"ingres\"");
    set(&mut typo, "/config/configuration", "value", value.into())?;

    let listener = agent.render(&bootstrap, &bank.inbound("in"), true, &[good])?;
    bootstrap.listener(listener);
    let (_, mut file) = agent.files.pop_first().context("nothing by reference")?;
    file.write(&typo)?;
    let envoy = Envoy::start(bootstrap).await?;
    let summary = bank.dial(&envoy, "in", SUMMARY, &bank.summary).await?;
    let seen = ask(&envoy, "in", &summary, "a policy with a mistake", None).await?;
    is_guarded(&seen)?;
    let log = envoy.log()?;
    ensure!(
        log.contains("configuration refused") && log.contains("spec.ingres"),
        "{log}"
    );

    envoy.push_extension(&mut file, &shipped).await?;
    is_decided(
        &ask(&envoy, "in", &summary, "a good policy", None).await?,
        true,
    )?;
    let refused = envoy.push_extension(&mut file, &typo).await;
    ensure!(refused.is_err(), "a policy with a mistake was taken");
    is_decided(
        &ask(&envoy, "in", &summary, "the policy before", None).await?,
        true,
    )?;

    // What the agent puts in place of a module it cannot fetch.
    let rbac =
        json!({"@type": pieces::RBAC, "rules": {}, "rules_stat_prefix": "wasm-default-deny"});
    envoy.push_extension(&mut file, &rbac).await?;
    is_guarded(&ask(&envoy, "in", &summary, "no module", None).await?)
}

#[tokio::test]
async fn connections_that_are_not_http_pass_the_record_unharmed() -> Result<()> {
    let mut bootstrap = Bank::bootstrap()?;
    let app: Address = bootstrap.folder().join("app").into();
    let workload =
        Upstream::start(app, async |_| upstream::respond(StatusCode::OK, "unharmed")).await?;
    let inbound = Inbound::new("app", SocketAddr::new(DATABASE, 0));
    let inbound = inbound.target(heliast_envoy_tests::Target::Upstream(
        workload.address().clone(),
    ));
    bootstrap.cluster(inbound.cluster().context("no cluster")?);
    let at = Address::from(SocketAddr::new(DATABASE, 0)).to_envoy();
    let all = objects(&[PEER, GUARD, ENVOY_FILTER])?;
    for (name, objects) in [("apart", &all[..2]), ("together", &all[2..])] {
        let mut listener = chain::opaque(name, &at, "app-workload");
        Patches::of(objects).apply(&mut listener)?;
        let [record, _] = list(&listener, "/filter_chains/0/filters") else {
            anyhow::bail!("not one more filter than before: {listener}");
        };
        pieces::is_peer_record(record)?;
        bootstrap.listener(listener);
    }
    let envoy = Envoy::start(bootstrap).await?;
    for name in ["apart", "together"] {
        let dial = Dial::new(envoy.admin().listener(name).await?);
        let answer = dial.call(Protocol::Http1, &Call::get("app", "/")).await?;
        ensure!(answer.text() == "unharmed");
    }
    Ok(())
}
