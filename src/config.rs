//! Plugin configuration (design 6.1): what the operator wrote for one listener or plugin.

mod deny;
pub mod duration;
mod exemption;
mod http_source;
mod settings;
#[cfg(test)]
mod tests;

pub use self::deny::DenyReply;
pub use self::exemption::Exemption;
pub use self::http_source::HttpSource;

use crate::decode::{Document, Field, Fields, Nulls};
use crate::limits;
use crate::problem::{Problem, Problems, Report, Severity};
use crate::settings::Settings;
use crate::verdict::{Decision, Direction};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use litemap::LiteMap;
use serde_json::Value;

/// Whether denials are carried out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Enforcement {
    /// They are.
    #[default]
    Enforce,
    /// They are reported, and the request passes.
    Observe,
}

/// Which workload enforces, as far as the operator says so; the rest comes from the bundle and
/// the node's metadata.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WorkloadConfig {
    /// Its namespace.
    pub namespace: Option<String>,
    /// Its pod.
    pub name: Option<String>,
    /// Its service account.
    pub service_account: Option<String>,
    /// Its own labels.
    pub labels: Option<LiteMap<String, String>>,
}

/// Where the bundle comes from.
#[derive(Debug, Clone, PartialEq)]
pub enum BundleSource {
    /// The configuration itself holds its objects.
    Inline(Vec<Value>),
    /// The configuration itself holds a compiled program.
    Compiled(Vec<u8>),
    /// A server has it.
    Http(HttpSource),
}

/// The configuration of one plugin.
#[derive(Debug, Clone, PartialEq)]
pub struct PluginConfig {
    /// Which workload enforces.
    pub workload: WorkloadConfig,
    /// The direction; none is that of the listener.
    pub direction: Option<Direction>,
    /// How policy is to be read.
    pub settings: Settings,
    /// Whether denials are carried out.
    pub enforcement: Enforcement,
    /// Where the bundle comes from.
    pub bundle: BundleSource,
    /// What a request gets before the first bundle, and past `maxStaleness`.
    pub on_missing_bundle: Decision,
    /// What a refused caller gets.
    pub deny: DenyReply,
    /// Probes that pass without policy.
    pub exempt: Vec<Exemption>,
}

const KEYS: [&str; 17] = [
    "workload",
    "direction",
    "trustDomains",
    "trustDomainAliases",
    "peerBinding",
    "plaintextPeers",
    "forwardedFor",
    "destinationDomains",
    "pathReading",
    "quirks",
    "istio",
    "cilium",
    "enforcement",
    "bundle",
    "onMissingBundle",
    "deny",
    "exempt",
];

impl PluginConfig {
    /// The objects that the configuration itself holds.
    #[must_use]
    pub fn inline(&self) -> &[Value] {
        match &self.bundle {
            BundleSource::Inline(objects) => objects,
            BundleSource::Compiled(_) | BundleSource::Http(_) => &[],
        }
    }

    /// Reads a configuration from the bytes the host hands over.
    ///
    /// # Errors
    ///
    /// Every mistake in it. Empty configuration is one: it would enforce nothing.
    pub fn parse(bytes: &[u8]) -> Result<Self, Problems> {
        if bytes.is_empty() {
            return Err(refuse(
                "is empty; a plugin without policy would protect nothing",
            ));
        }
        if bytes.len() > limits::CONFIGURATION_BYTES {
            let most = limits::CONFIGURATION_BYTES;
            return Err(refuse(&format!(
                "has {} bytes; at most {most} are allowed",
                bytes.len()
            )));
        }
        let value = serde_json::from_slice(bytes).map_err(|error| refuse(&not_json(&error)))?;
        Self::from_value(&value)
    }

    /// Reads a configuration from a JSON tree.
    ///
    /// # Errors
    ///
    /// Every mistake in it.
    pub fn from_value(value: &Value) -> Result<Self, Problems> {
        let report = Report::default();
        let document = Document {
            report: &report,
            index: 0,
            object: OBJECT.to_owned(),
            nulls: Nulls::Absent,
            counts: Default::default(),
        };
        let config = Field::root(value, &document)
            .object(&KEYS)
            .map(|fields| Self::decode(&fields));
        match config {
            Some(config) if !report.is_refused() => Ok(config),
            _ => Err(report.into_problems()),
        }
    }

