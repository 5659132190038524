//! The keys that are derived from the master key (HKDF-SHA256), one for each purpose, and the
//! envelope of small secrets at rest: a nonce and the ciphertext of AES-256-GCM-SIV, which
//! tolerates a repeated nonce.

use aes_gcm_siv::aead::{Aead, Payload};
use aes_gcm_siv::{Aes256GcmSiv, KeyInit, Nonce};
use edm_engine::GenerationKey;
use edm_model::{SessionId, StoreId, TenantId};
use edm_store::SessionDraft;
use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::blob_layout::GenerationPlace;
use crate::deps::{Random, random_bytes};
use crate::error::{Error, ErrorKind};
use crate::secrets::block_cipher::{BlockCipher, NONCE_BYTES};
use crate::secrets::master_key::{KEY_BYTES, MasterKey};
use crate::secrets::pseudonyms::Pseudonyms;

/// What a derived key is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Sealing salts.
    Salt,
    /// Sealing the keys of sessions' blocks.
    BlockKey,
    /// Sealing the keys of generations' files.
    GenerationKey,
    /// Proving that the master key is the right one.
    Check,
}

impl Purpose {
    const fn label(self) -> &'static [u8] {
        match self {
            Purpose::Salt => b"edm/v1/seal/salt",
            Purpose::BlockKey => b"edm/v1/seal/block-key",
            Purpose::GenerationKey => b"edm/v3/seal/generation-key",
            Purpose::Check => b"edm/v1/seal/check",
        }
    }
}

/// Seals and opens small secrets, and derives keys that are never stored.
pub(crate) struct KeyRing {
    master: MasterKey,
}

impl KeyRing {
    pub(crate) fn new(master: MasterKey) -> Self {
        Self { master }
    }

    fn derive(&self, label: &[u8], context: &[u8]) -> Zeroizing<[u8; KEY_BYTES]> {
        let mut info = Vec::with_capacity(label.len() + context.len() + 8);
        for field in [label, context] {
            info.extend_from_slice(&(field.len() as u32).to_le_bytes());
            info.extend_from_slice(field);
        }
        let mut key = Zeroizing::new([0; KEY_BYTES]);
        Hkdf::<Sha256>::new(None, self.master.expose_for_derivation())
            .expand(&info, key.as_mut())
            .expect("32 bytes are fewer than HKDF-SHA256 can give");
        key
    }

    fn envelope_cipher(&self, purpose: Purpose) -> Aes256GcmSiv {
        Aes256GcmSiv::new((&*self.derive(purpose.label(), b"")).into())
    }

    /// Encrypts a secret, bound to the context that it belongs to.
    pub(crate) fn seal(
        &self,
        purpose: Purpose,
        context: &[u8],
        secret: &[u8],
        random: &dyn Random,
    ) -> Vec<u8> {
        let mut nonce = [0; NONCE_BYTES];
        random.fill(&mut nonce);
        let sealed = self
            .envelope_cipher(purpose)
            .encrypt(&Nonce::from(nonce), Payload { msg: secret, aad: context })
            .expect("a secret of some hundred bytes is below the cipher's limit");
        [nonce.as_slice(), &sealed].concat()
    }

