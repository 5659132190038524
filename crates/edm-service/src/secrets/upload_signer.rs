//! The signature of upload URIs. The wire makes the text that is signed; the key stays here.

use edm_model::{SessionId, StoreId, Timestamp};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// What an upload URI may be signed for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum UploadPermission {
    /// List the blocks of the session.
    Read,
    /// Put blocks and commit their list.
    Write,
}

/// What an upload URI says, as the wire reads it. Nothing of it is trusted before the signature is
/// verified.
#[derive(Debug, Clone)]
pub struct SignedAddress {
    /// The store, which the signed text names.
    pub store_id: StoreId,
    /// The session, which the signed text names.
    pub session_id: SessionId,
    /// The text that was signed. The wire makes it from the ids, the dates and the permissions.
    pub string_to_sign: String,
    /// The signature.
    pub signature: Vec<u8>,
    /// When the address begins to work; `None` is at once.
    pub starts_at: Option<Timestamp>,
    /// When the address stops working.
    pub expires_at: Timestamp,
    /// What it was signed for.
    pub permissions: Vec<UploadPermission>,
}

/// Why an upload URI grants nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AddressRefusal {
    /// The signature is not ours.
    BadSignature,
    /// The address does not work any more, or not yet.
    Expired,
    /// The address was signed for something else.
    NoPermission,
}

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

    /// Fails unless the address is ours, valid at this time and signed for the permission. The
    /// checks come in this order.
    pub fn check(
        &self,
        address: &SignedAddress,
        needs: UploadPermission,
        now: Timestamp,
    ) -> Result<(), AddressRefusal> {
        if !self.verify(&address.string_to_sign, &address.signature) {
            return Err(AddressRefusal::BadSignature);
        }
        if address.expires_at <= now || address.starts_at.is_some_and(|at| at > now) {
            return Err(AddressRefusal::Expired);
        }
        if address.permissions.contains(&needs) { Ok(()) } else { Err(AddressRefusal::NoPermission) }
    }

    /// Returns whether the signature is that of the text, in constant time.
    fn verify(&self, string_to_sign: &str, signature: &[u8]) -> bool {
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

    #[test]
    fn an_address_works_in_its_time_and_for_its_permissions() {
        let signer = UploadSigner::from_key([1; 32]);
        let at = |seconds: i64| Timestamp::from_micros(0).plus_seconds(seconds);
        let string_to_sign = "r\n\n1970-01-01".to_owned();
        let address = SignedAddress {
            store_id: StoreId::from_random_bytes([1; 16]),
            session_id: SessionId::from_random_bytes([2; 16]),
            signature: signer.sign(&string_to_sign).to_vec(),
            string_to_sign,
            starts_at: Some(at(10)),
            expires_at: at(20),
            permissions: vec![UploadPermission::Read],
        };
        let (read, write) = (UploadPermission::Read, UploadPermission::Write);
        for (needs, now, expected) in [
            (read, 9, Err(AddressRefusal::Expired)),
            (read, 10, Ok(())),
            (read, 19, Ok(())),
            (read, 20, Err(AddressRefusal::Expired)),
            (write, 15, Err(AddressRefusal::NoPermission)),
        ] {
            assert_eq!(signer.check(&address, needs, at(now)), expected, "{needs:?} at {now}");
        }
        let forged = SignedAddress { permissions: vec![write], signature: vec![0; 32], ..address };
        assert_eq!(signer.check(&forged, write, at(15)), Err(AddressRefusal::BadSignature));
    }
}
