//! Names, offsets and small readers shared by builder and reader (`docs/formats/generation.md`).

use sha2::{Digest, Sha256};

use crate::error::Error;

/// The version of every file, the manifest among them.
pub(crate) const FORMAT_VERSION: u16 = 3;
pub(crate) const CHECKSUM_BYTES: usize = 32;
pub(crate) const NOT_LISTED: u32 = u32::MAX;

pub(crate) mod rows {
    pub(crate) const MAGIC: &[u8; 8] = b"EDMROWS\0";
    pub(crate) const HEADER_BYTES: usize = 32;
}

pub(crate) mod entries {
    pub(crate) const MAGIC: &[u8; 8] = b"EDMENTRY";
    pub(crate) const HEADER_BYTES: usize = 64;
    pub(crate) const COLUMN_BYTES: usize = 128;
    pub(crate) const RULE_BYTES: usize = 16;
    pub(crate) const SECTION_ALIGNMENT: usize = 64;
}

pub(crate) mod rules {
    pub(crate) const MAGIC: &[u8; 8] = b"EDMRULES";
    pub(crate) const HEADER_BYTES: usize = 32;
}

pub(crate) mod manifest {
    pub(crate) const MAGIC: &[u8; 8] = b"EDMMANIF";
    pub(crate) const NO_DELTA_GROUP: u8 = 0xFF;
    pub(crate) const HEADER_BYTES: usize = 96;
    pub(crate) const SOURCE_BYTES: usize = 56;
    /// Of a column beside its name and its rule.
    pub(crate) const COLUMN_BYTES: usize = 66;
    /// Of a file: its name has at most 20 bytes.
    pub(crate) const FILE_BYTES_MAX: usize = 68;
}

/// Fails unless a content begins with this magic and the version of this program. The files of a
/// generation have the version of its manifest: any other is damage.
pub(crate) fn check_head(bytes: &[u8], magic: &[u8; 8], file: &str) -> Result<(), Error> {
    match version(bytes, magic, file)? {
        FORMAT_VERSION => Ok(()),
        _ => Err(Error::damaged(file)),
    }
}

/// Returns the version that follows this magic.
pub(crate) fn version(bytes: &[u8], magic: &[u8; 8], file: &str) -> Result<u16, Error> {
    if !bytes.starts_with(magic) {
        return Err(Error::damaged(file));
    }
    Reader { bytes, at: 8, file }.u16()
}

/// Appends the checksum that a manifest ends with.
pub(crate) fn push_checksum(bytes: &mut Vec<u8>) {
    let digest = Sha256::digest(&*bytes);
    bytes.extend_from_slice(&digest);
}

/// Verifies the checksum that the bytes end with. Returns what is before it.
pub(crate) fn verify_checksum<'a>(bytes: &'a [u8], file: &str) -> Result<&'a [u8], Error> {
    let cut = bytes.len().checked_sub(CHECKSUM_BYTES).ok_or_else(|| Error::damaged(file))?;
    let (content, checksum) = bytes.split_at(cut);
    let digest: [u8; 32] = Sha256::digest(content).into();
    if digest != checksum {
        return Err(Error::damaged(file));
    }
    Ok(content)
}

/// Reads forward, never past the end.
pub(crate) struct Reader<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) at: usize,
    pub(crate) file: &'a str,
}

impl<'a> Reader<'a> {
    pub(crate) fn take(&mut self, length: usize) -> Result<&'a [u8], Error> {
        let taken = self.at.checked_add(length).and_then(|end| self.bytes.get(self.at..end));
        let taken = taken.ok_or_else(|| Error::damaged(self.file))?;
        self.at += length;
        Ok(taken)
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        self.take(N)?.try_into().map_err(|_| Error::damaged(self.file))
    }

    pub(crate) fn u8(&mut self) -> Result<u8, Error> {
        self.array().map(|[byte]| byte)
    }

    pub(crate) fn u16(&mut self) -> Result<u16, Error> {
        self.array().map(u16::from_le_bytes)
    }

    pub(crate) fn u32(&mut self) -> Result<u32, Error> {
        self.array().map(u32::from_le_bytes)
    }

    pub(crate) fn u64(&mut self) -> Result<u64, Error> {
        self.array().map(u64::from_le_bytes)
    }

    pub(crate) fn u128(&mut self) -> Result<u128, Error> {
        self.array().map(u128::from_le_bytes)
    }

    /// Reads a length of 4 bytes and as many bytes.
    pub(crate) fn bytes(&mut self) -> Result<&'a [u8], Error> {
        let length = self.u32()? as usize;
        self.take(length)
    }
}

/// Appends a length of 4 bytes and the bytes.
pub(crate) fn push_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend_from_slice(&(bytes.len() as u32).to_le_bytes());
    out.extend_from_slice(bytes);
}
