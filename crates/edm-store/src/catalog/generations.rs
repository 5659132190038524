//! Generations, and the compare-and-swap that makes one live.

use edm_model::{KeyId, OnUnserved, Pattern, SessionId, SessionState, StoreId, TenantId, Timestamp};
use sqlx::sqlite::SqliteRow;

use super::{
    Catalog, LeasedJob, SessionDraft, StoreRow, Write, get, id16, jobs, moment, number, optional_id16,
    sessions, signed, stores, types,
};
use crate::error::{Context, Error, ErrorKind};

/// A published generation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GenerationRow {
    /// The session that uploaded it. Its id names the blobs.
    pub session_id: SessionId,
    /// The tenant that owns it.
    pub tenant: TenantId,
    /// The store.
    pub store_id: StoreId,
    /// The publication number within the store.
    pub number: u64,
    /// The salt of its hashes.
    pub key_id: KeyId,
    /// The SHA-256 of its sealed manifest, which names everything else of it.
    pub manifest_sha256: [u8; 32],
    /// The number of rows.
    pub row_count: u64,
    /// Whether it is live or available for rollback.
    pub kept: bool,
    /// When it was published.
    pub published_at: Timestamp,
}

/// A store with published data, which must be served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveStore {
    /// The tenant that owns it.
    pub tenant: TenantId,
    /// The store.
    pub store_id: StoreId,
    /// The session whose data is live; `None` if the catalog has lost it.
    pub session_id: Option<SessionId>,
    /// The generation of that session; `None` if the catalog has lost it.
    pub generation: Option<GenerationRow>,
    /// How to answer while it cannot be read.
    pub on_unserved: OnUnserved,
}

/// A generation about to become live.
#[derive(Debug, Clone)]
pub struct NewGeneration {
    /// The number of rows.
    pub row_count: u64,
    /// The SHA-256 of its sealed manifest.
    pub manifest_sha256: [u8; 32],
    /// The patterns of the store's default type, unless they are pinned already.
    pub default_patterns: Vec<Pattern>,
    /// The time of publication.
    pub at: Timestamp,
}

// Several traces show that a store had data. Damage may remove one of them, so any of them counts.
macro_rules! live_store_query {
    ($rest:literal) => {
        concat!(
            "select d.id as data_store_id, d.tenant_id as store_tenant_id, d.live_session_id, d.on_unserved, g.* \
             from data_stores d \
             left join generations g on g.session_id = d.live_session_id and g.store_id = d.id and g.kept = 1 \
             where (d.live_session_id is not null or d.last_generation > 0 or d.published_commit > 0 \
             or d.data_updated_at is not null or exists (select 1 from generations o where o.store_id = d.id) \
             or exists (select 1 from sessions s where s.store_id = d.id and s.state = 'Completed')) ",
            $rest
        )
    };
}

impl Catalog {
    /// Finishes a publish job in one transaction. The closure changes the session; if it returns a
    /// generation, that generation becomes live. The previous one is kept, and older ones are
    /// retired. Fails with `Fenced` if another worker has the job or the session is in a final
    /// state.
    pub async fn publish<E: From<Error>>(
        &self,
        job: &LeasedJob,
        decide: impl FnOnce(&mut SessionDraft, &StoreRow) -> Result<Option<NewGeneration>, E> + Send,
    ) -> Result<Option<GenerationRow>, E> {
        let session_id = job.session_id.ok_or_else(|| Error::corrupt("session of a publish job"))?;
        let mut write = self.write().await?;
        // First, so that a worker that has lost its lease cannot publish.
        jobs::finish(&mut write, job).await?;
        let mut draft = sessions::session_in(&mut write, session_id).await?;
        let store = stores::store_in(&mut write, draft.session.tenant, draft.session.store_id).await?;
        let published = match decide(&mut draft, &store)? {
            Some(generation) => {
                assert_eq!(
                    draft.session.state,
                    SessionState::Completed,
                    "only a completed session is published"
                );
                Some(swap(&mut write, &draft, &generation).await?)
            }
            None => None,
        };
        sessions::write_session(&mut write, &draft).await?;
        write.commit().await.context("publishing")?;
        Ok(published)
    }

    /// Lists the stores of every tenant that have published data, with the live generation of each.
    /// A missing generation means that it was lost, since publication and rollback always leave
    /// one.
    pub async fn live_stores(&self) -> Result<Vec<LiveStore>, Error> {
        let rows = sqlx::query(live_store_query!("order by g.published_at, d.id"))
            .fetch_all(&self.reader)
            .await
            .context("listing live generations")?;
        rows.iter().map(read_live_store).collect()
    }

    /// Returns a store that has published data; `None` if it has none or does not exist.
    pub async fn live_store(&self, tenant: TenantId, store_id: StoreId) -> Result<Option<LiveStore>, Error> {
        let row = sqlx::query(live_store_query!("and d.tenant_id = $1 and d.id = $2"))
            .bind(tenant.as_bytes().as_slice())
            .bind(store_id.as_bytes().as_slice())
            .fetch_optional(&self.reader)
            .await
            .context("live generation")?;
        row.as_ref().map(read_live_store).transpose()
    }

    /// Lists the retired generations of every tenant.
    pub async fn retired_generations(&self) -> Result<Vec<GenerationRow>, Error> {
        let rows = sqlx::query("select * from generations where kept = 0")
            .fetch_all(&self.reader)
            .await
            .context("listing generations")?;
        rows.iter().map(read_generation).collect()
    }

    /// Lists every generation of a store, oldest first.
    pub async fn generations(&self, store_id: StoreId) -> Result<Vec<GenerationRow>, Error> {
        let rows = sqlx::query("select * from generations where store_id = $1 order by number")
            .bind(store_id.as_bytes().as_slice())
            .fetch_all(&self.reader)
            .await
            .context("listing generations")?;
        rows.iter().map(read_generation).collect()
    }

