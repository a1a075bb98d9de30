//! The text of a document, decompressed as far as it is needed and forgotten when it was read: no
//! module holds the whole of a large one.

use crate::limits;
use flate2::read::GzDecoder;
use std::fmt;
use std::io::Read;
use std::ops::Range;

/// What is decompressed in one go, in bytes.
const CHUNK: usize = 64 * 1024;
/// What is read costs its tenth part in units of [`crate::pace::Pace`], decompressed or gone past.
const READ_SHARE: usize = 10;

/// Why a text cannot be read on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TextError {
    /// It is compressed in a way that cannot be undone.
    Encoding(String),
    /// It is longer than allowed.
    TooLong(String),
    /// It is no document.
    Document(String),
}

impl fmt::Display for TextError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Encoding(why) | Self::TooLong(why) | Self::Document(why) => f.write_str(why),
        }
    }
}

/// A text, read from its beginning.
pub struct Text<'b> {
    source: Source<'b>,
    /// Bytes that were read since [`Self::units`] was asked.
    read: usize,
}

enum Source<'b> {
    Plain(&'b [u8]),
    Gzip(Box<Gzip<'b>>),
}

struct Gzip<'b> {
    decoder: GzDecoder<&'b [u8]>,
    /// What was decompressed and may still be asked for.
    kept: Vec<u8>,
    /// Where in the text [`Self::kept`] begins.
    start: usize,
}

impl fmt::Debug for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Text").finish_non_exhaustive()
    }
}

impl<'b> Text<'b> {
    /// The text of these bytes.
    #[must_use]
    pub fn new(body: &'b [u8], is_gzip: bool) -> Self {
        let source = if is_gzip {
            Source::Gzip(Box::new(Gzip {
                decoder: GzDecoder::new(body),
                kept: Vec::new(),
                start: 0,
            }))
        } else {
            Source::Plain(body)
        };
        Self { source, read: 0 }
    }

    /// What was read since this was last asked costs so much, in units of [`crate::pace::Pace`].
    pub fn units(&mut self) -> usize {
        std::mem::take(&mut self.read) / READ_SHARE
    }

    /// Some of the text from a place on; nothing if it ends there. What was let go is gone.
    pub(super) fn from(&mut self, place: usize) -> Result<&[u8], TextError> {
        if self.kept_from(place).is_empty() {
            self.extend(place)?;
        }
        Ok(self.kept_from(place))
    }

    /// What is there of the text from a place on, without reading more of it.
    pub(super) fn kept_from(&self, place: usize) -> &[u8] {
        let (kept, start) = match &self.source {
            Source::Plain(body) => (*body, 0),
            Source::Gzip(gzip) => (gzip.kept.as_slice(), gzip.start),
        };
        let place = place.checked_sub(start);
        place
            .and_then(|place| kept.get(place..))
            .unwrap_or_default()
    }

    /// Whether more of the text came in behind a place.
    fn extend(&mut self, place: usize) -> Result<(), TextError> {
        while self.kept_from(place).is_empty() && self.read_more()? {}
        Ok(())
    }

    /// Reads another piece; false at the end of the text.
    pub(super) fn read_more(&mut self) -> Result<bool, TextError> {
        let Source::Gzip(gzip) = &mut self.source else {
            return Ok(false);
        };
        let before = gzip.kept.len();
        gzip.kept.resize(before.saturating_add(CHUNK), 0);
        let room = gzip.kept.get_mut(before..).unwrap_or_default();
        let read = gzip.decoder.read(room);
        let count = read.as_ref().map_or(0, |count| *count);
        gzip.kept.truncate(before.saturating_add(count));
        self.read = self.read.saturating_add(count);
        if let Err(error) = read {
            return Err(TextError::Encoding(format!("it is not gzip: {error}")));
        }
        if gzip.start.saturating_add(gzip.kept.len()) > limits::BUNDLE_TEXT_BYTES {
            let most = limits::BUNDLE_TEXT_BYTES;
            return Err(TextError::TooLong(format!(
                "it has more than {most} bytes once it is decompressed"
            )));
        }
        Ok(count != 0)
    }

    /// Lets go of everything before a place.
    pub(super) fn forget(&mut self, place: usize) {
        if let Source::Gzip(gzip) = &mut self.source {
            let gone = place.saturating_sub(gzip.start).min(gzip.kept.len());
            // What is left behind is moved to the front: worth it once a piece is done.
            if gone >= CHUNK {
                gzip.kept.drain(..gone);
                gzip.start = gzip.start.saturating_add(gone);
            }
        }
    }

    /// The text at a range, which lies behind every one that was asked for before.
    ///
    /// # Errors
    ///
    /// If it cannot be decompressed that far.
    pub fn at(&mut self, range: &Range<usize>) -> Result<&[u8], TextError> {
        self.forget(range.start);
        while self.kept_from(range.start).len() < range.len() && self.read_more()? {
            self.forget(range.start);
        }
        let kept = self.kept_from(range.start);
        Ok(kept.get(..range.len()).unwrap_or(kept))
    }

    /// Counts what was gone past.
    pub(super) fn count(&mut self, bytes: usize) {
        self.read = self.read.saturating_add(bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::{Source, Text, TextError};
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use std::io::Write;

    /// To unpack half a gigabyte takes a test too long, so it begins as if nearly all had been read
    /// and let go.
    #[test]
    fn what_was_let_go_counts_in_the_length() {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(&[b' '; 1_000]).unwrap();
        let body = encoder.finish().unwrap();
        for (before, is_taken) in [(536_870_912 - 1_000, true), (536_870_912 - 999, false)] {
            let mut text = Text::new(&body, true);
            if let Source::Gzip(gzip) = &mut text.source {
                gzip.start = before;
            }
            let read = text.read_more();
            assert_eq!(read.is_ok(), is_taken, "{before}");
            assert!(!matches!(
                read,
                Err(TextError::Encoding(_) | TextError::Document(_))
            ));
        }
    }
}
