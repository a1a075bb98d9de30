//! Scenes at random: the policies of one workload, and requests that come near what they say.

mod documents;
mod fields;
mod near;
mod odd;
mod requests;
mod words;

use std::net::IpAddr;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::emitter::Workload;
use crate::random::Random;
use crate::request::Request;

/// One workload under its policies, and who asks it for what.
#[derive(Clone, Debug)]
pub(crate) struct Scene {
    pub(crate) number: usize,
    pub(crate) documents: Vec<Value>,
    /// The RBAC filters that another than our own translation made of the documents.
    pub(crate) translated: Option<Vec<Value>>,
    pub(crate) settings: Settings,
    pub(crate) requests: Vec<Request>,
}

/// How the listeners of a scene are set up.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Settings {
    pub(crate) normalisation: Normalisation,
    /// Whether the filter is told to believe `x-forwarded-for`, as RBAC always does.
    pub(crate) forwarded_for: bool,
}

/// `meshConfig.pathNormalization` (1.10).
#[derive(Clone, Copy, Debug)]
pub(crate) enum Normalisation {
    None,
    Base,
    MergeSlashes,
    DecodeAndMergeSlashes,
}

impl Scene {
    /// The scene of this number in a run.
    pub(crate) fn new(seed: u64, number: usize, requests: usize) -> Self {
        let mut random = Random::of_scene(seed, u64::try_from(number).unwrap_or(0));
        let documents = documents::some(&mut random);
        let settings = Settings::random(&mut random);
        let request = |_| requests::near(&documents, &mut random);
        let requests = (0..requests).map(request).collect();
        Self {
            number,
            documents,
            translated: None,
            settings,
            requests,
        }
    }

    /// The scene as one line of a record.
    pub(crate) fn to_json(&self) -> Value {
        let requests = self.requests.iter().map(Request::to_json);
        json!({
            "policies": self.documents,
            "filters": self.translated,
            "normalisation": self.settings.normalisation.name(),
            "forwardedFor": self.settings.forwarded_for,
            "requests": requests.collect::<Vec<_>>(),
        })
    }

    /// The scene of a line of a record.
    pub(crate) fn from_json(number: usize, line: &Value) -> Result<Self> {
        let list = |key: &str| {
            let list = line.get(key).and_then(Value::as_array);
            list.cloned().with_context(|| format!("no list of {key}"))
        };
        let normalisation = line.get("normalisation").and_then(Value::as_str);
        let requests = list("requests")?;
        let requests = requests.iter().map(Request::from_json);
        Ok(Self {
            number,
            documents: list("policies")?,
            translated: Some(list("filters")?),
            settings: Settings {
                normalisation: Normalisation::ALL
                    .into_iter()
                    .find(|one| Some(one.name()) == normalisation)
                    .context("no normalisation of that name")?,
                forwarded_for: line.get("forwardedFor") == Some(&Value::Bool(true)),
            },
            requests: requests.collect::<Result<_>>()?,
        })
    }
}

/// Who enforces in every scene.
pub(crate) fn workload() -> Workload {
    let labels = words::LABELS.iter();
    let labels = labels.map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
    Workload {
        namespace: words::NAMESPACE.to_owned(),
        labels: labels.collect(),
        root_namespace: words::ROOT_NAMESPACE.to_owned(),
        trust_domains: words::TRUST_DOMAINS.map(str::to_owned).to_vec(),
    }
}

/// Where requests may come from, by what proxies say.
pub(crate) fn callers() -> Vec<IpAddr> {
    let addresses = [words::CALLERS, words::CLIENTS].concat();
    let addresses = addresses.iter().map(|address| address.parse());
    addresses.filter_map(Result::ok).collect()
}

/// What claims and tags may say.
pub(crate) fn texts() -> Vec<&'static str> {
    let texts = [words::CLAIMS, words::ISSUERS, words::SUBJECTS, words::TAGS].concat();
    let is_text = |text: &&str| !text.contains(['*', '[']);
    texts.into_iter().filter(is_text).collect()
}

impl Settings {
    fn random(random: &mut Random) -> Self {
        Self {
            normalisation: match random.below(8) {
                0..3 => Normalisation::None,
                3..6 => Normalisation::Base,
                6 => Normalisation::MergeSlashes,
                _ => Normalisation::DecodeAndMergeSlashes,
            },
            forwarded_for: random.chance(70),
        }
    }
}

impl Normalisation {
    const ALL: [Self; 4] = [
        Self::None,
        Self::Base,
        Self::MergeSlashes,
        Self::DecodeAndMergeSlashes,
    ];

    /// As `meshConfig.pathNormalization` has it.
    fn name(self) -> &'static str {
        match self {
            Self::None => "NONE",
            Self::Base => "BASE",
            Self::MergeSlashes => "MERGE_SLASHES",
            Self::DecodeAndMergeSlashes => "DECODE_AND_MERGE_SLASHES",
        }
    }

    /// As settings of the HTTP connection manager.
    pub(crate) fn to_envoy(self) -> Value {
        match self {
            Self::None => json!({"path_with_escaped_slashes_action": "KEEP_UNCHANGED"}),
            Self::Base => json!({"normalize_path": true}),
            Self::MergeSlashes => json!({"normalize_path": true, "merge_slashes": true}),
            Self::DecodeAndMergeSlashes => json!({
                "normalize_path": true,
                "merge_slashes": true,
                "path_with_escaped_slashes_action": "UNESCAPE_AND_FORWARD",
            }),
        }
    }
}