    fn decode(fields: &Fields<'_, '_>) -> Self {
        Self {
            workload: fields
                .get("workload")
                .map(|field| workload(&field))
                .unwrap_or_default(),
            direction: fields.get("direction").and_then(|field| {
                field.one_of(&[
                    ("Ingress", Direction::Ingress),
                    ("Egress", Direction::Egress),
                ])
            }),
            settings: settings::decode(fields),
            enforcement: word(
                fields,
                "enforcement",
                &[
                    ("Enforce", Enforcement::Enforce),
                    ("Observe", Enforcement::Observe),
                ],
            ),
            bundle: bundle(fields),
            on_missing_bundle: fields
                .get("onMissingBundle")
                .and_then(|field| {
                    field.one_of(&[("Deny", Decision::Deny), ("Allow", Decision::Allow)])
                })
                .unwrap_or(Decision::Deny),
            deny: fields
                .get("deny")
                .map(|field| DenyReply::decode(&field))
                .unwrap_or_default(),
            exempt: exempt(fields),
        }
    }
}

/// What problems of a configuration are about.
const OBJECT: &str = "plugin configuration";

fn refuse(message: &str) -> Problems {
    let report = Report::default();
    report.add(Problem {
        severity: Severity::Error,
        code: "plugin-configuration",
        document: 0,
        object: OBJECT.to_owned(),
        path: Default::default(),
        message: message.to_owned(),
        help: Some("docs/operations.md shows a configuration for each way to install".to_owned()),
    });
    report.into_problems()
}

fn word<T: Copy + Default>(fields: &Fields<'_, '_>, key: &str, words: &[(&str, T)]) -> T {
    fields
        .get(key)
        .and_then(|field| field.one_of(words))
        .unwrap_or_default()
}

fn workload(field: &Field<'_, '_>) -> WorkloadConfig {
    let Some(fields) = field.object(&["namespace", "name", "serviceAccount", "labels"]) else {
        return WorkloadConfig::default();
    };
    let text = |key| fields.string(key).map(str::to_owned);
    WorkloadConfig {
        namespace: text("namespace"),
        name: text("name"),
        service_account: text("serviceAccount"),
        labels: fields.get("labels").map(|labels| labels.string_map()),
    }
}

fn bundle(fields: &Fields<'_, '_>) -> BundleSource {
    const NOTHING: BundleSource = BundleSource::Inline(Vec::new());
    let field = fields.require("bundle");
    let Some(bundle) = field
        .as_ref()
        .and_then(|field| field.object(&["inline", "compiled", "http"]))
    else {
        return NOTHING;
    };
    let [inlined, compiled, http] = ["inline", "compiled", "http"].map(|key| bundle.get(key));
    match (inlined, compiled, http) {
        (Some(field), None, None) => BundleSource::Inline(inline(&field)),
        (None, Some(field), None) => compiled_program(&field).unwrap_or(NOTHING),
        (None, None, Some(field)) => HttpSource::decode(&field).map_or(NOTHING, BundleSource::Http),
        (_, _, _) => {
            bundle.here().error(
                "bundle-source",
                "must have exactly one of `inline`, `compiled` and `http`",
                "",
            );
            NOTHING
        }
    }
}

/// A compiled program, in base64.
fn compiled_program(field: &Field<'_, '_>) -> Option<BundleSource> {
    if cfg!(not(feature = "compiled")) {
        let help = "write the objects under `inline.resources`, or load heliast-runtime.wasm";
        field.error(
            "other-module",
            "this module takes no compiled programs",
            help,
        );
        return None;
    }
    match STANDARD.decode(field.string()?) {
        Ok(bytes) => Some(BundleSource::Compiled(bytes)),
        Err(_) => {
            let help = "`heliast bundle build --compile --for` makes it; `base64 -w0` writes it so";
            field.error("compiled-program", "is not base64", help);
            None
        }
    }
}

fn inline(field: &Field<'_, '_>) -> Vec<Value> {
    if cfg!(not(feature = "objects")) {
        let help = "make a program of them with `heliast bundle build --compile --for`, and write it under `compiled`; or load heliast.wasm";
        field.error("other-module", "this module takes no objects", help);
        return Vec::new();
    }
    let Some(inline) = field.object(&["resources"]) else {
        return Vec::new();
    };
    let resources = inline.require("resources");
    let items = resources
        .as_ref()
        .map(|field| field.list(limits::OBJECTS))
        .unwrap_or_default();
    items.iter().map(|item| item.value().clone()).collect()
}

fn exempt(fields: &Fields<'_, '_>) -> Vec<Exemption> {
    let Some(field) = fields.get("exempt") else {
        return Vec::new();
    };
    field
        .list(limits::EXEMPTIONS)
        .iter()
        .filter_map(Exemption::decode)
        .collect()
}

#[cfg(feature = "objects")]
fn not_json(error: &serde_json::Error) -> String {
    format!("is not JSON: {error}")
}

/// What serde_json says beyond the place brings the texts of all errors of files along.
#[cfg(not(feature = "objects"))]
fn not_json(error: &serde_json::Error) -> String {
    let (line, column) = (error.line(), error.column());
    format!("is not JSON, or nested too deeply: see line {line}, column {column}")
}
