//! Data stores: made, changed, rolled back, removed.

use edm_model::{
    ColumnClass, Columns, DataStore, ExactMatchRule, ListQuery, Listed, OnUnserved, PlaceholderWords,
    Principal, RECOMMENDED_CONFIDENCE_DEFAULT, Right, SensitiveType, SensitiveTypeId, StoreId, TenantId,
    TypeOrigin, limits, redact_confidence_default,
};
use edm_store::{JobKind, NewJob, StoreRow};

use crate::blob_layout;
use crate::checked_text::{checked_name, checked_text};
use crate::error::{Error, ErrorKind, Resource};
use crate::revision::{Expected, Revision};
use crate::serve::library::DataState;
use crate::service::{Service, require};
use crate::upload::sessions::{CreatedSession, NewSession};

/// What a new store is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewStore {
    /// The name that people will know it by.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// Its columns.
    pub columns: Columns,
    /// The longest cell that is matched, in atoms.
    pub tokens_max: Option<u32>,
    /// The words by which its table says that a cell is empty; `None` for the usual ones.
    pub placeholders: Option<PlaceholderWords>,
    /// What is answered where its live data cannot be read.
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
    /// The words by which its table says that a cell is empty, or the usual ones.
    pub placeholders: Option<Option<PlaceholderWords>>,
    /// What is answered where its live data cannot be read.
    pub on_unserved: Option<OnUnserved>,
    /// What the store must be before.
    pub expected: Expected,
}

/// What the live data says about a column.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct ColumnFacts {
    /// What it is fit for; `None` before the first generation, or where the column changed since.
    pub class: Option<ColumnClass>,
    /// What a person should know about it.
    pub warnings: Vec<String>,
}

/// A store with what its live data says.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct StoreView {
    /// The store.
    pub store: DataStore,
    /// In the order of its columns.
    pub columns: Vec<ColumnFacts>,
    /// Whether the live data uses a salt that was replaced, or was made with other columns than the store has.
    pub must_upload_again: bool,
    /// Whether an earlier generation is kept.
    pub can_roll_back: bool,
    /// Whether this node searches the store.
    pub data_state: DataState,
}

impl Service {
    /// Makes a store, with its default type.
    pub async fn create_store(&self, principal: &Principal, new: NewStore) -> Result<StoreView, Error> {
        Ok(self.create_store_with_sessions(principal, new, Vec::new()).await?.0)
    }

