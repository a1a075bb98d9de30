//! Regular expressions over header values, paths and hosts, in the grammar of RE2.
//!
//! They are matched in time linear in the value, and in memory linear in the expression:
//! backreferences and look-around do not exist. Envoy reads values and expressions in Latin-1 since
//! 1.40 and in UTF-8 before, and tables of Unicode are not carried: where that makes a difference,
//! and where it would take too much work, an answer is Unknown (`docs/semantics/expressions.md`).

mod class;
mod form;
mod machine;
#[cfg(feature = "objects")]
mod parse;
mod place;
mod reading;
#[cfg(test)]
#[cfg(feature = "objects")]
mod tests;
#[cfg(feature = "objects")]
mod tree;
mod walk;
mod work;

pub use self::work::Work;

use self::class::Doubt;
use self::form::Form;
use self::machine::Machine;
use self::reading::Reading;
use crate::limits;
#[cfg(feature = "compiled")]
use crate::reader::{Read, Reader};
use crate::truth::Truth;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, OnceLock};

/// A regular expression that is known to be one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Regex {
    /// As its author wrote it: this is shown. Both are shared by all that holds the expression.
    text: Arc<str>,
    /// Parsed: this is matched.
    form: Form,
}

#[cfg(feature = "objects")]
impl Regex {
    /// Reads an expression. It takes no more memory than its text and
    /// its form until a value is held against it.
    ///
    /// # Errors
    ///
    /// Why it is none, or that it is too large ([`limits::REGEX_BYTES`], [`limits::REGEX_STEPS`]).
    pub fn parse(text: &str) -> Result<Self, String> {
        Self::parse_counted(text).map(|(regex, _)| regex)
    }

    /// Reads an expression, and says how many steps the machines of it have together.
    ///
    /// # Errors
    ///
    /// As [`parse`](Self::parse).
    pub fn parse_counted(text: &str) -> Result<(Self, usize), String> {
        if text.len() > limits::REGEX_BYTES {
            let most = limits::REGEX_BYTES;
            return Err(format!(
                "has {} bytes; at most {most} are allowed",
                text.len()
            ));
        }
        let latin1 = parse::parse(text, Reading::Latin1)?;
        let utf8 = if text.is_ascii() {
            None
        } else {
            Some(parse::parse(text, Reading::Utf8)?)
        };
        let form = Form::of(&latin1, utf8.as_ref());
        if form.size() > limits::REGEX_FORM_BYTES {
            return Err("has too many ranges of characters".to_owned());
        }
        let steps = form.steps().ok_or_else(|| {
            let most = limits::REGEX_STEPS;
            format!("needs more than {most} steps when compiled: count and alternate less")
        })?;
        let text = Arc::from(text);
        Ok((Self { text, form }, steps))
    }
}

impl Regex {
    /// The expression as its author wrote it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// A matcher for whole values.
    #[must_use]
    pub fn matcher(&self) -> ValueMatcher {
        ValueMatcher {
            regex: self.clone(),
            machines: OnceLock::new(),
        }
    }
}

/// In compiled programs.
#[cfg(feature = "compiler")]
impl serde::Serialize for Regex {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (self.as_str(), self.form.bytes()).serialize(serializer)
    }
}

#[cfg(feature = "compiled")]
impl Read for Regex {
    fn read(from: &mut Reader<'_>) -> Self {
        let (text, form): (String, _) = from.read();
        if text.len() > limits::REGEX_BYTES {
            from.refuse(());
        }
        let text = Arc::from(text);
        Self { text, form }
    }
}

/// Matches whole values against a [`Regex`]. What it needs for that is made when the first value
/// comes.
#[derive(Debug)]
pub struct ValueMatcher {
    regex: Regex,
    machines: OnceLock<Machines>,
}

impl ValueMatcher {
    /// Whether the expression matches the value from its first byte to its last, however both are
    /// read. Unknown if readings differ, or there is more to do than is left of the work.
    #[must_use]
    pub fn matches(&self, value: &[u8], work: &Work) -> Truth {
        let judged = match self.machines.get() {
            Some(machines) => machines.judge(value, work),
            None => Machines::make(&self.regex.form, work).and_then(|machines| {
                let judged = machines.judge(value, work);
                if machines.is_kept() {
                    // Whoever was faster has made the same.
                    drop(self.machines.set(machines));
                }
                judged
            }),
        };
        judged.unwrap_or(Truth::Unknown)
    }
}

/// How many steps of machines are kept in memory now.
static KEPT: AtomicUsize = AtomicUsize::new(0);

/// The machines of an expression.
#[derive(Debug)]
struct Machines {
    latin1: Machine,
    /// Where the text of the expression is another one in UTF-8.
    utf8: Option<Machine>,
    /// Whether they may stay: there is room for so many steps in all.
    kept: Option<Kept>,
}

/// Steps that count as kept until they are dropped.
#[derive(Debug)]
struct Kept(usize);

impl Kept {
    fn of(steps: usize) -> Option<Self> {
        let room = |kept: usize| {
            let sum = kept.checked_add(steps)?;
            (sum <= limits::REGEX_STEPS_KEPT).then_some(sum)
        };
        let has_room = KEPT.fetch_update(Relaxed, Relaxed, room).is_ok();
        has_room.then(|| Self(steps))
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        KEPT.fetch_sub(self.0, Relaxed);
    }
}

impl Machines {
    /// Makes them; none if that is more work than is left.
    fn make(form: &Form, work: &Work) -> Option<Self> {
        let (latin1, utf8) = form.machines(work)?;
        let sizes = std::iter::once(&latin1).chain(&utf8).map(Machine::size);
        let kept = Kept::of(sizes.sum());
        Some(Self { latin1, utf8, kept })
    }

    fn is_kept(&self) -> bool {
        self.kept.is_some()
    }

    fn judge(&self, value: &[u8], work: &Work) -> Option<Truth> {
        let takes = |machine, reading, doubt| walk::takes(machine, value, reading, doubt, work);
        if value.is_ascii() && self.utf8.is_none() {
            let takes = takes(&self.latin1, Reading::Latin1, Doubt::Excluded)?;
            return Some(Truth::from(takes));
        }
        let utf8 = self.utf8.as_ref().unwrap_or(&self.latin1);
        let mut all = Vec::new();
        for (machine, reading) in [(&self.latin1, Reading::Latin1), (utf8, Reading::Utf8)] {
            all.push(takes(machine, reading, Doubt::Excluded)?);
            if machine.is_unsure {
                all.push(takes(machine, reading, Doubt::Included)?);
            }
        }
        Some(Truth::agreed(all))
    }
}
