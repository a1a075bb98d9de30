//! One PolicyTest document.

use super::case::Case;
use super::expect::Expect;
use super::input::Input;
use super::is_policy_test;
use super::request::{PodName, RequestSpec};
use super::situation::{Situation, WorkloadSpec};
use crate::diagnostics::Diagnostics;
use crate::manifests::{FileError, Manifests, Objects, Origin};
use heliast::decode::{Document, Field, Fields, Nulls};
use heliast::problem::{FieldPath, Report, Segment};
use heliast::verdict::Direction;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

/// Most cases, files and objects in one document.
const ITEMS: usize = 100_000;
/// The runners that a case can be left out for.
const RUNNERS: [&str; 3] = ["engine", "wasm", "envoy"];

/// One PolicyTest document.
#[derive(Debug, Clone)]
pub struct Suite {
    /// The file it is in.
    pub file: String,
    /// Its name.
    pub name: String,
    /// Its cases, in order.
    pub cases: Vec<Case>,
    /// Position of its document in the manifests it was read from.
    pub document: usize,
}

impl Suite {
    /// Reads a document, and the files it names. None if there is something wrong with it.
    pub(super) fn read(
        manifests: &mut Manifests,
        document: usize,
        diagnostics: &mut Diagnostics,
    ) -> Result<Option<Self>, FileError> {
        let Some(value) = manifests
            .documents()
            .get(document)
            .map(|found| found.to_value())
        else {
            return Ok(None);
        };
        let report = Report::default();
        let name = value
            .pointer("/metadata/name")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let object = format!("PolicyTest {name}");
        let named = Document {
            report: &report,
            index: 0,
            object: object.trim().to_owned(),
            nulls: Nulls::Absent,
            counts: Default::default(),
        };
        let suite = Reader {
            manifests,
            document,
        }
        .suite(&Field::root(&value, &named))?;
        let problems = report.into_problems();
        let origin = Origin::document(document);
        let list = problems
            .list
            .iter()
            .map(|problem| manifests.diagnose_at(problem, &origin));
        diagnostics.extend(list, problems.omitted);
        Ok(suite.filter(|_| !problems.refused))
    }
}

/// Reads a PolicyTest document.
struct Reader<'m> {
    manifests: &'m mut Manifests,
    document: usize,
}

