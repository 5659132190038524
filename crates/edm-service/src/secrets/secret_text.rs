//! Texts that must not be printed.

use zeroize::Zeroizing;

/// A text that must not be printed. Wiped on drop.
pub struct SecretText(Zeroizing<String>);

impl SecretText {
    /// Takes the secret.
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// Returns the secret itself, for the wire. Never log it.
    pub fn expose_for_wire(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for SecretText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SecretText(secret)")
    }
}
