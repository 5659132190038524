//! A private folder for data that exceeds the memory: sorted 64-bit hashes under a key that is not
//! kept.

use std::fs::{self, DirBuilder, File};
use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::error::{Error, ErrorKind};

/// The folder. It is created on first use, and removed with its content on drop.
pub(super) struct Scratch {
    path: PathBuf,
    made: Mutex<bool>,
    files: AtomicU64,
}

impl Scratch {
    pub(super) fn new(path: PathBuf) -> Self {
        Self { path, made: Mutex::new(false), files: AtomicU64::new(0) }
    }

    /// Creates a new file, open for reading and writing.
    pub(super) fn file(&self) -> Result<(PathBuf, File), Error> {
        let number = self.files.fetch_add(1, Ordering::Relaxed);
        let path = self.path.join(number.to_string());
        let open = || File::options().read(true).write(true).create_new(true).open(&path);
        self.make().and_then(|()| open()).map(|file| (path.clone(), file)).map_err(|error| self.error(error))
    }

    /// Wraps an error of a file of this folder.
    pub(super) fn error(&self, error: io::Error) -> Error {
        Error::caused(ErrorKind::Scratch { path: self.path.clone() }, error)
    }

    fn make(&self) -> io::Result<()> {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if !*made {
            let mut builder = DirBuilder::new();
            #[cfg(unix)]
            std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
            // An existing folder belongs to another program.
            builder.create(&self.path)?;
            *made = true;
        }
        Ok(())
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if *self.made.get_mut().unwrap_or_else(PoisonError::into_inner) {
            // A folder that cannot be removed reveals nothing, since its key is gone.
            let _ = fs::remove_dir_all(&self.path);
        }
    }
}
