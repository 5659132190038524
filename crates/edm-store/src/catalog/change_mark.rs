//! Tells without a statement whether anybody, in this process or another, has written to the catalog since.
//!
//! SQLite's index of the write-ahead log, the file `-shm`, begins with a header of 48 bytes that every commit of every
//! process replaces before it returns: among them a count of transactions, the log's length, its salts and checksums.
//! Reading them costs two short calls of the system where a statement costs two changes of threads. The layout is
//! SQLite's documented one (walformat, 2.1) and the same for all programs that share a file; nothing is ever written.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

/// Bytes of the header.
const HEADER_BYTES: usize = 48;
/// Where the header says that it is in use.
const IN_USE_AT: usize = 12;

/// The state of the catalog at a moment: two equal ones have nothing committed between them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeMark {
    /// How many files were looked at before this one: a new file may begin as an old one did.
    files_before: u64,
    header: [u8; HEADER_BYTES],
}

/// Reads the marks of one catalog.
#[derive(Debug, Clone)]
pub(super) struct ChangeMarks(Arc<RwLock<Watched>>);

#[derive(Debug)]
struct Watched {
    path: PathBuf,
    file: Option<File>,
    files_before: u64,
}

impl ChangeMarks {
    /// Reads those of the catalog in this file.
    pub(super) fn of(catalog: &Path) -> Self {
        let mut path = catalog.as_os_str().to_owned();
        path.push("-shm");
        Self(Arc::new(RwLock::new(Watched { path: path.into(), file: None, files_before: 0 })))
    }

    /// Returns the present mark; none where the system does not tell, and while there is no log.
    pub(super) fn now(&self) -> Option<ChangeMark> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner).mark();
        known.or_else(|| self.0.write().unwrap_or_else(PoisonError::into_inner).open_anew())
    }
}

impl Watched {
    fn mark(&self) -> Option<ChangeMark> {
        let header = system::header(self.file.as_ref()?)?;
        // Zero until somebody has read the log.
        let in_use = header.get(IN_USE_AT).is_some_and(|byte| *byte == 1);
        in_use.then_some(ChangeMark { files_before: self.files_before, header })
    }

    /// SQLite removes the file with its last connection and makes another one with the next.
    fn open_anew(&mut self) -> Option<ChangeMark> {
        let gone = self.file.as_ref().is_none_or(|file| !system::is_linked(file));
        if gone {
            self.file = system::open(&self.path);
            self.files_before += 1;
        }
        self.mark()
    }
}

impl Drop for Watched {
    /// To close a file releases every lock that this process holds on it, those of SQLite's connections too, so one that
    /// is still in its place stays open.
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

    /// Returns the header of a file that is still in its place.
    pub(super) fn header(file: &File) -> Option<[u8; HEADER_BYTES]> {
        let mut header = [0; HEADER_BYTES];
        file.read_exact_at(&mut header, 0).ok()?;
        is_linked(file).then_some(header)
    }
}

/// Elsewhere it is not known that a read sees at once what others have mapped.
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
    async fn a_mark_stays_until_anybody_writes() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("catalog.db");
        let catalog = Catalog::open(&file, test_options()).await.expect("opened");
        catalog.migrate().await.expect("migrated");
        let first = catalog.change_mark().expect("a mark");
        catalog.setting("a").await.expect("read");
        assert_eq!(catalog.change_mark(), Some(first.clone()), "who reads changes nothing");
        catalog.set_once("a", b"1").await.expect("written");
        let second = catalog.change_mark().expect("a mark");
        assert_ne!(second, first, "its own write");
        // As another process has them: connections of their own.
        let other = Catalog::open(&file, test_options()).await.expect("opened");
        other.set_once("b", b"1").await.expect("written");
        let third = catalog.change_mark().expect("a mark");
        assert_ne!(third, second, "another's write");
        assert_eq!(other.setting("a").await.expect("read").as_deref(), Some(b"1".as_slice()));
        other.close().await;
        drop(other);
        catalog.set_once("c", b"1").await.expect("written beside one that has gone");
        assert_ne!(catalog.change_mark(), Some(third));
    }

    #[tokio::test]
    async fn a_file_that_is_gone_gives_no_mark_and_the_next_one_another() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("catalog.db");
        let watching = Catalog::open(&file, test_options()).await.expect("opened");
        watching.migrate().await.expect("migrated");
        let before = watching.change_mark().expect("a mark");
        // The last connection takes the log and its index away.
        watching.close().await;
        assert_eq!(watching.change_mark(), None);
        let other = Catalog::open(&file, test_options()).await.expect("opened");
        other.set_once("a", b"1").await.expect("written");
        let after = watching.change_mark().expect("a mark");
        assert_ne!(after, before);
        assert_eq!(watching.change_mark(), Some(after));
    }
}
