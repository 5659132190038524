//! Stable pseudonyms of redacted values (`docs/redaction.md`).

use aes_gcm_siv::KeyInit;
use cmac::{Cmac, Mac};
use zeroize::Zeroizing;

use crate::secrets::master_key::KEY_BYTES;

/// Makes the stable pseudonyms of a tenant.
pub(crate) struct Pseudonyms(Zeroizing<[u8; KEY_BYTES]>);

impl Pseudonyms {
    /// Takes the tenant's key.
    pub(crate) fn new(key: Zeroizing<[u8; KEY_BYTES]>) -> Self {
        Self(key)
    }

    /// Returns the pseudonym of a canonical value under a rule: 80 bits in base 32.
    pub(crate) fn token(&self, rule: &[u8], value: &[u8]) -> String {
        const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
        let mut mac = Cmac::<aes::Aes256>::new_from_slice(self.0.as_slice()).expect("the key has 32 bytes");
        mac.update(&(rule.len() as u64).to_le_bytes());
        mac.update(rule);
        mac.update(value);
        let tag = mac.finalize().into_bytes();
        let bits = tag.iter().take(10).fold(0u128, |bits, byte| bits << 8 | u128::from(*byte));
        (0..16).rev().map(|group| char::from(ALPHABET[(bits >> (5 * group) & 31) as usize])).collect()
    }
}
