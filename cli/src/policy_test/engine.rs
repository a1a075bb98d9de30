//! Runs cases natively: the same engine, in this process.

use super::case::Case;
use super::facts::Facts;
use super::native_host::NativeHost;
use super::runner::{Observed, Runner};
use super::situation::Situation;
use anyhow::{Context, ensure};
use heliast::config::PluginConfig;
use heliast::enforcer::{Enforcer, Reason, Ruling};
use heliast::evaluate::evaluate;
use heliast::explain::{Explanation, explain};
use heliast::peer::Peer;
use heliast::program::{PeerRules, Program};
use heliast::request::{Http, Metadata, Request};
use heliast::settings::{DestinationDomains, ForwardedFor};
use heliast::verdict::{Decision, Direction, Verdict};

/// Runs cases natively. It also holds the engine against itself: the explanation, the bare
/// evaluation and the enforcer that asks a host must agree on every case.
#[derive(Debug, Default)]
pub struct EngineRunner;

/// A situation that can be enforced.
#[derive(Debug)]
pub struct Prepared {
    /// What enforces it.
    pub enforcer: Enforcer,
}

/// Makes a situation ready to decide its request.
///
/// # Errors
///
/// Why its configuration, its resources or its workload are refused, as operators would read it.
pub fn prepare(situation: &Situation) -> Result<Prepared, String> {
    let config = PluginConfig::from_value(&situation.configuration())
        .map_err(|problems| problems.to_string())?;
    let bundle = situation.bundle().map_err(ToString::to_string)?;
    let enforcer =
        Enforcer::new(config, &situation.node(), bundle).map_err(|error| error.to_string())?;
    Ok(Prepared { enforcer })
}

impl Runner for EngineRunner {
    fn name(&self) -> &'static str {
        "engine"
    }

    fn run(&mut self, case: &Case) -> anyhow::Result<Observed> {
        match prepare(&case.situation) {
            Ok(prepared) => prepared.observe(case),
            Err(text) => Ok(Observed::Error(text)),
        }
    }
}

impl Prepared {
    /// What comes of the request of a case.
    ///
    /// # Errors
    ///
    /// If there is no such request, or the engine disagrees with itself on it.
    pub(super) fn observe(&self, case: &Case) -> anyhow::Result<Observed> {
        if case.situation.request.is_none() {
            return Ok(Observed::Accepted);
        }
        let facts = case.facts()?;
        let verdict = self.decide(&facts)?;
        if facts.http.is_none() {
            return Ok(Observed::Verdict {
                verdict: verdict.enforced.decision,
                staged: Some(verdict.pending().decision),
                rule: Some(verdict.enforced.rule.to_string()),
                upstream: None,
            });
        }
        let host = NativeHost::new(&facts);
        let ruling = self.enforcer.rule(&host);
        check_ruling(&ruling, &verdict)?;
        let staged = ruling
            .staged
            .as_ref()
            .map_or(ruling.policy, |staged| staged.decision);
        Ok(Observed::Verdict {
            verdict: ruling.decision,
            staged: Some(staged),
            rule: Some(ruling.reason.to_string()),
            upstream: (ruling.decision == Decision::Allow).then(|| text(&host.lines.borrow())),
        })
    }

    /// Why the request is decided as it is.
    ///
    /// # Errors
    ///
    /// If nothing is enforced in the request's direction.
    pub fn explain(&self, facts: &Facts) -> anyhow::Result<Explanation> {
        let (program, peer) = self.program(facts)?;
        Ok(with_request(facts, program, |request| {
            explain(program, &peer, request)
        }))
    }

    /// What the enforcer answers: exemptions and `enforcement` count, besides policy.
    #[must_use]
    pub fn rule(&self, facts: &Facts) -> Ruling {
        self.enforcer.rule(&NativeHost::new(facts))
    }

    /// The verdict, on which evaluation and explanation must agree.
    fn decide(&self, facts: &Facts) -> anyhow::Result<Verdict> {
        let (program, peer) = self.program(facts)?;
        let rules = PeerRules::new(program, &peer);
        let verdict = with_request(facts, program, |request| evaluate(program, &rules, request));
        let explained = self.explain(facts)?.verdict;
        ensure!(
            explained == verdict,
            "the explanation says {explained:?}, the evaluation {verdict:?}"
        );
        Ok(verdict)
    }

    /// The program that decides the request, and its peer as the engine sees it.
    ///
    /// # Errors
    ///
    /// If nothing is enforced in the request's direction.
    pub fn program(&self, facts: &Facts) -> anyhow::Result<(&Program, Peer)> {
        let programs = &mut self.enforcer.programs();
        let program = programs.find(|program| program.direction == facts.direction);
        let program = program.context("nothing is enforced in this direction")?;
        Ok((
            program,
            facts.peer(&self.enforcer.config().settings.trust_domains),
        ))
    }
}

/// Header lines as text.
fn text(lines: &[(Vec<u8>, Vec<u8>)]) -> Vec<(String, String)> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    lines
        .iter()
        .map(|(name, value)| (text(name), text(value)))
        .collect()
}

/// The enforcer asked a host for single facts; it must come to the same end.
fn check_ruling(ruling: &Ruling, verdict: &Verdict) -> anyhow::Result<()> {
    let agrees = match &ruling.reason {
        Reason::Rule(rule) => {
            *rule == verdict.enforced.rule
                && ruling.policy == verdict.enforced.decision
                && ruling.staged == verdict.staged
                && ruling.logged == verdict.logged
                && (ruling.changes == verdict.changes || ruling.changes.is_empty())
        }
        Reason::Exempt => true,
        Reason::NoBundle | Reason::StaleBundle | Reason::HostFailure(_) => false,
    };
    ensure!(
        agrees,
        "the enforcer says {ruling:?}, the evaluation {verdict:?}"
    );
    Ok(())
}

fn with_request<T>(facts: &Facts, program: &Program, then: impl FnOnce(&Request<'_>) -> T) -> T {
    let lines = facts.http.as_ref().map(|http| http.header_lines());
    let lines: Option<Vec<(&[u8], &[u8])>> = lines.as_ref().map(|lines| {
        lines
            .iter()
            .map(|(name, value)| (name.as_slice(), value.as_slice()))
            .collect()
    });
    let settings = &program.settings;
    let mut metadata = Metadata::default();
    for path in &program.metadata {
        metadata.insert(path.clone(), facts.found(path));
    }
    let remote_address = match settings.forwarded_for {
        ForwardedFor::Trusted => facts.source_address(),
        ForwardedFor::Untrusted => facts.peer_address.filter(|_| !facts.is_forwarded()),
    };
    then(&Request {
        port: facts.port,
        local_address: facts.local_address,
        remote_address,
        server_name: facts.sni.as_deref().map(str::as_bytes),
        trusts_domain: program.direction == Direction::Egress
            && settings.destination_domains == DestinationDomains::Requested,
        readings: settings.readings,
        metadata: &metadata,
        ..Request::new(facts.protocol, lines.as_deref().map(Http::new))
    })
}
