//! Networks, addresses and ports.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr};

use serde_json::Value;

use super::file::unknown;
use crate::tree::{list, members, text_or_empty};

pub(crate) fn complaints(project: &Value) -> Vec<String> {
    let mut found = Vec::new();
    for (name, network) in members(project, "/networks") {
        let known = [
            "driver",
            "driver_opts",
            "enable_ipv6",
            "external",
            "internal",
            "ipam",
            "name",
        ];
        found.extend(unknown(name, network, &known));
        for subnet in subnets(project, name) {
            if range(subnet).is_none() {
                found.push(format!("{name}: subnet `{subnet}`"));
            }
        }
    }
    let mut addresses = BTreeMap::new();
    let mut published = BTreeSet::new();
    for (name, service) in members(project, "/services") {
        found.extend(mode(name, service));
        for (network, attached) in attached(service) {
            if project.pointer(&format!("/networks/{network}")).is_none() {
                found.push(format!("{name}: network `{network}` is not declared"));
            }
            let address = text_or_empty(attached, "/ipv4_address");
            if address.is_empty() {
                continue;
            }
            found.extend(address_fits(project, name, network, address));
            if let Some(other) = addresses.insert(address, name) {
                found.push(format!("{name}: {address}: {other} has it too"));
            }
        }
        found.extend(ports(name, service, &mut published));
    }
    found
}

/// The networks a service is in, with what it says of each.
fn attached(service: &Value) -> Vec<(&str, &Value)> {
    let names = list(service, "/networks").iter();
    let names = names.filter_map(|name| Some((name.as_str()?, &Value::Null)));
    members(service, "/networks").chain(names).collect()
}

fn mode(name: &str, service: &Value) -> Vec<String> {
    let mut found = Vec::new();
    let mode = text_or_empty(service, "/network_mode");
    let known = ["", "none", "host", "bridge"].contains(&mode) || mode.starts_with("service:");
    if !known {
        found.push(format!("{name}: network_mode `{mode}`"));
    }
    if !mode.is_empty() && service.get("networks").is_some() {
        found.push(format!("{name}: both network_mode and networks"));
    }
    if !mode.is_empty() && mode != "bridge" && service.get("ports").is_some() {
        found.push(format!("{name}: ports of another's network, or of none"));
    }
    found
}

fn subnets<'a>(project: &'a Value, network: &str) -> impl Iterator<Item = &'a str> {
    let configs = list(project, &format!("/networks/{network}/ipam/config"));
    configs
        .iter()
        .map(|config| text_or_empty(config, "/subnet"))
}

/// First and last address of a subnet.
fn range(subnet: &str) -> Option<(u32, u32)> {
    let (first, length) = subnet.split_once('/')?;
    let first = u32::from(first.parse::<Ipv4Addr>().ok()?);
    let length: u32 = length
        .parse()
        .ok()
        .filter(|length| (1..31).contains(length))?;
    let others = u32::MAX.checked_shr(length)?;
    // Bits behind the prefix are refused by Docker.
    (first & others == 0).then_some((first, first | others))
}

fn address_fits(project: &Value, name: &str, network: &str, address: &str) -> Option<String> {
    let Ok(number) = address.parse::<Ipv4Addr>().map(u32::from) else {
        return Some(format!("{name}: `{address}` is no address"));
    };
    let mut inside = subnets(project, network)
        .filter_map(range)
        .filter(|(first, last)| (first..=last).contains(&&number));
    let Some((first, last)) = inside.next() else {
        let subnets: Vec<_> = subnets(project, network).collect();
        return Some(format!(
            "{name}: {address} is not in {}",
            subnets.join(", ")
        ));
    };
    // The first of all is Docker's own, as the gateway.
    let taken = [first, first + 1, last].contains(&number);
    taken.then(|| format!("{name}: {address} is not for a container"))
}

/// The container's port of `[[address:]port:]port[/protocol]`, and the way to it from outside.
pub(crate) fn port(written: &str) -> Option<(u16, Option<(String, u16)>)> {
    let (ports, protocol) = written.rsplit_once('/').unwrap_or((written, "tcp"));
    if !["tcp", "udp"].contains(&protocol) {
        return None;
    }
    let number = |text: &str| text.parse::<u16>().ok().filter(|port| *port > 0);
    let parts: Vec<_> = ports.split(':').collect();
    match parts.as_slice() {
        [container] => Some((number(container)?, None)),
        [host, container] => Some((number(container)?, Some((String::new(), number(host)?)))),
        [address, host, container] => {
            address.parse::<IpAddr>().ok()?;
            let outside = ((*address).to_owned(), number(host)?);
            Some((number(container)?, Some(outside)))
        }
        _ => None,
    }
}

fn ports(name: &str, service: &Value, published: &mut BTreeSet<(String, u16)>) -> Vec<String> {
    let mut found = Vec::new();
    let mut inside = BTreeSet::new();
    for written in list(service, "/ports") {
        // Without quotes YAML may read it as a number in base 60.
        let text = written.as_str().unwrap_or_default();
        let Some((container, outside)) = port(text) else {
            found.push(format!("{name}: port `{text}`"));
            continue;
        };
        if !inside.insert(container) {
            found.push(format!("{name}: container port {container} twice"));
        }
        if outside.is_some_and(|outside| !published.insert(outside)) {
            found.push(format!("{name}: port `{text}` is published twice"));
        }
    }
    found
}
