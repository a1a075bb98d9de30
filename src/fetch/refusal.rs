//! Why an answer was not taken: in a word for metrics, in a sentence for people.

use std::fmt;

/// Why a bundle was not taken, in a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RefusalKind {
    /// The request could not be sent: the cluster is not in Envoy's configuration, or has no host.
    Cluster,
    /// The answer broke off, or was larger than Envoy takes.
    NoAnswer,
    /// The server answered another status than 200 or 304.
    Status,
    /// It does not fit into the limits.
    TooLarge,
    /// It is compressed in a way that cannot be undone.
    Encoding,
    /// It is neither a bundle nor a delta.
    Document,
    /// None of the configured keys has signed it.
    Signature,
    /// It is not newer than what was taken before, by the order of bundles.
    Replay,
    /// It is a delta on another revision than ours.
    Base,
    /// It is not what its revision says.
    Revision,
    /// Its policy is refused.
    Policy,
    /// It was made for another workload, or cannot be enforced by this one.
    Workload,
    /// A VM of this process died while it was taken in, or prepared to be enforced.
    Crash,
}

impl RefusalKind {
    /// Every kind, in the order of their numbers.
    pub const ALL: [Self; 13] = [
        Self::Cluster,
        Self::NoAnswer,
        Self::Status,
        Self::TooLarge,
        Self::Encoding,
        Self::Document,
        Self::Signature,
        Self::Replay,
        Self::Base,
        Self::Revision,
        Self::Policy,
        Self::Workload,
        Self::Crash,
    ];

    /// The number that the gauge `heliast_bundle_error` shows; 0 is no error.
    #[must_use]
    pub fn number(self) -> u64 {
        let before = Self::ALL.iter().take_while(|kind| **kind != self).count();
        u64::try_from(before).unwrap_or(u64::MAX).saturating_add(1)
    }

    /// The word that metrics and logs use.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Cluster => "cluster",
            Self::NoAnswer => "no-answer",
            Self::Status => "status",
            Self::TooLarge => "too-large",
            Self::Encoding => "encoding",
            Self::Document => "document",
            Self::Signature => "signature",
            Self::Replay => "replay",
            Self::Base => "base",
            Self::Revision => "revision",
            Self::Policy => "policy",
            Self::Workload => "workload",
            Self::Crash => "crash",
        }
    }
}

/// Why a bundle was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// In a word.
    pub kind: RefusalKind,
    /// In a sentence, or one for each mistake in its policy.
    pub why: String,
}

impl Refusal {
    /// A refusal.
    #[must_use]
    pub fn new(kind: RefusalKind, why: impl Into<String>) -> Self {
        Self {
            kind,
            why: why.into(),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "({}): {}", self.kind.word(), self.why)
    }
}
