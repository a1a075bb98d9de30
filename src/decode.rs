//! Reads typed values out of a JSON tree, and reports every mistake with its field path.
//!
//! A decoder that meets a mistake reports it and goes on with a stand-in value, so that the user
//! sees all mistakes at once; the caller refuses the whole input if anything was reported
//! ([`Report::is_refused`]), so a stand-in never takes effect.

use crate::gather;
use crate::limits;
use crate::problem::{FieldPath, Problem, Report, Segment, Severity};
use crate::suggest;
use serde_json::{Map, Value};
#[cfg(feature = "objects")]
use std::cell::Cell;

/// Which object of the input is being read.
#[derive(Debug)]
pub struct Document<'r> {
    /// Where mistakes go.
    pub report: &'r Report,
    /// Position of the object in the input, from 0.
    pub index: usize,
    /// The object as its owner calls it.
    pub object: String,
    /// What a null says where a field may stand.
    pub nulls: Nulls,
    /// What was read so far of what an object may not have too much of.
    pub counts: Counts,
}

/// What an explicit null in place of a field says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nulls {
    /// The same as no field at all, as in Go's own decoders.
    Absent,
    /// A mistake, as in the schema of a custom resource: `from:` whose lines were deleted is null,
    /// and as an absent field it would mean everyone.
    Refused,
}

/// What an object may not have too much of, all in all.
#[derive(Debug, Default)]
pub struct Counts {
    /// Steps of regular expressions.
    #[cfg(feature = "objects")]
    regex_steps: Cell<usize>,
    /// Values once it is spelt out.
    #[cfg(feature = "objects")]
    spelt_values: Cell<usize>,
}

/// The way to a field, kept on the stack until a problem needs it.
#[derive(Debug, Clone, Copy)]
struct Trail<'p> {
    parent: Option<&'p Trail<'p>>,
    step: Step<'p>,
}

#[derive(Debug, Clone, Copy)]
enum Step<'p> {
    Root,
    Key(&'p str),
    Index(usize),
}

impl Trail<'_> {
    fn to_path(self) -> FieldPath {
        let mut segments = Vec::new();
        let mut next = Some(&self);
        while let Some(trail) = next {
            match trail.step {
                Step::Root => {}
                Step::Key(key) => segments.push(Segment::Key(key.to_owned())),
                Step::Index(index) => segments.push(Segment::Index(index)),
            }
            next = trail.parent;
        }
        segments.reverse();
        FieldPath(segments)
    }
}

/// A value of the input and where it stands.
#[derive(Debug, Clone, Copy)]
pub struct Field<'v, 'p> {
    value: &'v Value,
    trail: Trail<'p>,
    document: &'p Document<'p>,
}

impl<'v, 'p> Field<'v, 'p> {
    /// The root of a document.
    #[must_use]
    pub fn root(value: &'v Value, document: &'p Document<'p>) -> Self {
        Self {
            value,
            trail: Trail {
                parent: None,
                step: Step::Root,
            },
            document,
        }
    }