    /// Returns the generation that a session uploaded.
    pub async fn generation(&self, session_id: SessionId) -> Result<GenerationRow, Error> {
        let row = sqlx::query("select * from generations where session_id = $1")
            .bind(session_id.as_bytes().as_slice())
            .fetch_one(&self.reader)
            .await
            .context("generation")?;
        read_generation(&row)
    }

    /// Deletes the row of a retired generation. A kept one is not deleted.
    pub async fn delete_generation(&self, session_id: SessionId) -> Result<(), Error> {
        sqlx::query("delete from generations where session_id = $1 and kept = 0")
            .bind(session_id.as_bytes().as_slice())
            .execute(&self.writer)
            .await
            .context("removing a generation")?;
        Ok(())
    }
}

async fn swap(
    write: &mut Write,
    draft: &SessionDraft,
    generation: &NewGeneration,
) -> Result<GenerationRow, Error> {
    let session = &draft.session;
    let commit_number = draft.commit_number.ok_or_else(|| Error::corrupt("commit number of a session"))?;
    // Compares the session, not the row of its generation: a store that has lost that row can still
    // get new data.
    let live = draft.live_session_id;
    // With one writer the comparison is redundant. On PostgreSQL it keeps several nodes from
    // publishing over each other.
    let row = sqlx::query(
        "update data_stores set live_session_id = $2, last_generation = last_generation + 1, \
         published_commit = $3, data_updated_at = $4 where id = $1 and published_commit < $3 \
         and live_session_id is not distinct from $5 returning last_generation",
    )
    .bind(session.store_id.as_bytes().as_slice())
    .bind(session.id.as_bytes().as_slice())
    .bind(signed(commit_number)?)
    .bind(generation.at.as_micros())
    .bind(live.as_ref().map(|id| id.as_bytes().as_slice()))
    .fetch_optional(&mut *write)
    .await
    .context("swapping the generation")?
    .ok_or_else(|| Error::new(ErrorKind::Fenced, "swapping the generation"))?;
    let published = GenerationRow {
        session_id: session.id,
        tenant: session.tenant,
        store_id: session.store_id,
        number: number(&row, "last_generation")?,
        key_id: session.key_id,
        manifest_sha256: generation.manifest_sha256,
        row_count: generation.row_count,
        kept: true,
        published_at: generation.at,
    };
    sqlx::query("update generations set kept = 0 where store_id = $1 and session_id is distinct from $2")
        .bind(session.store_id.as_bytes().as_slice())
        .bind(live.as_ref().map(|id| id.as_bytes().as_slice()))
        .execute(&mut *write)
        .await
        .context("retiring generations")?;
    insert(write, &published, commit_number).await?;
    let (id, columns) = (session.store_id, &session.columns);
    types::pin_default(write, id, columns, live, &generation.default_patterns, generation.at).await?;
    Ok(published)
}

/// Adds a generation with the settings of its session. A delta gets the placeholders of its base,
/// because most of its rows come from it.
async fn insert(write: &mut Write, generation: &GenerationRow, commit_number: u64) -> Result<(), Error> {
    sqlx::query(
        "insert into generations (session_id, tenant_id, store_id, number, commit_number, key_id, row_count, \
         published_at, manifest_sha256, columns, tokens_max, placeholders) \
         select $1, $2, $3, $4, $5, $6, $7, $8, $9, s.columns, s.tokens_max, \
         case when s.base_session_id is null then s.placeholders else b.placeholders end \
         from sessions s left join generations b on b.session_id = s.base_session_id where s.id = $1",
    )
    .bind(generation.session_id.as_bytes().as_slice())
    .bind(generation.tenant.as_bytes().as_slice())
    .bind(generation.store_id.as_bytes().as_slice())
    .bind(signed(generation.number)?)
    .bind(signed(commit_number)?)
    .bind(generation.key_id.as_bytes().as_slice())
    .bind(signed(generation.row_count)?)
    .bind(generation.published_at.as_micros())
    .bind(generation.manifest_sha256.as_slice())
    .execute(&mut *write)
    .await
    .context("adding a generation")?;
    Ok(())
}

fn read_live_store(row: &SqliteRow) -> Result<LiveStore, Error> {
    let generation = match optional_id16(row, "session_id")? {
        Some(_) => Some(read_generation(row)?),
        None => None,
    };
    Ok(LiveStore {
        tenant: TenantId::from_bytes(id16(row, "store_tenant_id")?),
        store_id: StoreId::from_bytes(id16(row, "data_store_id")?),
        session_id: optional_id16(row, "live_session_id")?.map(SessionId::from_bytes),
        generation,
        on_unserved: stores::on_unserved(row)?,
    })
}

pub(super) fn read_generation(row: &SqliteRow) -> Result<GenerationRow, Error> {
    let manifest_sha256: Vec<u8> = get(row, "manifest_sha256")?;
    Ok(GenerationRow {
        session_id: SessionId::from_bytes(id16(row, "session_id")?),
        tenant: TenantId::from_bytes(id16(row, "tenant_id")?),
        store_id: StoreId::from_bytes(id16(row, "store_id")?),
        number: number(row, "number")?,
        key_id: KeyId::from_bytes(id16(row, "key_id")?),
        manifest_sha256: manifest_sha256.try_into().map_err(|_| Error::corrupt("digest of a manifest"))?,
        row_count: number(row, "row_count")?,
        kept: get::<i64>(row, "kept")? != 0,
        published_at: moment(row, "published_at")?,
    })
}
