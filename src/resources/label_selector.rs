//! LabelSelector of apimachinery, which Kubernetes, Cilium and Istio policy select pods and
//! namespaces with (kubernetes-cilium.md 1.3).

use super::name::{is_qualified_name, shorten};
use crate::decode::{Field, Fields};
use crate::limits;
use crate::selector::Selector;

/// `matchLabels` and `matchExpressions`: every requirement must hold; none selects everything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LabelSelector {
    /// What it requires, in the order of `matchLabels`, then of `matchExpressions`.
    pub requirements: Vec<Requirement>,
}

/// What is required of one label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requirement {
    /// The key of the label.
    pub key: String,
    /// What its value must be.
    pub operator: Operator,
}

/// How a label is compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Operator {
    /// It is there, with one of these values.
    In(Vec<String>),
    /// It has none of these values, or is not there at all.
    NotIn(Vec<String>),
    /// It is there.
    Exists,
    /// It is not there.
    DoesNotExist,
}

/// Which keys a dialect takes.
pub(in crate::resources) type IsKey = fn(&str) -> bool;

#[derive(Debug, Clone, Copy)]
enum Word {
    In,
    NotIn,
    Exists,
    DoesNotExist,
}

impl LabelSelector {
    /// Reads a selector; what apimachinery refuses is refused, and never taken for "nothing" or
    /// "everything".
    pub(in crate::resources) fn decode(field: &Field<'_, '_>) -> Self {
        Self::decode_with_keys(field, is_qualified_name)
    }

    /// Reads a selector whose keys have a form of their own.
    pub(in crate::resources) fn decode_with_keys(field: &Field<'_, '_>, is_key: IsKey) -> Self {
        let mut requirements = Vec::new();
        let Some(fields) = field.object(&["matchLabels", "matchExpressions"]) else {
            return Self::default();
        };
        if let Some(labels) = fields.get("matchLabels") {
            for (key, value) in labels.string_map() {
                check_key(&labels, &key, is_key);
                check_value(&labels, &value);
                let operator = Operator::In(vec![value]);
                requirements.push(Requirement { key, operator });
            }
        }
        if let Some(expressions) = fields.get("matchExpressions") {
            for expression in expressions.list(limits::REQUIREMENTS) {
                requirements.extend(Requirement::decode(&expression, is_key));
            }
        }
        Self { requirements }
    }

    /// How many values it asks for; a key without any counts as one.
    pub(in crate::resources) fn values(&self) -> usize {
        let values = |one: &Requirement| match &one.operator {
            Operator::In(values) | Operator::NotIn(values) => values.len().max(1),
            Operator::Exists | Operator::DoesNotExist => 1,
        };
        self.requirements.iter().map(values).sum()
    }

    /// Whether it selects everything.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.requirements.is_empty()
    }

    /// The same as a selector over other keys.
    #[must_use]
    pub fn to_selector(&self, rename: &dyn Fn(&str) -> String) -> Selector {
        let parts = self.requirements.iter().map(|requirement| {
            let key = rename(&requirement.key);
            match &requirement.operator {
                Operator::In(values) => Selector::is_in(key, values.iter().cloned()),
                Operator::NotIn(values) => Selector::is_in(key, values.iter().cloned()).negate(),
                Operator::Exists => Selector::has(key),
                Operator::DoesNotExist => Selector::has(key).negate(),
            }
        });
        Selector::all_of(parts)
    }
}

impl Requirement {
    /// Whether it is met only by what has the label.
    #[must_use]
    pub fn asks_presence(&self) -> bool {
        matches!(self.operator, Operator::In(_) | Operator::Exists)
    }

    fn decode(field: &Field<'_, '_>, is_key: IsKey) -> Option<Self> {
        let fields = field.object(&["key", "operator", "values"])?;
        let key_field = fields.require("key")?;
        let key = key_field.string()?;
        check_key(&key_field, key, is_key);
        let word = fields.require("operator")?.one_of(&[
            ("In", Word::In),
            ("NotIn", Word::NotIn),
            ("Exists", Word::Exists),
            ("DoesNotExist", Word::DoesNotExist),
        ])?;
        let values = values(&fields);
        let takes_values = matches!(word, Word::In | Word::NotIn);
        if takes_values == values.is_empty() {
            let message = if takes_values {
                "needs at least one value"
            } else {
                "takes no values"
            };
            field.error("bad-selector", message, "");
        }
        let operator = match word {
            Word::In => Operator::In(values),
            Word::NotIn => Operator::NotIn(values),
            Word::Exists => Operator::Exists,
            Word::DoesNotExist => Operator::DoesNotExist,
        };
        Some(Self {
            key: key.to_owned(),
            operator,
        })
    }
}

