//! YAO Bank on real sidecars, its policy in a folder that `heliast serve` watches: added, edited,
//! broken, repaired and deleted, while everybody goes on asking.

mod asker;
mod bank;

use anyhow::{Context, Result, ensure};
use heliast_envoy_tests::{figure, install, manifests};
use serde_json::{Value, json};

use crate::quiet;
use asker::{Ask, Askers};
use bank::Bank;

const POLICY: &str = "policy.yaml";

/// What each of them gets: without policy, with it, edited, broken, repaired, deleted.
const ASKS: &[(Ask, [u16; 6])] = &[
    (
        Ask::plaintext("customer", "GET", "/"),
        [200, 200, 200, 200, 200, 200],
    ),
    (
        Ask::plaintext("customer", "POST", "/"),
        [200, 403, 403, 403, 403, 200],
    ),
    (
        Ask::pod("customer", "database", "GET", "/v2/keys?recursive=true"),
        [200, 403, 200, 200, 403, 200],
    ),
    (
        Ask::pod("summary", "database", "GET", "/v2/keys?recursive=true"),
        [200, 200, 200, 200, 200, 200],
    ),
    (
        Ask::pod("attack", "summary", "GET", "/account/519940"),
        [200, 403, 403, 403, 403, 200],
    ),
    (
        Ask::stolen("summary", "attack", "database", "PUT", "/v2/keys/accounts"),
        [200, 403, 403, 403, 403, 200],
    ),
];

/// The customer may read the database, too.
fn edited(policies: &[Value]) -> Result<Vec<Value>> {
    let mut policies = policies.to_vec();
    let database = policies
        .iter_mut()
        .find(|policy| policy.pointer("/metadata/name") == Some(&json!("database")));
    let names = database
        .and_then(|policy| policy.pointer_mut("/spec/ingress/0/source/serviceAccounts/names"));
    *names.context("the bank's policy has changed")? = json!(["summary", "customer"]);
    Ok(policies)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_bank_goes_on_while_its_policy_is_written() -> Result<()> {
    let turn = quiet::beside_others().await;
    let folder = install::root().join("policies").join("yao-bank");
    let policies = manifests::read(&folder.join(POLICY))?;
    let workloads = manifests::read(&folder.join("workloads.yaml"))?;
    let mut bank = Bank::start(&workloads).await?;
    let mut askers = Askers::start(&bank, ASKS).await?;

    askers.chapter(0, "without policy").await?;
    bank.server.put(POLICY, &policies)?;
    askers.chapter(1, "with the policy").await?;
    bank.server.put(POLICY, &edited(&policies)?)?;
    askers.chapter(2, "with the policy edited").await?;

    let typo = "apiVersion: projectcalico.org/v3\nkind: GlobalNetworkPolicy\nmetadata: {name: database}\nspec: {selecter: all()}\n";
    bank.server.put_text(POLICY, typo)?;
    bank.serve_logs("selecter").await?;
    askers.chapter(3, "with the policy broken").await?;
    ensure!(bank.server.is_alive()?, "`heliast serve` has ended");

    bank.server.put(POLICY, &policies)?;
    askers.chapter(4, "with the policy repaired").await?;
    bank.server.delete(POLICY)?;
    askers.chapter(5, "with the policy deleted").await?;
    let requests = askers.finish().await?;
    figure(&format!(
        "the bank's policy was changed 5 times under {requests} requests, each answered as it should be"
    ))?;
    bank.is_well().await?;
    drop(turn);
    Ok(())
}