    /// The value itself.
    #[must_use]
    pub fn value(&self) -> &'v Value {
        self.value
    }

    /// The way from the root of the document to here.
    #[must_use]
    pub fn path(&self) -> FieldPath {
        self.trail.to_path()
    }

    /// Counts the steps of a regular expression of the object, and says how many all have.
    #[cfg(feature = "objects")]
    pub(crate) fn count_steps(&self, steps: usize) -> usize {
        let counted = &self.document.counts.regex_steps;
        counted.set(counted.get().saturating_add(steps));
        counted.get()
    }

    /// Counts the values that a rule at this field has once it is spelt out: so many for each of its
    /// peers. Too many in the whole object are an error, said once.
    #[cfg(feature = "objects")]
    pub(crate) fn count_spelt(&self, peers: usize, values: usize) {
        let counted = &self.document.counts.spelt_values;
        let before = counted.get();
        let most = limits::SPELT_VALUES;
        counted.set(before.saturating_add(peers.saturating_mul(values)));
        if before <= most && counted.get() > most {
            let message = format!(
                "has {peers} peers, with what each selects and leaves out, and {values} ports and other values for each: all rules of the object come to more than {most}"
            );
            let help = "select peers by fewer clauses, or write several policies";
            self.error("too-many", message, help);
        }
    }

    /// Reports an error at this field.
    pub fn error(&self, code: &'static str, message: impl Into<String>, help: &str) {
        self.report(Severity::Error, code, message.into(), help);
    }

    /// Reports a warning at this field.
    pub fn warn(&self, code: &'static str, message: impl Into<String>, help: &str) {
        self.report(Severity::Warning, code, message.into(), help);
    }

    fn report(&self, severity: Severity, code: &'static str, message: String, help: &str) {
        self.document.report.add(Problem {
            severity,
            code,
            document: self.document.index,
            object: self.document.object.clone(),
            path: self.path(),
            message: clip(message),
            help: (!help.is_empty()).then(|| help.to_owned()),
        });
    }

    fn wrong_type(&self, wanted: &str) {
        let found = match self.value {
            Value::Null => "null",
            Value::Bool(_) => "a boolean",
            Value::Number(_) => "a number",
            Value::String(_) => "a string",
            Value::Array(_) => "a list",
            Value::Object(_) => "a map",
        };
        let help = match (self.value, wanted) {
            (Value::Bool(_), "a string") => {
                "quote it: YAML reads `yes`, `no`, `on`, `off`, `y` and `n` as true and false"
            }
            _ => "",
        };
        self.error("wrong-type", format!("must be {wanted}, not {found}"), help);
    }

    /// The map at this field, whose keys must all be among `known`. An unknown key is an error:
    /// a typo must not open a hole (design 6.2).
    #[must_use]
    pub fn object(&self, known: &[&str]) -> Option<Fields<'v, '_>> {
        let fields = self.open_object()?;
        let unknown = fields
            .map
            .keys()
            .filter(|key| !known.contains(&key.as_str()));
        // No more of them can be reported, and a hostile map has any number of them.
        for key in unknown.take(limits::PROBLEMS) {
            let help = suggest::nearest(key, known.iter().copied()).map_or_else(
                || format!("known fields are {}", known.join(", ")),
                |near| format!("did you mean `{near}`?"),
            );
            let message = format!("unknown field `{key}`");
            if let Some(child) = fields.child(key) {
                child.error("unknown-field", message, &help);
            }
        }
        if self.document.nulls == Nulls::Refused {
            fields.refuse_nulls(known);
        }
        Some(fields)
    }

    /// The map at this field; keys that nobody asks for are ignored.
    #[must_use]
    pub fn open_object(&self) -> Option<Fields<'v, '_>> {
        let Value::Object(map) = self.value else {
            self.wrong_type("a map");
            return None;
        };
        Some(Fields {
            map,
            trail: &self.trail,
            document: self.document,
        })
    }

    /// The items of the list at this field; more than `most` is an error.
    #[must_use]
    pub fn list(&self, most: usize) -> Vec<Field<'v, '_>> {
        let Value::Array(items) = self.value else {
            self.wrong_type("a list");
            return Vec::new();
        };
        if items.len() > most {
            self.error(
                "too-many",
                format!("has {} items; at most {most} are allowed", items.len()),
                "",
            );
            return Vec::new();
        }
        let item = |(index, value)| Field {
            value,
            trail: Trail {
                parent: Some(&self.trail),
                step: Step::Index(index),
            },
            document: self.document,
        };
        items.iter().enumerate().map(item).collect()
    }

    /// The text at this field.
    #[must_use]
    pub fn string(&self) -> Option<&'v str> {
        let text = self.value.as_str();
        if text.is_none() {
            self.wrong_type("a string");
        }
        text
    }

    /// The texts of the list at this field.
    #[must_use]
    pub fn strings(&self, most: usize) -> Vec<String> {
        self.list(most)
            .iter()
            .filter_map(Field::string)
            .map(str::to_owned)
            .collect()
    }

    /// The boolean at this field, false if it is none.
    #[must_use]
    pub fn boolean(&self) -> bool {
        self.value.as_bool().unwrap_or_else(|| {
            self.wrong_type("true or false");
            false
        })
    }

    /// The number at this field.
    #[must_use]
    pub fn number(&self) -> Option<f64> {
        let number = self.value.as_f64();
        if number.is_none() {
            self.wrong_type("a number");
        }
        number
    }

    /// The whole number at this field, from `least` to `most`. It may arrive as a double such as
    /// `8080.0`: Istio sends every number so (istio.md 4.3).
    #[must_use]
    pub fn integer(&self, least: u32, most: u32) -> Option<u32> {
        let number = whole(self.number()?);
        let allowed = number.filter(|number| (least..=most).contains(number));
        if allowed.is_none() {
            let mut message = format!("must be a whole number from {least} to {most}");
            // Printing doubles brings a tenth of the standard library along.
            if let Some(number) = number {
                message.push_str(&format!(", not {number}"));
            } else if let Some(number) = self.value.as_i64() {
                message.push_str(&format!(", not {number}"));
            }
            self.error("out-of-range", message, "");
        }
        allowed
    }

    /// One of a few words, by exact spelling.
    #[must_use]
    pub fn one_of<T: Copy>(&self, words: &[(&str, T)]) -> Option<T> {
        let text = self.string()?;
        let found = words.iter().find(|(word, _)| *word == text);
        if found.is_none() {
            let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            self.none_of(text, &known);
        }
        found.map(|(_, meaning)| *meaning)
    }

    fn none_of(&self, text: &str, known: &[&str]) {
        let help = suggest::did_you_mean(text, known.iter().copied());
        let message = format!("`{text}` is none of {}", known.join(", "));
        self.error("unknown-value", message, &help);
    }

    /// The text values of the map at this field, such as labels.
    #[must_use]
    pub fn string_map(&self) -> litemap::LiteMap<String, String> {
        let Some(fields) = self.open_object() else {
            return Default::default();
        };
        gather::map(fields.map.keys().filter_map(|key| {
            let text = fields.child(key)?.string()?.to_owned();
            Some((key.clone(), text))
        }))
    }
}