fn values(fields: &Fields<'_, '_>) -> Vec<String> {
    let Some(field) = fields.get("values") else {
        return Vec::new();
    };
    let values = field.strings(limits::REQUIREMENTS);
    for value in &values {
        check_value(&field, value);
    }
    values
}

fn check_key(field: &Field<'_, '_>, key: &str, is_key: IsKey) {
    if !is_key(key) {
        let message = format!("`{}` is not the key of a label", shorten(key));
        let help = "write `[prefix/]name`, the prefix in lower case";
        field.error("bad-selector", message, help);
    }
}

fn check_value(field: &Field<'_, '_>, value: &str) {
    if !value.is_empty() && (value.len() > 63 || !is_qualified_name(value) || value.contains('/')) {
        let message = format!("`{}` is not the value of a label", shorten(value));
        let help = "use letters, digits, `-`, `_` and `.`, at most 63";
        field.error("bad-selector", message, help);
    }
}

#[cfg(test)]
mod tests {
    use super::LabelSelector;
    use crate::decode::{Document, Field};
    use crate::problem::Report;
    use litemap::LiteMap;
    use serde_json::{Value, json};

    fn decode(value: &Value) -> Result<LabelSelector, String> {
        let report = Report::default();
        let document = Document {
            report: &report,
            index: 0,
            object: "test".to_owned(),
            nulls: crate::decode::Nulls::Absent,
            counts: Default::default(),
        };
        let selector = LabelSelector::decode(&Field::root(value, &document));
        if report.is_refused() {
            return Err(report.into_problems().to_string());
        }
        Ok(selector)
    }

    #[test]
    fn operators_are_those_of_apimachinery() {
        let labels = |labels: &[(&str, &str)]| -> LiteMap<String, String> {
            let owned = labels
                .iter()
                .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
            owned.collect()
        };
        let expression = |operator: &str, values: Value| json!({"matchExpressions": [{"key": "a", "operator": operator, "values": values}]});
        let (one, other, empty, none) = (
            labels(&[("a", "1")]),
            labels(&[("a", "2")]),
            labels(&[("a", "")]),
            labels(&[]),
        );
        for (selector, expected) in [
            (json!({}), [true, true, true, true]),
            (
                json!({"matchLabels": {"a": "1"}}),
                [true, false, false, false],
            ),
            (
                json!({"matchLabels": {"a": ""}}),
                [false, false, true, false],
            ),
            (expression("In", json!(["1"])), [true, false, false, false]),
            (expression("NotIn", json!(["1"])), [false, true, true, true]),
            (expression("Exists", Value::Null), [true, true, true, false]),
            (
                expression("DoesNotExist", json!([])),
                [false, false, false, true],
            ),
        ] {
            let parsed = decode(&selector).unwrap().to_selector(&str::to_owned);
            let got = [&one, &other, &empty, &none].map(|labels| parsed.matches(labels));
            assert_eq!(got, expected, "{selector}");
        }
    }

    #[test]
    fn what_apimachinery_refuses_is_refused() {
        for selector in [
            json!([]),
            json!({"matchLabel": {}}),
            json!({"matchLabels": {"a b": "1"}}),
            json!({"matchLabels": {"Example.com/a": "1"}}),
            json!({"matchExpressions": [{"key": "Example.com/a", "operator": "DoesNotExist"}]}),
            json!({"matchLabels": {"": "1"}}),
            json!({"matchLabels": {"a": "1/2"}}),
            json!({"matchLabels": {"a": 1}}),
            json!({"matchExpressions": [{"key": "a", "operator": "In"}]}),
            json!({"matchExpressions": [{"key": "a", "operator": "NotIn", "values": []}]}),
            json!({"matchExpressions": [{"key": "a", "operator": "Exists", "values": ["1"]}]}),
            json!({"matchExpressions": [{"key": "a", "operator": "Gt", "values": ["1"]}]}),
            json!({"matchExpressions": [{"operator": "Exists"}]}),
            json!({"matchExpressions": [{"key": "a"}]}),
        ] {
            assert!(decode(&selector).is_err(), "{selector}");
        }
    }
}
