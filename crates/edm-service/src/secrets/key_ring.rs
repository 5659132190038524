//! Secrets at rest: one master key, from which a key is derived for each purpose. AES-256-GCM-SIV throughout,
//! which forgives a repeated nonce.

use aes_gcm_siv::aead::{Aead, AeadInOut, Payload};
use aes_gcm_siv::{Aes256GcmSiv, KeyInit, Nonce};
use cmac::{Cmac, Mac};
use edm_model::{SessionId, StoreId, TenantId};
use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::config::Random;
use crate::error::{Error, ErrorKind};

const KEY_BYTES: usize = 32;
const NONCE_BYTES: usize = 12;
const BLOCK_FORMAT_VERSION: u16 = 1;

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

/// The key that a server's secrets are sealed with. Wiped on drop, never printed.
pub struct MasterKey(Zeroizing<[u8; KEY_BYTES]>);

impl MasterKey {
    /// Makes a new key.
    pub fn generate(random: &dyn Random) -> Self {
        let mut key = Zeroizing::new([0; KEY_BYTES]);
        random.fill(key.as_mut());
        Self(key)
    }

    /// Reads the content of a key file: 64 hexadecimal digits, white space around them ignored.
    pub fn from_file_bytes(bytes: &[u8]) -> Result<Self, Error> {
        let bad = || {
            Error::with_message(
                ErrorKind::WrongMasterKey,
                "a master key is 64 hexadecimal digits: restore it from your backup",
            )
        };
        let text = std::str::from_utf8(bytes).map_err(|_| bad())?.trim();
        let mut key = Zeroizing::new([0; KEY_BYTES]);
        // `from_str_radix` alone would take a sign for a digit.
        if text.len() != 2 * KEY_BYTES || !text.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return Err(bad());
        }
        for (byte, pair) in key.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
            let pair = std::str::from_utf8(pair).map_err(|_| bad())?;
            *byte = u8::from_str_radix(pair, 16).map_err(|_| bad())?;
        }
        Ok(Self(key))
    }

    /// Returns the content of a key file.
    pub fn to_file_text(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::with_capacity(2 * KEY_BYTES + 1));
        for byte in self.0.iter() {
            for nibble in [byte >> 4, byte & 15] {
                text.push(char::from_digit(u32::from(nibble), 16).expect("a nibble is below 16"));
            }
        }
        text.push('\n');
        text
    }
}

/// What a derived key is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Sealing salts.
    Salt,
    /// Sealing the keys of sessions' blocks.
    BlockKey,
    /// Proving that the master key is the right one.
    Check,
}

impl Purpose {
    const fn label(self) -> &'static [u8] {
        match self {
            Purpose::Salt => b"edm/v1/seal/salt",
            Purpose::BlockKey => b"edm/v1/seal/block-key",
            Purpose::Check => b"edm/v1/seal/check",
        }
    }
}

/// Seals and opens small secrets, and derives keys that are never stored.
pub(crate) struct Seals {
    master: MasterKey,
}

impl Seals {
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
        Hkdf::<Sha256>::new(None, self.master.0.as_slice())
            .expand(&info, key.as_mut())
            .expect("32 bytes are fewer than HKDF-SHA256 can give");
        key
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
        let sealed = cipher(&self.derive(purpose.label(), b""))
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
        cipher(&self.derive(purpose.label(), b""))
            .decrypt(&Nonce::from(*nonce), Payload { msg: sealed, aad: context })
            .map(Zeroizing::new)
            .map_err(|_| Error::of(ErrorKind::WrongMasterKey))
    }

    /// Derives the key that signs upload URIs.
    pub(crate) fn upload_signing_key(&self) -> Zeroizing<[u8; KEY_BYTES]> {
        self.derive(b"edm/v1/upload-signature", b"")
    }

    /// Derives the key of a tenant's pseudonyms, which no salt has a part in.
    pub(crate) fn pseudonyms(&self, tenant: TenantId) -> Pseudonyms {
        Pseudonyms(self.derive(b"edm/v1/pseudonym", tenant.as_bytes()))
    }
}

fn cipher(key: &[u8; KEY_BYTES]) -> Aes256GcmSiv {
    Aes256GcmSiv::new(key.into())
}

/// Makes the stable pseudonyms of a tenant (engine, Pseudonyms).
pub(crate) struct Pseudonyms(Zeroizing<[u8; KEY_BYTES]>);

impl Pseudonyms {
    /// Returns 80 bits in base 32 that stand for the canonical value under this rule.
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

/// Encrypts the blocks of one session at rest. The nonce is the block's number; the session, store and tenant are
/// bound, so that no block can be put in another's place.
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
        Ok(Self { cipher: cipher(key), bound })
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

    /// Decrypts a block in place. Fails when a bit of it, or its place, is another.
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

    fn counting() -> impl Random {
        |bytes: &mut [u8]| bytes.iter_mut().zip(1..).for_each(|(byte, value)| *byte = value)
    }

    #[test]
    fn a_key_file_is_read_as_it_was_written() {
        let key = MasterKey::generate(&counting());
        let text = key.to_file_text();
        assert_eq!(*MasterKey::from_file_bytes(text.as_bytes()).expect("reads").0, *key.0);
        for bad in ["", "00", &"g".repeat(64), &"é".repeat(32), &"+1".repeat(32), &"-0".repeat(32)] {
            assert!(MasterKey::from_file_bytes(bad.as_bytes()).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_seal_opens_only_for_its_key_purpose_and_context() {
        let seals = Seals::new(MasterKey::generate(&counting()));
        let sealed = seals.seal(Purpose::Salt, b"a", b"secret", &counting());
        assert!(!sealed.windows(6).any(|window| window == b"secret"));
        assert_eq!(seals.open(Purpose::Salt, b"a", &sealed).expect("opens").as_slice(), b"secret");
        assert!(seals.open(Purpose::Salt, b"b", &sealed).is_err());
        assert!(seals.open(Purpose::BlockKey, b"a", &sealed).is_err());
        assert!(seals.open(Purpose::Salt, b"a", &sealed[..5]).is_err());
        let other = Seals::new(MasterKey::generate(&|bytes: &mut [u8]| bytes.fill(9)));
        assert_eq!(
            other.open(Purpose::Salt, b"a", &sealed).expect_err("refused").kind(),
            &ErrorKind::WrongMasterKey
        );
    }

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

    #[test]
    fn pseudonyms_are_stable_and_differ_by_tenant_rule_and_value() {
        let seals = Seals::new(MasterKey::generate(&counting()));
        let ours = seals.pseudonyms(TenantId::DEFAULT);
        let token = ours.token(b"ssn", b"900112222");
        assert_eq!(token.len(), 16);
        assert_eq!(token, ours.token(b"ssn", b"900112222"));
        let other = seals.pseudonyms(TenantId::from_bytes([1; 16]));
        for different in [
            ours.token(b"ssn", b"900112223"),
            ours.token(b"mrn", b"900112222"),
            other.token(b"ssn", b"900112222"),
        ] {
            assert_ne!(token, different);
        }
    }
}
