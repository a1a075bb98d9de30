//! Runs one case, and judges what came of it.

use anyhow::{Context, Result, ensure};
use heliast::verdict::Decision;
use heliast_cli::policy_test::{self, Case, Expect, Facts, Observed};
use heliast_envoy_tests::access_log::MARK;
use heliast_envoy_tests::{Answer, Dial, Record};

use crate::echo;
use crate::fleet::{Fleet, Standing};
use crate::metadata;
use crate::plan::Route;
use crate::wire::Wire;

/// The header that every denial of the module's bears.
const DENIAL: &str = "x-heliast-id";
/// What the listener answers when nothing stopped the request.
pub(crate) const PASSED: &str = "passed\n";
/// Alice's address: whoever is taken for her by a header is let in by most policies.
const FORGED: &str = "127.1.1.2";

/// Whether a case holds.
#[derive(Debug)]
pub(crate) enum Outcome {
    Passed(By),
    Failed(String),
    Skipped(String),
}

/// What showed that a case holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum By {
    /// The listener came up, or was refused with the reason expected.
    Configuration,
    /// The module decided a request of this protocol.
    Http1,
    /// The module decided a request of this protocol.
    Http2,
    /// Envoy denied by itself what had to be denied.
    EnvoyAlone,
}

/// What came of a case, or why nothing could.
enum Seen {
    Observed(Observed, By),
    /// Envoy answered by itself, with this status.
    AnsweredBefore(u16),
    Inexpressible(String),
}

pub(crate) async fn run(index: usize, case: &Case, route: &Route, fleet: &Fleet) -> Outcome {
    let seen = match observe(index, route, fleet).await {
        Ok(seen) => seen,
        Err(error) => return Outcome::Failed(format!("could not be run: {error:#}")),
    };
    let (observed, by) = match (seen, &case.expect) {
        (Seen::Observed(observed, by), _) => (observed, by),
        (Seen::Inexpressible(reason), _) => return Outcome::Skipped(reason),
        (
            Seen::AnsweredBefore(_),
            Expect::Verdict {
                verdict: Decision::Deny,
                ..
            },
        ) => return Outcome::Passed(By::EnvoyAlone),
        (Seen::AnsweredBefore(status), Expect::Verdict { .. } | Expect::Error(_)) => {
            return Outcome::Skipped(format!("Envoy answers {status} before any filter sees it"));
        }
    };
    match policy_test::judge(case, &observed) {
        policy_test::Outcome::Passed => Outcome::Passed(by),
        policy_test::Outcome::Failed { why } => Outcome::Failed(why),
        policy_test::Outcome::Skipped { reason } => Outcome::Skipped(reason),
    }
}

async fn observe(index: usize, route: &Route, fleet: &Fleet) -> Result<Seen> {
    let address = match fleet.standing(route.site)? {
        Standing::Up(address) => *address,
        Standing::Refused(reason) => {
            let error = Observed::Error(reason.clone());
            return Ok(Seen::Observed(error, By::Configuration));
        }
    };
    let facts = match &route.facts {
        None => return Ok(Seen::Observed(Observed::Accepted, By::Configuration)),
        Some(Err(error)) => anyhow::bail!("{error}"),
        Some(Ok(facts)) => facts,
    };
    if let Some(reason) = inexpressible(facts, route) {
        return Ok(Seen::Inexpressible(reason.to_owned()));
    }
    let http = facts.http.as_ref().context("no HTTP")?;
    let mark = index.to_string();
    let mut added = vec![(MARK, mark.as_str())];
    if route.forwarded {
        added.push(("x-forwarded-for", FORGED));
    }
    let metadata = metadata::lines(&facts.metadata);
    added.extend(
        metadata
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str())),
    );
    let wire = match Wire::new(http, &added, index % 2 == 1) {
        Ok(wire) => wire,
        Err(reason) => return Ok(Seen::Inexpressible(reason)),
    };
    let dial = match dial(Dial::new(address), route, facts, fleet) {
        Ok(dial) => dial,
        Err(reason) => return Ok(Seen::Inexpressible(reason)),
    };
    let answer = wire.send(&dial).await?;
    let seen = echo::seen(&answer.text());
    let passed = answer.status == 200 && (seen.is_some() || is_head(facts));
    if !passed && answer.header(DENIAL).is_none() {
        let refused = matches!(answer.status, 400 | 404 | 431);
        ensure!(
            refused,
            "answered {} by neither workload nor filter",
            answer.status
        );
        return Ok(Seen::AnsweredBefore(answer.status));
    }
    let record = fleet.access_log(route.site).marked(&mark).await?;
    check_protocol(&record, &wire)?;
    let by = if wire.is_http2() {
        By::Http2
    } else {
        By::Http1
    };
    // A listener that answers by itself has seen no headers.
    let seen = seen.filter(|lines| !lines.is_empty());
    Ok(Seen::Observed(verdict(passed, &record, &answer, seen)?, by))
}

