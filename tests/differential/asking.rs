//! Asks the engine, by the way a bundle takes.

use crate::world::{Draft, Probe, World};
use heliast::bundle::Bundle;
use heliast::evaluate::evaluate;
use heliast::explain::{Explanation, explain};
use heliast::model::Model;
use heliast::peer::Peer;
use heliast::program::{PeerRules, Program};
use heliast::resources::{self, Resources, Strictness};
use heliast::verdict::{Decision, Verdict};
use proptest::test_runner::{Config, RngSeed};
use std::sync::Arc;

/// A world that was loaded.
pub(crate) struct Loaded {
    pub(crate) resources: Resources,
    pub(crate) model: Arc<Model>,
}

/// Loads a world; the generators make valid ones only.
pub(crate) fn load(world: &World) -> Loaded {
    let refused = |problems| format!("refused: {problems}\n{world:?}");
    let bundle = Bundle::load(&world.objects).map_err(refused).unwrap();
    let decoded = resources::decode(&world.objects, Strictness::Heliast).map_err(refused);
    Loaded {
        resources: decoded.unwrap().resources,
        model: bundle.model,
    }
}

impl Loaded {
    pub(crate) fn probes(&self, drafts: &[Draft]) -> Vec<Probe> {
        let probe = |draft: &Draft| draft.in_world(&self.resources);
        drafts.iter().map(probe).collect()
    }

    pub(crate) fn program(&self, probe: &Probe) -> Program {
        Program::compile(
            Arc::clone(&self.model),
            probe.local(&self.model),
            probe.direction,
            probe.recognition.into(),
        )
    }

    pub(crate) fn verdict(&self, probe: &Probe) -> Verdict {
        self.verdict_on(probe, &probe.peer)
    }

    /// The verdict, were the peer another.
    pub(crate) fn verdict_on(&self, probe: &Probe, peer: &Peer) -> Verdict {
        let program = self.program(probe);
        let rules = PeerRules::new(&program, peer);
        probe.with_request(|request| evaluate(&program, &rules, request))
    }

    pub(crate) fn allows(&self, probe: &Probe) -> bool {
        self.verdict(probe).enforced.decision == Decision::Allow
    }

    pub(crate) fn explain(&self, probe: &Probe) -> Explanation {
        let program = self.program(probe);
        probe.with_request(|request| explain(&program, &probe.peer, request))
    }
}

/// How many worlds to look at, and where to begin.
pub(crate) fn config(usual_cases: u32) -> Config {
    let number = |name| std::env::var(name).ok().map(|text| text.parse().unwrap());
    let cases = number("HELIAST_PROPTEST_CASES");
    let seed = number("HELIAST_PROPTEST_SEED");
    Config {
        cases: cases.map_or(usual_cases, |cases| u32::try_from(cases).unwrap()),
        failure_persistence: None,
        max_shrink_iters: 20_000,
        rng_seed: RngSeed::Fixed(seed.unwrap_or(2026)),
        ..Config::default()
    }
}
