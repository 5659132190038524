//! Data stores are made, changed, rolled back and removed.

use std::sync::Arc;

use edm_model::{
    Columns, DataStore, ExactMatchRule, ListQuery, Listed, OnUnserved, PlaceholderWords,
    RECOMMENDED_CONFIDENCE_DEFAULT, SensitiveType, SensitiveTypeId, StoreId, TenantId, TypeOrigin, limits,
    redact_confidence_default,
};
use edm_store::{Catalog, JobKind, NewJob, StoreRow};

use crate::access::authorise::{
    CreateStore, DeleteStore, Grant, ListStores, ReadStore, RollBackStore, UpdateStore,
};
use crate::blob_layout;
use crate::catalog_cache::CachedStores;
use crate::checked_text::{checked_name, checked_text};
use crate::deps::{Clock, Deps, Random, random_bytes};
use crate::error::{Error, ErrorKind, Resource};
use crate::jobs::queue::JobQueue;
use crate::revision::{Expected, Revision};
use crate::serve::data_state::DataState;
use crate::serve::generations::Generations;
use crate::serve::library::{ColumnFacts, Library};
use crate::serve::serving::Serving;
use crate::service_limits::Limits;
use crate::upload::sessions::{CreatedSession, NewSession, Sessions};

/// What a new store is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewStore {
    /// The name, for people.
    pub name: String,
    /// Its purpose, for people.
    pub description: Option<String>,
    /// Its columns.
    pub columns: Columns,
    /// The longest cell that is matched, in atoms.
    pub tokens_max: Option<u32>,
    /// The placeholders; `None` for the usual ones.
    pub placeholders: Option<PlaceholderWords>,
    /// What is answered if its live data cannot be read.
    pub on_unserved: OnUnserved,
}

/// What changes about a store; `None` leaves it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StoreChange {
    /// Another name.
    pub name: Option<String>,
    /// Another description, or none.
    pub description: Option<Option<String>>,
    /// The columns of the next session.
    pub columns: Option<Columns>,
    /// The longest cell that is matched, in atoms.
    pub tokens_max: Option<u32>,
    /// The placeholders; the inner `None` for the usual ones.
    pub placeholders: Option<Option<PlaceholderWords>>,
    /// What is answered if its live data cannot be read.
    pub on_unserved: Option<OnUnserved>,
    /// The state that the change expects.
    pub expected: Expected,
}

/// A store with the facts of its live data.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct StoreView {
    /// The store.
    pub store: DataStore,
    /// In the order of its columns.
    pub columns: Vec<ColumnFacts>,
    /// Whether the live data uses a salt that was replaced, or was made with other columns than the
    /// store has.
    pub must_upload_again: bool,
    /// Whether an earlier generation is kept.
    pub can_roll_back: bool,
    /// Whether this node searches the store.
    pub data_state: DataState,
}

/// The data stores of all tenants.
pub(crate) struct Stores {
    catalog: Catalog,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    limits: Limits,
    rows: Arc<CachedStores>,
    library: Arc<Library>,
    generations: Arc<Generations>,
    serving: Arc<Serving>,
    sessions: Arc<Sessions>,
    jobs: Arc<JobQueue>,
}

impl Stores {
    pub(crate) fn new(
        deps: &Deps,
        rows: Arc<CachedStores>,
        library: Arc<Library>,
        generations: Arc<Generations>,
        serving: Arc<Serving>,
        sessions: Arc<Sessions>,
        jobs: Arc<JobQueue>,
    ) -> Self {
        Self {
            catalog: deps.catalog.clone(),
            clock: deps.clock.clone(),
            random: deps.random.clone(),
            limits: deps.limits.clone(),
            rows,
            library,
            generations,
            serving,
            sessions,
            jobs,
        }
    }

    /// Makes a store, with its default type and sessions: all of it or nothing.
    pub(crate) async fn create(
        &self,
        grant: &Grant<'_, CreateStore>,
        new: NewStore,
        sessions: Vec<NewSession>,
    ) -> Result<(StoreView, Vec<CreatedSession>), Error> {
        let tenant = grant.tenant();
        let name = checked_name("displayName", &new.name)?;
        let description = checked_text("description", new.description)?;
        let tokens_max = checked_tokens(new.tokens_max.unwrap_or(limits::TOKENS_DEFAULT))?;
        if self.catalog.store_count(tenant).await? >= limits::STORES_MAX {
            return Err(Error::of(ErrorKind::TooMany {
                what: Resource::DataStore,
                allowed: limits::STORES_MAX,
            }));
        }
        let now = self.clock.now();
        let id = StoreId::from_random_bytes(random_bytes(self.random.as_ref()));
        let default_type = SensitiveType {
            id: SensitiveTypeId::from_random_bytes(random_bytes(self.random.as_ref())),
            name: name.clone(),
            description: None,
            publisher: None,
            origin: TypeOrigin::StoreDefault,
            rule: ExactMatchRule {
                store_id: id,
                recommended_confidence: RECOMMENDED_CONFIDENCE_DEFAULT,
                redact_confidence: redact_confidence_default(&new.columns, &[]),
                patterns: Vec::new(),
            },
            created_at: now,
            modified_at: now,
        };
        let store = DataStore {
            id,
            tenant,
            name,
            description,
            columns: new.columns,
            tokens_max,
            placeholders: new.placeholders,
            on_unserved: new.on_unserved,
            created_at: now,
            updated_at: now,
            data_updated_at: None,
            live: None,
        };
        let inline = self.sessions.prepare_inline(grant, &store, sessions).await?;
        let inserted =
            self.catalog.insert_store_with(&store, &default_type, &inline.salts, &inline.rows).await;
        inserted.map_err(|error| Error::from(error).at("displayName"))?;
        self.serving.refresh_types(tenant).await?;
        Ok((self.view(grant.tenant(), id).await?, inline.created))
    }

