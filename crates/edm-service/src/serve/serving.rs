//! Opens, verifies and serves what the catalog says is live. A generation and the types that are
//! matched against it become visible together.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use edm_engine::Generation;
use edm_model::{OnUnserved, SessionId, StoreId, TenantId};
use edm_store::{Catalog, GenerationRow, LiveStore};
use futures::StreamExt;

use crate::deps::Deps;
use crate::error::{Error, ErrorKind};
use crate::serve::data_state::{Data, DataState};
use crate::serve::generations::Generations;
use crate::serve::library::Library;

/// What can be read of a store's data, and why it is not what is live.
struct OpenedStore {
    /// The session whose data is live, as the catalog had it.
    live: Option<SessionId>,
    data: Data,
    failure: Option<Error>,
}

/// Keeps the library in line with the catalog.
pub(crate) struct Serving {
    catalog: Catalog,
    generations: Arc<Generations>,
    library: Arc<Library>,
}

impl Serving {
    pub(crate) fn new(deps: &Deps, generations: Arc<Generations>, library: Arc<Library>) -> Self {
        Self { catalog: deps.catalog.clone(), generations, library }
    }

    /// Makes this node search what the catalog says is live in the store, together with the
    /// tenant's types, and returns the state of the store. Uses `opened`, which must be verified,
    /// if that is what is live. Data that cannot be read is a state here, not an error: it is
    /// logged when it begins, and shown with the store.
    pub(crate) async fn serve_store(
        &self,
        tenant: TenantId,
        store: StoreId,
        opened: Option<Arc<Generation>>,
    ) -> Result<DataState, Error> {
        let (library, catalog) = (&self.library, &self.catalog);
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
                // Read after the generation: types of a later moment may be matched against it,
                // never earlier ones.
                let types = catalog.types(tenant).await?;
                changing.serve(vec![(tenant, store, data)], vec![(tenant, types)]);
                if let Some(failure) = failure.filter(|_| before != Some(state)) {
                    log_unserved(store, state, &failure);
                }
                return Ok(state);
            }
            // Opening reads every byte. What is live may change meanwhile, so the loop checks it
            // again.
            drop(changing);
            tried = Some(self.open_store(&live).await);
        }
    }

    /// Opens and verifies what is live in a store or, where that cannot be read and the store wants
    /// it, what was before.
    async fn open_store(&self, live: &LiveStore) -> OpenedStore {
        let opened = match &live.generation {
            Some(row) => self.generations.open(row).await,
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
        let rows = match self.catalog.generations(live.store_id).await {
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
            match self.generations.open(row).await {
                Ok(generation) => return Some(generation),
                Err(error) => {
                    let source = std::error::Error::source(&error);
                    tracing::error!(store.id = %row.store_id, %error, ?source, "the generation before cannot be read either");
                }
            }
        }
        None
    }

    /// Returns the published generation that a session brought: the served one if it is that.
    pub(crate) async fn generation_of(
        &self,
        store: StoreId,
        session: SessionId,
    ) -> Result<Arc<Generation>, Error> {
        let served = self.library.generation(store);
        match served.filter(|generation| generation.session_id() == session) {
            Some(generation) => Ok(generation),
            None => self.generations.open(&self.catalog.generation(session).await?).await,
        }
    }

    /// Makes the tenant's types ready to be matched against what is served.
    pub(crate) async fn refresh_types(&self, tenant: TenantId) -> Result<(), Error> {
        let changing = self.library.changing().await;
        let types = self.catalog.types(tenant).await?;
        changing.serve(Vec::new(), vec![(tenant, types)]);
        Ok(())
    }

    /// Opens, verifies and serves every live generation, several at a time; returns the stores
    /// whose live generation cannot be read, and why. Reading every byte costs less than 0.1 s for
    /// a million rows of five columns.
    pub(crate) async fn serve_all(&self) -> Result<Vec<(StoreId, Error)>, Error> {
        let catalog = &self.catalog;
        let at_once = std::thread::available_parallelism().map_or(2, usize::from);
        let opening = catalog.live_stores().await?.into_iter().map(async |live| {
            let opened = self.open_store(&live).await;
            (live.store_id, opened)
        });
        let opening = futures::stream::iter(opening).buffer_unordered(at_once);
        let mut opened: HashMap<StoreId, OpenedStore> = opening.collect().await;
        let changing = self.library.changing().await;
        let live = catalog.live_stores().await?;
        let mut types = Vec::new();
        for tenant in catalog.type_tenants().await? {
            types.push((tenant, catalog.types(tenant).await?));
        }
        let (mut stores, mut unreadable) = (Vec::new(), Vec::new());
        for row in live {
            // What became live meanwhile is not open yet. The next sweep opens it; until then it is
            // shown as unserved.
            let same = opened.remove(&row.store_id).filter(|opened| opened.live == row.session_id);
            let data = match same {
                Some(OpenedStore { data, failure, .. }) => {
                    if let Some(failure) = failure {
                        log_unserved(row.store_id, data.state(), &failure);
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

    /// Serves what is live and not served yet, forgets what the catalog no longer has, and reads
    /// every type again: another node may have changed them, or this one could not read them when
    /// they changed. Data that could not be read is tried again: its files may have come back from
    /// a backup.
    pub(crate) async fn repair(&self) -> Result<(), Error> {
        let library = &self.library;
        let live = self.catalog.live_stores().await?;
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
        let mut tenants = self.catalog.type_tenants().await?;
        tenants.extend(library.tenants());
        tenants.sort_unstable();
        tenants.dedup();
        for tenant in tenants {
            self.refresh_types(tenant).await?;
        }
        Ok(())
    }
}

/// Logs which store's live data cannot be read.
pub(crate) fn log_unserved(store: StoreId, state: DataState, error: &Error) {
    let source = std::error::Error::source(error);
    tracing::error!(store.id = %store, state = state.as_str(), %error, ?source, "the live data of a store cannot be read: restore its files from a backup, or upload the table again");
}
