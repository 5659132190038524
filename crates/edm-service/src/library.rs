//! The generations that this node serves, and the sensitive types ready to be matched against them. Readers take a
//! snapshot and keep it; a new one is swapped in behind them.

use std::collections::HashMap;
use std::sync::Arc;

use arc_swap::ArcSwap;
use bytes::Bytes;
use edm_engine::{ActiveType, FileBytes, Generation};
use edm_hash::Salt;
use edm_model::{Column, Columns, Pattern, SensitiveType, SessionId, StoreId, TenantId, TypeOrigin};
use edm_store::{BlobPath, Blobs, GenerationRow};
use tokio::runtime::Handle;

use crate::error::{Error, ErrorKind};
use crate::mapped::MappedFile;
use crate::places;
use crate::service::{Service, off_thread};
use crate::stores::ColumnFacts;

type Generations = HashMap<StoreId, Arc<Generation>>;
type Types = HashMap<TenantId, Arc<Vec<Arc<ActiveType>>>>;

/// What this node serves.
#[derive(Default)]
pub(crate) struct Library {
    generations: ArcSwap<Generations>,
    types: ArcSwap<Types>,
    /// Held while one of them is replaced, so that a slow change cannot undo a later one.
    change: tokio::sync::Mutex<()>,
}

impl Library {
    /// Returns the generation that is served for a store.
    pub(crate) fn generation(&self, store: StoreId) -> Option<Arc<Generation>> {
        self.generations.load().get(&store).cloned()
    }

    /// Returns whether the session's data is what is served for the store.
    pub(crate) fn serves(&self, store: StoreId, session: SessionId) -> bool {
        self.generations.load().get(&store).is_some_and(|generation| generation.session_id() == session)
    }

    /// Returns the tenant's types that can be matched now.
    pub(crate) fn types(&self, tenant: TenantId) -> Arc<Vec<Arc<ActiveType>>> {
        self.types.load().get(&tenant).cloned().unwrap_or_default()
    }

    /// Returns what the live data says of a column, unless it is another column there.
    pub(crate) fn column_facts(&self, store: StoreId, column: &Column) -> Option<ColumnFacts> {
        let generation = self.generation(store)?;
        let position = generation.columns().as_slice().iter().position(|live| live == column)?;
        Some(ColumnFacts {
            class: generation.classes().get(position).copied(),
            warnings: generation.warnings().get(position).cloned().unwrap_or_default(),
        })
    }

    /// Returns what a person should know of a type.
    pub(crate) fn type_warnings(&self, sensitive_type: &SensitiveType) -> Vec<String> {
        let Some(generation) = self.generation(sensitive_type.rule.store_id) else {
            return vec!["the data store has no data yet: upload its table".to_owned()];
        };
        let classes = generation.classes();
        let mut warnings = Vec::new();
        if sensitive_type.origin == TypeOrigin::StoreDefault {
            if let Err(unreachable) = generation.default_patterns() {
                warnings.push(format!("noReachablePattern: {unreachable}"));
            }
            return warnings;
        }
        for (number, pattern) in sensitive_type.rule.patterns.iter().enumerate() {
            if !fits(pattern, generation.columns()) {
                warnings.push(format!("pattern {number} names a column that the live data does not have"));
            }
            let named = pattern.supporting.iter().flat_map(|group| &group.columns);
            for (column, facts) in named.filter_map(|name| {
                let position = generation.columns().position(name)?;
                Some((name, *classes.get(position)?))
            }) {
                if !facts.evidence {
                    warnings.push(format!("pattern {number} counts the weak column {column}"));
                }
            }
        }
        warnings.dedup();
        warnings
    }

    fn replace(&self, store: StoreId, generation: Option<Arc<Generation>>) {
        self.generations.rcu(|current| {
            let mut next = Generations::clone(current);
            match &generation {
                Some(generation) => next.insert(store, generation.clone()),
                None => next.remove(&store),
            };
            next
        });
    }

