//! Index files as the service holds them: memory maps.
#![allow(unsafe_code)]

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use edm_engine::FileBytes;
use memmap2::Mmap;

struct Mapped(Mmap);

impl AsRef<[u8]> for Mapped {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

/// Maps a file.
pub(crate) fn map(path: &Path) -> std::io::Result<FileBytes> {
    let file = File::open(path)?;
    // SAFETY: the files lie in a folder of this run's own, are written once before they are mapped and never after.
    let map = unsafe { Mmap::map(&file)? };
    Ok(Arc::new(Mapped(map)))
}
