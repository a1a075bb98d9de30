//! What a compiled program says of itself, ahead of its policy.

use crate::bundle::{Signature, Statement, hex};
use crate::limits;
use crate::reader::{Read, Reader};
use std::fmt;

/// The media type of a compiled program.
pub const MEDIA_TYPE: &str = "application/vnd.heliast.program";

/// What every program begins with; no JSON does.
const MAGIC: [u8; 8] = *b"\x00heliast";

/// The version of what follows. It changes whenever an older reader would misread a program.
const FORMAT: u32 = 3;

/// What a program says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "compiler", derive(serde::Serialize))]
pub struct Head {
    /// SHA-256 of its policy.
    pub digest: [u8; 32],
    /// The bundle it was made from, its place in the order of bundles, and for whom it is.
    pub statement: Statement,
    /// Who says so.
    pub signatures: Vec<Signature>,
}

impl Read for Head {
    fn read(from: &mut Reader<'_>) -> Self {
        Self {
            digest: from.read(),
            statement: from.read(),
            signatures: from.read(),
        }
    }
}

impl Head {
    /// Reads the head of a program, and says where its policy begins.
    pub(super) fn read(bytes: &[u8]) -> Result<(Self, usize), String> {
        let rest = bytes
            .strip_prefix(&MAGIC)
            .ok_or("it does not begin as compiled programs do")?;
        let (format, rest) = number(rest)?;
        if format != FORMAT {
            return Err(format!(
                "it has format {format}, and this version reads format {FORMAT}: make it with the `heliast` of this version"
            ));
        }
        let (length, rest) = number(rest)?;
        let length = usize::try_from(length).map_err(|_| CUT)?;
        let (head, payload) = rest.split_at_checked(length).ok_or(CUT)?;
        let head: Self = Reader::whole(head).ok_or(CUT)?;
        if head.signatures.len() > limits::SIGNATURES {
            return Err(format!(
                "it has more than {} signatures",
                limits::SIGNATURES
            ));
        }
        Ok((head, bytes.len().saturating_sub(payload.len())))
    }

    /// The head as it is sent.
    #[cfg(feature = "compiler")]
    pub(super) fn write(&self) -> Result<Vec<u8>, String> {
        let head = postcard::to_allocvec(self).map_err(|error| error.to_string())?;
        let length = u32::try_from(head.len()).map_err(|error| error.to_string())?;
        let parts = [
            &MAGIC[..],
            &FORMAT.to_le_bytes(),
            &length.to_le_bytes(),
            &head,
        ];
        Ok(parts.concat())
    }
}

const CUT: &str = "its head cannot be read: it was cut or changed";

fn number(bytes: &[u8]) -> Result<(u32, &[u8]), &'static str> {
    let (number, rest) = bytes.split_first_chunk().ok_or(CUT)?;
    Ok((u32::from_le_bytes(*number), rest))
}

/// Whether something is meant to be a compiled program.
#[must_use]
pub fn is_one(bytes: &[u8]) -> bool {
    bytes.starts_with(&MAGIC)
}

impl fmt::Display for Head {
    /// What is signed. A bundle and its program have different statements: whoever can check only
    /// the program cannot know that the bundle leads to it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "heliast.dev/v1alpha1 Program\nformat {FORMAT}\ndigest {}\nrevision {}\n",
            hex(&self.digest),
            self.statement.revision
        )?;
        self.statement.write_rest(f)
    }
}
