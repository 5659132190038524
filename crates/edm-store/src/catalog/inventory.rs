//! What must exist according to the catalog, to compare with the blobs, and ways to remove entries
//! that are lost.

use edm_model::{SessionId, SessionState};
use sqlx::sqlite::SqliteRow;

use super::{Catalog, GenerationRow, JobKind, generations, get, id16};
use crate::blobs::BlobPath;
use crate::error::{Context, Error};

impl Catalog {
    /// Lists the generations of every tenant, retired ones included.
    pub async fn all_generations(&self) -> Result<Vec<GenerationRow>, Error> {
        let rows = sqlx::query("select * from generations order by store_id, number")
            .fetch_all(&self.reader)
            .await
            .context("listing generations")?;
        rows.iter().map(generations::read_generation).collect()
    }

    /// Lists the sessions of every tenant whose blocks are needed: open sessions and those being
    /// indexed.
    pub async fn unfinished_sessions(&self) -> Result<Vec<SessionId>, Error> {
        let rows = sqlx::query("select id from sessions where state in ($1, $2) order by created_at, id")
            .bind(SessionState::UploadInProgress.as_str())
            .bind(SessionState::ProcessingInProgress.as_str())
            .fetch_all(&self.reader)
            .await
            .context("listing unfinished sessions")?;
        rows.iter().map(|row| Ok(SessionId::from_bytes(id16(row, "id")?))).collect()
    }

    /// Lists the names whose blobs all wait for deletion.
    pub async fn pending_collections(&self) -> Result<Vec<BlobPath>, Error> {
        let rows = sqlx::query("select kind, payload from jobs where kind like 'collect%'")
            .fetch_all(&self.reader)
            .await
            .context("listing jobs that collect")?;
        let read = |row: &SqliteRow| {
            let kind = JobKind::read(&get::<String>(row, "kind")?, &get::<String>(row, "payload")?)?;
            match kind {
                JobKind::Collect { below }
                | JobKind::CollectBlocks { below, .. }
                | JobKind::CollectGeneration { below, .. } => Ok(below),
                JobKind::Ingest | JobKind::Build { .. } | JobKind::Publish => {
                    Err(Error::corrupt("kind of a job"))
                }
            }
        };
        rows.iter().map(read).collect()
    }

    /// Deletes the rows of staged blocks whose bytes are lost, so that the agent sends them again.
    /// Does nothing if the session is not open.
    pub async fn forget_blocks(&self, id: SessionId, numbers: &[u32]) -> Result<(), Error> {
        let mut write = self.write().await?;
        for number in numbers {
            let done = sqlx::query(
                "delete from blocks where session_id = $1 and number = $2 and exists \
                 (select 1 from sessions s where s.id = $1 and s.state = $3)",
            )
            .bind(id.as_bytes().as_slice())
            .bind(i64::from(*number))
            .bind(SessionState::UploadInProgress.as_str())
            .execute(&mut write)
            .await
            .context("forgetting a block")?;
            sqlx::query("update sessions set staged_block_count = staged_block_count - $2 where id = $1")
                .bind(id.as_bytes().as_slice())
                .bind(super::signed(done.rows_affected())?)
                .execute(&mut write)
                .await
                .context("counting a block")?;
        }
        write.commit().await.context("forgetting blocks")
    }

    /// Retires an unreadable generation that is not live, so that no rollback can choose it.
    pub async fn forget_generation(&self, session_id: SessionId) -> Result<(), Error> {
        sqlx::query(
            "update generations set kept = 0 where session_id = $1 and not exists \
             (select 1 from data_stores d where d.live_session_id = $1)",
        )
        .bind(session_id.as_bytes().as_slice())
        .execute(&self.writer)
        .await
        .context("forgetting a generation")?;
        Ok(())
    }
}
