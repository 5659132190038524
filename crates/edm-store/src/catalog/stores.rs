//! Data stores, with their live generations.

use edm_model::{
    Columns, DataStore, KeyId, LiveGeneration, OnUnserved, Pattern, PlaceholderWords, SensitiveType,
    SessionId, StoreId, TenantId, Timestamp,
};
use sqlx::sqlite::SqliteRow;

use super::{
    Catalog, NewJob, NewSessionRow, SaltRow, Write, get, id16, jobs, lowercase, moment, number,
    optional_id16, optional_moment, optional_number, salts, sessions, types,
};
use crate::error::{Context, Error};
use crate::record;

/// A store as read from the catalog.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreRow {
    /// The store.
    pub store: DataStore,
    /// Whether the store had live data whose generation the catalog has lost. Then `live` is
    /// `None`, but the store must not be treated as one without data.
    pub live_is_lost: bool,
    /// The salt of the live generation.
    pub live_key_id: Option<KeyId>,
    /// Whether the table must be uploaded again. That is so if the live generation's salt is no
    /// longer the tenant's, or if its columns or placeholders differ from the store's.
    pub must_upload_again: bool,
    /// Whether an earlier generation is available for rollback.
    pub can_roll_back: bool,
    /// The commit number of the last publication. A session with a lower one is too late.
    pub published_commit: u64,
}

/// The properties of a store that a caller may change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreDraft {
    /// The name.
    pub name: String,
    /// Free text for people.
    pub description: Option<String>,
    /// The columns that the next session gets.
    pub columns: Columns,
    /// The length of the longest matched cell, in atoms.
    pub tokens_max: u32,
    /// The placeholders; `None` means the usual ones.
    pub placeholders: Option<PlaceholderWords>,
    /// How it answers while the live generation cannot be read.
    pub on_unserved: OnUnserved,
}

macro_rules! must_upload_again {
    () => {
        "(g.session_id is not null and (g.columns <> d.columns or g.tokens_max <> d.tokens_max \
         or coalesce(g.placeholders, '') <> coalesce(d.placeholders, '') collate placeholder_words \
         or exists (select 1 from salts k where k.key_id = g.key_id and k.own = 0 and k.live = 0)))"
    };
}

macro_rules! can_roll_back {
    () => {
        "(exists (select 1 from generations o where o.store_id = d.id and o.kept = 1 and o.number < g.number))"
    };
}

macro_rules! store_columns {
    () => {
        concat!(
            "d.*, g.number as live_number, g.row_count as live_row_count, g.published_at as live_published_at, \
             g.key_id as live_key_id, ",
            must_upload_again!(),
            " as must_upload_again, ",
            can_roll_back!(),
            " as can_roll_back"
        )
    };
}

macro_rules! store_from {
    () => {
        "data_stores d left join generations g on g.session_id = d.live_session_id"
    };
}

macro_rules! store_query {
    ($rest:literal) => {
        concat!("select ", store_columns!(), " from ", store_from!(), " ", $rest)
    };
}

/// The selected columns and the tables they come from.
pub(super) const COLUMNS: &str = store_columns!();
pub(super) const FROM: &str = store_from!();
/// Whether the live data has a salt that is no longer the tenant's, or other columns or
/// placeholders than the store.
pub(super) const MUST_UPLOAD_AGAIN: &str = must_upload_again!();
/// Whether a generation before the live one is kept.
pub(super) const CAN_ROLL_BACK: &str = can_roll_back!();

impl Catalog {
    /// Adds a store with its default type. Fails with `NameTaken`.
    pub async fn insert_store(&self, store: &DataStore, default_type: &SensitiveType) -> Result<(), Error> {
        self.insert_store_with(store, default_type, &[], &[]).await
    }