impl Reader<'_> {
    fn suite(mut self, root: &Field<'_, '_>) -> Result<Option<Suite>, FileError> {
        let known = [
            "apiVersion",
            "kind",
            "metadata",
            "resources",
            "inline",
            "config",
            "cases",
        ];
        let Some(fields) = root.object(&known) else {
            return Ok(None);
        };
        if let Some(version) = fields.require("apiVersion") {
            let _known = version.one_of(&[(super::API_VERSION, ())]);
        }
        let name = fields.require("metadata").and_then(|metadata| {
            let metadata = metadata.open_object()?;
            metadata.require("name")?.string().map(str::to_owned)
        });
        let mut objects = Objects::default();
        if let Some(paths) = fields.get("resources") {
            self.resources(&paths, &mut objects)?;
        }
        self.inline(&fields, &[], &mut objects);
        let config = config(&fields);
        let shared = Shared {
            input: Arc::new(Input::new(objects)),
            config,
        };
        let mut names = BTreeSet::new();
        let mut cases = Vec::new();
        for (index, field) in fields
            .require("cases")
            .iter()
            .flat_map(|cases| cases.list(ITEMS))
            .enumerate()
        {
            let Some(case) = self.case(&field, index, &shared) else {
                continue;
            };
            if !names.insert(case.name.clone()) {
                let message = format!("another case is called `{}`", case.name);
                field.error(
                    "duplicate-name",
                    message,
                    "give each case a name of its own",
                );
            }
            cases.push(case);
        }
        let file = self.place(&FieldPath::default()).0;
        Ok(name.map(|name| Suite {
            file,
            name,
            cases,
            document: self.document,
        }))
    }

    /// Reads the files a test names, relative to its own.
    fn resources(&mut self, paths: &Field<'_, '_>, objects: &mut Objects) -> Result<(), FileError> {
        let folder = self.manifests.folder_of(self.document);
        for field in paths.list(ITEMS) {
            let Some(text) = field.string() else { continue };
            if Path::new(text) == Path::new("-") {
                field.error("resources", "a test cannot read standard input", "");
                continue;
            }
            match self.manifests.read(&folder.join(text)) {
                Ok(documents) => {
                    for index in documents {
                        // A folder may hold the test itself beside its resources.
                        if !self
                            .manifests
                            .documents()
                            .get(index)
                            .is_some_and(is_policy_test)
                        {
                            objects.push_document(self.manifests, index);
                        }
                    }
                }
                Err(error) if error.is_missing => {
                    let message = format!("there is no file or folder `{text}`");
                    field.error(
                        "missing-file",
                        message,
                        "paths are relative to the test's own file",
                    );
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Takes the objects written into the test, or into the case at `prefix`.
    fn inline(&self, fields: &Fields<'_, '_>, prefix: &[Segment], objects: &mut Objects) {
        let Some(inline) = fields.get("inline") else {
            return;
        };
        for (index, item) in inline.list(ITEMS).iter().enumerate() {
            let mut prefix = prefix.to_vec();
            prefix.extend([Segment::Key("inline".to_owned()), Segment::Index(index)]);
            objects.push(
                item.value().clone(),
                Origin {
                    document: self.document,
                    prefix,
                },
            );
        }
    }

    fn case(&self, field: &Field<'_, '_>, index: usize, shared: &Shared) -> Option<Case> {
        let known = [
            "name",
            "workload",
            "direction",
            "request",
            "expect",
            "inline",
            "config",
            "skip",
        ];
        let fields = field.object(&known)?;
        let prefix = [Segment::Key("cases".to_owned()), Segment::Index(index)];
        let mut input = Arc::clone(&shared.input);
        if fields.get("inline").is_some() {
            let mut objects = input.objects.clone();
            self.inline(&fields, &prefix, &mut objects);
            input = Arc::new(Input::new(objects));
        }
        let mut merged = shared.config.clone();
        merged.extend(config(&fields));
        let directions = [
            ("Ingress", Direction::Ingress),
            ("Egress", Direction::Egress),
        ];
        let direction = fields
            .get("direction")
            .and_then(|word| word.one_of(&directions));
        let (file, line) = self.place(&FieldPath(prefix.to_vec()));
        let situation = Situation {
            workload: fields
                .get("workload")
                .and_then(|workload| decode_workload(&workload)),
            direction: direction.unwrap_or(Direction::Ingress),
            request: fields
                .get("request")
                .and_then(|request| RequestSpec::decode(&request)),
            config: merged,
            input,
        };
        let case = Case {
            name: fields.require("name")?.string()?.to_owned(),
            place: format!("{file}:{line}"),
            situation,
            expect: Expect::decode(&fields.require("expect")?)?,
            skip: fields
                .get("skip")
                .map(|skip| decode_skip(&skip))
                .unwrap_or_default(),
        };
        check_complete(&case, &fields);
        Some(case)
    }

    /// The file and line of a field of the document.
    fn place(&self, path: &FieldPath) -> (String, usize) {
        let Some(location) = self.manifests.locate(self.document, path) else {
            return Default::default();
        };
        let file = self.manifests.files().get(location.file);
        let name = file.map(|file| file.name.clone()).unwrap_or_default();
        (name, location.span.start.line)
    }
}

/// What the cases of a document have in common.
struct Shared {
    input: Arc<Input>,
    config: Map<String, Value>,
}

/// A request needs someone to decide it, and a verdict something to decide.
fn check_complete(case: &Case, fields: &Fields<'_, '_>) {
    let decides = matches!(case.expect, Expect::Verdict { .. });
    for key in ["workload", "request"] {
        if decides && fields.get(key).is_none() {
            let message = format!("`{key}` is required where a verdict is expected");
            fields.here().error("missing-field", message, "");
        }
    }
    let Some(request) = &case.situation.request else {
        return;
    };
    let here = fields.get("request").unwrap_or(fields.here());
    match case.situation.direction {
        Direction::Ingress if request.destination.is_some() => {
            let help = "it is the pod that enforces; `direction: Egress` is the other way";
            here.error(
                "destination",
                "an incoming request has no `destination`",
                help,
            );
        }
        Direction::Ingress if request.peer.is_none() && decides => {
            let help = "write `peer: namespace/pod`, or a map with address and principal";
            here.error(
                "missing-field",
                "`peer` is required: who sends the request",
                help,
            );
        }
        Direction::Ingress | Direction::Egress => {}
    }
}

/// The keys of the plugin configuration that a test may set.
fn config(fields: &Fields<'_, '_>) -> Map<String, Value> {
    let Some(field) = fields.get("config") else {
        return Map::new();
    };
    let Some(config) = field.open_object() else {
        return Map::new();
    };
    for (key, help) in [
        (
            "bundle",
            "the bundle of a test is its `resources` and `inline`",
        ),
        ("direction", "each case has a `direction` of its own"),
    ] {
        if let Some(field) = config.get(key) {
            field.error("config", format!("`{key}` cannot be set here"), help);
        }
    }
    field.value().as_object().cloned().unwrap_or_default()
}

fn decode_workload(field: &Field<'_, '_>) -> Option<WorkloadSpec> {
    if field.value().is_string() {
        return PodName::decode(field).map(WorkloadSpec::Pod);
    }
    let fields = field.object(&["namespace", "serviceAccount", "labels"])?;
    Some(WorkloadSpec::Described {
        namespace: fields.require("namespace")?.string()?.to_owned(),
        service_account: fields.string("serviceAccount").map(str::to_owned),
        labels: fields.get("labels").map(|labels| labels.string_map()),
    })
}

fn decode_skip(field: &Field<'_, '_>) -> BTreeMap<String, String> {
    let Some(fields) = field.object(&RUNNERS) else {
        return BTreeMap::new();
    };
    let reasons = RUNNERS.into_iter().filter_map(|runner| {
        let reason = fields.get(runner)?;
        let text = reason.string()?;
        if text.trim().is_empty() {
            reason.error(
                "skip",
                "a case is skipped for a reason",
                "say why this runner cannot run it",
            );
        }
        Some((runner.to_owned(), text.to_owned()))
    });
    reasons.collect()
}
