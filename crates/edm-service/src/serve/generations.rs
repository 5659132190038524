//! Generations are opened and verified. Files are mapped where they are files of this machine, else
//! read whole.

use std::sync::Arc;

use bytes::Bytes;
use edm_engine::{FileBytes, Generation};
use edm_hash::Salt;
use edm_store::{BlobPath, Blobs, GenerationRow};
use tokio::runtime::Handle;

use crate::blob_layout;
use crate::deps::Deps;
use crate::error::Error;
use crate::run_blocking::run_blocking;
use crate::secrets::salts::Salts;
use crate::serve::damage::broken;
use crate::serve::mmap::MappedFile;

/// What of a generation is verified already.
pub(crate) enum Known {
    /// Every byte is read.
    Nothing,
    /// This manifest was made of the generation's files, all of them read and verified; those of
    /// the base, if there is one, were verified when it was opened. If another manifest is stored,
    /// only the base is verified.
    Built(Bytes, Option<Arc<Generation>>),
}

/// Opens the generations of all stores.
pub(crate) struct Generations {
    blobs: Blobs,
    salts: Arc<Salts>,
}

impl Generations {
    pub(crate) fn new(deps: &Deps, salts: Arc<Salts>) -> Self {
        Self { blobs: deps.blobs.clone(), salts }
    }

    /// Opens a published generation and verifies all of it: every byte is read and compared with
    /// its checksum.
    pub(crate) async fn open(&self, row: &GenerationRow) -> Result<Arc<Generation>, Error> {
        let folder = blob_layout::generation(row.tenant, row.store_id, row.session_id)?;
        let salt = Arc::new(self.salts.by_id(row.key_id).await?);
        self.open_files(folder, salt, Known::Nothing).await
    }

    /// Opens the generation in a folder and verifies all of it that is not known to be whole.
    pub(crate) async fn open_files(
        &self,
        folder: BlobPath,
        salt: Arc<Salt>,
        known: Known,
    ) -> Result<Arc<Generation>, Error> {
        let manifest = self.blobs.get(&folder.join(blob_layout::MANIFEST)?).await?;
        let blobs = self.blobs.clone();
        let handle = Handle::current();
        run_blocking(move || {
            let mut open = |name: &str| open_file(&blobs, &folder, name, &handle);
            let generation = Generation::open(&manifest, &mut open, &salt).map_err(broken)?;
            let verified = match &known {
                Known::Built(built, _) if *built == manifest => Ok(()),
                Known::Built(_, Some(base)) => generation.verify_on(base),
                Known::Built(_, None) | Known::Nothing => generation.verify(),
            };
            verified.map_err(broken)?;
            Ok(Arc::new(generation))
        })
        .await?
    }
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