    /// Lists the tenant's stores.
    pub(crate) async fn list(
        &self,
        grant: &Grant<'_, ListStores>,
        query: &ListQuery,
    ) -> Result<Listed<StoreView>, Error> {
        let listed = self.catalog.list_stores(grant.tenant(), query).await?;
        Ok(listed.map(|row| self.view_of(row)))
    }

    /// Returns a store.
    pub(crate) async fn get(&self, grant: &Grant<'_, ReadStore>, id: StoreId) -> Result<StoreView, Error> {
        self.view(grant.tenant(), id).await
    }

    /// Changes a store. Other columns are those of the next session; open ones are refused from
    /// then on.
    pub(crate) async fn update(
        &self,
        grant: &Grant<'_, UpdateStore>,
        id: StoreId,
        change: StoreChange,
    ) -> Result<StoreView, Error> {
        let name = change.name.map(|name| checked_name("displayName", &name)).transpose()?;
        let description = match change.description {
            Some(text) => Some(checked_text("description", text)?),
            None => None,
        };
        let tokens_max = change.tokens_max.map(checked_tokens).transpose()?;
        let changed = self.catalog.change_store(grant.tenant(), id, self.clock.now(), |row, draft| {
            change.expected.check(|| Revision::of(&self.view_of(row.clone())))?;
            draft.name = name.unwrap_or_else(|| draft.name.clone());
            draft.description = description.unwrap_or_else(|| draft.description.clone());
            let columns = change.columns.unwrap_or_else(|| draft.columns.clone());
            if columns.is_none() && !draft.columns.is_none() {
                return Err(Error::invalid("columns", "a data store that has columns keeps at least one"));
            }
            draft.columns = columns;
            draft.tokens_max = tokens_max.unwrap_or(draft.tokens_max);
            draft.placeholders = change.placeholders.unwrap_or_else(|| draft.placeholders.clone());
            draft.on_unserved = change.on_unserved.unwrap_or(draft.on_unserved);
            Ok::<(), Error>(())
        });
        changed.await.map_err(|error| match error.kind() {
            ErrorKind::DuplicateName => error.at("displayName"),
            _ => error,
        })?;
        self.serving.refresh_types(grant.tenant()).await?;
        if change.on_unserved.is_some() {
            self.serving.serve_store(grant.tenant(), id, None).await?;
        }
        self.view(grant.tenant(), id).await
    }

    /// Removes a store with its sessions, types and data.
    pub(crate) async fn delete(
        &self,
        grant: &Grant<'_, DeleteStore>,
        id: StoreId,
        expected: &Expected,
    ) -> Result<(), Error> {
        let collect = NewJob {
            tenant: grant.tenant(),
            session_id: None,
            kind: JobKind::Collect { below: blob_layout::store(grant.tenant(), id)? },
            delay_seconds: self.limits.load().collect_grace_seconds,
        };
        let decide = |row: &StoreRow| expected.check(|| Revision::of(&self.view_of(row.clone())));
        self.catalog.delete_store(grant.tenant(), id, &[collect], decide).await?;
        self.library.changing().await.remove(grant.tenant(), id);
        self.jobs.wake_for_collection();
        Ok(())
    }

    /// Makes the generation before the live one live again. It is opened and verified first.
    pub(crate) async fn roll_back(
        &self,
        grant: &Grant<'_, RollBackStore>,
        id: StoreId,
        expected: &Expected,
    ) -> Result<StoreView, Error> {
        let tenant = grant.tenant();
        let decide = |row: &StoreRow| expected.check(|| Revision::of(&self.view_of(row.clone())));
        let found = self.catalog.store(tenant, id).await?;
        decide(&found)?;
        let live = found.store.live;
        let kept = self.catalog.generations(id).await?;
        let before = kept
            .into_iter()
            .rev()
            .find(|row| row.kept && live.is_some_and(|live| row.number < live.number))
            .ok_or_else(|| Error::of(ErrorKind::NothingToRollBack))?;
        let generation = self.generations.open(&before).await?;
        let patterns = generation.default_patterns().unwrap_or_default();
        let rolled_back = self
            .catalog
            .roll_back(tenant, id, self.clock.now(), generation.columns(), &patterns, decide)
            .await;
        rolled_back.map_err(|error: Error| match error.kind() {
            ErrorKind::NotFound { .. } => Error::of(ErrorKind::NothingToRollBack),
            _ => error,
        })?;
        self.serving.serve_store(tenant, id, Some(generation)).await?;
        self.serving.refresh_types(tenant).await?;
        tracing::info!(store.id = %id, generation = before.number, "rolled back");
        self.view(grant.tenant(), id).await
    }

    async fn view(&self, tenant: TenantId, id: StoreId) -> Result<StoreView, Error> {
        Ok(self.view_of(self.rows.row(tenant, id).await?))
    }

    fn view_of(&self, row: StoreRow) -> StoreView {
        StoreView {
            columns: self.library.column_facts(row.store.id, &row.store.columns),
            must_upload_again: row.must_upload_again,
            can_roll_back: row.can_roll_back,
            data_state: self.library.data_state(&row),
            store: row.store,
        }
    }
}

fn checked_tokens(tokens_max: u32) -> Result<u32, Error> {
    if tokens_max == 0 || tokens_max > limits::TOKENS_MAX {
        return Err(Error::invalid(
            "maximumNumberOfTokens",
            format!("maximumNumberOfTokens is 1 to {}", limits::TOKENS_MAX),
        ));
    }
    Ok(tokens_max)
}
