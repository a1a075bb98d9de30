//! `heliast check`: are these policies, configurations and tests in order?

mod opened;

use super::load::{self, Sorted};
use super::{Answer, Stop};
use crate::terminal::Terminal;
use clap::{Args, ValueEnum};
use heliast::bundle::Bundle;
use heliast::config::{BundleSource, PluginConfig};
use heliast::enforcer::{Enforcer, Unenforceable};
use heliast::model::Model;
use heliast::problem::{FieldPath, Problem, Segment, Severity};
use heliast::program::{Local, Node, Program};
use heliast::resources::{self, Resources, Strictness};
use heliast::settings::Settings;
use heliast::verdict::Direction;
use heliast_cli::diagnostics::{Diagnostics, Form};
use heliast_cli::manifests::{Manifests, Objects, Origin};
use heliast_cli::policy_test::{self, Case, Expect, Suite};
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

const EXAMPLES: &str = "Examples:
  heliast check policies/
  kubectl get tiers,globalnetworkpolicies,pods -A -o yaml | heliast check -
  heliast check policies/ --output github --deny-warnings

Objects that policy tests name are checked with those tests; all others together, as one bundle.";

/// Check policies, configurations and policy tests for mistakes.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// Files, folders, or `-` for standard input.
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// Refuse what Calico's own admission would refuse, such as `http` on a Deny rule.
    #[arg(long)]
    calico_compatible: bool,
    /// How to show problems.
    #[arg(long, short, value_name = "FORM", default_value = "pretty")]
    output: Output,
    /// Exit 1 if there are warnings.
    #[arg(long)]
    deny_warnings: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Output {
    /// With the line at fault.
    Pretty,
    /// One line each.
    Compact,
    /// One JSON document.
    Json,
    /// Workflow commands for GitHub Actions.
    Github,
}

pub(super) fn run(arguments: &Arguments, terminal: Terminal) -> Result<Answer, Stop> {
    let mut manifests = Manifests::new();
    let sorted = load::read(&mut manifests, &arguments.paths)?;
    let loaded = policy_test::read(&mut manifests, &sorted.tests)?;
    let strictness = if arguments.calico_compatible {
        Strictness::CalicoCompatible
    } else {
        Strictness::Heliast
    };
    let mut check = Check {
        manifests: &manifests,
        strictness,
        diagnostics: loaded.diagnostics,
        counts: Counts::default(),
    };
    check.tests(&loaded.suites);
    check.configurations(&sorted);
    check.others(&sorted, &loaded.suites);
    let Check {
        mut diagnostics,
        counts,
        ..
    } = check;
    diagnostics.sort();
    let form = match arguments.output {
        Output::Pretty => Form::Pretty,
        Output::Compact => Form::Compact,
        Output::Json => Form::Json,
        Output::Github => Form::Github,
    };
    match arguments.output {
        Output::Pretty => terminal.show(&diagnostics, &manifests),
        Output::Compact => terminal.show_compact(&diagnostics, &manifests),
        Output::Json | Output::Github => {
            terminal.data(&diagnostics.render(&manifests, form, terminal.colour))?;
        }
    }
    if diagnostics.errors() > 0 {
        return Err(Stop::Told);
    }
    if counts == Counts::default() {
        return Err(Stop::Usage(
            "there is no manifest in these paths".to_owned(),
        ));
    }
    let is_refused = arguments.deny_warnings && diagnostics.warnings() > 0;
    if matches!(arguments.output, Output::Pretty | Output::Compact) {
        let word = if is_refused {
            "refused for its warnings"
        } else {
            "ok"
        };
        terminal.say(&format!("{word}: {}\n", counts.text()));
    }
    Ok(if is_refused { Answer::No } else { Answer::Yes })
}

/// What was checked.
#[derive(Debug, Default, PartialEq, Eq)]
struct Counts {
    objects: usize,
    policies: usize,
    workloads: usize,
    configurations: usize,
    cases: usize,
}

