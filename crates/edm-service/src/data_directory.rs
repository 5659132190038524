//! The folder that a server works in, and the lock by which one process has it alone.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::error::{Error, ErrorKind};

/// The lock file of a data directory.
const LOCK: &str = "lock";
/// How often a lock is tried while only shared locks are in the way, and the pause between two
/// tries.
const LOCK_TRIES: u32 = 50;
const LOCK_PAUSE: Duration = Duration::from_millis(10);

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
    pub(crate) async fn take(&self) -> Result<(), Error> {
        if !self.is_taken() {
            let file = self.take_for_now().await?;
            *self.lock() = Some(file);
        }
        Ok(())
    }

    /// Takes the folder until the returned file is dropped.
    pub(crate) async fn take_for_now(&self) -> Result<File, Error> {
        lock_directory(&self.path).await.map_err(|error| unusable(error.into()))
    }

    /// Returns whether this process has the folder alone.
    pub(crate) fn is_taken(&self) -> bool {
        self.lock().is_some()
    }

    fn lock(&self) -> MutexGuard<'_, Option<File>> {
        self.lock.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Locks a data directory for this process until the file is dropped. Fails at once with
/// `WouldBlock` if another process has it. A shared lock, which `edm doctor` takes to find out
/// whether a server runs, is released after a moment: then this waits for at most half a second.
pub async fn lock_directory(data_dir: &Path) -> Result<File, TryLockError> {
    let file = File::create(data_dir.join(LOCK)).map_err(TryLockError::Error)?;
    for _ in 1..LOCK_TRIES {
        match file.try_lock() {
            Err(TryLockError::WouldBlock) if is_free_to_share(&file) => tokio::time::sleep(LOCK_PAUSE).await,
            locked => return locked.map(|()| file),
        }
    }
    file.try_lock().map(|()| file)
}

/// Returns whether every other lock of the file is a shared one.
fn is_free_to_share(file: &File) -> bool {
    file.try_lock_shared().and_then(|()| file.unlock().map_err(TryLockError::Error)).is_ok()
}

/// Returns where the catalog of a data directory is.
pub(crate) fn catalog_file(data_dir: &Path) -> PathBuf {
    data_dir.join("catalog.db")
}

fn unusable(source: std::io::Error) -> Error {
    Error::of(ErrorKind::DataDirectory).because(source)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A server that started while `edm doctor` ran reported another server.
    #[tokio::test]
    async fn a_shared_lock_delays_a_server_and_an_exclusive_one_refuses_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path();
        let shared = File::create(path.join(LOCK)).expect("creates");
        shared.lock_shared().expect("locks");
        let release = async { drop(shared) };
        let (locked, ()) = tokio::join!(biased; lock_directory(path), release);
        let locked = locked.expect("the shared lock is released");
        assert!(matches!(lock_directory(path).await, Err(TryLockError::WouldBlock)));
        drop(locked);
        lock_directory(path).await.expect("nothing has it");
    }
}
