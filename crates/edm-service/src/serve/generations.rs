//! Generations are opened and verified. Files are mapped where they are files of this machine, else
//! read whole.

use std::sync::Arc;

use bytes::Bytes;
use edm_engine::{FileBytes, Generation};
use edm_hash::Salt;
use edm_store::{BlobPath, Blobs, GenerationRow};
use sha2::{Digest, Sha256};
use tokio::runtime::Handle;

use crate::blob_layout::{self, GenerationPlace};
use crate::deps::Deps;
use crate::error::{Error, ErrorKind};
use crate::run_blocking::run_blocking;
use crate::secrets::key_ring::KeyRing;
use crate::secrets::salts::Salts;
use crate::serve::damage::broken;
use crate::serve::mmap::MappedFile;

/// What of a generation is verified already.
pub(crate) enum Known {
    /// The catalog names the manifest of this digest. Every byte is read.
    Published([u8; 32]),
    /// This sealed manifest was made of the generation's files, all of them read and verified;
    /// those of the base, if there is one, were verified when it was opened. If another manifest is
    /// stored, only the base is verified.
    Built(Bytes, Option<Arc<Generation>>),
}

/// An opened generation.
pub(crate) struct Opened {
    pub(crate) generation: Arc<Generation>,
    /// The SHA-256 of its sealed manifest.
    pub(crate) manifest_sha256: [u8; 32],
}

/// Opens the generations of all stores.
pub(crate) struct Generations {
    blobs: Blobs,
    keys: Arc<KeyRing>,
    salts: Arc<Salts>,
}

impl Generations {
    pub(crate) fn new(deps: &Deps, keys: Arc<KeyRing>, salts: Arc<Salts>) -> Self {
        Self { blobs: deps.blobs.clone(), keys, salts }
    }

    /// Opens a published generation and verifies all of it: its manifest is the one that the
    /// catalog names, and every byte is read and compared with its tag.
    pub(crate) async fn open(&self, row: &GenerationRow) -> Result<Arc<Generation>, Error> {
        let salt = Arc::new(self.salts.by_id(row.key_id).await?);
        let known = Known::Published(row.manifest_sha256);
        Ok(self.open_files(GenerationPlace::of(row), salt, known).await?.generation)
    }

    /// Encrypts the manifest of the generation in a place.
    pub(crate) fn seal_manifest(&self, place: GenerationPlace, manifest: &[u8]) -> Vec<u8> {
        self.keys.seal_manifest(&place, manifest)
    }

    /// Opens the generation in a place and verifies all of it that is not known to be whole.
    pub(crate) async fn open_files(
        &self,
        place: GenerationPlace,
        salt: Arc<Salt>,
        known: Known,
    ) -> Result<Opened, Error> {
        let folder = place.folder()?;
        let sealed = self.blobs.get(&folder.join(blob_layout::MANIFEST)?).await?;
        let manifest_sha256 = Sha256::digest(&sealed).into();
        if let Known::Published(named) = &known {
            require_published(named, &manifest_sha256)?;
        }
        let manifest = self.keys.open_manifest(&place, &sealed)?;
        let blobs = self.blobs.clone();
        let handle = Handle::current();
        run_blocking(move || {
            let mut open = |name: &str| open_file(&blobs, &folder, name, &handle);
            let base = match &known {
                Known::Built(_, base) => base.as_deref(),
                Known::Published(_) => None,
            };
            let generation = Generation::open_on(&manifest, &mut open, &salt, base).map_err(broken)?;
            let verified = match (&known, base) {
                (Known::Built(built, _), _) if *built == sealed => Ok(()),
                (_, Some(base)) => generation.verify_on(base),
                (_, None) => generation.verify(),
            };
            verified.map_err(broken)?;
            Ok(Opened { generation: Arc::new(generation), manifest_sha256 })
        })
        .await?
    }
}

/// Fails unless the digest of a sealed manifest is the one that the catalog names: a whole manifest
/// may be an older one, or of another directory.
pub(crate) fn require_published(named: &[u8; 32], found: &[u8; 32]) -> Result<(), Error> {
    if named == found {
        return Ok(());
    }
    Err(Error::of(ErrorKind::Corrupt).because("the manifest is another than the one that was published"))
}

/// Opens one file of a generation: mapped where it is a file of this machine, else read whole.
/// Blocks its thread.
pub(crate) fn open_file(
    blobs: &Blobs,
    folder: &BlobPath,
    name: &str,
    handle: &Handle,
) -> std::io::Result<FileBytes> {
    let path = folder.join(name).map_err(std::io::Error::other)?;
    match blobs.local_path(&path) {
        Some(file) => Ok(Arc::new(MappedFile::open(&file)?)),
        None => {
            let bytes: Bytes = handle.block_on(blobs.get(&path)).map_err(std::io::Error::other)?;
            Ok(Arc::new(bytes))
        }
    }
}
