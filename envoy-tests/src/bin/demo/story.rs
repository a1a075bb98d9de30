//! The rows, in the order of the story.

use anyhow::Result;
use heliast_envoy_tests::{Answer, Call};

use crate::bank::{ACCOUNT, BALANCE};
use crate::mesh::{Mesh, OUTSIDE};
use crate::report::Report;
use crate::row::{Ask, Row};
use crate::steady::{Count, Steady};

const ALL_KEYS: &str = "/v2/keys?recursive=true";

/// Tells it all.
pub(crate) async fn tell(mesh: &mut Mesh, report: &mut Report) -> Result<()> {
    report.heading("Without policy anyone may do anything");
    without_policy(mesh, report).await?;

    report.heading("With the three policies of policy.yaml");
    let before = processes(mesh);
    let arrival = switch(mesh, true).await?;
    front_page(mesh, report).await?;
    way_to_the_money(mesh, report).await?;
    attacks(mesh, report).await?;

    report.heading("With the policy deleted again");
    let departure = switch(mesh, false).await?;
    let (row, answer) = read_everything(mesh, "Y12", "customer's program to database").await?;
    let row = all_entries(mesh, row, &answer);
    let row = row.and(
        "no restart",
        if processes(mesh) == before {
            "no restart"
        } else {
            "restarts"
        },
    );
    let (sent, failed) = (
        arrival.sent + departure.sent,
        arrival.failed + departure.failed,
    );
    let failures = format!("{failed} of {sent} requests failed meanwhile");
    report.row(&row.and(&format!("0 of {sent} requests failed meanwhile"), &failures));
    Ok(())
}

/// Changes the policy under a customer who never stops asking.
async fn switch(mesh: &mut Mesh, policy: bool) -> Result<Count> {
    let steady = Steady::start(mesh, OUTSIDE).await?;
    mesh.set_policy(policy).await?;
    steady.stop().await
}

async fn without_policy(mesh: &Mesh, report: &mut Report) -> Result<()> {
    let (row, answer) = read_everything(mesh, "Y1", "customer's program to database").await?;
    report.row(&all_entries(mesh, row, &answer));

    let (row, _) = steal(mesh, "Y2", "9999999", 200).await?;
    let changed = balance(mesh);
    report.row(&row.and("the balance is 9999999", &changed));
    mesh.database.set_balance("2000");
    Ok(())
}

async fn front_page(mesh: &Mesh, report: &mut Report) -> Result<()> {
    let (what, enforcer) = ("outside client to customer", "customer");
    let dial = mesh.plaintext(OUTSIDE, "customer")?;
    let call = Call::get("customer", "/");
    let (row, answer) = Ask {
        id: "Y3",
        what,
        dial,
        call,
        enforcer,
    }
    .ask(mesh, 200)
    .await?;
    let shown = answer
        .text()
        .contains(&format!("Your balance: {}<", mesh.database.balance()));
    report.row(&row.and(
        "shows the balance",
        if shown {
            "shows the balance"
        } else {
            "does not"
        },
    ));

    for method in ["POST", "HEAD"] {
        let dial = mesh.plaintext(OUTSIDE, "customer")?;
        let call = Call::new(method, "customer", "/");
        report.row(
            &Ask {
                id: "Y4",
                what,
                dial,
                call,
                enforcer,
            }
            .ask(mesh, 403)
            .await?
            .0,
        );
    }
    Ok(())
}

