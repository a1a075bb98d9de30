//! What ports want a certificate, as far as it is said (istio.md 2).

#[cfg(feature = "compiled")]
use crate::reader::{Read, Reader};
use crate::selector::Selector;
use crate::terms::MutualTlsMode;

/// What one of Istio's peer authentications says. Which of them hold for a workload is worked out
/// with its program.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "compiler", derive(serde::Serialize))]
pub struct MutualTls {
    /// The namespace of the object.
    pub namespace: Option<String>,
    /// Its name.
    pub name: String,
    /// Position of the object in the input, from 0.
    pub document: usize,
    /// When it was made: of several at one level the oldest holds.
    pub created: Option<String>,
    /// The workloads it governs; none for the whole namespace, or the whole mesh.
    pub selector: Option<Selector>,
    /// What they take in; none leaves what the level above says.
    pub mode: Option<MutualTlsMode>,
    /// What single ports take in.
    pub ports: Vec<(u16, Option<MutualTlsMode>)>,
}

#[cfg(feature = "compiled")]
impl Read for MutualTls {
    fn read(from: &mut Reader<'_>) -> Self {
        Self {
            namespace: from.read(),
            name: from.read(),
            document: from.read(),
            created: from.read(),
            selector: from.read(),
            mode: from.read(),
            ports: from.read(),
        }
    }
}

impl MutualTls {
    /// The kind of the object.
    pub const KIND: &'static str = "PeerAuthentication";

    /// What tells the older of two objects of one level, which holds.
    #[must_use]
    pub fn age(&self) -> (Option<&str>, &str) {
        (self.created.as_deref(), &self.name)
    }
}
