//! How to go on by hand.

use anyhow::Result;

use crate::bank::BALANCE;
use crate::mesh::{Mesh, OUTSIDE};
use crate::sidecar::Sidecar;

/// Prints commands to try while the bank is running.
pub(crate) fn explain(mesh: &Mesh) -> Result<()> {
    println!("\nThe bank is open, the policy is in force. In another terminal:");
    let (customer, summary) = (mesh.sidecar("customer")?, mesh.sidecar("summary")?);
    let (database, attack) = (mesh.sidecar("database")?, mesh.sidecar("attack")?);
    let front = format!("http://{}/", customer.address);
    let balance = format!("https://{}/v2/keys{BALANCE}", database.address);
    let stolen = with_key_of(summary);

    say(
        "the front page, from outside: 200",
        &format!("--interface {OUTSIDE} {front}"),
    );
    say(
        "posting to it: 403",
        &format!("--interface {OUTSIDE} -X POST {front}"),
    );
    say(
        "customer's program reads the database, through its sidecar: 403",
        &read(customer),
    );
    say("summary's program does: 200", &read(summary));
    say(
        "attack with summary's stolen key: 403",
        &format!(
            "--interface {} {stolen} -X PUT -d value=1000000 {balance}",
            attack.pod.ip
        ),
    );
    say(
        "the same key from summary's own address: 200",
        &format!("--interface {} {stolen} {balance}", summary.pod.ip),
    );

    println!("\nThe sidecars, their administration interfaces and their access logs:");
    for sidecar in mesh.sidecars() {
        let (admin, folder) = (sidecar.envoy.admin().address(), sidecar.envoy.folder());
        let (name, id) = (&sidecar.pod.name, sidecar.envoy.id());
        println!(
            "  {name:<9} process {id:<8} http://{admin}  {}/*.access.log",
            folder.display()
        );
    }
    println!("\nCtrl-C ends it.");
    Ok(())
}

fn say(what: &str, arguments: &str) {
    println!("\n  # {what}\n  curl -i {arguments}");
}

fn read(sidecar: &Sidecar) -> String {
    let door = sidecar.door();
    format!(
        "--unix-socket {} 'http://database:2379/v2/keys?recursive=true'",
        door.display()
    )
}

/// `--insecure`, because a workload's certificate names a service account, not a host.
fn with_key_of(sidecar: &Sidecar) -> String {
    let identity = &sidecar.identity;
    let (certificate, key) = (
        identity.certificate_file.display(),
        identity.key_file.display(),
    );
    format!("--insecure --cert {certificate} --key {key}")
}