async fn way_to_the_money(mesh: &Mesh, report: &mut Report) -> Result<()> {
    let what = "customer's program to database";
    let (dial, call) = (
        mesh.sidecar("customer")?.dial(),
        Call::get("database:2379", ALL_KEYS),
    );
    let ask = Ask {
        id: "Y5",
        what,
        dial,
        call,
        enforcer: "database",
    };
    report.row(&ask.ask(mesh, 403).await?.0);

    let what = "customer's program to summary";
    let call = Call::get("summary", &format!("/account/{ACCOUNT}"));
    let dial = mesh.sidecar("customer")?.dial();
    let ask = Ask {
        id: "Y6",
        what,
        dial,
        call,
        enforcer: "summary",
    };
    report.row(&ask.ask(mesh, 200).await?.0);

    let what = "summary's program to database";
    let (dial, call) = (
        mesh.sidecar("summary")?.dial(),
        Call::get("database:2379", ALL_KEYS),
    );
    let ask = Ask {
        id: "Y7",
        what,
        dial,
        call,
        enforcer: "database",
    };
    let (row, answer) = ask.ask(mesh, 200).await?;
    report.row(&all_entries(mesh, row, &answer));
    Ok(())
}

async fn attacks(mesh: &Mesh, report: &mut Report) -> Result<()> {
    let before = balance(mesh);
    let (row, _) = steal(mesh, "Y8", "8888888", 403).await?;
    report.row(&row.and(&before, &balance(mesh)));

    let attack = mesh.sidecar("attack")?;
    let what = "attack with its own key to summary";
    let call = Call::get("summary", &format!("/account/{ACCOUNT}"));
    let ask = Ask {
        id: "Y9",
        what,
        dial: attack.dial(),
        call,
        enforcer: "summary",
    };
    report.row(&ask.ask(mesh, 403).await?.0);

    let what = "attack in plaintext to database";
    let dial = mesh.plaintext(attack.pod.ip, "database")?;
    let call = Call::get("database:2379", ALL_KEYS);
    let ask = Ask {
        id: "Y10",
        what,
        dial,
        call,
        enforcer: "database",
    };
    report.row(&ask.ask(mesh, 403).await?.0);

    let what = "customer's program to database, x-forwarded-for summary";
    let summary = mesh.sidecar("summary")?.pod.ip.to_string();
    let call = Call::get("database:2379", ALL_KEYS).header("x-forwarded-for", summary);
    let dial = mesh.sidecar("customer")?.dial();
    let ask = Ask {
        id: "Y11",
        what,
        dial,
        call,
        enforcer: "database",
    };
    report.row(&ask.ask(mesh, 403).await?.0);
    Ok(())
}

/// From the attack pod's address, with summary's key.
async fn steal(mesh: &Mesh, id: &'static str, value: &str, expected: u16) -> Result<(Row, Answer)> {
    let stolen = &mesh.sidecar("summary")?.identity;
    let dial = mesh.mutual(mesh.sidecar("attack")?.pod.ip, stolen, "database")?;
    let call = Call::new("PUT", "database:2379", &format!("/v2/keys{BALANCE}"))
        .header("content-type", "application/x-www-form-urlencoded")
        .body(format!("value={value}"));
    let what = "attack with summary's stolen key to database";
    Ask {
        id,
        what,
        dial,
        call,
        enforcer: "database",
    }
    .ask(mesh, expected)
    .await
}

async fn read_everything(mesh: &Mesh, id: &'static str, what: &str) -> Result<(Row, Answer)> {
    let (dial, call) = (
        mesh.sidecar("customer")?.dial(),
        Call::get("database:2379", ALL_KEYS),
    );
    Ask {
        id,
        what,
        dial,
        call,
        enforcer: "database",
    }
    .ask(mesh, 200)
    .await
}

fn all_entries(mesh: &Mesh, row: Row, answer: &Answer) -> Row {
    let (names, text) = (mesh.database.names(), answer.text());
    let found = names
        .iter()
        .filter(|name| text.contains(&format!("\"{name}\"")))
        .count();
    row.and(
        &format!("{} entries", names.len()),
        &format!("{found} entries"),
    )
}

fn balance(mesh: &Mesh) -> String {
    format!("the balance is {}", mesh.database.balance())
}

fn processes(mesh: &Mesh) -> Vec<u32> {
    mesh.sidecars().map(|sidecar| sidecar.envoy.id()).collect()
}
