//! Staged blocks of sessions. Their bytes are blobs; the catalog has what must be known without
//! opening them.

use edm_model::{SessionId, Timestamp};
use sqlx::sqlite::SqliteRow;

use super::{Catalog, SessionDraft, Write, get, moment, number, optional_number, sessions, signed};
use crate::error::{Context, Error};

/// A staged block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlockRow {
    /// The block's number in the session.
    pub number: u32,
    /// The SHA-256 of the bytes as received.
    pub sha256: [u8; 32],
    /// The number of bytes received.
    pub byte_count: u64,
    /// The ordinal of its first record, from 0.
    pub first_row: u64,
    /// The number of records.
    pub row_count: u32,
    /// The number of rejected records among them.
    pub rejected_count: u32,
    /// When it was staged.
    pub stored_at: Timestamp,
}

/// A block about to be staged.
pub type NewBlock = BlockRow;

/// The result of staging a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StageOutcome {
    /// The block is new.
    Staged,
    /// The same bytes were staged before.
    SameBytes,
    /// Other bytes were staged before; they stay.
    OtherBytes,
}

impl Catalog {
    /// Like `change_session`, and passes every block of the session in ascending order.
    pub async fn change_session_with_blocks<R: Send, E: From<Error>>(
        &self,
        id: SessionId,
        decide: impl FnOnce(&mut SessionDraft, &[BlockRow]) -> Result<R, E> + Send,
    ) -> Result<R, E> {
        let mut write = self.write().await?;
        let before = sessions::session_in(&mut write, id).await?;
        let staged = blocks_in(&mut write, id).await?;
        let mut draft = before.clone();
        let result = decide(&mut draft, &staged)?;
        if draft != before {
            sessions::write_session(&mut write, &draft).await?;
            write.commit().await.context("changing a session")?;
        }
        Ok(result)
    }

    /// Stages a block if the closure allows it. Its blob must have been written.
    pub async fn stage_block<E: From<Error>>(
        &self,
        id: SessionId,
        block: &NewBlock,
        decide: impl FnOnce(&mut SessionDraft) -> Result<(), E> + Send,
    ) -> Result<StageOutcome, E> {
        let mut write = self.write().await?;
        let before = sessions::session_in(&mut write, id).await?;
        let mut draft = before.clone();
        decide(&mut draft)?;
        let found = sqlx::query("select * from blocks where session_id = $1 and number = $2")
            .bind(id.as_bytes().as_slice())
            .bind(i64::from(block.number))
            .fetch_optional(&mut write)
            .await
            .context("block")?;
        if let Some(row) = found {
            // A client repeats a block when it lost the response. The same bytes are fine; others
            // would change a block that may already be acknowledged.
            let same = read_block(&row)?.sha256 == block.sha256;
            return Ok(if same { StageOutcome::SameBytes } else { StageOutcome::OtherBytes });
        }
        insert(&mut write, id, block).await?;
        sessions::write_session(&mut write, &draft).await?;
        write.commit().await.context("staging a block")?;
        Ok(StageOutcome::Staged)
    }

    /// Returns a staged block.
    pub async fn block(&self, id: SessionId, number: u32) -> Result<Option<BlockRow>, Error> {
        let row = sqlx::query("select * from blocks where session_id = $1 and number = $2")
            .bind(id.as_bytes().as_slice())
            .bind(i64::from(number))
            .fetch_optional(&self.reader)
            .await
            .context("block")?;
        row.map(|row| read_block(&row)).transpose()
    }

    /// Returns the highest number of a staged block.
    pub async fn highest_block(&self, id: SessionId) -> Result<Option<u32>, Error> {
        let row = sqlx::query("select max(number) as highest from blocks where session_id = $1")
            .bind(id.as_bytes().as_slice())
            .fetch_one(&self.reader)
            .await
            .context("highest block")?;
        optional_number(&row, "highest")
    }

    /// Lists a session's blocks in ascending order.
    pub async fn blocks(&self, id: SessionId) -> Result<Vec<BlockRow>, Error> {
        let rows = sqlx::query("select * from blocks where session_id = $1 order by number")
            .bind(id.as_bytes().as_slice())
            .fetch_all(&self.reader)
            .await
            .context("listing blocks")?;
        rows.iter().map(read_block).collect()
    }
}

pub(super) async fn blocks_in(write: &mut Write, id: SessionId) -> Result<Vec<BlockRow>, Error> {
    let rows = sqlx::query("select * from blocks where session_id = $1 order by number")
        .bind(id.as_bytes().as_slice())
        .fetch_all(&mut *write)
        .await
        .context("listing blocks")?;
    rows.iter().map(read_block).collect()
}

async fn insert(write: &mut Write, id: SessionId, block: &NewBlock) -> Result<(), Error> {
    sqlx::query(
        "insert into blocks (session_id, number, sha256, byte_count, first_row, row_count, rejected_count, \
         stored_at) values ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(id.as_bytes().as_slice())
    .bind(i64::from(block.number))
    .bind(block.sha256.as_slice())
    .bind(signed(block.byte_count)?)
    .bind(signed(block.first_row)?)
    .bind(i64::from(block.row_count))
    .bind(i64::from(block.rejected_count))
    .bind(block.stored_at.as_micros())
    .execute(&mut *write)
    .await
    .context("staging a block")?;
    sqlx::query("update sessions set staged_block_count = staged_block_count + 1 where id = $1")
        .bind(id.as_bytes().as_slice())
        .execute(&mut *write)
        .await
        .context("counting a block")?;
    Ok(())
}

fn read_block(row: &SqliteRow) -> Result<BlockRow, Error> {
    let sha256: Vec<u8> = get(row, "sha256")?;
    Ok(BlockRow {
        number: number(row, "number")?,
        sha256: sha256.try_into().map_err(|_| Error::corrupt("digest of a block"))?,
        byte_count: number(row, "byte_count")?,
        first_row: number(row, "first_row")?,
        row_count: number(row, "row_count")?,
        rejected_count: number(row, "rejected_count")?,
        stored_at: moment(row, "stored_at")?,
    })
}
