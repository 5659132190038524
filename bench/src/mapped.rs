//! Index files as the service uses them, which is memory-mapped, and a way to drop them from the
//! page cache.
#![allow(unsafe_code)]

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use edm_engine::FileBytes;
use memmap2::Mmap;
use nix::fcntl::{PosixFadviseAdvice, posix_fadvise};

struct Mapped(Mmap);

impl AsRef<[u8]> for Mapped {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

/// Maps a file.
pub(crate) fn map(path: &Path) -> std::io::Result<FileBytes> {
    let file = File::open(path)?;
    // SAFETY: the files are in a folder of this run, are written once before they are mapped, and
    // never change afterwards.
    let map = unsafe { Mmap::map(&file)? };
    Ok(Arc::new(Mapped(map)))
}

/// Writes the files of a folder to the disk and drops them from the page cache. Cached pages would
/// not count towards the memory of the next process that reads them.
pub(crate) fn forget(folder: &Path) -> anyhow::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let file = File::open(entry?.path())?;
        file.sync_all()?;
        posix_fadvise(&file, 0, 0, PosixFadviseAdvice::POSIX_FADV_DONTNEED)?;
    }
    Ok(())
}
