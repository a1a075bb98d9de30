//! The manifests at work: what istiod renders of them, in real Envoy, with real certificates.

use anyhow::{Context, Result, ensure};
use heliast_envoy_tests::{Dial, Envoy, Leaf, pki};
use serde_json::json;

use super::agent::{Agent, fetched, http_filters};
use super::patch::Patches;
use super::sidecar::{Bank, CUSTOMER, SUMMARY, ask, is_decided, is_guarded, objects};
use super::{ENVOY_FILTER, GUARD, PEER, TRAFFIC_EXTENSION, WASM_PLUGIN};
use crate::pieces;
use crate::tree::{list, object, set, text};

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
