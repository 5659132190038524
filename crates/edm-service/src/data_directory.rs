//! The folder that a server works in, and the lock by which one process has it alone.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::error::{Error, ErrorKind};

/// The data directory, locked by this process or not.
pub(crate) struct DataDirectory {
    path: PathBuf,
    lock: Mutex<Option<File>>,
}

impl DataDirectory {
    /// Makes the folder when it is missing. Does not lock it.
    pub(crate) fn create(path: PathBuf) -> Result<Self, Error> {
        std::fs::create_dir_all(&path).map_err(unusable)?;
        Ok(Self { path, lock: Mutex::default() })
    }

    /// Returns where the catalog is.
    pub(crate) fn catalog_file(&self) -> PathBuf {
        catalog_file(&self.path)
    }

    /// Takes the folder for this process until the process ends. Does nothing when it has it
    /// already.
    pub(crate) fn take(&self) -> Result<(), Error> {
        let mut lock = self.lock();
        if lock.is_some() {
            return Ok(());
        }
        *lock = Some(self.take_for_now()?);
        Ok(())
    }

    /// Takes the folder until the returned file is dropped.
    pub(crate) fn take_for_now(&self) -> Result<File, Error> {
        let file = File::create(self.path.join("lock")).map_err(unusable)?;
        file.try_lock().map_err(|error| unusable(error.into()))?;
        Ok(file)
    }

    /// Returns whether this process has the folder alone.
    pub(crate) fn is_taken(&self) -> bool {
        self.lock().is_some()
    }

    fn lock(&self) -> MutexGuard<'_, Option<File>> {
        self.lock.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns where the catalog of a data directory is.
pub(crate) fn catalog_file(data_dir: &Path) -> PathBuf {
    data_dir.join("catalog.db")
}

fn unusable(source: std::io::Error) -> Error {
    Error::of(ErrorKind::DataDirectory).because(source)
}
