//! Paths (docs/semantics/calico.md, `http.paths`), and every other reading of them
//! (docs/semantics/envoy.md): worked out on text with a letter for each byte, and by sets.

use heliast::path::{PathKind, PathPattern};
use heliast::truth::Truth;
use std::collections::BTreeSet;

/// What a path is longer than, or has more readings of than, or longer ones together, if it may be
/// anything.
const MOST_BYTES: usize = 8192;
const MOST_READINGS: usize = 64;
const MOST_BYTES_READ: usize = 32 * 1024;

/// Whether the raw `:path` of a request is one of these.
pub(crate) fn judge(patterns: &[PathPattern], raw: &[u8]) -> Truth {
    let raw = letters(raw);
    let path = until(&raw, &['?']);
    if !path.starts_with('/') || path.chars().count() > MOST_BYTES {
        return Truth::Unknown;
    }
    let Some(own) = as_calico_reads(path) else {
        return Truth::Unknown;
    };
    let values: Vec<Value> = patterns.iter().map(Value::of).collect();
    // The very bytes of the request are met, whatever they may be read as.
    let is_sent = |value: &&Value| value.kind == PathKind::Exact && value.written == path;
    let own: Vec<&Value> = values
        .iter()
        .filter(|value| value.takes(&value.own, &own))
        .collect();
    if own.iter().any(is_sent) {
        return Truth::True;
    }
    let Some(readings) = Readings::of_request(path) else {
        return Truth::Unknown;
    };
    let allows = readings
        .every
        .iter()
        .all(|reading| values.iter().any(|value| value.allows(reading, &readings)));
    let perhaps = || {
        let mut any = readings.any.iter();
        any.any(|reading| values.iter().any(|value| value.may_be(reading)))
    };
    if own.is_empty() {
        if perhaps() {
            Truth::Unknown
        } else {
            Truth::False
        }
    } else if allows {
        Truth::True
    } else {
        Truth::Unknown
    }
}

/// A path in a rule.
struct Value {
    kind: PathKind,
    written: String,
    /// As Calico reads it.
    own: String,
    /// None if it may be anything.
    readings: Option<Readings>,
}

impl Value {
    fn of(pattern: &PathPattern) -> Self {
        let written = letters(pattern.written());
        let own = as_calico_reads(&written).unwrap_or_default();
        // No path of a request has these, so nobody reads anything else in it.
        let is_odd = written.contains(['?', '#']) || !written.starts_with('/');
        let readings = if is_odd {
            Some(Readings {
                any: BTreeSet::from([own.clone()]),
                every: BTreeSet::from([own.clone()]),
            })
        } else {
            Readings::of(&written)
        };
        Self {
            kind: pattern.kind(),
            written,
            own,
            readings,
        }
    }

    /// Whether one reading of it takes one of a path; slashes at the end do not count.
    fn takes(&self, value: &str, path: &str) -> bool {
        let (value, path) = (value.trim_end_matches('/'), path.trim_end_matches('/'));
        value == path || (self.kind == PathKind::Prefix && path.starts_with(&format!("{value}/")))
    }

    /// An Allow: each reader that there is of it reads what it takes in the path as well, and one of
    /// them reads this.
    fn allows(&self, reading: &str, path: &Readings) -> bool {
        let Some(readings) = &self.readings else {
            return false;
        };
        let is_read = |value: &String| path.every.iter().any(|one| self.takes(value, one));
        readings.every.iter().all(is_read)
            && readings
                .every
                .iter()
                .any(|value| self.takes(value, reading))
    }

    /// A Deny: any reader will do, and servers that do not tell case.
    fn may_be(&self, reading: &str) -> bool {
        let Some(readings) = &self.readings else {
            return true;
        };
        let reading = reading.to_ascii_lowercase();
        let mut any = readings.any.iter();
        any.any(|value| self.takes(&value.to_ascii_lowercase(), &reading))
    }
}

struct Readings {
    any: BTreeSet<String>,
    /// Those of them that differ in something that counts, each in one spelling.
    every: BTreeSet<String>,
}

impl Readings {
    fn of_request(path: &str) -> Option<Self> {
        let mut readings = Self::of(path)?;
        let four_digits = unescaped(path, |text| {
            let digits = text.strip_prefix(['u', 'U'])?.get(..4)?;
            let letter = char::from_u32(number(digits)?)?;
            Some((letters(letter.to_string().as_bytes()), 5))
        });
        if four_digits != path {
            readings.any.extend(all(&four_digits)?);
        }
        Some(readings)
    }