impl Counts {
    fn text(&self) -> String {
        let parts = [
            (self.objects, "object"),
            (self.policies, "policy"),
            (self.workloads, "workload"),
            (self.configurations, "configuration"),
            (self.cases, "case"),
        ];
        let words = parts
            .into_iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, word)| match count {
                1 => format!("1 {word}"),
                _ if word == "policy" => format!("{count} policies"),
                _ => format!("{count} {word}s"),
            });
        words.collect::<Vec<_>>().join(", ")
    }
}

struct Check<'m> {
    manifests: &'m Manifests,
    strictness: Strictness,
    diagnostics: Diagnostics,
    counts: Counts,
}

impl Check<'_> {
    /// The inputs of tests; those that must be refused are for the test to judge.
    fn tests(&mut self, suites: &[Suite]) {
        for suite in suites {
            self.counts.cases = self.counts.cases.saturating_add(suite.cases.len());
            let mut checked: Vec<&Objects> = Vec::new();
            for case in &suite.cases {
                if matches!(case.expect, Expect::Error(_)) {
                    continue;
                }
                self.test_configuration(suite, case);
                let objects = case.situation.objects();
                if !checked.iter().any(|known| std::ptr::eq(*known, objects)) {
                    checked.push(objects);
                    self.objects(objects);
                }
            }
        }
    }

    fn test_configuration(&mut self, suite: &Suite, case: &Case) {
        let Err(problems) = PluginConfig::from_value(&case.configuration()) else {
            return;
        };
        let prefix = vec![Segment::Key("config".to_owned())];
        let origin = Origin {
            document: suite.document,
            prefix,
        };
        let list = problems
            .list
            .iter()
            .map(|problem| self.manifests.diagnose_at(problem, &origin));
        self.diagnostics.extend(list, problems.omitted);
    }

    fn configurations(&mut self, sorted: &Sorted) {
        for index in &sorted.configurations {
            self.counts.configurations = self.counts.configurations.saturating_add(1);
            let Some(document) = self.manifests.documents().get(*index) else {
                continue;
            };
            let text = document.to_value().to_string();
            let origin = Origin::document(*index);
            match PluginConfig::parse(text.as_bytes()) {
                Ok(config) => self.configuration(config, *index),
                Err(problems) => {
                    let list = problems.list.iter();
                    let list = list.map(|problem| self.manifests.diagnose_at(problem, &origin));
                    self.diagnostics.extend(list, problems.omitted);
                }
            }
        }
    }

    /// The bundle inside a configuration, and whether it can be enforced anywhere.
    fn configuration(&mut self, config: PluginConfig, document: usize) {
        self.gateway(&config, document);
        let origin = Origin::document(document);
        let opened = opened::problems(&config.settings.readings);
        let opened: Vec<_> = opened
            .iter()
            .map(|problem| self.manifests.diagnose_at(problem, &origin))
            .collect();
        self.diagnostics.extend(opened, 0);
        if matches!(config.bundle, BundleSource::Http(_)) {
            return;
        }
        let mut objects = Objects::default();
        let key = |name: &str| Segment::Key(name.to_owned());
        for (index, value) in config.inline().iter().enumerate() {
            let prefix = vec![
                key("bundle"),
                key("inline"),
                key("resources"),
                Segment::Index(index),
            ];
            objects.push(value.clone(), Origin { document, prefix });
        }
        self.objects(&objects);
        let Ok(bundle) = Bundle::load(objects.values()) else {
            return;
        };
        // Which workload enforces is for the node to say, and not known here.
        let enforcer = Enforcer::new(config, &Node::default(), &bundle);
        if let Err(error @ Unenforceable::NoWorkloads) = enforcer {
            let problem = Problem {
                severity: Severity::Error,
                code: "no-workloads",
                document: 0,
                object: "plugin configuration".to_owned(),
                path: FieldPath(vec![key("bundle")]),
                message: error.to_string(),
                help: None,
            };
            let diagnostic = self
                .manifests
                .diagnose_at(&problem, &Origin::document(document));
            self.diagnostics.push(diagnostic);
        }
    }

    /// Asks for the direction where the workload is a gateway, or policy is for one: its listeners
    /// are marked as outbound ones, on which policy for incoming requests does not count.
    fn gateway(&mut self, config: &PluginConfig, document: usize) {
        if config.direction.is_some() {
            return;
        }
        let labels = config.workload.labels.iter().flatten();
        let mut labels = labels.map(|(key, value)| (key.as_str(), value.as_str()));
        let is_gateway = labels.any(|(key, value)| match key {
            "gateway.networking.k8s.io/gateway-name" => true,
            "istio" => value.ends_with("gateway"),
            _ => false,
        });
        let loaded = resources::decode(config.inline(), self.strictness).ok();
        let policies = loaded
            .iter()
            .flat_map(|loaded| &loaded.resources.authorization_policies);
        let mut targets = policies.map(|policy| policy.scope.is_targeted);
        if !is_gateway && !targets.any(|is_targeted| is_targeted) {
            return;
        }
        let problem = Problem {
            severity: Severity::Warning,
            code: "istio-gateway-direction",
            document: 0,
            object: "plugin configuration".to_owned(),
            path: FieldPath(Vec::new()),
            message: "has no `direction`: the listeners of a gateway are marked as outbound ones, where policy for requests that come in does not count".to_owned(),
            help: Some("write `direction: Ingress` in the configuration of a gateway".to_owned()),
        };
        let diagnostic = self
            .manifests
            .diagnose_at(&problem, &Origin::document(document));
        self.diagnostics.push(diagnostic);
    }

    /// The objects that no test names, as one bundle.
    fn others(&mut self, sorted: &Sorted, suites: &[Suite]) {
        let cases = suites.iter().flat_map(|suite| &suite.cases);
        let tested: BTreeSet<usize> = cases
            .flat_map(|case| case.situation.objects().origins())
            .map(|origin| origin.document)
            .collect();
        let mut objects = Objects::default();
        for index in sorted
            .objects
            .iter()
            .filter(|index| !tested.contains(index))
        {
            objects.push_document(self.manifests, *index);
        }
        if !objects.is_empty() {
            self.objects(&objects);
        }
    }

    fn objects(&mut self, objects: &Objects) {
        self.counts.objects = self.counts.objects.saturating_add(objects.values().len());
        let problems = match resources::decode(objects.values(), self.strictness) {
            Ok(loaded) => {
                self.compile(&loaded.resources);
                loaded.warnings
            }
            Err(problems) => problems,
        };
        let list = problems
            .list
            .iter()
            .map(|problem| self.manifests.diagnose(problem, objects));
        self.diagnostics.extend(list, problems.omitted);
    }

    /// Makes every program the bundle stands for, as the proxies would.
    fn compile(&mut self, resources: &Resources) {
        self.counts.policies = self
            .counts
            .policies
            .saturating_add(resources.policies.len());
        let model = Arc::new(Model::build(resources));
        let mut different = BTreeSet::new();
        for node in nodes(resources) {
            let Some(local) = Local::resolve(&Default::default(), &node, &model) else {
                continue;
            };
            // Pods that are alike share their program.
            if different.insert(local.workload.clone()) {
                for direction in [Direction::Ingress, Direction::Egress] {
                    let model = Arc::clone(&model);
                    let _program =
                        Program::compile(model, local.clone(), direction, Settings::default());
                }
            }
        }
        self.counts.workloads = self.counts.workloads.saturating_add(different.len());
    }
}

/// The workloads of a bundle, each as its node would speak of it.
fn nodes(resources: &Resources) -> impl Iterator<Item = Node> {
    let pods = resources.pods.iter().map(|pod| Node {
        namespace: pod.metadata.id.namespace.clone(),
        name: Some(pod.metadata.id.name.clone()),
        ..Node::default()
    });
    let groups = resources.workload_groups.iter().map(|group| Node {
        namespace: Some(group.namespace.clone()),
        service_account: Some(group.service_account.clone()),
        labels: Some(group.labels.clone()),
        ..Node::default()
    });
    pods.chain(groups)
}
