//! The salt and the keys derived from it (`docs/formats/hash.md`, section 5).

use std::fmt;

use edm_model::{Rule, SessionId, StoreId, limits};
use hkdf::Hkdf;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::key::cipher::{Block, Blocks, Cipher};
use crate::key::cmac::{CmacKey, Hash};
use crate::simd::level::Level;

/// The version of everything that `docs/formats/hash.md` defines.
pub const ALGORITHM_VERSION: u16 = 3;
/// The Unicode version of the folding data.
pub const UNICODE_VERSION: u16 = 18;
const FOLDING_VERSION: u16 = 1;

/// How many random bytes [`Salt::generate`] wants.
pub const SALT_RANDOM_BYTES: usize = 128;
const SALT_CHARACTERS: usize = 64;

/// The salt of a session: the secret from which every key is derived. Wiped on drop, never printed.
pub struct Salt(Zeroizing<String>);

/// Reports a text that cannot be a salt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SaltError;

impl fmt::Display for SaltError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a salt has 1 to {} characters", limits::SALT_CHARACTERS_MAX)
    }
}

impl std::error::Error for SaltError {}

impl fmt::Debug for Salt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Salt(secret)")
    }
}

impl PartialEq for Salt {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_bytes().ct_eq(other.0.as_bytes()).into()
    }
}

impl Eq for Salt {}

impl Salt {
    /// Takes a salt of 1 to 256 characters. A weak one is taken too: ask [`Salt::is_weak`].
    pub fn new(text: String) -> Result<Self, SaltError> {
        let text = Zeroizing::new(text);
        if text.is_empty() || text.chars().count() > limits::SALT_CHARACTERS_MAX {
            return Err(SaltError);
        }
        Ok(Self(text))
    }

    /// Makes a salt of 64 characters a–z and 0–9 from random bytes. Bytes that would favour some
    /// characters are passed over; with 128 bytes the chance of running out is below 2⁻¹⁰⁰, and
    /// then the rest is taken as it is.
    pub fn generate(random: &[u8; SALT_RANDOM_BYTES]) -> Self {
        const ALPHABET: &[u8; 36] = b"abcdefghijklmnopqrstuvwxyz0123456789";
        // 252 is 7 times 36: bytes from there on would favour the first characters.
        let fair = random.iter().filter(|byte| **byte < 252).chain(random.iter());
        let text =
            fair.take(SALT_CHARACTERS).map(|byte| char::from(ALPHABET[usize::from(byte % 36)])).collect();
        Self(Zeroizing::new(text))
    }

    /// Returns whether the salt is too short or too uniform to be a key.
    pub fn is_weak(&self) -> bool {
        let mut distinct: Vec<char> = self.0.chars().collect();
        let characters = distinct.len();
        // `aaaaaaaa…` is long and no secret.
        distinct.sort_unstable();
        distinct.dedup();
        characters < limits::SALT_CHARACTERS_MIN || distinct.len() < limits::SALT_DISTINCT_MIN
    }

    /// Returns the secret itself, for the wire or for sealing. Never log it.
    pub fn expose_for_wire(&self) -> &str {
        &self.0
    }

    fn derive(&self, fields: &[&[u8]]) -> Zeroizing<[u8; 32]> {
        let mut info = Vec::new();
        // Lengths before fields, so that no two lists of fields give the same bytes.
        for field in fields {
            let length = u32::try_from(field.len()).expect("a field is a label, a digest or an id");
            info.extend_from_slice(&length.to_le_bytes());
            info.extend_from_slice(field);
        }
        let mut key = Zeroizing::new([0; 32]);
        Hkdf::<Sha256>::new(None, self.0.as_bytes())
            .expand(&info, key.as_mut())
            .expect("32 bytes are fewer than HKDF-SHA256 can give");
        key
    }
}

/// The keys of one rule under one salt.
pub struct RuleKeys {
    pub(crate) cell: CmacKey,
    pub(crate) vocabulary: CmacKey,
}

