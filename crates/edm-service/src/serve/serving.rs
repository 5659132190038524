//! What the catalog says is live is opened, verified and served. A generation and the types that are matched against
//! it become visible together.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use bytes::Bytes;
use edm_engine::{FileBytes, Generation};
use edm_hash::Salt;
use edm_model::{OnUnserved, SessionId, StoreId, TenantId};
use edm_store::{BlobPath, Blobs, GenerationRow, LiveStore, StoreRow};
use futures::StreamExt;
use tokio::runtime::Handle;

use crate::blob_layout;
use crate::error::{Error, ErrorKind};
use crate::serve::library::{Data, DataState};
use crate::serve::mmap::MappedFile;
use crate::service::{Service, off_thread};

/// What of a generation need not be read once more.
pub(crate) enum Known {
    /// Every byte is read.
    Nothing,
    /// This manifest was made from the files that stand there, all of them read and verified; those of the base, if there
    /// is one, were verified when it was opened. Where another manifest stands there, the base alone is known.
    Built(Bytes, Option<Arc<Generation>>),
}

/// What can be read of a store's data, and why it is not what is live.
struct OpenedStore {
    /// The session whose data is live, as the catalog had it.
    live: Option<SessionId>,
    data: Data,
    failure: Option<Error>,
}

impl Service {
    /// Makes this node search what the catalog says is live in the store, together with the tenant's types, and returns how
    /// the store stands then. `opened` is used if it is that; it must be verified. Data that cannot be read is no error
    /// here: it is a state, which is logged when it begins and told to whoever asks for the store.
    pub(crate) async fn serve_store(
        &self,
        tenant: TenantId,
        store: StoreId,
        opened: Option<Arc<Generation>>,
    ) -> Result<DataState, Error> {
        let (library, catalog) = (&self.inner.library, &self.inner.catalog);
        let mut at_hand: Vec<Arc<Generation>> = opened.into_iter().collect();
        let mut tried: Option<OpenedStore> = None;
        loop {
            let changing = library.changing().await;
            let Some(live) = catalog.live_store(tenant, store).await? else {
                changing.remove(tenant, store);
                return Ok(DataState::None);
            };
            let served = match library.data(store) {
                Some(Data::Live(generation)) => Some(generation),
                _ => None,
            };
            let is_live = |found: &Arc<Generation>| Some(found.session_id()) == live.session_id;
            let found = at_hand.drain(..).chain(served).find(is_live);
            let known = tried.take().filter(|tried| tried.live == live.session_id);
            let ready = match found {
                Some(generation) => Some((Data::Live(generation), None)),
                None => known.map(|tried| (tried.data, tried.failure)),
            };
            if let Some((data, failure)) = ready {
                let (before, state) = (library.data(store).map(|data| data.state()), data.state());
                // Read after the generation: types of a later moment may be matched against it, never earlier ones.
                let types = catalog.types(tenant).await?;
                changing.serve(vec![(tenant, store, data)], vec![(tenant, types)]);
                if let Some(failure) = failure.filter(|_| before != Some(state)) {
                    tell_unserved(store, state, &failure);
                }
                return Ok(state);
            }
            // Opening reads every byte: others may change what is served meanwhile, so it is looked at once more.
            drop(changing);
            tried = Some(self.open_store(&live).await);
        }
    }

    /// Opens and verifies what is live in a store or, where that cannot be read and the store wants it, what was before.
    async fn open_store(&self, live: &LiveStore) -> OpenedStore {
        let opened = match &live.generation {
            Some(row) => self.open_generation(row).await,
            None => Err(Error::of(ErrorKind::Corrupt)),
        };
        let (data, failure) = match opened {
            Ok(generation) => (Data::Live(generation), None),
            Err(failure) => {
                let before = match live.on_unserved {
                    OnUnserved::Refuse => None,
                    OnUnserved::Previous => self.open_previous(live).await,
                };
                (before.map_or(Data::Unserved, Data::Stale), Some(failure))
            }
        };
        OpenedStore { live: live.session_id, data, failure }
    }