/// What this runner cannot put on a wire.
fn inexpressible(facts: &Facts, route: &Route) -> Option<&'static str> {
    if facts.http.is_none() {
        return Some("this runner speaks HTTP, not bare TCP");
    }
    if facts.sni.is_some() {
        return Some("this runner's TLS handshakes name no server");
    }
    if route.forwarded && route.announce.is_some() {
        return Some("an unknown peer at an address or port that another listener has");
    }
    if route.forwarded && facts.uri_sans.as_ref().is_some_and(|sans| sans.len() > 1) {
        return Some("a listener that does not record addresses does not record names either");
    }
    None
}

fn is_head(facts: &Facts) -> bool {
    let method = facts.http.as_ref().and_then(|http| http.method.as_deref());
    method == Some("HEAD")
}

/// As the peer: its address, and its certificate if it shows one.
fn dial(dial: Dial, route: &Route, facts: &Facts, fleet: &Fleet) -> Result<Dial, String> {
    let mut dial = dial.from(route.from);
    if let Some((source, destination)) = route.announce {
        dial = dial.announce(source, destination);
    }
    let Some(uris) = &facts.uri_sans else {
        return Ok(dial);
    };
    let identity = fleet
        .certificates
        .with_uris(uris)
        .map_err(|error| format!("no certificate bears this name: {error:#}"))?;
    dial.mutual_tls(&identity, fleet.certificates.authority())
        .map_err(|error| format!("{error:#}"))
}

fn check_protocol(record: &Record, wire: &Wire) -> Result<()> {
    let expected = if wire.is_http2() {
        "HTTP/2"
    } else {
        "HTTP/1.1"
    };
    let spoken = record.text("protocol");
    ensure!(spoken == Some(expected), "spoken was {spoken:?}");
    Ok(())
}

/// What happened, by the client's word, the access log's and the module's, which must agree.
fn verdict(
    passed: bool,
    record: &Record,
    answer: &Answer,
    upstream: Option<Vec<(String, String)>>,
) -> Result<Observed> {
    let word = if passed { "allow" } else { "deny" };
    ensure!(
        record.verdict() == Some(word),
        "the client got {}, the access log says {:?}",
        answer.status,
        record.value()
    );
    let decision = if passed {
        Decision::Allow
    } else {
        Decision::Deny
    };
    // What the policy says where denials are only observed.
    let policy = match record.text("observed") {
        Some("deny") => Decision::Deny,
        Some(_) | None => decision,
    };
    let staged = match record.text("staged") {
        Some("allow") => Decision::Allow,
        Some("deny") => Decision::Deny,
        Some(_) | None => policy,
    };
    Ok(Observed::Verdict {
        verdict: decision,
        staged: Some(staged),
        rule: record.rule().map(str::to_owned),
        upstream,
    })
}
