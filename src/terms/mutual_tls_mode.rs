//! What ports take in (istio.md 2).

/// What a port takes in. UNSET is none of them: it leaves what the level above says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "compiled", derive(serde::Serialize, serde::Deserialize))]
pub enum MutualTlsMode {
    /// Plaintext only; whatever comes in is as good.
    Disable,
    /// Both.
    Permissive,
    /// Nothing without a certificate that is accepted.
    Strict,
}
