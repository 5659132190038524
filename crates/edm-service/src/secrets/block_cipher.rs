//! Encryption of a session's blocks at rest.

use aes_gcm_siv::aead::AeadInOut;
use aes_gcm_siv::{Aes256GcmSiv, KeyInit, Nonce};
use edm_model::{SessionId, StoreId, TenantId};

use crate::error::{Error, ErrorKind};
use crate::secrets::master_key::KEY_BYTES;

pub(crate) const NONCE_BYTES: usize = 12;
const BLOCK_FORMAT_VERSION: u16 = 1;

/// Encrypts the blocks of one session at rest. The nonce is the block's number; the session, store
/// and tenant are bound, so that no block can replace another.
pub(crate) struct BlockCipher {
    cipher: Aes256GcmSiv,
    bound: Vec<u8>,
}

impl BlockCipher {
    pub(crate) fn new(
        key: &[u8],
        tenant: TenantId,
        store: StoreId,
        session: SessionId,
    ) -> Result<Self, Error> {
        let key: &[u8; KEY_BYTES] = key.try_into().map_err(|_| Error::of(ErrorKind::Corrupt))?;
        let mut bound = BLOCK_FORMAT_VERSION.to_le_bytes().to_vec();
        bound.extend_from_slice(tenant.as_bytes());
        bound.extend_from_slice(store.as_bytes());
        bound.extend_from_slice(session.as_bytes());
        Ok(Self { cipher: Aes256GcmSiv::new(key.into()), bound })
    }

    fn nonce_and_bound(&self, number: u32) -> (Nonce, Vec<u8>) {
        let mut nonce = [0; NONCE_BYTES];
        nonce[..4].copy_from_slice(&number.to_le_bytes());
        (Nonce::from(nonce), [self.bound.as_slice(), &number.to_le_bytes()].concat())
    }

    /// Encrypts a block in place.
    pub(crate) fn encrypt(&self, number: u32, mut block: Vec<u8>) -> Vec<u8> {
        let (nonce, bound) = self.nonce_and_bound(number);
        self.cipher
            .encrypt_in_place(&nonce, &bound, &mut block)
            .expect("a block of at most 16 MiB is below the cipher's limit");
        block
    }

    /// Decrypts a block in place. Fails if any bit of it differs, or if it belongs to another
    /// place.
    pub(crate) fn decrypt(&self, number: u32, mut sealed: Vec<u8>) -> Result<Vec<u8>, Error> {
        let (nonce, bound) = self.nonce_and_bound(number);
        self.cipher
            .decrypt_in_place(&nonce, &bound, &mut sealed)
            .map_err(|_| Error::of(ErrorKind::Corrupt))?;
        Ok(sealed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_opens_only_in_its_own_place() {
        let session = |byte| SessionId::from_bytes([byte; 16]);
        let store = StoreId::from_bytes([1; 16]);
        let make =
            |byte| BlockCipher::new(&[7; 32], TenantId::DEFAULT, store, session(byte)).expect("32 bytes");
        let sealed = make(1).encrypt(3, b"a block".to_vec());
        assert_eq!(make(1).decrypt(3, sealed.clone()).expect("opens"), b"a block");
        assert!(make(1).decrypt(4, sealed.clone()).is_err());
        assert!(make(2).decrypt(3, sealed.clone()).is_err());
        let mut flipped = sealed;
        flipped[0] ^= 1;
        assert!(make(1).decrypt(3, flipped).is_err());
    }
}
