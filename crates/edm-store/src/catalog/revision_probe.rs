//! Detects commits to the catalog, by this or another process, without an SQL statement.
//!
//! SQLite's write-ahead log has an index in shared memory, the file `-shm`. Its first 48 bytes are
//! a header that every commit of every process replaces before it returns. The header contains a
//! transaction counter, the log's length, salts and checksums. Reading it takes two short system
//! calls; an SQL statement takes two thread switches.
//!
//! The layout is documented and equal for all programs that share a file:
//! <https://www.sqlite.org/walformat.html#the_wal_index_file_format>. This module never writes to
//! the file.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

/// The size of the header in bytes.
const HEADER_BYTES: usize = 48;
/// The offset of the flag that says the header is initialised.
const IN_USE_AT: usize = 12;

/// A stamp of the catalog's state. If two stamps are equal, nothing was committed between them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitStamp {
    /// The number of files opened before this one. A new file may start with the same header as an
    /// old one.
    files_before: u64,
    header: [u8; HEADER_BYTES],
}

/// Reads the stamps of one catalog.
#[derive(Debug, Clone)]
pub(super) struct RevisionProbe(Arc<RwLock<Watched>>);

#[derive(Debug)]
struct Watched {
    path: PathBuf,
    file: Option<File>,
    files_before: u64,
}

impl RevisionProbe {
    /// Watches the catalog in this file.
    pub(super) fn new(catalog: &Path) -> Self {
        let mut path = catalog.as_os_str().to_owned();
        path.push("-shm");
        Self(Arc::new(RwLock::new(Watched { path: path.into(), file: None, files_before: 0 })))
    }

    /// Returns the current stamp; `None` while there is no log, and on systems without this probe.
    pub(super) fn now(&self) -> Option<CommitStamp> {
        // The usual case needs only the read lock. The write lock is for a file that was replaced.
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner).stamp();
        known.or_else(|| self.0.write().unwrap_or_else(PoisonError::into_inner).reopen())
    }
}

impl Watched {
    fn stamp(&self) -> Option<CommitStamp> {
        let header = system::header(self.file.as_ref()?)?;
        // The flag is zero until a connection has read the log.
        let in_use = header.get(IN_USE_AT).is_some_and(|byte| *byte == 1);
        in_use.then_some(CommitStamp { files_before: self.files_before, header })
    }

    /// Opens the current `-shm` file if the known one was removed. SQLite removes it with its last
    /// connection and creates it with the next.
    fn reopen(&mut self) -> Option<CommitStamp> {
        let gone = self.file.as_ref().is_none_or(|file| !system::is_linked(file));
        if gone {
            self.file = system::open(&self.path);
            // Also if opening fails: a file that appears later is a different one.
            self.files_before += 1;
        }
        self.stamp()
    }
}

impl Drop for Watched {
    /// Leaks the file if it still has a name. POSIX drops every lock that the process has on a file
    /// when any descriptor of it is closed, and SQLite's connections rely on those locks.
    fn drop(&mut self) {
        if let Some(file) = self.file.take().filter(system::is_linked) {
            std::mem::forget(file);
        }
    }
}

#[cfg(target_os = "linux")]
mod system {
    use std::fs::File;
    use std::os::unix::fs::{FileExt, MetadataExt};
    use std::path::Path;

    use super::HEADER_BYTES;

    pub(super) fn open(path: &Path) -> Option<File> {
        File::open(path).ok()
    }

    pub(super) fn is_linked(file: &File) -> bool {
        file.metadata().is_ok_and(|found| found.nlink() > 0)
    }

    /// Returns the header; `None` if the file was removed.
    pub(super) fn header(file: &File) -> Option<[u8; HEADER_BYTES]> {
        let mut header = [0; HEADER_BYTES];
        file.read_exact_at(&mut header, 0).ok()?;
        is_linked(file).then_some(header)
    }
}

/// On other systems, it is not documented that a read sees at once what another process has mapped
/// and changed.
#[cfg(not(target_os = "linux"))]
mod system {
    use std::fs::File;
    use std::path::Path;

    use super::HEADER_BYTES;

    pub(super) fn open(_: &Path) -> Option<File> {
        None
    }

    pub(super) fn is_linked(_: &File) -> bool {
        true
    }

    pub(super) fn header(_: &File) -> Option<[u8; HEADER_BYTES]> {
        None
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::super::test_options;
    use crate::Catalog;

    #[tokio::test]
    async fn a_stamp_is_equal_until_a_commit() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("catalog.db");
        let catalog = Catalog::open(&file, test_options()).await.expect("opened");
        catalog.migrate().await.expect("migrated");
        let first = catalog.commit_stamp().expect("a stamp");
        catalog.setting("a").await.expect("read");
        assert_eq!(catalog.commit_stamp(), Some(first.clone()), "who reads changes nothing");
        catalog.set_once("a", b"1").await.expect("written");
        let second = catalog.commit_stamp().expect("a stamp");
        assert_ne!(second, first, "its own write");
        // A second catalog has its own connections, like another process.
        let other = Catalog::open(&file, test_options()).await.expect("opened");
        other.set_once("b", b"1").await.expect("written");
        let third = catalog.commit_stamp().expect("a stamp");
        assert_ne!(third, second, "another's write");
        assert_eq!(other.setting("a").await.expect("read").as_deref(), Some(b"1".as_slice()));
        other.close().await;
        drop(other);
        catalog.set_once("c", b"1").await.expect("written beside one that has gone");
        assert_ne!(catalog.commit_stamp(), Some(third));
    }

    #[tokio::test]
    async fn a_removed_file_has_no_stamp_and_the_next_one_another() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("catalog.db");
        let watching = Catalog::open(&file, test_options()).await.expect("opened");
        watching.migrate().await.expect("migrated");
        let before = watching.commit_stamp().expect("a stamp");
        // The last connection removes the log and its index.
        watching.close().await;
        assert_eq!(watching.commit_stamp(), None);
        let other = Catalog::open(&file, test_options()).await.expect("opened");
        other.set_once("a", b"1").await.expect("written");
        let after = watching.commit_stamp().expect("a stamp");
        assert_ne!(after, before);
        assert_eq!(watching.commit_stamp(), Some(after));
    }
}