impl RuleKeys {
    /// Derives the keys.
    pub fn derive(salt: &Salt, rule: &Rule) -> Self {
        // Rules that read values alike have the same key, and so the same hashes.
        let mut digest = Sha256::new();
        digest.update(rule.canonical_bytes());
        digest.update(FOLDING_VERSION.to_le_bytes());
        let digest = digest.finalize();
        let level = Level::current();
        Self {
            cell: CmacKey::new(&salt.derive(&[b"edm/v1/cell", &digest]), level),
            vocabulary: CmacKey::new(&salt.derive(&[b"edm/v1/vocabulary", &digest]), level),
        }
    }

    /// Appends the hash of each canonical form; forms are ranges of `arena`.
    pub fn hash_all(&self, arena: &[u8], forms: &[(u32, u32)], out: &mut Vec<Hash>) {
        self.cell.tag_all(arena, forms, out);
    }

    /// Appends the vocabulary tag of each atom; atoms are ranges of `arena`.
    pub fn vocabulary_tags(&self, arena: &[u8], atoms: &[(u32, u32)], out: &mut Vec<u32>) {
        self.vocabulary.tag_all(arena, atoms, out);
    }
}

/// Returns the 64 bits of a hash that address the index.
pub fn address(hash: &Hash) -> u64 {
    let [a, b, c, d, e, f, g, h, ..] = *hash;
    u64::from_le_bytes([a, b, c, d, e, f, g, h])
}

/// The key of the row checks of the rows that one session brought.
pub struct RowKey(Cipher);

/// A question to the row checks: is this hash in this row and column?
#[derive(Debug, Clone, Copy, Default)]
pub struct RowCell {
    /// The hash of the value.
    pub hash: Hash,
    /// The ordinal of the record, from 0.
    pub row: u32,
    /// The position of the column in the store.
    pub column: u16,
}

impl RowKey {
    /// Derives the key.
    pub fn derive(salt: &Salt, store: StoreId, session: SessionId) -> Self {
        let key = salt.derive(&[b"edm/v3/row", store.as_bytes(), session.as_bytes()]);
        Self(Cipher::new(&key, Level::current()))
    }

    /// Writes the row check of each cell to `out`, after clearing it. Never 0: that says absent.
    pub fn checks(&self, cells: &[RowCell], out: &mut Vec<u32>) {
        out.clear();
        out.resize(cells.len(), 0);
        self.0.encrypt(cells.len(), &mut Checks { cells, out });
    }

    /// Returns the row check of one cell. Never 0.
    pub fn check(&self, cell: &RowCell) -> u32 {
        cell.slice_of(&self.0.encrypt_one(cell.block()))
    }
}

impl RowCell {
    /// Returns what is encrypted: the hash, made another one for each row and four columns.
    #[inline(always)]
    fn block(&self) -> Block {
        // One encryption has the checks of a value in four neighbouring columns of a row.
        let place = u64::from(self.row) << 8 | u64::from(self.column / 4);
        let mut block = self.hash;
        for (at, byte) in place.to_le_bytes().into_iter().enumerate() {
            block[at] ^= byte;
        }
        block
    }

    /// Returns the slice that is the column's.
    #[inline(always)]
    fn slice_of(&self, encrypted: &Block) -> u32 {
        let (slices, _) = encrypted.as_chunks::<4>();
        // 0 says that a row has no value, so a check that would be 0 is 1.
        u32::from_le_bytes(slices[usize::from(self.column) % slices.len()]).max(1)
    }
}

/// Cells on their way to their checks.
struct Checks<'a> {
    cells: &'a [RowCell],
    out: &'a mut [u32],
}

impl Blocks for Checks<'_> {
    #[inline(always)]
    fn block(&self, index: usize) -> Block {
        let Some(cell) = self.cells.get(index) else { return Block::default() };
        cell.block()
    }

    #[inline(always)]
    fn put(&mut self, index: usize, encrypted: &Block) {
        let (Some(cell), Some(out)) = (self.cells.get(index), self.out.get_mut(index)) else { return };
        *out = cell.slice_of(encrypted);
    }
}
