//! AuthorizationPolicy as istio.md 1.1 has it, read from the very document that the filter gets.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::subject::Subject;

/// One policy.
#[derive(Clone, Debug)]
pub(crate) struct Policy {
    pub(crate) namespace: String,
    pub(crate) name: String,
    pub(crate) action: Action,
    pub(crate) dry_run: bool,
    /// `selector.matchLabels`.
    pub(crate) labels: BTreeMap<String, String>,
    /// Whether it has a `targetRef`, or several.
    pub(crate) targeted: bool,
    pub(crate) rules: Vec<Rule>,
}

/// What becomes of what a rule matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    Allow,
    Deny,
    Audit,
}

/// One of `to`, and one of `from`, and all of `when`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rule {
    /// Sources: of each, all clauses.
    pub(crate) from: Vec<Vec<Clause>>,
    /// Operations: of each, all clauses.
    pub(crate) to: Vec<Vec<Clause>>,
    pub(crate) when: Vec<Clause>,
}

/// A field with its `not` twin, or a condition with its `notValues`.
#[derive(Clone, Debug)]
pub(crate) struct Clause {
    pub(crate) subject: Subject,
    pub(crate) any: Vec<String>,
    pub(crate) none: Vec<String>,
}

impl Policy {
    /// Reads a policy that is known to be valid.
    pub(crate) fn read(document: &Value) -> Result<Self> {
        let text = |pointer| document.pointer(pointer).and_then(Value::as_str);
        let annotation = text("/metadata/annotations/istio.io~1dry-run");
        let labels = document.pointer("/spec/selector/matchLabels");
        let labels = labels.and_then(Value::as_object);
        let labels = labels.into_iter().flatten();
        let reference = |key| document.pointer(key).is_some();
        Ok(Self {
            namespace: text("/metadata/namespace").unwrap_or("default").to_owned(),
            name: text("/metadata/name").context("no name")?.to_owned(),
            action: Action::read(text("/spec/action"))?,
            dry_run: annotation.is_some_and(is_true),
            labels: labels
                .map(|(key, value)| Ok((key.clone(), string(value)?)))
                .collect::<Result<_>>()?,
            targeted: reference("/spec/targetRef") || reference("/spec/targetRefs"),
            rules: each(document.pointer("/spec/rules"), Rule::read)?,
        })
    }
}

impl Action {
    fn read(name: Option<&str>) -> Result<Self> {
        match name {
            None | Some("ALLOW") => Ok(Self::Allow),
            Some("DENY") => Ok(Self::Deny),
            Some("AUDIT") => Ok(Self::Audit),
            Some(other) => bail!("no filter is made of action {other}"),
        }
    }
}

impl Rule {
    fn read(document: &Value) -> Result<Self> {
        Ok(Self {
            from: each(document.get("from"), |from| fields(from.get("source")))?,
            to: each(document.get("to"), |to| fields(to.get("operation")))?,
            when: each(document.get("when"), |when| {
                let key = when.get("key").and_then(Value::as_str).context("no key")?;
                Ok(Clause {
                    subject: Subject::of_key(key)?,
                    any: each(when.get("values"), string)?,
                    none: each(when.get("notValues"), string)?,
                })
            })?,
        })
    }
}

/// The fields of a source or an operation, each with its `not` twin.
fn fields(document: Option<&Value>) -> Result<Vec<Clause>> {
    let document = document.and_then(Value::as_object).context("no fields")?;
    let mut clauses: BTreeMap<String, Clause> = BTreeMap::new();
    for (key, values) in document {
        let (name, negative) = match key.strip_prefix("not") {
            Some(twin) => (decapitalised(twin), true),
            None => (key.clone(), false),
        };
        let subject = Subject::of_field(&name)?;
        let clause = clauses.entry(name).or_insert_with(|| Clause {
            subject,
            any: Vec::new(),
            none: Vec::new(),
        });
        let values = each(Some(values), string)?;
        *(if negative {
            &mut clause.none
        } else {
            &mut clause.any
        }) = values;
    }
    Ok(clauses.into_values().collect())
}

fn decapitalised(name: &str) -> String {
    let mut letters = name.chars();
    let first = letters.next().map(|first| first.to_ascii_lowercase());
    first.into_iter().chain(letters).collect()
}

fn each<T>(list: Option<&Value>, read: impl Fn(&Value) -> Result<T>) -> Result<Vec<T>> {
    let list = list.and_then(Value::as_array);
    list.into_iter().flatten().map(read).collect()
}

fn string(value: &Value) -> Result<String> {
    Ok(value.as_str().context("no string")?.to_owned())
}

/// As Go's ParseBool.
fn is_true(text: &str) -> bool {
    matches!(text, "1" | "t" | "T" | "true" | "TRUE" | "True")
}
