//! Reads a rule's clause about one header: Calico Enterprise's extension (calico.md 1.3).

use crate::decode::{Field, Fields};
use crate::limits;
use crate::regex::Regex;
use crate::resources::expression::expression;
use crate::resources::name::{is_http_token, shorten};
use crate::terms::{HeaderMatch, HeaderOperator};

/// The words for them, and how each is made of its values.
type Word = fn(&Fields<'_, '_>) -> Option<HeaderOperator>;
const WORDS: [(&str, Word); 7] = [
    ("Exists", |fields| {
        without_values(fields, HeaderOperator::Exists)
    }),
    ("DoesNotExist", |fields| {
        without_values(fields, HeaderOperator::DoesNotExist)
    }),
    ("HasPrefix", |fields| {
        values(fields).map(HeaderOperator::HasPrefix)
    }),
    ("HasSuffix", |fields| {
        values(fields).map(HeaderOperator::HasSuffix)
    }),
    ("In", |fields| values(fields).map(HeaderOperator::In)),
    ("NotIn", |fields| values(fields).map(HeaderOperator::NotIn)),
    ("MatchesRegex", |fields| {
        expressions(fields).map(HeaderOperator::MatchesRegex)
    }),
];

impl HeaderMatch {
    /// Reads the list `headers`.
    pub(super) fn decode_all(field: &Field<'_, '_>) -> Vec<Self> {
        field
            .list(limits::HTTP_HEADERS)
            .iter()
            .filter_map(Self::decode)
            .collect()
    }

    fn decode(field: &Field<'_, '_>) -> Option<Self> {
        let fields = field.object(&["header", "operator", "values"])?;
        let header = fields.require("header").and_then(|field| name(&field));
        let word = fields
            .require("operator")
            .and_then(|field| field.one_of(&WORDS));
        let operator = word.and_then(|word| word(&fields));
        Some(Self {
            header: header?,
            operator: operator?,
        })
    }
}

fn name(field: &Field<'_, '_>) -> Option<String> {
    let text = field.string()?;
    if is_http_token(text) {
        let name = text.to_ascii_lowercase();
        return Some(if name == "host" {
            ":authority".to_owned()
        } else {
            name
        });
    }
    let message = format!("`{}` is not the name of a header", shorten(text));
    let help = if text.starts_with(':') {
        "use `methods` and `paths` instead"
    } else {
        ""
    };
    field.error("bad-header", message, help);
    None
}

fn without_values(fields: &Fields<'_, '_>, operator: HeaderOperator) -> Option<HeaderOperator> {
    let values = fields.get("values");
    let values =
        values.filter(|field| field.value().as_array().is_none_or(|list| !list.is_empty()));
    let Some(values) = values else {
        return Some(operator);
    };
    values.error(
        "bad-header",
        "this operator takes no `values`",
        "remove them",
    );
    None
}

fn values(fields: &Fields<'_, '_>) -> Option<Vec<String>> {
    Some(value_list(fields)?.strings(limits::HTTP_HEADER_VALUES))
}

fn expressions(fields: &Fields<'_, '_>) -> Option<Vec<Regex>> {
    let values = value_list(fields)?;
    let read = |field: &Field<'_, '_>| {
        let text = field.string()?;
        expression(
            field,
            text,
            "it is matched against the whole value, in the grammar of RE2",
        )
    };
    Some(
        values
            .list(limits::HTTP_HEADER_VALUES)
            .iter()
            .filter_map(read)
            .collect(),
    )
}

/// The field `values`, which must have some.
fn value_list<'v, 'p>(fields: &Fields<'v, 'p>) -> Option<Field<'v, 'p>> {
    let values = fields.get("values");
    let values =
        values.filter(|field| field.value().as_array().is_none_or(|list| !list.is_empty()));
    if values.is_none() {
        fields.here().error(
            "missing-field",
            "this operator needs `values`",
            "list at least one",
        );
    }
    values
}
