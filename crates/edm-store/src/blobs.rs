//! Blobs: immutable files of the object store. A blob is written once, never changed, and only
//! deleted by collection.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use futures::{StreamExt, TryStreamExt};
use object_store::local::LocalFileSystem;
use object_store::memory::InMemory;
use object_store::{ObjectStore, ObjectStoreExt, PutMode, PutOptions, PutPayload};

use crate::error::{Error, ErrorKind};

/// The name of a blob: segments of `[a-z0-9._-]` separated by `/`. No segment is empty or consists
/// of dots only.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BlobPath(String);

const PATH_BYTES_MAX: usize = 512;

impl BlobPath {
    /// Checks the name. Fails on anything that could escape the folder or that file systems treat
    /// differently.
    pub fn new(path: impl Into<String>) -> Result<Self, Error> {
        let path = path.into();
        let segment_fits = |segment: &str| {
            !segment.is_empty()
                && segment.bytes().any(|byte| byte != b'.')
                && segment.bytes().all(|byte| {
                    byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'.' | b'_' | b'-')
                })
        };
        if path.len() > PATH_BYTES_MAX || !path.split('/').all(segment_fits) {
            return Err(Error::corrupt("name of a blob"));
        }
        Ok(Self(path))
    }

    /// Appends further segments to this name.
    pub fn join(&self, rest: impl fmt::Display) -> Result<Self, Error> {
        Self::new(format!("{}/{rest}", self.0))
    }

    /// Returns the name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for BlobPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The result of a write-once put.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PutOutcome {
    /// The blob was written.
    Created,
    /// A blob with this name exists and was not changed.
    AlreadyThere,
}

/// A blob store, on this machine or a remote one.
#[derive(Debug, Clone)]
pub struct Blobs {
    objects: Arc<dyn ObjectStore>,
    local: Option<Arc<LocalFileSystem>>,
}

impl Blobs {
    /// Opens a folder and creates it if it is missing. Each write is synced before it becomes
    /// visible, so a catalog entry never names a blob that a power failure removed.
    pub fn local(folder: &Path) -> Result<Self, Error> {
        let unusable = |source: Box<dyn std::error::Error + Send + Sync>| {
            Error::with_source(ErrorKind::DataDirectory, "blob folder", source)
        };
        std::fs::create_dir_all(folder).map_err(|source| unusable(source.into()))?;
        let local = LocalFileSystem::new_with_prefix(folder)
            .map_err(|source| unusable(source.into()))?
            .with_fsync(true)
            .with_automatic_cleanup(true);
        let local = Arc::new(local);
        Ok(Self { objects: local.clone(), local: Some(local) })
    }

    /// Makes a store in memory. Its blobs live as long as the process.
    pub fn in_memory() -> Self {
        Self { objects: Arc::new(InMemory::new()), local: None }
    }

    /// Writes the blob unless one with this name exists. It is synced before this returns.
    pub async fn put(&self, path: &BlobPath, bytes: Bytes) -> Result<PutOutcome, Error> {
        let options = PutOptions::from(PutMode::Create);
        match self.objects.put_opts(&location(path), PutPayload::from(bytes), options).await {
            Ok(_) => Ok(PutOutcome::Created),
            Err(object_store::Error::AlreadyExists { .. }) => Ok(PutOutcome::AlreadyThere),
            Err(source) => Err(failed("writing a blob", source)),
        }
    }

    /// Gives a blob a second name, unless a blob with that name exists. Either name can be deleted
    /// without the other. On a local file system this is a hard link, in a remote store a
    /// server-side copy; if neither is possible, the bytes are read and written. Fails with
    /// `NotFound` if the source does not exist.
    pub async fn copy(&self, from: &BlobPath, to: &BlobPath) -> Result<PutOutcome, Error> {
        match self.objects.copy_if_not_exists(&location(from), &location(to)).await {
            Ok(()) => Ok(PutOutcome::Created),
            Err(object_store::Error::AlreadyExists { .. }) => Ok(PutOutcome::AlreadyThere),
            Err(source @ object_store::Error::NotFound { .. }) => Err(failed("copying a blob", source)),
            // For example a file system without links, a file with the maximum number of links, or
            // a store without conditional copies.
            Err(_) => {
                let bytes = self.get(from).await?;
                self.put(to, bytes).await
            }
        }
    }

    /// Reads the whole blob.
    pub async fn get(&self, path: &BlobPath) -> Result<Bytes, Error> {
        let found =
            self.objects.get(&location(path)).await.map_err(|source| failed("reading a blob", source))?;
        found.bytes().await.map_err(|source| failed("reading a blob", source))
    }

