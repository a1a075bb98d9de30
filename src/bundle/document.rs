//! Documents that carry bundles and deltas (design 6.2), read in slices and written byte for byte
//! alike.
//!
//! A document is opened before it is read: who signed it, and for whom it is, is known before any
//! object of it is looked at. The objects stay ranges of bytes until then.

use super::audience::Audience;
use super::cursor::Cursor;
use super::object::{Object, ObjectKey};
use super::order::Order;
use super::revision::Revision;
use super::signature::{Signature, Statement};
use super::text::{Text, TextError};
use crate::limits;
use crate::pace::Pace;
use serde_json::{Value, json};
use std::fmt::Write;
use std::ops::Range;

/// The version of both kinds of document.
pub const API_VERSION: &str = "heliast.dev/v1alpha1";
/// The media type of a whole bundle.
pub const BUNDLE_MEDIA_TYPE: &str = "application/json";
/// The media type of a delta.
pub const DELTA_MEDIA_TYPE: &str = "application/vnd.heliast.delta+json";

/// A document that was opened, over the bytes it came in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// What it leads to, and for whom.
    pub statement: Statement,
    /// Who says so.
    pub signatures: Vec<Signature>,
    /// What it holds.
    pub body: Body,
}

/// What a document holds; objects are given by where their bytes stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// A whole bundle.
    Whole {
        /// Its objects.
        resources: Vec<Range<usize>>,
    },
    /// What to change in another bundle.
    Delta {
        /// The only revision it may be applied on.
        from: Revision,
        /// The objects that are new or changed.
        upsert: Vec<Range<usize>>,
        /// The objects that are gone.
        remove: Vec<ObjectKey>,
    },
}

#[derive(Default)]
struct Fields {
    api_version: Option<String>,
    kind: Option<String>,
    revision: Option<Revision>,
    from: Option<Revision>,
    to: Option<Revision>,
    epoch: Option<u64>,
    sequence: Option<u64>,
    audience: Option<Audience>,
    signatures: Vec<Signature>,
    resources: Option<Vec<Range<usize>>>,
    upsert: Option<Vec<Range<usize>>>,
    remove: Vec<ObjectKey>,
}

impl Document {
    /// Opens a document, and looks at no object of it.
    ///
    /// # Errors
    ///
    /// Why it is no document; where, if it is not even JSON.
    pub async fn open(text: &[u8], pace: &Pace) -> Result<Self, String> {
        let opened = Self::read(&mut Text::new(text, false), pace).await;
        opened.map_err(|error| error.to_string())
    }

    /// Opens a document that may be compressed, holding no more of it than one object.
    ///
    /// # Errors
    ///
    /// As [`Self::open`]; and if it cannot be decompressed.
    pub async fn read(text: &mut Text<'_>, pace: &Pace) -> Result<Self, TextError> {
        let mut cursor = Cursor::new(text);
        let mut fields = Fields::default();
        cursor.enter(b'{')?;
        let mut first = true;
        while !cursor.leave(b'}', &mut first)? {
            let key = cursor.text()?;
            cursor.enter(b':')?;
            fields.read(&key, &mut cursor, pace).await?;
        }
        cursor.end()?;
        fields.into_document().map_err(TextError::Document)
    }

    /// The object at a range of the text that the document was opened from.
    ///
    /// # Errors
    ///
    /// If it is nested too deeply, or has no kind or name.
    pub fn object(text: &[u8], range: &Range<usize>) -> Result<Object, String> {
        let bytes = text.get(range.clone()).unwrap_or_default();
        Object::new(Self::value(bytes, range)?)
    }

    /// The object in these bytes, which stand at a range of the document, as it is written.
    ///
    /// # Errors
    ///
    /// If it is no JSON, or nested too deeply.
    pub fn value(bytes: &[u8], range: &Range<usize>) -> Result<Value, String> {
        serde_json::from_slice(bytes).map_err(|error| {
            let start = range.start;
            format!("an object at byte {start} of it is refused: {error}")
        })
    }
}

impl Fields {
    async fn read(
        &mut self,
        key: &str,
        cursor: &mut Cursor<'_, '_>,
        pace: &Pace,
    ) -> Result<(), TextError> {
        let refused = TextError::Document;
        match key {
            "apiVersion" => self.api_version = Some(cursor.text()?),
            "kind" => self.kind = Some(cursor.text()?),
            "revision" => self.revision = Some(revision(key, cursor)?),
            "from" => self.from = Some(revision(key, cursor)?),
            "to" => self.to = Some(revision(key, cursor)?),
            "epoch" => self.epoch = Some(cursor.number()?),
            "sequence" => self.sequence = Some(cursor.number()?),
            "for" => {
                let audience = Audience::decode(&cursor.value()?);
                self.audience = Some(audience.map_err(refused)?);
            }
            "signatures" => self.signatures = signatures(&cursor.value()?).map_err(refused)?,
            "resources" => self.resources = Some(ranges(cursor, pace).await?),
            "upsert" => self.upsert = Some(ranges(cursor, pace).await?),
            "remove" => {
                let mut first = true;
                cursor.enter(b'[')?;
                while !cursor.leave(b']', &mut first)? {
                    has_room(self.remove.len())?;
                    let key = ObjectKey::decode(&cursor.value()?);
                    self.remove.push(key.map_err(refused)?);
                    pace.spend(KEY_UNITS).await;
                }
            }
            unknown => return Err(refused(format!("unknown field `{unknown}`"))),
        }
        Ok(())
    }