    /// Adds a store with its default type, its sessions and their salts, all or nothing. Fails with
    /// `NameTaken`.
    pub async fn insert_store_with(
        &self,
        store: &DataStore,
        default_type: &SensitiveType,
        salts: &[SaltRow],
        sessions: &[NewSessionRow],
    ) -> Result<(), Error> {
        let mut write = self.write().await?;
        sqlx::query(
            "insert into data_stores (id, tenant_id, name, name_folded, description, columns, tokens_max, \
             created_at, updated_at, lowered, on_unserved, placeholders) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        )
        .bind(store.id.as_bytes().as_slice())
        .bind(store.tenant.as_bytes().as_slice())
        .bind(&store.name)
        .bind(store.name.to_lowercase())
        .bind(&store.description)
        .bind(record::write_columns(&store.columns))
        .bind(i64::from(store.tokens_max))
        .bind(store.created_at.as_micros())
        .bind(store.updated_at.as_micros())
        .bind(lowercase::of_store(&store.name, store.description.as_deref(), &store.columns))
        .bind(store.on_unserved.as_str())
        .bind(store.placeholders.as_ref().map(record::write_placeholders))
        .execute(&mut write)
        .await
        .context("adding a data store")?;
        types::insert(&mut write, store.tenant, default_type).await?;
        for salt in salts {
            salts::insert(&mut write, salt).await?;
        }
        for session in sessions {
            sessions::insert(&mut write, session).await?;
        }
        write.commit().await.context("adding a data store")
    }

    /// Returns a store.
    pub async fn store(&self, tenant: TenantId, id: StoreId) -> Result<StoreRow, Error> {
        let row = sqlx::query(store_query!("where d.tenant_id = $1 and d.id = $2"))
            .bind(tenant.as_bytes().as_slice())
            .bind(id.as_bytes().as_slice())
            .fetch_one(&self.reader)
            .await
            .context("data store")?;
        read_store(&row)
    }

    /// Lists the stores of every tenant, for gauges.
    pub async fn all_stores(&self) -> Result<Vec<StoreRow>, Error> {
        let rows = sqlx::query(store_query!("order by d.tenant_id, d.created_at, d.id"))
            .fetch_all(&self.reader)
            .await
            .context("listing data stores")?;
        rows.iter().map(read_store).collect()
    }

    /// Counts the tenant's stores.
    pub async fn store_count(&self, tenant: TenantId) -> Result<u64, Error> {
        let row = sqlx::query("select count(*) as found from data_stores where tenant_id = $1")
            .bind(tenant.as_bytes().as_slice())
            .fetch_one(&self.reader)
            .await
            .context("counting data stores")?;
        number(&row, "found")
    }

    /// Lets the closure change a store, in one transaction. The default type follows a new name.
    pub async fn change_store<E: From<Error>>(
        &self,
        tenant: TenantId,
        id: StoreId,
        at: Timestamp,
        decide: impl FnOnce(&StoreRow, &mut StoreDraft) -> Result<(), E> + Send,
    ) -> Result<(), E> {
        let mut write = self.write().await?;
        let row = store_in(&mut write, tenant, id).await?;
        let before = &row.store;
        let mut draft = StoreDraft {
            name: before.name.clone(),
            description: before.description.clone(),
            columns: before.columns.clone(),
            tokens_max: before.tokens_max,
            placeholders: before.placeholders.clone(),
            on_unserved: before.on_unserved,
        };
        let unchanged = draft.clone();
        decide(&row, &mut draft)?;
        if draft == unchanged {
            return Ok(());
        }
        write_draft(&mut write, id, at, &draft).await?;
        if draft.name != before.name {
            // Only a type that still has the store's old name follows.
            types::rename_default(&mut write, tenant, id, &before.name, &draft.name, at).await?;
        }
        write.commit().await.context("changing a data store")?;
        Ok(())
    }

    /// Removes a store and everything that belongs to it, if the closure allows it. The jobs that
    /// collect its blobs stay.
    pub async fn delete_store<E: From<Error>>(
        &self,
        tenant: TenantId,
        id: StoreId,
        collect: &[NewJob],
        decide: impl FnOnce(&StoreRow) -> Result<(), E> + Send,
    ) -> Result<(), E> {
        let mut write = self.write().await?;
        decide(&store_in(&mut write, tenant, id).await?)?;
        sqlx::query("delete from data_stores where tenant_id = $1 and id = $2")
            .bind(tenant.as_bytes().as_slice())
            .bind(id.as_bytes().as_slice())
            .execute(&mut write)
            .await
            .context("removing a data store")?;
        jobs::enqueue(&mut write, collect).await?;
        write.commit().await.context("removing a data store")?;
        Ok(())
    }

    /// Makes the previous kept generation live again if the closure allows it. Returns its session.
    /// If that generation's columns, passed here, differ from those of the live one, the default
    /// type gets the given patterns. Fails with `NotFound` if there is none.
    pub async fn roll_back<E: From<Error>>(
        &self,
        tenant: TenantId,
        id: StoreId,
        at: Timestamp,
        columns: &Columns,
        default_patterns: &[Pattern],
        decide: impl FnOnce(&StoreRow) -> Result<(), E> + Send,
    ) -> Result<SessionId, E> {
        let mut write = self.write().await?;
        decide(&store_in(&mut write, tenant, id).await?)?;
        let row = sqlx::query(
            // The newest kept generation with a lower number than the live one.
            "select o.session_id, d.live_session_id from data_stores d join generations g on g.session_id = d.live_session_id \
             join generations o on o.store_id = d.id and o.kept = 1 and o.number < g.number \
             where d.tenant_id = $1 and d.id = $2 order by o.number desc limit 1",
        )
        .bind(tenant.as_bytes().as_slice())
        .bind(id.as_bytes().as_slice())
        .fetch_one(&mut write)
        .await
        .context("generation before the live one")?;
        let session_id = SessionId::from_bytes(id16(&row, "session_id")?);
        let before = SessionId::from_bytes(id16(&row, "live_session_id")?);
        sqlx::query("update data_stores set live_session_id = $2, data_updated_at = $3 where id = $1")
            .bind(id.as_bytes().as_slice())
            .bind(session_id.as_bytes().as_slice())
            .bind(at.as_micros())
            .execute(&mut write)
            .await
            .context("rolling back")?;
        // The store's columns may have changed between the two generations.
        types::pin_default(&mut write, id, columns, Some(before), default_patterns, at).await?;
        write.commit().await.context("rolling back")?;
        Ok(session_id)
    }
}

async fn write_draft(write: &mut Write, id: StoreId, at: Timestamp, draft: &StoreDraft) -> Result<(), Error> {
    sqlx::query(
        "update data_stores set name = $2, name_folded = $3, description = $4, columns = $5, tokens_max = $6, \
         updated_at = $7, lowered = $8, on_unserved = $9, placeholders = $10 where id = $1",
    )
    .bind(id.as_bytes().as_slice())
    .bind(&draft.name)
    .bind(draft.name.to_lowercase())
    .bind(&draft.description)
    .bind(record::write_columns(&draft.columns))
    .bind(i64::from(draft.tokens_max))
    .bind(at.as_micros())
    .bind(lowercase::of_store(&draft.name, draft.description.as_deref(), &draft.columns))
    .bind(draft.on_unserved.as_str())
    .bind(draft.placeholders.as_ref().map(record::write_placeholders))
    .execute(&mut *write)
    .await
    .context("changing a data store")?;
    Ok(())
}

pub(super) async fn store_in(write: &mut Write, tenant: TenantId, id: StoreId) -> Result<StoreRow, Error> {
    let row = sqlx::query(store_query!("where d.tenant_id = $1 and d.id = $2"))
        .bind(tenant.as_bytes().as_slice())
        .bind(id.as_bytes().as_slice())
        .fetch_one(&mut *write)
        .await
        .context("data store")?;
    read_store(&row)
}

/// Reads how a store answers while its data cannot be read.
pub(super) fn on_unserved(row: &SqliteRow) -> Result<OnUnserved, Error> {
    let word: String = get(row, "on_unserved")?;
    OnUnserved::parse(&word).ok_or_else(|| Error::corrupt("what a store wants of data that cannot be read"))
}

pub(super) fn read_store(row: &SqliteRow) -> Result<StoreRow, Error> {
    let live_session = optional_id16(row, "live_session_id")?;
    let live = match (live_session, optional_number(row, "live_number")?) {
        (Some(session), Some(generation)) => Some(LiveGeneration {
            number: generation,
            session_id: SessionId::from_bytes(session),
            row_count: number(row, "live_row_count")?,
            published_at: moment(row, "live_published_at")?,
        }),
        // Live data without its generation is lost, which `live_is_lost` reports.
        (Some(_), None) | (None, _) => None,
    };
    // The publication counters survive the loss of the generation's row.
    let live_is_lost = live.is_none() && (live_session.is_some() || get::<i64>(row, "last_generation")? > 0);
    Ok(StoreRow {
        store: DataStore {
            id: StoreId::from_bytes(id16(row, "id")?),
            tenant: TenantId::from_bytes(id16(row, "tenant_id")?),
            name: get(row, "name")?,
            description: get(row, "description")?,
            columns: record::read_columns(&get::<String>(row, "columns")?)?,
            tokens_max: number(row, "tokens_max")?,
            placeholders: get::<Option<String>>(row, "placeholders")?
                .map(|words| record::read_placeholders(&words))
                .transpose()?,
            on_unserved: on_unserved(row)?,
            created_at: moment(row, "created_at")?,
            updated_at: moment(row, "updated_at")?,
            data_updated_at: optional_moment(row, "data_updated_at")?,
            live,
        },
        live_is_lost,
        live_key_id: optional_id16(row, "live_key_id")?.map(KeyId::from_bytes),
        must_upload_again: get::<i64>(row, "must_upload_again")? != 0,
        can_roll_back: get::<i64>(row, "can_roll_back")? != 0,
        published_commit: number(row, "published_commit")?,
    })
}
