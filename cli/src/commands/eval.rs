//! `heliast eval`: what happens to one request, and why.

mod arguments;
mod audience;
mod json;
mod pretty;
mod walk;

pub(super) use self::arguments::Arguments;

use self::arguments::Output;
use super::load;
use super::nearest::Told;
use super::place::Places;
use super::{Answer, Stop};
use crate::terminal::Terminal;
use heliast::config::PluginConfig;
use heliast::enforcer::Ruling;
use heliast::explain::Explanation;
use heliast::truth::Truth;
use heliast::verdict::Decision;
use heliast_cli::diagnostics::Diagnostics;
use heliast_cli::manifests::{Manifests, Objects, Origin};
use heliast_cli::policy_test::{FactsError, Situation, prepare};
use serde_json::{Map, Value};
use std::path::Path;

pub(super) fn run(arguments: &Arguments, terminal: Terminal) -> Result<Answer, Stop> {
    let mut manifests = Manifests::new();
    let sorted = load::read(&mut manifests, &arguments.paths)?;
    let mut objects = Objects::default();
    for index in &sorted.objects {
        objects.push_document(&manifests, *index);
    }
    let config = arguments.config.as_deref();
    let config = config
        .map(|path| read_config(&mut manifests, path))
        .transpose()?;
    let situation = arguments.situation(objects, config.clone().unwrap_or_default().0)?;
    let mut input = Input {
        manifests: &manifests,
        terminal,
        diagnostics: Diagnostics::default(),
    };
    input.check(&situation, config.map(|(_, origin)| origin))?;
    audience::check(&manifests, &sorted, &situation)?;
    let facts = situation
        .facts()
        .map_err(|error| Stop::Usage(hint(&situation, &error)))?;
    let prepared = prepare(&situation).map_err(Stop::Undecided)?;
    let explained = prepared.explain(&facts);
    let explanation = explained.map_err(|error| Stop::Undecided(error.to_string()))?;
    let ruling = facts.http.is_some().then(|| prepared.rule(&facts));
    let missing = missing_fact(&explanation, facts.port);
    let told = Told {
        pod: peer_pod(&situation),
        facts,
        prepared,
        explanation,
    };
    let places = Places {
        manifests: &manifests,
        objects: situation.objects(),
    };
    let view = View {
        told: &told,
        ruling: ruling.as_ref(),
        places,
        missing,
    };
    let text = match arguments.output {
        Output::Pretty => pretty::render(&view, arguments.all, terminal.colour),
        Output::Json => format!("{:#}\n", json::document(&view)),
    };
    terminal.data(&text)?;
    Ok(match (missing, view.decision()) {
        (Some(_), _) => Answer::Undecided,
        (None, Decision::Allow) => Answer::Yes,
        (None, Decision::Deny) => Answer::No,
    })
}

/// All that is shown.
#[derive(Debug, Clone, Copy)]
struct View<'v> {
    told: &'v Told,
    /// What the enforcer answers, of HTTP requests: exemptions and `enforcement` count.
    ruling: Option<&'v Ruling>,
    places: Places<'v>,
    /// What has to be said for the verdict to be certain.
    missing: Option<&'static str>,
}

impl View<'_> {
    fn decision(&self) -> Decision {
        let policy = self.told.explanation.verdict.enforced.decision;
        self.ruling.map_or(policy, |ruling| ruling.decision)
    }
}

/// The configuration to evaluate under; the situation itself comes from the command line.
fn read_config(
    manifests: &mut Manifests,
    path: &Path,
) -> Result<(Map<String, Value>, Option<Origin>), Stop> {
    let documents = manifests.read(path)?;
    let [index] = documents.as_slice() else {
        let found = documents.len();
        let message = format!(
            "{}: must be one configuration, not {found} documents",
            path.display()
        );
        // A broken file has none; what is broken is shown with everything else.
        return if found == 0 {
            Ok(Default::default())
        } else {
            Err(Stop::Usage(message))
        };
    };
    let value = manifests
        .documents()
        .get(*index)
        .map(|document| document.to_value());
    let Some(Value::Object(mut config)) = value else {
        return Err(Stop::Usage(format!(
            "{}: the configuration must be a map",
            path.display()
        )));
    };
    for key in ["bundle", "direction", "workload"] {
        config.remove(key);
    }
    Ok((config, Some(Origin::document(*index))))
}