    fn into_document(self) -> Result<Document, String> {
        let require = |given: Option<Revision>, name: &str| {
            given.ok_or_else(|| format!("it has no `{name}`; `heliast bundle build` writes it"))
        };
        if self.api_version.as_deref() != Some(API_VERSION) {
            return Err(format!("its apiVersion is not `{API_VERSION}`"));
        }
        let (revision, body) = match self.kind.as_deref() {
            Some("Bundle") => {
                let resources = self.resources.ok_or("it has no `resources`")?;
                let revision = require(self.revision, "revision")?;
                (revision, Body::Whole { resources })
            }
            Some("BundleDelta") => {
                let body = Body::Delta {
                    from: require(self.from, "from")?,
                    upsert: self.upsert.unwrap_or_default(),
                    remove: self.remove,
                };
                (require(self.to, "to")?, body)
            }
            _ => return Err("its kind is neither `Bundle` nor `BundleDelta`".to_owned()),
        };
        let order = match (self.epoch, self.sequence) {
            (None, None) => None,
            (epoch, Some(number)) => Some(Order {
                epoch: epoch.unwrap_or(0),
                number,
            }),
            (Some(_), None) => {
                return Err("it has an `epoch` and no `sequence`: the one counts nothing without the other; `heliast bundle sign --epoch --sequence` writes both".to_owned());
            }
        };
        let statement = Statement {
            revision,
            order,
            audience: self.audience,
        };
        Ok(Document {
            statement,
            signatures: self.signatures,
            body,
        })
    }
}

/// What an entry of a `remove` list costs to read.
const KEY_UNITS: usize = 128;

/// The places of the items of a list.
async fn ranges(cursor: &mut Cursor<'_, '_>, pace: &Pace) -> Result<Vec<Range<usize>>, TextError> {
    let mut ranges = Vec::new();
    cursor.enter(b'[')?;
    let mut first = true;
    while !cursor.leave(b']', &mut first)? {
        has_room(ranges.len())?;
        ranges.push(cursor.skip()?);
        pace.spend(cursor.units().saturating_add(1)).await;
    }
    Ok(ranges)
}

fn has_room(count: usize) -> Result<(), TextError> {
    if count < limits::OBJECTS {
        return Ok(());
    }
    let why = format!("it has more than {} objects", limits::OBJECTS);
    Err(TextError::Document(why))
}

fn revision(key: &str, cursor: &mut Cursor<'_, '_>) -> Result<Revision, TextError> {
    let text = cursor.text()?;
    text.parse()
        .map_err(|error| TextError::Document(format!("its `{key}` {error}")))
}

fn signatures(value: &Value) -> Result<Vec<Signature>, String> {
    const WRONG: &str = "`signatures` must be a list of {key, signature}";
    let list = value.as_array().ok_or(WRONG)?;
    if list.len() > limits::SIGNATURES {
        return Err(format!(
            "it has more than {} signatures",
            limits::SIGNATURES
        ));
    }
    let signature = |entry: &Value| {
        let text = |key| entry.get(key)?.as_str().map(str::to_owned);
        let (key, signature) = (text("key")?, text("signature")?);
        Some(Signature { key, signature })
    };
    let read: Option<Vec<_>> = list.iter().map(signature).collect();
    read.ok_or_else(|| WRONG.to_owned())
}

/// Writes a whole bundle: its head, and one object a line, in the order they are given.
#[must_use]
pub fn write_bundle<'o>(
    statement: &Statement,
    signatures: &[Signature],
    resources: impl Iterator<Item = &'o Object>,
) -> String {
    let revision = json!(statement.revision.to_string());
    let mut text = head("Bundle", &[("revision", revision)], statement, signatures);
    write_list(
        &mut text,
        "resources",
        resources.map(|object| &*object.text),
    );
    text.push_str("}\n");
    text
}

/// Writes a delta from one revision to that of the statement.
#[must_use]
pub fn write_delta<'o>(
    from: Revision,
    statement: &Statement,
    signatures: &[Signature],
    upsert: impl Iterator<Item = &'o Object>,
    remove: impl Iterator<Item = &'o ObjectKey>,
) -> String {
    let ends = [
        ("from", json!(from.to_string())),
        ("to", json!(statement.revision.to_string())),
    ];
    let mut text = head("BundleDelta", &ends, statement, signatures);
    write_list(&mut text, "upsert", upsert.map(|object| &*object.text));
    text.push(',');
    let remove: Vec<String> = remove.map(|key| key.encode().to_string()).collect();
    write_list(&mut text, "remove", remove.iter().map(String::as_str));
    text.push_str("}\n");
    text
}

fn head(
    kind: &str,
    revisions: &[(&str, Value)],
    statement: &Statement,
    signatures: &[Signature],
) -> String {
    let mut text = format!("{{\"apiVersion\":\"{API_VERSION}\",\"kind\":\"{kind}\",");
    let mut field = |key: &str, value: &Value| {
        // Writing to a string cannot fail.
        let _written = write!(text, "\"{key}\":{value},");
    };
    for (key, value) in revisions {
        field(key, value);
    }
    if let Some(Order { epoch, number }) = statement.order {
        if epoch > 0 {
            field("epoch", &json!(epoch));
        }
        field("sequence", &json!(number));
    }
    if let Some(audience) = &statement.audience {
        field("for", &audience.encode());
    }
    if !signatures.is_empty() {
        let entry = |one: &Signature| json!({"key": one.key, "signature": one.signature});
        field("signatures", &signatures.iter().map(entry).collect());
    }
    text
}

fn write_list<'i>(text: &mut String, key: &str, items: impl Iterator<Item = &'i str>) {
    let _written = write!(text, "\"{key}\":[");
    for (position, item) in items.enumerate() {
        text.push_str(if position == 0 { "\n" } else { ",\n" });
        text.push_str(item);
    }
    text.push_str("\n]");
}
