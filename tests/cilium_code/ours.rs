//! What heliast says of a world.

use crate::worlds::{Ask, World};
use heliast::bundle::Bundle;
use heliast::config::WorkloadConfig;
use heliast::evaluate::evaluate;
use heliast::peer::{Identity, Peer};
use heliast::program::{Local, Node, PeerRules, Program};
use heliast::request::{Http, Request};
use heliast::settings::Settings;
use heliast::terms::Protocol;
use heliast::verdict::{Decision, Direction};
use std::sync::Arc;

/// Whether each request passes; an error if the objects are refused.
pub(crate) fn decide(world: &World) -> Result<Vec<bool>, String> {
    let bundle = Bundle::load(&world.objects).map_err(|problems| problems.to_string())?;
    let config = WorkloadConfig {
        namespace: Some(world.namespace.clone()),
        name: Some(world.name.clone()),
        ..WorkloadConfig::default()
    };
    let direction = if world.direction == "Ingress" {
        Direction::Ingress
    } else {
        Direction::Egress
    };
    let settings = Settings {
        cilium_cluster: world.cluster.clone(),
        ..Settings::default()
    };
    let local = Local::resolve(&config, &Node::default(), &bundle.model).unwrap();
    let program = Program::compile(Arc::clone(&bundle.model), local, direction, settings);
    Ok(world.asks.iter().map(|ask| passes(&program, ask)).collect())
}

fn passes(program: &Program, ask: &Ask) -> bool {
    let domains = ["cluster.local".to_owned()];
    let identity = match &ask.principal {
        Some(uri) => Identity::of_certificate(&[uri.as_bytes()], &domains),
        None => Identity::Plaintext,
    };
    let peer = Peer {
        address: Some(ask.address.parse().unwrap()),
        identity,
    };
    let lines = ask.http.as_ref().map(|http| {
        let mut lines: Vec<(&[u8], &[u8])> = vec![
            (b":method", http.method.as_bytes()),
            (b":path", http.path.as_bytes()),
            (b":authority", http.host.as_bytes()),
        ];
        let headers = http.headers.iter();
        lines.extend(headers.map(|(name, value)| (name.as_bytes(), value.as_bytes())));
        lines
    });
    let request = Request {
        port: Some(ask.port),
        ..Request::new(Protocol::TCP, lines.as_ref().map(|lines| Http::new(lines)))
    };
    let rules = PeerRules::new(program, &peer);
    evaluate(program, &rules, &request).enforced.decision == Decision::Allow
}
