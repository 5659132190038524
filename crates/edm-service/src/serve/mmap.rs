//! Files of a generation as memory (`docs/decisions/0002-memory-mapped-generations.md`): the one
//! place with `unsafe`.

use std::fs::File;
use std::io;
use std::path::Path;

use memmap2::Mmap;

/// A file of a generation, mapped into memory for as long as anything uses it.
pub(crate) struct MappedFile(Mmap);

impl MappedFile {
    /// Maps the file.
    #[allow(unsafe_code, reason = "mapping a file is the decision of record 0002")]
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        // SAFETY: the bytes of a mapping must not change while it lives. Blobs are written under
        // another name, synced, and only then given this one (`edm_store::Blobs::put`); no code of
        // ours opens one for writing or truncates one. Collection unlinks files, which leaves a
        // mapping whole. The data directory belongs to this process alone (`Service::load` holds
        // its lock); who writes into it from outside can do worse.
        let map = unsafe { Mmap::map(&file)? };
        Ok(Self(map))
    }
}

impl AsRef<[u8]> for MappedFile {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}
