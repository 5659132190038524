//! What the catalog says is live is opened, verified and served. A generation and the types that are matched against
//! it become visible together.

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;
use edm_engine::{FileBytes, Generation};
use edm_hash::Salt;
use edm_model::{SessionId, StoreId, TenantId};
use edm_store::{BlobPath, Blobs, GenerationRow};
use futures::StreamExt;
use tokio::runtime::Handle;

use crate::error::{Error, ErrorKind};
use crate::mapped::MappedFile;
use crate::places;
use crate::service::{Service, off_thread};

/// What of a generation need not be read once more.
pub(crate) enum Known {
    /// Every byte is read.
    Nothing,
    /// This manifest was made from the files that stand there, all of them read and verified; those of the base, if there
    /// is one, were verified when it was opened. Where another manifest stands there, the base alone is known.
    Built(Bytes, Option<Arc<Generation>>),
}

impl Service {
    /// Makes this node serve what the catalog says is live in the store, together with the tenant's types. `opened`
    /// is used if it is that; it must be verified.
    pub(crate) async fn serve_store(
        &self,
        tenant: TenantId,
        store: StoreId,
        opened: Option<Arc<Generation>>,
    ) -> Result<(), Error> {
        let (library, catalog) = (&self.inner.library, &self.inner.catalog);
        let mut opened = opened;
        loop {
            let changing = library.changing().await;
            let Some(live) = self.live_session(tenant, store).await? else {
                changing.remove(tenant, store);
                return Ok(());
            };
            let mut at_hand = opened.take().into_iter().chain(library.generation(store));
            if let Some(generation) = at_hand.find(|found| found.session_id() == live) {
                // Read after the generation: types of a later moment may be matched against it, never earlier ones.
                let types = catalog.types(tenant).await?;
                changing.serve(vec![(tenant, generation)], vec![(tenant, types)]);
                return Ok(());
            }
            // Opening reads every byte: others may change what is served meanwhile, so it is looked at once more.
            drop(changing);
            opened = Some(self.open_generation(&catalog.generation(live).await?).await?);
        }
    }

    /// Returns the published generation that a session brought: the served one if it is that.
    pub(crate) async fn generation_of(
        &self,
        store: StoreId,
        session: SessionId,
    ) -> Result<Arc<Generation>, Error> {
        let served = self.inner.library.generation(store);
        match served.filter(|generation| generation.session_id() == session) {
            Some(generation) => Ok(generation),
            None => self.open_generation(&self.inner.catalog.generation(session).await?).await,
        }
    }

    async fn live_session(&self, tenant: TenantId, store: StoreId) -> Result<Option<SessionId>, Error> {
        match self.inner.catalog.store(tenant, store).await {
            Ok(row) => Ok(row.store.live.map(|live| live.session_id)),
            Err(error) if error.kind() == edm_store::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Makes the tenant's types ready to be matched against what is served.
    pub(crate) async fn refresh_types(&self, tenant: TenantId) -> Result<(), Error> {
        let changing = self.inner.library.changing().await;
        let types = self.inner.catalog.types(tenant).await?;
        changing.serve(Vec::new(), vec![(tenant, types)]);
        Ok(())
    }

    /// Opens, verifies and serves every live generation, several at a time; returns the stores whose generation
    /// cannot be served, and why. Reading every byte costs less than 0.1 s for a million rows of five columns.
    pub(crate) async fn serve_all(&self) -> Result<Vec<(StoreId, Error)>, Error> {
        let catalog = &self.inner.catalog;
        let at_once = std::thread::available_parallelism().map_or(2, usize::from);
        let opening = catalog.live_generations().await?.into_iter().map(async |row| {
            let opened = self.open_generation(&row).await;
            (row, opened)
        });
        let mut opening = futures::stream::iter(opening).buffer_unordered(at_once);
        let (mut opened, mut skipped) = (HashMap::new(), Vec::new());
        while let Some((row, generation)) = opening.next().await {
            match generation {
                Ok(generation) => _ = opened.insert(row.session_id, generation),
                Err(error) => skipped.push((row.store_id, error)),
            }
        }
        let changing = self.inner.library.changing().await;
        let live = catalog.live_generations().await?;
        let mut types = Vec::new();
        for tenant in catalog.type_tenants().await? {
            types.push((tenant, catalog.types(tenant).await?));
        }
        let still_live = |row: GenerationRow| Some((row.tenant, opened.remove(&row.session_id)?));
        changing.serve(live.into_iter().filter_map(still_live).collect(), types);
        Ok(skipped)
    }

    /// Serves what is live and not served yet, drops what the catalog no longer has, and reads every type again:
    /// another node may have changed them, or this one could not read them when they changed.
    pub(crate) async fn repair_served(&self) -> Result<(), Error> {
        let library = &self.inner.library;
        let live = self.inner.catalog.live_generations().await?;
        let mut wrong: Vec<(TenantId, StoreId)> = live
            .iter()
            .filter(|row| !library.serves(row.store_id, row.session_id))
            .map(|row| (row.tenant, row.store_id))
            .collect();
        let has_data = |store| live.iter().any(|row| row.store_id == store);
        wrong.extend(library.stores().into_iter().filter(|(_, store)| !has_data(*store)));
        for (tenant, store) in wrong {
            // One damaged store must not keep the others from being repaired.
            if let Err(error) = self.serve_store(tenant, store, None).await {
                tell_unserved(store, &error);
            }
        }
        let mut tenants = self.inner.catalog.type_tenants().await?;
        tenants.extend(library.tenants());
        tenants.sort_unstable();
        tenants.dedup();
        for tenant in tenants {
            self.refresh_types(tenant).await?;
        }
        Ok(())
    }

    /// Opens a published generation and verifies all of it: every byte is read and compared with its checksum.
    pub(crate) async fn open_generation(&self, row: &GenerationRow) -> Result<Arc<Generation>, Error> {
        let folder = places::generation(row.tenant, row.store_id, row.session_id)?;
        let salt = Arc::new(self.salt(row.key_id).await?);
        self.open_files(folder, salt, Known::Nothing).await
    }

    /// Opens the generation in a folder and verifies all of it that is not known to be whole.
    pub(crate) async fn open_files(
        &self,
        folder: BlobPath,
        salt: Arc<Salt>,
        known: Known,
    ) -> Result<Arc<Generation>, Error> {
        let manifest = self.inner.blobs.get(&folder.join(places::MANIFEST)?).await?;
        let blobs = self.inner.blobs.clone();
        let handle = Handle::current();
        off_thread(move || {
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

/// Says which store's live generation is not served, for whoever runs the server.
pub(crate) fn tell_unserved(store: StoreId, error: &Error) {
    let source = std::error::Error::source(error);
    tracing::error!(store.id = %store, %error, ?source, "a live generation cannot be served: restore its files from a backup or upload the table again");
}

/// Opens one file of a generation: mapped where it is a file of this machine, else read whole. Blocks its thread.
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

/// A generation that cannot be opened is damage, not a passing failure.
pub(crate) fn broken(source: edm_engine::Error) -> Error {
    Error::of(ErrorKind::Corrupt).because(source)
}
