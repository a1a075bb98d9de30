//! What a server answers, as far as it matters.

use super::refusal::{Refusal, RefusalKind};
use crate::host::HeaderLines;
use crate::limits;

/// An answer to a poll.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// What we have is what there is.
    Unchanged,
    /// A document, not looked at yet.
    Document {
        /// As it came.
        body: Vec<u8>,
        /// Whether it is compressed by gzip.
        is_gzip: bool,
        /// What to ask with next time.
        etag: Option<String>,
    },
}

/// Longest entity tag that is sent back, in bytes.
const ETAG_BYTES: usize = 256;

impl Answer {
    /// Reads an answer. `conditional` tells whether the request named what we have.
    ///
    /// # Errors
    ///
    /// If it is none: nothing came, or another status.
    pub fn read(headers: &HeaderLines, body: Vec<u8>, conditional: bool) -> Result<Self, Refusal> {
        let text = |name: &str| {
            let value = headers.first(name)?;
            std::str::from_utf8(value).ok().map(str::to_owned)
        };
        let Some(status) = text(":status") else {
            return Err(Refusal::new(
                RefusalKind::NoAnswer,
                "the answer broke off, took longer than `timeout`, or is larger than the 32 MiB that Envoy takes",
            ));
        };
        match (&*status, conditional) {
            ("304", true) => return Ok(Self::Unchanged),
            ("304", false) => {
                let why = "the server answered 304 though we have nothing yet";
                return Err(Refusal::new(RefusalKind::Status, why));
            }
            ("200", _) => {}
            (other, _) => {
                let why = format!("the server answered {other}{}", hint(other));
                return Err(Refusal::new(RefusalKind::Status, why));
            }
        }
        if body.len() > limits::BUNDLE_BYTES {
            let why = format!(
                "it has {} bytes; at most {} are taken",
                body.len(),
                limits::BUNDLE_BYTES
            );
            return Err(Refusal::new(RefusalKind::TooLarge, why));
        }
        let encoding = text("content-encoding").unwrap_or_default();
        let is_gzip = match &*encoding.to_ascii_lowercase() {
            "" | "identity" => false,
            "gzip" | "x-gzip" => true,
            _ => {
                let why = format!("content-encoding `{encoding}` was not asked for");
                return Err(Refusal::new(RefusalKind::Encoding, why));
            }
        };
        let etag = text("etag").filter(|etag| etag.len() <= ETAG_BYTES);
        Ok(Self::Document {
            body,
            is_gzip,
            etag,
        })
    }
}

fn hint(status: &str) -> &'static str {
    match status {
        "301" | "302" | "303" | "307" | "308" => "; redirects are not followed",
        "401" | "403" => "; does it ask for a client certificate that the cluster does not show?",
        "404" => "; does it know this pod?",
        "503" => ": it is not there, or has no bundle yet",
        "504" => ": it took longer than `timeout`",
        _ => "",
    }
}
