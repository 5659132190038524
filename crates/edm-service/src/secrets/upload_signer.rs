//! The signature of upload URIs. The text that is signed is the wire's business; the key is ours.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// Signs and verifies upload URIs with a key that never leaves the process.
pub struct UploadSigner(Zeroizing<[u8; 32]>);

impl UploadSigner {
    /// Takes the key.
    pub fn from_key(key: [u8; 32]) -> Self {
        Self(Zeroizing::new(key))
    }

    /// Returns the HMAC-SHA256 of the text.
    pub fn sign(&self, string_to_sign: &str) -> [u8; 32] {
        let mut mac =
            Hmac::<Sha256>::new_from_slice(self.0.as_slice()).expect("HMAC takes keys of any length");
        mac.update(string_to_sign.as_bytes());
        mac.finalize().into_bytes().into()
    }

    /// Returns whether the signature is that of the text, in constant time.
    pub fn verify(&self, string_to_sign: &str, signature: &[u8]) -> bool {
        self.sign(string_to_sign).ct_eq(signature).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_holds_for_its_text_and_key_alone() {
        let signer = UploadSigner::from_key([1; 32]);
        let signature = signer.sign("r\n\n2026-01-01");
        assert!(signer.verify("r\n\n2026-01-01", &signature));
        assert!(!signer.verify("rw\n\n2026-01-01", &signature));
        assert!(!signer.verify("r\n\n2026-01-01", &signature[..31]));
        assert!(!UploadSigner::from_key([2; 32]).verify("r\n\n2026-01-01", &signature));
    }
}