    fn of(path: &str) -> Option<Self> {
        let mut any = all(path)?;
        let has_fragment = path.contains('#');
        let every: BTreeSet<String> = any
            .iter()
            .map(|reading| {
                let spelt = decoded(reading, &['/', '\\']);
                let spelt = spelt.replace("%2f", "%2F").replace("%5c", "%5C");
                let mut spelt = without_dots(&spelt);
                if has_fragment {
                    spelt = until(&spelt, &['#']).to_owned();
                }
                merged(&spelt)
            })
            .collect();
        any.extend(every.iter().cloned());
        Some(Self { any, every })
    }
}

/// The path, and all that comes of it by what servers do, in any order; none if that is too much.
fn all(path: &str) -> Option<BTreeSet<String>> {
    let mut found = BTreeSet::new();
    let mut open = vec![path.to_owned()];
    while let Some(path) = open.pop() {
        if !found.insert(path.clone()) {
            continue;
        }
        let bytes: usize = found.iter().map(|path| path.chars().count()).sum();
        if found.len() > MOST_READINGS || bytes > MOST_BYTES_READ {
            return None;
        }
        open.extend([
            decoded(&path, &[]),
            decoded(&path, &['/']),
            path.replace('\\', "/"),
            merged(&path),
            without_dots(&path),
            // Two slashes in front as a host.
            match path.strip_prefix("//") {
                Some(url) => match url.split_once('/') {
                    Some((_, path)) => format!("/{path}"),
                    None => "/".to_owned(),
                },
                None => path.clone(),
            },
            match path.split_once(';') {
                Some((front, parameter)) => match parameter.split_once('/') {
                    Some((_, rest)) => format!("{front}/{rest}"),
                    None => front.to_owned(),
                },
                None => path.clone(),
            },
            until(&path, &[';']).to_owned(),
            until(&path, &['#']).to_owned(),
            until(&path, &['?']).to_owned(),
            until(&path, &['\0']).to_owned(),
        ]);
    }
    Some(found)
}

/// The one reading of Calico: none where it lets nothing match.
fn as_calico_reads(path: &str) -> Option<String> {
    let path = until(path, &['?', '#']);
    let escapes = path.split('%').skip(1);
    if !escapes.into_iter().all(|text| byte(text).is_some()) {
        return None;
    }
    let path = decoded(path, &[]);
    let lower = path.to_ascii_lowercase();
    let hidden = ["%2e", "%2f", "%5c", "\0"];
    if hidden.iter().any(|hidden| lower.contains(hidden)) {
        return None;
    }
    let path = path.replace('\\', "/");
    let names = path.strip_prefix('/')?.split('/');
    let names = names.map(|name| until(name, &[';']));
    Some(resolved(names.filter(|name| !name.is_empty())))
}

/// A letter for each byte.
fn letters(bytes: &[u8]) -> String {
    bytes.iter().copied().map(char::from).collect()
}

fn until<'t>(text: &'t str, ends: &[char]) -> &'t str {
    text.split(ends).next().unwrap()
}

fn number(digits: &str) -> Option<u32> {
    let are_digits = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    are_digits.then(|| u32::from_str_radix(digits, 16).unwrap())
}

/// What two digits behind a `%` stand for.
fn byte(text: &str) -> Option<char> {
    char::from_u32(number(text.get(..2)?)?)
}

fn decoded(path: &str, kept: &[char]) -> String {
    unescaped(path, |text| {
        let byte = byte(text).filter(|byte| !kept.contains(byte))?;
        Some((byte.to_string(), 2))
    })
}

/// With what each `%` and so many letters behind it stand for.
fn unescaped(path: &str, stands_for: impl Fn(&str) -> Option<(String, usize)>) -> String {
    let mut parts = path.split('%');
    let mut text = parts.next().unwrap().to_owned();
    for part in parts {
        match stands_for(part) {
            Some((letters, digits)) => {
                text.push_str(&letters);
                text.extend(part.chars().skip(digits));
            }
            None => text.push_str(&format!("%{part}")),
        }
    }
    text
}

fn merged(path: &str) -> String {
    let mut path = path.to_owned();
    while path.contains("//") {
        path = path.replace("//", "/");
    }
    path
}

fn without_dots(path: &str) -> String {
    let names = || path.strip_prefix('/').unwrap_or(path).split('/');
    if names().any(|name| matches!(name, "." | "..")) {
        resolved(names())
    } else {
        path.to_owned()
    }
}

fn resolved<'t>(names: impl Iterator<Item = &'t str>) -> String {
    let mut kept = Vec::new();
    for name in names {
        match name {
            "." => {}
            ".." => drop(kept.pop()),
            name => kept.push(name),
        }
    }
    format!("/{}", kept.join("/"))
}