    /// Decrypts a secret. Fails when the master key or the context is another.
    pub(crate) fn open(
        &self,
        purpose: Purpose,
        context: &[u8],
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, Error> {
        let (nonce, sealed) =
            sealed.split_first_chunk::<NONCE_BYTES>().ok_or_else(|| Error::of(ErrorKind::Corrupt))?;
        self.envelope_cipher(purpose)
            .decrypt(&Nonce::from(*nonce), Payload { msg: sealed, aad: context })
            .map(Zeroizing::new)
            .map_err(|_| Error::of(ErrorKind::WrongMasterKey))
    }

    /// Returns what encrypts and decrypts the blocks of a session. Fails when the session's key is
    /// gone, or was sealed under another master key.
    pub(crate) fn block_cipher(&self, draft: &SessionDraft) -> Result<BlockCipher, Error> {
        let session = &draft.session;
        let sealed = draft.sealed_block_key.as_deref();
        let sealed = sealed.ok_or_else(|| Error::of(ErrorKind::SessionClosed { state: session.state }))?;
        let key = self.open(Purpose::BlockKey, session.id.as_bytes(), sealed)?;
        BlockCipher::new(&key, session.tenant, session.store_id, session.id)
    }

    /// Makes the key of a session's generation. Returns it with its seal.
    pub(crate) fn new_generation_key(
        &self,
        session: SessionId,
        random: &dyn Random,
    ) -> (GenerationKey, Vec<u8>) {
        let key = GenerationKey::new(random_bytes(random));
        let secret = key.expose_for_sealing().as_slice();
        let sealed = self.seal(Purpose::GenerationKey, session.as_bytes(), secret, random);
        (key, sealed)
    }

    /// Returns what the files of a session's generation are encrypted under. Fails before the
    /// commit, and when the key is gone.
    pub(crate) fn generation_key(&self, draft: &SessionDraft) -> Result<GenerationKey, Error> {
        let session = &draft.session;
        let sealed = draft.sealed_generation_key.as_deref();
        let sealed = sealed.ok_or_else(|| Error::of(ErrorKind::SessionClosed { state: session.state }))?;
        let key = self.open(Purpose::GenerationKey, session.id.as_bytes(), sealed)?;
        let key = key.as_slice().try_into().map_err(|_| Error::of(ErrorKind::Corrupt))?;
        Ok(GenerationKey::new(key))
    }

    /// Returns the cipher of one generation's manifest. Its key encrypts nothing else, so the nonce
    /// is fixed: a retry must write the same bytes.
    fn manifest_cipher(&self, place: &GenerationPlace) -> (Aes256GcmSiv, Nonce) {
        let key = self.derive(b"edm/v3/manifest", &place.context());
        (Aes256GcmSiv::new((&*key).into()), Nonce::from([0; NONCE_BYTES]))
    }

    /// Encrypts the manifest of a generation. The same manifest gives the same bytes.
    pub(crate) fn seal_manifest(&self, place: &GenerationPlace, manifest: &[u8]) -> Vec<u8> {
        let (cipher, nonce) = self.manifest_cipher(place);
        cipher.encrypt(&nonce, manifest).expect("a manifest is below the cipher's limit of 64 GiB")
    }

    /// Decrypts the manifest of a generation. Fails when a bit of it, or its place, is another.
    pub(crate) fn open_manifest(
        &self,
        place: &GenerationPlace,
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, Error> {
        let (cipher, nonce) = self.manifest_cipher(place);
        let damaged =
            |_| Error::of(ErrorKind::Corrupt).because("the manifest does not open under the master key");
        cipher.decrypt(&nonce, sealed).map(Zeroizing::new).map_err(damaged)
    }

    /// Derives the key that signs upload URIs.
    pub(crate) fn upload_signing_key(&self) -> Zeroizing<[u8; KEY_BYTES]> {
        self.derive(b"edm/v1/upload-signature", b"")
    }

    /// Derives the key of a tenant's pseudonyms. It does not depend on any salt.
    pub(crate) fn pseudonyms(&self, tenant: TenantId) -> Pseudonyms {
        Pseudonyms::new(self.derive(b"edm/v1/pseudonym", tenant.as_bytes()))
    }
}

/// Decrypts the manifest of a generation outside of a service, for a program that has the master
/// key. The manifest has the keys of the generation's files.
///
/// # Errors
/// `Corrupt` if a bit of it, its place or the master key is another.
pub fn open_manifest(
    master_key: MasterKey,
    tenant: TenantId,
    store_id: StoreId,
    session_id: SessionId,
    sealed: &[u8],
) -> Result<Zeroizing<Vec<u8>>, Error> {
    KeyRing::new(master_key).open_manifest(&GenerationPlace { tenant, store_id, session_id }, sealed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counting() -> impl Random {
        |bytes: &mut [u8]| bytes.iter_mut().zip(1..).for_each(|(byte, value)| *byte = value)
    }

    #[test]
    fn a_seal_opens_only_for_its_key_purpose_and_context() {
        let keys = KeyRing::new(MasterKey::generate(&counting()));
        let sealed = keys.seal(Purpose::Salt, b"a", b"secret", &counting());
        assert!(!sealed.windows(6).any(|window| window == b"secret"));
        assert_eq!(keys.open(Purpose::Salt, b"a", &sealed).expect("opens").as_slice(), b"secret");
        assert!(keys.open(Purpose::Salt, b"b", &sealed).is_err());
        assert!(keys.open(Purpose::BlockKey, b"a", &sealed).is_err());
        assert!(keys.open(Purpose::Salt, b"a", &sealed[..5]).is_err());
        let other = KeyRing::new(MasterKey::generate(&|bytes: &mut [u8]| bytes.fill(9)));
        assert_eq!(
            other.open(Purpose::Salt, b"a", &sealed).expect_err("refused").kind(),
            &ErrorKind::WrongMasterKey
        );
    }

    #[test]
    fn a_manifest_opens_only_in_its_own_place() {
        let keys = KeyRing::new(MasterKey::generate(&counting()));
        let place = |session| GenerationPlace {
            tenant: TenantId::DEFAULT,
            store_id: StoreId::from_bytes([1; 16]),
            session_id: SessionId::from_bytes([session; 16]),
        };
        let sealed = keys.seal_manifest(&place(2), b"a manifest");
        assert_eq!(sealed, keys.seal_manifest(&place(2), b"a manifest"), "a retry writes the same");
        assert_eq!(keys.open_manifest(&place(2), &sealed).expect("opens").as_slice(), b"a manifest");
        assert!(keys.open_manifest(&place(3), &sealed).is_err());
        for at in 0..sealed.len() {
            let mut damaged = sealed.clone();
            damaged[at] ^= 1;
            assert_eq!(
                keys.open_manifest(&place(2), &damaged).expect_err("refused").kind(),
                &ErrorKind::Corrupt
            );
            assert!(keys.open_manifest(&place(2), &sealed[..at]).is_err(), "cut after {at}");
        }
    }

    #[test]
    fn pseudonyms_are_stable_and_differ_by_tenant_rule_and_value() {
        let keys = KeyRing::new(MasterKey::generate(&counting()));
        let ours = keys.pseudonyms(TenantId::DEFAULT);
        let token = ours.token(b"ssn", b"900112222");
        assert_eq!(token.len(), 16);
        assert_eq!(token, ours.token(b"ssn", b"900112222"));
        let other = keys.pseudonyms(TenantId::from_bytes([1; 16]));
        for different in [
            ours.token(b"ssn", b"900112223"),
            ours.token(b"mrn", b"900112222"),
            other.token(b"ssn", b"900112222"),
        ] {
            assert_ne!(token, different);
        }
    }
}