    /// Reads `length` bytes of a blob from offset `from`, or fewer at its end. Fails with
    /// `NotFound` if the blob does not exist.
    pub async fn get_part(&self, path: &BlobPath, from: u64, length: u64) -> Result<Bytes, Error> {
        let range = from..from.saturating_add(length);
        let found = self.objects.get_range(&location(path), range).await;
        found.map_err(|source| failed("reading a part of a blob", source))
    }

    /// Returns the size of a blob in bytes. Fails with `NotFound` if it does not exist.
    pub async fn length(&self, path: &BlobPath) -> Result<u64, Error> {
        let found = self.objects.head(&location(path)).await;
        Ok(found.map_err(|source| failed("looking at a blob", source))?.size)
    }

    /// Lists the blobs under a name, in ascending order.
    pub async fn list(&self, below: &BlobPath) -> Result<Vec<BlobPath>, Error> {
        let mut names: Vec<BlobPath> = self
            .objects
            .list(Some(&location(below)))
            .map_err(|source| failed("listing blobs", source))
            .try_filter_map(async |found| Ok(BlobPath::new(found.location.to_string()).ok()))
            .try_collect()
            .await?;
        names.sort();
        Ok(names)
    }

    /// Deletes a blob. A missing blob is not an error.
    pub async fn delete(&self, path: &BlobPath) -> Result<(), Error> {
        match self.objects.delete(&location(path)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(source) => Err(failed("deleting a blob", source)),
        }
    }

    /// Deletes every blob under a name and returns how many there were. A missing name is not an
    /// error.
    pub async fn delete_below(&self, below: &BlobPath) -> Result<u64, Error> {
        let names = self.list(below).await?;
        let locations =
            futures::stream::iter(names.iter().map(|name| Ok(location(name))).collect::<Vec<_>>());
        let mut deleted = self.objects.delete_stream(locations.boxed());
        let mut count = 0;
        while let Some(result) = deleted.next().await {
            match result {
                Ok(_) => count += 1,
                Err(object_store::Error::NotFound { .. }) => {}
                Err(source) => return Err(failed("deleting a blob", source)),
            }
        }
        self.remove_leftovers(below).await?;
        Ok(count)
    }

    /// Removes temporary files. A process that is killed while it writes leaves one, and no list
    /// shows it.
    async fn remove_leftovers(&self, below: &BlobPath) -> Result<(), Error> {
        let Some(folder) = self.local_path(below) else { return Ok(()) };
        let removed = tokio::task::spawn_blocking(move || std::fs::remove_dir_all(folder)).await;
        match removed {
            Ok(Err(source)) if source.kind() != std::io::ErrorKind::NotFound => {
                Err(Error::with_source(ErrorKind::Unavailable, "deleting leftovers", source))
            }
            Err(source) => Err(Error::with_source(ErrorKind::Unavailable, "deleting leftovers", source)),
            Ok(_) => Ok(()),
        }
    }

    /// Returns the path of the blob's file for memory mapping; `None` if the blobs are not files of
    /// this machine.
    pub fn local_path(&self, path: &BlobPath) -> Option<PathBuf> {
        self.local.as_ref().and_then(|local| local.path_to_filesystem(&location(path)).ok())
    }
}

fn location(path: &BlobPath) -> object_store::path::Path {
    object_store::path::Path::from(path.as_str())
}

fn failed(context: &'static str, source: object_store::Error) -> Error {
    let kind = match source {
        object_store::Error::NotFound { .. } => ErrorKind::NotFound,
        _ => ErrorKind::Unavailable,
    };
    Error::with_source(kind, context, source)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_could_leave_the_folder_are_refused() {
        let cases = [
            ("a/b-1/c_2.bin", true),
            ("0", true),
            ("", false),
            ("/a", false),
            ("a/", false),
            ("a//b", false),
            ("../a", false),
            ("a/..", false),
            ("a/.", false),
            ("A", false),
            ("a b", false),
            ("a\\b", false),
            ("a%2fb", false),
            ("é", false),
        ];
        for (name, fits) in cases {
            assert_eq!(BlobPath::new(name).is_ok(), fits, "{name:?}");
        }
        assert!(BlobPath::new("a".repeat(PATH_BYTES_MAX)).is_ok());
        assert!(BlobPath::new("a".repeat(PATH_BYTES_MAX + 1)).is_err());
    }
}
