//! What ports take in (istio.md 2).

#[cfg(feature = "compiled")]
use crate::reader::{Read, Reader};

/// What a port takes in. UNSET is none of them: it leaves what the level above says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "compiler", derive(serde::Serialize))]
pub enum MutualTlsMode {
    /// Plaintext only; whatever comes in is as good.
    Disable,
    /// Both.
    Permissive,
    /// Nothing without a certificate that is accepted.
    Strict,
}

#[cfg(feature = "compiled")]
impl Read for MutualTlsMode {
    fn read(from: &mut Reader<'_>) -> Self {
        match from.variant() {
            0 => Self::Disable,
            1 => Self::Permissive,
            2 => Self::Strict,
            _ => from.refuse(Self::Disable),
        }
    }
}