    /// Makes a store, with its default type and sessions: all of it or nothing.
    pub async fn create_store_with_sessions(
        &self,
        principal: &Principal,
        new: NewStore,
        sessions: Vec<NewSession>,
    ) -> Result<(StoreView, Vec<CreatedSession>), Error> {
        require(principal, Right::Administer)?;
        let tenant = principal.tenant;
        let name = checked_name("displayName", &new.name)?;
        let description = checked_text("description", new.description)?;
        let tokens_max = checked_tokens(new.tokens_max.unwrap_or(limits::TOKENS_DEFAULT))?;
        if self.inner.catalog.store_count(tenant).await? >= limits::STORES_MAX {
            return Err(Error::of(ErrorKind::TooMany {
                what: Resource::DataStore,
                allowed: limits::STORES_MAX,
            }));
        }
        let now = self.now();
        let id = StoreId::from_random_bytes(self.random_bytes());
        let default_type = SensitiveType {
            id: SensitiveTypeId::from_random_bytes(self.random_bytes()),
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
        let inline = self.inline_sessions(principal, &store, sessions).await?;
        let inserted =
            self.inner.catalog.insert_store_with(&store, &default_type, &inline.salts, &inline.rows).await;
        inserted.map_err(|error| Error::from(error).at("displayName"))?;
        self.refresh_types(tenant).await?;
        Ok((self.store_view(principal, id).await?, inline.created))
    }

    /// Lists the tenant's stores.
    pub async fn list_stores(
        &self,
        principal: &Principal,
        query: &ListQuery,
    ) -> Result<Listed<StoreView>, Error> {
        require(principal, Right::Read)?;
        let listed = self.inner.catalog.list_stores(principal.tenant, query).await?;
        Ok(listed.map(|row| self.view_of(row)))
    }

    /// Returns a store.
    pub async fn get_store(&self, principal: &Principal, id: StoreId) -> Result<StoreView, Error> {
        require(principal, Right::Read)?;
        self.store_view(principal, id).await
    }

    /// Changes a store. Other columns are those of the next session; open ones are refused from then on.
    pub async fn update_store(
        &self,
        principal: &Principal,
        id: StoreId,
        change: StoreChange,
    ) -> Result<StoreView, Error> {
        require(principal, Right::Administer)?;
        let name = change.name.map(|name| checked_name("displayName", &name)).transpose()?;
        let description = match change.description {
            Some(text) => Some(checked_text("description", text)?),
            None => None,
        };
        let tokens_max = change.tokens_max.map(checked_tokens).transpose()?;
        let changed = self.inner.catalog.change_store(principal.tenant, id, self.now(), |row, draft| {
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
        self.refresh_types(principal.tenant).await?;
        if change.on_unserved.is_some() {
            self.serve_store(principal.tenant, id, None).await?;
        }
        self.store_view(principal, id).await
    }

    /// Removes a store with its sessions, types and data.
    pub async fn delete_store(
        &self,
        principal: &Principal,
        id: StoreId,
        expected: &Expected,
    ) -> Result<(), Error> {
        require(principal, Right::Administer)?;
        let collect = NewJob {
            tenant: principal.tenant,
            session_id: None,
            kind: JobKind::Collect { below: blob_layout::store(principal.tenant, id)? },
            delay_seconds: self.limits().collect_grace_seconds,
        };
        let decide = |row: &StoreRow| expected.check(|| Revision::of(&self.view_of(row.clone())));
        self.inner.catalog.delete_store(principal.tenant, id, &[collect], decide).await?;
        self.inner.library.changing().await.remove(principal.tenant, id);
        self.ring_for_collection();
        Ok(())
    }

    /// Makes the generation before the live one live again. It is opened and verified first.
    pub async fn rollback_store(
        &self,
        principal: &Principal,
        id: StoreId,
        expected: &Expected,
    ) -> Result<StoreView, Error> {
        require(principal, Right::Administer)?;
        let tenant = principal.tenant;
        let decide = |row: &StoreRow| expected.check(|| Revision::of(&self.view_of(row.clone())));
        let found = self.inner.catalog.store(tenant, id).await?;
        decide(&found)?;
        let live = found.store.live;
        let kept = self.inner.catalog.generations(id).await?;
        let before = kept
            .into_iter()
            .rev()
            .find(|row| row.kept && live.is_some_and(|live| row.number < live.number))
            .ok_or_else(|| Error::of(ErrorKind::NothingToRollBack))?;
        let generation = self.open_generation(&before).await?;
        let patterns = generation.default_patterns().unwrap_or_default();
        let rolled_back = self
            .inner
            .catalog
            .roll_back((tenant, id), self.now(), (generation.columns(), &patterns), decide)
            .await;
        rolled_back.map_err(|error: Error| match error.kind() {
            ErrorKind::NotFound { .. } => Error::of(ErrorKind::NothingToRollBack),
            _ => error,
        })?;
        self.serve_store(tenant, id, Some(generation)).await?;
        self.refresh_types(tenant).await?;
        tracing::info!(store.id = %id, generation = before.number, "rolled back");
        self.store_view(principal, id).await
    }

    async fn store_view(&self, principal: &Principal, id: StoreId) -> Result<StoreView, Error> {
        Ok(self.view_of(self.store_row(principal.tenant, id).await?))
    }

    /// Returns a store, without asking the catalog again while nobody has written to it.
    pub(crate) async fn store_row(&self, tenant: TenantId, id: StoreId) -> Result<StoreRow, Error> {
        let (catalog, known) = (&self.inner.catalog, &self.inner.known_stores);
        let row = known.find_or_read(catalog.change_mark(), (tenant, id), catalog.store(tenant, id)).await?;
        Ok(row)
    }

    fn view_of(&self, row: StoreRow) -> StoreView {
        StoreView {
            columns: self.inner.library.column_facts(row.store.id, &row.store.columns),
            must_upload_again: row.must_upload_again,
            can_roll_back: row.can_roll_back,
            data_state: self.data_state(&row),
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
