//! The body of an answer, made once for everyone who gets it.

use super::limits;
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use heliast::bundle::Revision;
use std::io::Write;
use std::sync::{Arc, OnceLock};

/// What a body is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Form {
    /// The whole bundle.
    Whole,
    /// What changed since the revision that the client has.
    Delta,
    /// The compiled program of a workload.
    Program,
}

/// A body, and the revision that it leads to. Cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    /// The revision.
    pub(super) revision: Revision,
    /// Whole or delta.
    pub(super) form: Form,
    plain: Bytes,
    gzip: Arc<OnceLock<Option<Bytes>>>,
}

impl Answer {
    pub(super) fn new(revision: Revision, form: Form, body: impl Into<Bytes>) -> Self {
        Self {
            revision,
            form,
            plain: body.into(),
            gzip: Arc::default(),
        }
    }

    /// The body as it is.
    pub(super) fn plain(&self) -> Bytes {
        self.plain.clone()
    }

    /// The body compressed, where that makes it smaller. The first call may take long for a large
    /// body.
    pub(super) fn gzip(&self) -> Option<Bytes> {
        if self.form == Form::Program || self.plain.len() < limits::GZIP_BYTES {
            return None;
        }
        let compressed = self.gzip.get_or_init(|| {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
            let written = encoder.write_all(&self.plain);
            let bytes = written.and_then(|()| encoder.finish()).ok()?;
            (bytes.len() < self.plain.len()).then(|| bytes.into())
        });
        compressed.clone()
    }
}
