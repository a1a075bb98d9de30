//! Which place in the order of bundles each revision has.
//!
//! A number comes from the source and never falls: it is given, or read from a file that changes
//! with the policy, such as a count of commits. Without either this server counts by itself, and
//! keeps the count in a file, so that a restart neither falls back nor says that older files are
//! newer.

use super::ServeError;
use crate::bundles::save;
use crate::manifests::read;
use heliast::bundle::{Order, Revision};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

/// Where the numbers of revisions come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Numbers {
    /// The files never change, and this is their number.
    Given(u64),
    /// The first word of a file, which changes with the policy.
    File(PathBuf),
    /// This server counts, and keeps its count in a file.
    Counted(PathBuf),
}

impl Numbers {
    /// The place of the count where nobody names one: beside the files.
    #[must_use]
    pub fn beside(sources: &[PathBuf]) -> Self {
        let first = sources.first().map_or(Path::new("."), PathBuf::as_path);
        let folder = if first.is_dir() {
            first
        } else {
            first.parent().unwrap_or(first)
        };
        Self::Counted(folder.join(COUNT_FILE))
    }
}

/// The name of the file with the count. Files whose names begin with a dot are no manifests.
const COUNT_FILE: &str = ".heliast-sequence";
/// Longest file with a number or a count, in bytes.
const FILE_BYTES: usize = 4096;

/// Gives each revision its place.
#[derive(Debug)]
pub(super) struct Numbering {
    epoch: u64,
    numbers: Numbers,
    last: Option<(Order, Revision)>,
    /// Whether the count cannot be kept, and that was said.
    is_unkept: bool,
}

/// What the next revision is numbered with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// This number.
    Number(u64),
    /// One more than the last.
    OneMore,
}

impl Numbering {
    /// Begins where the count was left, if there is one.
    ///
    /// # Errors
    ///
    /// If the count is of a later epoch, or is no count.
    pub(super) fn new(epoch: u64, numbers: Numbers) -> Result<Self, ServeError> {
        let mut last = None;
        if let Numbers::Counted(path) = &numbers {
            last = kept(path)?;
            if let Some((order, _)) = last
                && order.epoch > epoch
            {
                return Err(ServeError::usage(format!(
                    "{}: the last bundle was {order}, and filters take none of epoch {epoch} after it: start with --epoch {} or a higher one",
                    path.display(),
                    order.epoch
                )));
            }
        }
        Ok(Self {
            epoch,
            numbers,
            last,
            is_unkept: false,
        })
    }

    /// What the revision that the files make now is to be numbered with.
    ///
    /// # Errors
    ///
    /// Why it has no number, and how to give it one.
    pub(super) fn next(&self) -> Result<Next, (String, String)> {
        let served = self.last.map(|(order, _)| order);
        let (number, what, help) = match &self.numbers {
            Numbers::Counted(_) => return Ok(Next::OneMore),
            Numbers::Given(number) => (
                *number,
                "--sequence".to_owned(),
                "start the server again with a higher --sequence, or have it read the number from a file that changes with the policy: --sequence-file",
            ),
            Numbers::File(path) => (
                number(path)?,
                path.display().to_string(),
                "write a higher number with each change of the policy, such as `git rev-list --count HEAD`",
            ),
        };
        match served {
            Some(served) if number <= served.number => {
                let message = format!(
                    "the policy has changed, and its number in {what} is {number}: {} was served already",
                    served.number
                );
                Err((message, help.to_owned()))
            }
            Some(_) | None => Ok(Next::Number(number)),
        }
    }

    /// The place of this revision from now on.
    pub(super) fn place(&mut self, revision: Revision, next: Next) -> Order {
        let epoch = self.epoch;
        let last = self.last.filter(|(order, _)| order.epoch == epoch);
        let number = match (next, last) {
            (Next::Number(number), _) => number,
            // A restart with the files that were there before.
            (Next::OneMore, Some((order, known))) if known == revision => order.number,
            (Next::OneMore, Some((order, _))) if !self.is_unkept => order.number.saturating_add(1),
            // Numbers were milliseconds once: a count that begins now is above all of them.
            (Next::OneMore, last) => {
                let counted = last.map_or(0, |(order, _)| order.number.saturating_add(1));
                counted.max(milliseconds())
            }
        };
        let order = Order { epoch, number };
        self.last = Some((order, revision));
        self.keep(order, revision);
        order
    }

    fn keep(&mut self, order: Order, revision: Revision) {
        let Numbers::Counted(path) = &self.numbers else {
            return;
        };
        let text = format!("{} {} {revision}\n", order.epoch, order.number);
        match save(path, text.as_bytes()) {
            Ok(()) => self.is_unkept = false,
            Err(error) if !std::mem::replace(&mut self.is_unkept, true) => {
                tracing::warn!(
                    path = %path.display(),
                    %error,
                    "the number of the bundle cannot be kept: after a restart with older files they \
                     would count as newer; name a place for it with --sequence-counter, or take \
                     the number from the source with --sequence-file"
                );
            }
            Err(_) => {}
        }
    }
}

/// The count as it was left; none if there is none.
fn kept(path: &Path) -> Result<Option<(Order, Revision)>, ServeError> {
    let bytes = match read(path, FILE_BYTES) {
        Ok(bytes) => bytes,
        Err(error) if error.is_missing => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let text = String::from_utf8_lossy(&bytes);
    let mut words = text.split_whitespace();
    let mut parse = || {
        let epoch = words.next()?.parse().ok()?;
        let number = words.next()?.parse().ok()?;
        let revision = words.next()?.parse().ok()?;
        Some((Order { epoch, number }, revision))
    };
    match parse() {
        Some(kept) => Ok(Some(kept)),
        None => Err(ServeError::usage(format!(
            "{}: this is no count of bundles: if it is lost, remove the file and raise --epoch, so that filters take what is served from now on",
            path.display()
        ))),
    }
}

/// The number in a file.
fn number(path: &Path) -> Result<u64, (String, String)> {
    let help = "write a whole number into it with each change of the policy, such as `git rev-list --count HEAD`";
    let failed = |why: String| (why, help.to_owned());
    let bytes = read(path, FILE_BYTES).map_err(|error| failed(error.to_string()))?;
    let text = String::from_utf8_lossy(&bytes);
    let word = text.split_whitespace().next().unwrap_or_default();
    word.parse().map_err(|_| {
        failed(format!(
            "{}: its first word is no number of at most 64 bits",
            path.display()
        ))
    })
}

fn milliseconds() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| {
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    })
}
