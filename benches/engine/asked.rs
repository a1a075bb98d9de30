//! A world that was loaded, and the question that is asked of it.

use crate::worlds::World;
use heliast::bundle::Bundle;
use heliast::config::WorkloadConfig;
use heliast::model::Model;
use heliast::peer::{Identity, Peer};
use heliast::program::{Local, Node, PeerRules, Program};
use heliast::request::{Http, Request};
use heliast::settings::Settings;
use heliast::terms::Protocol;
use heliast::verdict::{Decision, Direction, Verdict};
use std::sync::Arc;

/// A world with the program of the pod that enforces.
pub(crate) struct Asked {
    pub(crate) world: World,
    pub(crate) program: Program,
    pub(crate) peer: Peer,
}

impl Asked {
    /// Loads a world; its decision must be an Allow.
    pub(crate) fn load(name: &str) -> Self {
        let world = World::named(name);
        let bundle = Bundle::load(&world.objects).expect("valid objects");
        let program = compile(&world, &bundle.model);
        let domains = ["cluster.local".to_owned()];
        let peer = Peer {
            address: world.address.parse().ok(),
            identity: Identity::of_certificate(&[world.principal.as_bytes()], &domains),
        };
        let asked = Self {
            world,
            program,
            peer,
        };
        let verdict = asked.decide(&asked.rules());
        assert_eq!(verdict.enforced.decision, Decision::Allow, "{name}");
        asked
    }

    /// What a new peer costs.
    pub(crate) fn rules(&self) -> PeerRules {
        PeerRules::new(&self.program, &self.peer)
    }

    /// A decision, from the lines of the request on.
    pub(crate) fn decide(&self, rules: &PeerRules) -> Verdict {
        let lines: [(&[u8], &[u8]); 8] = [
            (b":authority", b"database:2379"),
            (b":path", self.world.path.as_bytes()),
            (b":method", self.world.method.as_bytes()),
            (b":scheme", b"http"),
            (b"user-agent", b"curl/8.9.1"),
            (b"accept", b"*/*"),
            (b"x-forwarded-proto", b"https"),
            (b"x-request-id", b"f7b6fd2f-4c35-9c3b-8a6e-1d2f3a4b5c6d"),
        ];
        let request = Request {
            port: Some(self.world.port),
            ..Request::new(Protocol::TCP, Some(Http::new(&lines)))
        };
        heliast::evaluate::evaluate(&self.program, rules, &request)
    }
}

/// The program of the pod that enforces.
pub(crate) fn compile(world: &World, model: &Arc<Model>) -> Program {
    let (namespace, name) = world.pod;
    let config = WorkloadConfig {
        namespace: Some(namespace.to_owned()),
        name: Some(name.to_owned()),
        ..WorkloadConfig::default()
    };
    let local = Local::resolve(&config, &Node::default(), model).expect("a pod of the world");
    let settings = Settings::default();
    Program::compile(Arc::clone(model), local, Direction::Ingress, settings)
}