/// The fields of a map.
#[derive(Debug, Clone, Copy)]
pub struct Fields<'v, 'p> {
    map: &'v Map<String, Value>,
    trail: &'p Trail<'p>,
    document: &'p Document<'p>,
}

impl<'v, 'p> Fields<'v, 'p> {
    /// Reports each of these fields that is null. A status is nobody's policy.
    fn refuse_nulls(&self, known: &[&str]) {
        let is_null = |key: &&&str| **key != "status" && self.map.get(**key) == Some(&Value::Null);
        for key in known.iter().filter(is_null) {
            if let Some(child) = self.child(key) {
                let help = "write a value, or remove the field";
                child.error("null-field", "null is no value of this field", help);
            }
        }
    }

    /// The field of that name; an explicit null is the same as none.
    #[must_use]
    pub fn get(&self, key: &'p str) -> Option<Field<'v, 'p>> {
        self.child(key).filter(|field| !field.value.is_null())
    }

    /// The field of that name; its absence is an error, reported at the map.
    #[must_use]
    pub fn require(&self, key: &'p str) -> Option<Field<'v, 'p>> {
        let field = self.get(key);
        if field.is_none() {
            self.here()
                .error("missing-field", format!("`{key}` is required"), "");
        }
        field
    }

    /// The text of that field, if it is there.
    #[must_use]
    pub fn string(&self, key: &'p str) -> Option<&'v str> {
        self.get(key).and_then(|field| field.string())
    }

    /// Whether that field is there and true.
    #[must_use]
    pub fn flag(&self, key: &'p str) -> bool {
        self.get(key).is_some_and(|field| field.boolean())
    }

    /// Whether the map has no field at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.map.is_empty()
    }

    /// The names of the fields, sorted.
    pub fn keys(&self) -> impl Iterator<Item = &'v str> {
        self.map.keys().map(String::as_str)
    }

    /// The map itself as a field, for problems that are about the whole of it.
    #[must_use]
    pub fn here(&self) -> Field<'v, 'p> {
        Field {
            value: &Value::Null,
            trail: *self.trail,
            document: self.document,
        }
    }

    fn child<'q>(&self, key: &'q str) -> Option<Field<'v, 'q>>
    where
        'p: 'q,
    {
        let value = self.map.get(key)?;
        let trail = Trail {
            parent: Some(self.trail),
            step: Step::Key(key),
        };
        Some(Field {
            value,
            trail,
            document: self.document,
        })
    }
}

/// A message of bounded length: what users wrote may be of any.
fn clip(message: String) -> String {
    if message.len() <= limits::MESSAGE_BYTES {
        return message;
    }
    let kept: String = message.chars().take(limits::MESSAGE_BYTES / 4).collect();
    format!("{kept}...")
}

/// A double that is a whole number, taken apart bit by bit: the language has no other conversion
/// that is exact or none, but for printing and reading, which is large.
fn whole(number: f64) -> Option<u32> {
    const FRACTION_BITS: u64 = 52;
    const BIAS: u64 = 1023;
    if number == 0.0 {
        return Some(0);
    }
    if !(1.0..=f64::from(u32::MAX)).contains(&number) || number.fract() != 0.0 {
        return None;
    }
    let bits = number.to_bits();
    let exponent = (bits >> FRACTION_BITS).checked_sub(BIAS)?;
    let fraction = bits & ((1 << FRACTION_BITS) - 1);
    let whole = ((1 << FRACTION_BITS) | fraction) >> FRACTION_BITS.checked_sub(exponent)?;
    u32::try_from(whole).ok()
}

#[cfg(test)]
mod tests {
    use super::whole;

    #[test]
    fn whole_numbers_are_exact_or_none() {
        for number in [
            0_u32,
            1,
            2,
            3,
            80,
            8080,
            65_535,
            65_536,
            1 << 31,
            u32::MAX - 1,
            u32::MAX,
        ] {
            assert_eq!(whole(f64::from(number)), Some(number));
        }
        for number in [
            -1.0,
            0.5,
            1.5,
            8080.25,
            4_294_967_295.5,
            4_294_967_296.0,
            1e300,
            f64::NAN,
            f64::INFINITY,
            f64::MIN_POSITIVE,
        ] {
            assert_eq!(whole(number), None, "{number}");
        }
        assert_eq!(whole(-0.0), Some(0));
    }
}