/// What was read, while it is checked.
struct Input<'m> {
    manifests: &'m Manifests,
    terminal: Terminal,
    diagnostics: Diagnostics,
}

impl Input<'_> {
    /// Shows what is wrong with the input, if anything is.
    fn check(&mut self, situation: &Situation, config: Option<Option<Origin>>) -> Result<(), Stop> {
        let manifests = self.manifests;
        self.diagnostics
            .extend(manifests.diagnostics().iter().cloned(), 0);
        if let Err(problems) = situation.bundle() {
            let objects = situation.objects();
            let list = problems
                .list
                .iter()
                .map(|problem| manifests.diagnose(problem, objects));
            self.diagnostics.extend(list, problems.omitted);
        }
        let origin = config.flatten();
        if let (Err(problems), Some(origin)) =
            (PluginConfig::from_value(&situation.configuration()), origin)
        {
            let list = problems
                .list
                .iter()
                .map(|problem| manifests.diagnose_at(problem, &origin));
            self.diagnostics.extend(list, problems.omitted);
        }
        self.diagnostics.sort();
        if self.diagnostics.errors() > 0 {
            self.terminal.show(&self.diagnostics, manifests);
            return Err(Stop::Told);
        }
        Ok(())
    }
}

/// Most pods named in a message.
const PODS: usize = 8;

/// The message, and what to do about it.
fn hint(situation: &Situation, error: &FactsError) -> String {
    let help = match error {
        FactsError::NoAddress(_) => "give --address".to_owned(),
        FactsError::UnknownPod(_) => known_pods(situation),
        FactsError::NoRequest | FactsError::Bundle(_) => return error.to_string(),
    };
    format!("{error}\n  = help: {help}")
}

fn known_pods(situation: &Situation) -> String {
    let mut names: Vec<String> = pod_names(situation).collect();
    names.sort();
    let more = names.len().saturating_sub(PODS);
    names.truncate(PODS);
    match (names.is_empty(), more) {
        (true, _) => "there is no pod at all: name the file that has them as well".to_owned(),
        (false, 0) => format!("the pods are {}", names.join(", ")),
        (false, more) => format!("the pods are {}, and {more} more", names.join(", ")),
    }
}

fn peer_pod(situation: &Situation) -> Option<String> {
    let peer = situation.request.as_ref()?.peer.as_ref()?;
    peer.pod.as_ref().map(ToString::to_string)
}

fn pod_names(situation: &Situation) -> impl Iterator<Item = String> {
    let values = situation.objects().values().iter();
    let pods = values.filter(|object| object.get("kind").and_then(Value::as_str) == Some("Pod"));
    pods.filter_map(|pod| {
        let namespace = pod.pointer("/metadata/namespace").and_then(Value::as_str);
        let name = pod.pointer("/metadata/name").and_then(Value::as_str)?;
        Some(format!("{}/{name}", namespace.unwrap_or("default")))
    })
}

/// A fact that a rule on the way asked for and nobody said: every proxy knows it, so what is
/// decided without it says nothing of the mesh.
fn missing_fact(explanation: &Explanation, port: Option<u16>) -> Option<&'static str> {
    let doubted = walk::reached(explanation)
        .into_iter()
        .filter(|rule| rule.truth == Truth::Unknown);
    let mut clauses = doubted.flat_map(|rule| rule.unmet());
    let asks_port = clauses.any(|clause| {
        clause.truth == Truth::Unknown
            && matches!(
                clause.field.as_str(),
                "destination.ports" | "destination.notPorts"
            )
    });
    (asks_port && port.is_none()).then_some("a rule on the way asks for the port: give --port")
}