    /// Opens the newest kept generation before the live one; nothing where none can be read.
    async fn open_previous(&self, live: &LiveStore) -> Option<Arc<Generation>> {
        let rows = match self.inner.catalog.generations(live.store_id).await {
            Ok(rows) => rows,
            Err(error) => {
                tracing::error!(store.id = %live.store_id, %error, "the generations of a store cannot be listed");
                return None;
            }
        };
        let before = |row: &GenerationRow| {
            row.kept && live.generation.as_ref().is_none_or(|live| row.number < live.number)
        };
        for row in rows.iter().rev().filter(|row| before(row)) {
            match self.open_generation(row).await {
                Ok(generation) => return Some(generation),
                Err(error) => {
                    let source = std::error::Error::source(&error);
                    tracing::error!(store.id = %row.store_id, %error, ?source, "the generation before cannot be read either");
                }
            }
        }
        None
    }

    /// Returns how a store stands: as this node serves it, or lost where the catalog has lost its live generation.
    pub(crate) fn data_state(&self, row: &StoreRow) -> DataState {
        match self.inner.library.data(row.store.id) {
            Some(data) => data.state(),
            // Until this node has loaded it, nothing of it is searched.
            None if row.store.live.is_some() || row.live_is_lost => DataState::Unserved,
            None => DataState::None,
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

    /// Makes the tenant's types ready to be matched against what is served.
    pub(crate) async fn refresh_types(&self, tenant: TenantId) -> Result<(), Error> {
        let changing = self.inner.library.changing().await;
        let types = self.inner.catalog.types(tenant).await?;
        changing.serve(Vec::new(), vec![(tenant, types)]);
        Ok(())
    }

    /// Opens, verifies and serves every live generation, several at a time; returns the stores whose live generation
    /// cannot be read, and why. Reading every byte costs less than 0.1 s for a million rows of five columns.
    pub(crate) async fn serve_all(&self) -> Result<Vec<(StoreId, Error)>, Error> {
        let catalog = &self.inner.catalog;
        let at_once = std::thread::available_parallelism().map_or(2, usize::from);
        let opening = catalog.live_stores().await?.into_iter().map(async |live| {
            let opened = self.open_store(&live).await;
            (live.store_id, opened)
        });
        let opening = futures::stream::iter(opening).buffer_unordered(at_once);
        let mut opened: HashMap<StoreId, OpenedStore> = opening.collect().await;
        let changing = self.inner.library.changing().await;
        let live = catalog.live_stores().await?;
        let mut types = Vec::new();
        for tenant in catalog.type_tenants().await? {
            types.push((tenant, catalog.types(tenant).await?));
        }
        let (mut stores, mut unreadable) = (Vec::new(), Vec::new());
        for row in live {
            // What became live meanwhile is not open yet: the next sweep opens it, and until then it is said.
            let same = opened.remove(&row.store_id).filter(|opened| opened.live == row.session_id);
            let data = match same {
                Some(OpenedStore { data, failure, .. }) => {
                    if let Some(failure) = failure {
                        tell_unserved(row.store_id, data.state(), &failure);
                        unreadable.push((row.store_id, failure));
                    }
                    data
                }
                None => Data::Unserved,
            };
            stores.push((row.tenant, row.store_id, data));
        }
        changing.serve(stores, types);
        Ok(unreadable)
    }

    /// Serves what is live and not served yet, forgets what the catalog no longer has, and reads every type again:
    /// another node may have changed them, or this one could not read them when they changed. Data that could not be read
    /// is tried again: its files may have come back from a backup.
    pub(crate) async fn repair_served(&self) -> Result<(), Error> {
        let library = &self.inner.library;
        let live = self.inner.catalog.live_stores().await?;
        let is_served =
            |row: &LiveStore| row.session_id.is_some_and(|session| library.serves(row.store_id, session));
        let mut wrong: Vec<(TenantId, StoreId)> =
            live.iter().filter(|row| !is_served(row)).map(|row| (row.tenant, row.store_id)).collect();
        let known: HashSet<StoreId> = live.iter().map(|row| row.store_id).collect();
        let gone = library.stores().into_iter().filter(|(_, store, _)| !known.contains(store));
        wrong.extend(gone.map(|(tenant, store, _)| (tenant, store)));
        for (tenant, store) in wrong {
            self.serve_store(tenant, store, None).await?;
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
        let folder = blob_layout::generation(row.tenant, row.store_id, row.session_id)?;
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
        let manifest = self.inner.blobs.get(&folder.join(blob_layout::MANIFEST)?).await?;
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

/// Says which store's live data cannot be read, for whoever runs the server.
pub(crate) fn tell_unserved(store: StoreId, state: DataState, error: &Error) {
    let source = std::error::Error::source(error);
    tracing::error!(store.id = %store, state = state.as_str(), %error, ?source, "the live data of a store cannot be read: restore its files from a backup, or upload the table again");
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
