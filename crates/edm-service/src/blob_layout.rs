//! The names of blobs. Everything of a store is below one name, so a store is removed by removing
//! that name.

use edm_model::{SessionId, StoreId, TenantId};
use edm_store::{BlobPath, GenerationRow};

use crate::error::Error;

/// Everything is below this name.
pub(crate) const ROOT: &str = "tenants";
/// Segments of the name of a folder that holds one generation or the blocks of one session.
const FOLDER_SEGMENTS: usize = 6;

/// The name of a generation's manifest beside its files.
pub(crate) const MANIFEST: &str = "manifest";

pub(crate) fn store(tenant: TenantId, store: StoreId) -> Result<BlobPath, Error> {
    Ok(BlobPath::new(format!("tenants/{tenant}/stores/{store}"))?)
}

pub(crate) fn blocks(tenant: TenantId, store_id: StoreId, session: SessionId) -> Result<BlobPath, Error> {
    Ok(store(tenant, store_id)?.join(format_args!("blocks/{session}"))?)
}

/// Returns the name of a block. It contains the digest of the received bytes, so blocks that differ
/// never share a file.
pub(crate) fn block(
    tenant: TenantId,
    store_id: StoreId,
    session: SessionId,
    number: u32,
    sha256: &[u8; 32],
) -> Result<BlobPath, Error> {
    let digest = sha256.iter().fold(String::with_capacity(64), |text, byte| text + &format!("{byte:02x}"));
    Ok(blocks(tenant, store_id, session)?.join(format_args!("{number:08}-{digest}"))?)
}

/// Which generation it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct GenerationPlace {
    pub(crate) tenant: TenantId,
    pub(crate) store_id: StoreId,
    pub(crate) session_id: SessionId,
}

impl GenerationPlace {
    pub(crate) fn of(row: &GenerationRow) -> Self {
        Self { tenant: row.tenant, store_id: row.store_id, session_id: row.session_id }
    }

    /// Returns the folder of its files.
    pub(crate) fn folder(&self) -> Result<BlobPath, Error> {
        generation(self.tenant, self.store_id, self.session_id)
    }

    /// Returns what its secrets are bound to.
    pub(crate) fn context(&self) -> [u8; 48] {
        let mut context = [0; 48];
        let ids = [self.tenant.as_bytes(), self.store_id.as_bytes(), self.session_id.as_bytes()];
        context.chunks_mut(16).zip(ids).for_each(|(part, id)| part.copy_from_slice(id));
        context
    }
}

pub(crate) fn generation(tenant: TenantId, store_id: StoreId, session: SessionId) -> Result<BlobPath, Error> {
    Ok(store(tenant, store_id)?.join(format_args!("generations/{session}"))?)
}

/// Returns the folder of the generation or of the session's blocks that contains a blob. A blob
/// outside such a folder is returned itself.
pub(crate) fn folder_of(blob: &BlobPath) -> BlobPath {
    std::iter::successors(Some(blob.clone()), above)
        .find(|name| name.as_str().split('/').count() <= FOLDER_SEGMENTS)
        .unwrap_or_else(|| blob.clone())
}

/// Returns the name that this one is directly below.
pub(crate) fn above(name: &BlobPath) -> Option<BlobPath> {
    let (above, _) = name.as_str().rsplit_once('/')?;
    BlobPath::new(above).ok()
}
