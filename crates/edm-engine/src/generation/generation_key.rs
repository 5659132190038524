//! The key that the files of a generation are encrypted under.

use zeroize::Zeroizing;

/// The key that the files which one session brought are encrypted under: 32 random bytes, made
/// once. Wiped on drop, never printed.
///
/// Two workers, or a retry, that make the same file use the same key. A new session has a new key.
#[derive(Clone)]
pub struct GenerationKey(Zeroizing<[u8; GenerationKey::BYTES]>);

impl GenerationKey {
    /// The bytes of a key.
    pub const BYTES: usize = 32;

    /// Takes random bytes.
    pub fn new(bytes: [u8; Self::BYTES]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// Returns the secret itself, for sealing. Never log it.
    pub fn expose_for_sealing(&self) -> &[u8; Self::BYTES] {
        &self.0
    }
}

impl std::fmt::Debug for GenerationKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("GenerationKey(secret)")
    }
}