    fn replace_types(&self, tenant: TenantId, types: Vec<Arc<ActiveType>>) {
        let types = Arc::new(types);
        self.types.rcu(|current| {
            let mut next = Types::clone(current);
            next.insert(tenant, types.clone());
            next
        });
    }
}

impl Service {
    /// Makes this node serve what the catalog says is live. `opened` is used if it is that, else it is read.
    pub(crate) async fn sync_store(
        &self,
        tenant: TenantId,
        store: StoreId,
        opened: Option<Arc<Generation>>,
    ) -> Result<(), Error> {
        let library = &self.inner.library;
        let _changing = library.change.lock().await;
        let row = match self.inner.catalog.store(tenant, store).await {
            Ok(row) => Some(row),
            Err(error) if error.kind() == edm_store::ErrorKind::NotFound => None,
            Err(error) => return Err(error.into()),
        };
        let Some(live) = row.and_then(|row| row.store.live) else {
            library.replace(store, None);
            return Ok(());
        };
        if library.serves(store, live.session_id) {
            return Ok(());
        }
        let generation = match opened.filter(|generation| generation.session_id() == live.session_id) {
            Some(generation) => generation,
            None => self.open_generation(&self.inner.catalog.generation(live.session_id).await?).await?,
        };
        library.replace(store, Some(generation));
        Ok(())
    }

    /// Makes the tenant's types ready to be matched. A type is left out while its store has no data, and a pattern
    /// while the live data lacks one of its columns.
    pub(crate) async fn refresh_types(&self, tenant: TenantId) -> Result<(), Error> {
        let library = &self.inner.library;
        let _changing = library.change.lock().await;
        let types = self.inner.catalog.types(tenant, edm_store::Page::ALL).await?;
        let active = types.into_iter().filter_map(|found| {
            let generation = library.generation(found.rule.store_id)?;
            let mut patterns = found.rule.patterns;
            patterns.retain(|pattern| fits(pattern, generation.columns()));
            if patterns.is_empty() {
                return None;
            }
            Some(Arc::new(ActiveType {
                id: found.id,
                name: found.name,
                recommended_confidence: found.rule.recommended_confidence,
                default_type: found.origin == TypeOrigin::StoreDefault,
                patterns,
                generation,
            }))
        });
        library.replace_types(tenant, active.collect());
        Ok(())
    }

    /// Opens a published generation and verifies all of it.
    pub(crate) async fn open_generation(&self, row: &GenerationRow) -> Result<Arc<Generation>, Error> {
        let folder = places::generation(row.tenant, row.store_id, row.session_id)?;
        let salt = Arc::new(self.salt(row.key_id).await?);
        self.open_files(folder, salt).await
    }

    /// Opens the generation in a folder.
    pub(crate) async fn open_files(
        &self,
        folder: BlobPath,
        salt: Arc<Salt>,
    ) -> Result<Arc<Generation>, Error> {
        let manifest = self.inner.blobs.get(&folder.join(places::MANIFEST)?).await?;
        let blobs = self.inner.blobs.clone();
        let handle = Handle::current();
        off_thread(move || {
            let mut open = |name: &str| open_file(&blobs, &folder, name, &handle);
            Generation::open(&manifest, &mut open, &salt).map(Arc::new).map_err(broken)
        })
        .await?
    }
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

/// Returns whether the data has every column that the pattern names, and can anchor its primary.
fn fits(pattern: &Pattern, columns: &Columns) -> bool {
    let known = |name: &String| columns.position(name).is_some();
    let anchors = |name: &String| {
        columns
            .position(name)
            .and_then(|position| columns.as_slice().get(position))
            .is_some_and(|c| c.searchable)
    };
    pattern.primary.as_ref().is_none_or(anchors)
        && pattern.supporting.iter().all(|group| group.columns.iter().all(known))
        && pattern.not_counted.iter().all(known)
        && pattern.void_if.iter().all(known)
}
