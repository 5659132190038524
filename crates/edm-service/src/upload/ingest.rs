//! Takes blocks: each is verified, compared with its session, encrypted, stored once and counted.

use std::sync::Arc;

use bytes::Bytes;
use edm_block::{Block, BlockHeader, Operation};
use edm_model::{AgentId, Session, SessionEvent, SessionId, StoreId, Timestamp, UpdateMode, limits};
use edm_store::{Blobs, Catalog, NewBlock, SessionDraft, StageOutcome};
use sha2::{Digest, Sha256};

use crate::access::upload_grant::{ListBlocks, PutBlocks, UploadGrant};
use crate::blob_layout;
use crate::deps::{Clock, Deps};
use crate::error::{BlockProblem, Error, ErrorKind, Foreign, Resource};
use crate::run_blocking::run_blocking;
use crate::secrets::key_ring::KeyRing;
use crate::secrets::salts::Salts;
use crate::service_limits::Limits;
use crate::upload::lifecycle::SessionLifecycle;

/// What putting a block did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BlockOutcome {
    /// The block is new.
    Staged,
    /// The same bytes were staged before.
    AlreadyStaged,
}

/// A block that is staged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BlockAccepted {
    /// What putting it did.
    pub outcome: BlockOutcome,
    /// How many blocks are still missing; `None` while the total is unknown.
    pub remaining: Option<u32>,
}

/// A block as it is listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StagedBlock {
    /// Its number.
    pub number: u32,
    /// How many bytes were received.
    pub byte_count: u64,
    /// Whether an accepted block list named it.
    pub committed: bool,
}

/// What a block says of itself, kept after its bytes were verified.
struct Opened {
    header: BlockHeader,
    rejected_count: u32,
    sha256: [u8; 32],
}

/// What the rules need to know that the session itself does not hold.
#[derive(Debug, Clone, Copy)]
struct Circumstances {
    agent_known: bool,
    salt_weak: bool,
}

/// Takes the blocks of open sessions.
pub(crate) struct Ingest {
    catalog: Catalog,
    blobs: Blobs,
    clock: Arc<dyn Clock>,
    limits: Limits,
    keys: Arc<KeyRing>,
    salts: Arc<Salts>,
    lifecycle: Arc<SessionLifecycle>,
}

impl Ingest {
    pub(crate) fn new(
        deps: &Deps,
        keys: Arc<KeyRing>,
        salts: Arc<Salts>,
        lifecycle: Arc<SessionLifecycle>,
    ) -> Self {
        Self {
            catalog: deps.catalog.clone(),
            blobs: deps.blobs.clone(),
            clock: deps.clock.clone(),
            limits: deps.limits.clone(),
            keys,
            salts,
            lifecycle,
        }
    }

    /// Stores one block of a session. The wire has checked the size, Content-MD5 and the block id.
    /// The same block may be put again; other bytes under its number are refused.
    pub(crate) async fn put_block(
        &self,
        grant: &UploadGrant<PutBlocks>,
        number: u32,
        bytes: Bytes,
    ) -> Result<BlockAccepted, Error> {
        let (store_id, id) = (grant.store_id(), grant.session_id());
        if bytes.len() > limits::BLOCK_BYTES_MAX {
            return Err(Error::of(ErrorKind::BlockMalformed(BlockProblem::TooLarge)));
        }
        let draft = self.upload_session(store_id, id).await?;
        let received = bytes.clone();
        let opened = run_blocking(move || open_block(&received)).await??;
        check_origin(&draft, &opened.header, number)?;
        let circumstances = self.circumstances(&draft.session).await?;
        let now = self.clock.now();
        self.check_rules(&mut draft.clone(), &opened.header, circumstances, now)?;
        if let Some(staged) = self.catalog.block(id, number).await? {
            if staged.sha256 != opened.sha256 {
                return Err(Error::of(ErrorKind::BlockConflict { number }));
            }
            let remaining = draft.session.remaining_block_count();
            return Ok(BlockAccepted { outcome: BlockOutcome::AlreadyStaged, remaining });
        }
        let byte_count = bytes.len() as u64;
        if let Err(error) = self.write_block(&draft, number, &opened.sha256, bytes).await {
            // A session that ended meanwhile is collected, and its folder may be deleted during the
            // write.
            let mut found = self.upload_session(store_id, id).await?;
            self.check_rules(&mut found, &opened.header, circumstances, now)?;
            return Err(error);
        }
        let row = NewBlock {
            number,
            sha256: opened.sha256,
            byte_count,
            first_row: opened.header.first_row,
            row_count: opened.header.row_count,
            rejected_count: opened.rejected_count,
            stored_at: now,
        };
        // The blob is synced before the catalog names it: a crash between leaves garbage, never a
        // dangling name.
        let staged = self
            .catalog
            .stage_block(id, &row, |draft| self.check_rules(draft, &opened.header, circumstances, now))
            .await?;
        self.accepted(id, number, staged).await
    }

    async fn accepted(
        &self,
        id: SessionId,
        number: u32,
        staged: StageOutcome,
    ) -> Result<BlockAccepted, Error> {
        let outcome = match staged {
            StageOutcome::Staged => BlockOutcome::Staged,
            StageOutcome::SameBytes => BlockOutcome::AlreadyStaged,
            StageOutcome::OtherBytes => return Err(Error::of(ErrorKind::BlockConflict { number })),
        };
        let remaining = self.catalog.session(id).await?.session.remaining_block_count();
        Ok(BlockAccepted { outcome, remaining })
    }

    /// Commits the list of a session's blocks: 0 … n−1 in order, all of them staged.
    pub(crate) async fn commit_block_list(
        &self,
        grant: &UploadGrant<PutBlocks>,
        numbers: &[u32],
    ) -> Result<(), Error> {
        let (store_id, id) = (grant.store_id(), grant.session_id());
        self.upload_session(store_id, id).await?;
        let now = self.clock.now();
        let total = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
        let wrong = (0..).zip(numbers).find(|(expected, number)| *expected != **number);
        let invalid = |position| Err(Error::of(ErrorKind::InvalidBlockList { position }));
        match wrong {
            Some((position, _)) => return invalid(position),
            None if total == 0 || total > limits::BLOCKS_MAX => return invalid(0),
            None => {}
        }
        let changed = self.catalog.change_session_with_blocks(id, |draft, staged| {
            let repeated = draft.block_list_given && draft.session.total_block_count == Some(total);
            if repeated && !draft.session.state.is_final() {
                return Ok(());
            }
            self.lifecycle.apply(draft, SessionEvent::Edit, now)?;
            if draft.session.total_block_count.is_some_and(|known| known != total) {
                return invalid(draft.session.total_block_count.unwrap_or(0).min(total));
            }
            let gap = (0..total).zip(staged).find(|(number, block)| block.number != *number);
            let staged_count = u32::try_from(staged.len()).unwrap_or(u32::MAX);
            if let Some((position, _)) = gap {
                return invalid(position);
            }
            if staged_count != total {
                return invalid(staged_count.min(total));
            }
            draft.session.total_block_count = Some(total);
            draft.session.updated_at = now;
            draft.block_list_given = true;
            Ok(())
        });
        changed.await
    }

    /// Lists the blocks that are staged.
    pub(crate) async fn block_list(
        &self,
        grant: &UploadGrant<ListBlocks>,
    ) -> Result<Vec<StagedBlock>, Error> {
        let (store_id, id) = (grant.store_id(), grant.session_id());
        let draft = self.upload_session(store_id, id).await?;
        let blocks = self.catalog.blocks(id).await?;
        let listed = |block: edm_store::BlockRow| StagedBlock {
            number: block.number,
            byte_count: block.byte_count,
            committed: draft.block_list_given,
        };
        Ok(blocks.into_iter().map(listed).collect())
    }

    async fn upload_session(&self, store_id: StoreId, id: SessionId) -> Result<SessionDraft, Error> {
        let found = self.catalog.session(id).await;
        let draft = found.map_err(|error| Error::from(error).missing(Resource::Session))?;
        if draft.session.store_id != store_id {
            return Err(Error::not_found(Resource::Session));
        }
        Ok(draft)
    }

    async fn circumstances(&self, session: &Session) -> Result<Circumstances, Error> {
        let agent_known = match &session.upload_agent_id {
            None => true,
            Some(text) => match text.parse::<AgentId>() {
                Ok(agent) => match self.catalog.agent(session.tenant, agent).await {
                    Ok(_) => true,
                    Err(error) if error.kind() == edm_store::ErrorKind::NotFound => false,
                    Err(error) => return Err(error.into()),
                },
                Err(_) => false,
            },
        };
        let weak_allowed = self.limits.load().allow_weak_salts;
        let salt_weak = !weak_allowed && self.salts.by_id(session.key_id).await?.is_weak();
        Ok(Circumstances { agent_known, salt_weak })
    }

    /// Checks the session's rules for one block, in the order that clients see, and records the
    /// activity.
    fn check_rules(
        &self,
        draft: &mut SessionDraft,
        header: &BlockHeader,
        circumstances: Circumstances,
        now: Timestamp,
    ) -> Result<(), Error> {
        self.lifecycle.apply(draft, SessionEvent::Block, now)?;
        if !fields_match(&draft.session) {
            return Err(Error::of(ErrorKind::FieldsMismatch));
        }
        if !circumstances.agent_known {
            return Err(Error::of(ErrorKind::UnknownUploadAgent));
        }
        if circumstances.salt_weak {
            return Err(Error::of(ErrorKind::WeakSalt));
        }
        if columns_changed(draft) {
            return Err(Error::of(ErrorKind::ColumnsChanged));
        }
        let session = &mut draft.session;
        let total = session.total_block_count.unwrap_or(limits::BLOCKS_MAX);
        if header.number >= total {
            return Err(Error::of(ErrorKind::BlockOutOfRange { number: header.number, total }));
        }
        if let Some(rows) = session.rows_per_block
            && (header.first_row != u64::from(header.number) * u64::from(rows) || header.row_count > rows)
        {
            return Err(Error::of(ErrorKind::RowsNotContiguous { number: header.number }));
        }
        session.started_at = session.started_at.or(Some(now));
        session.updated_at = now;
        draft.last_activity_at = now;
        Ok(())
    }

    async fn write_block(
        &self,
        draft: &SessionDraft,
        number: u32,
        sha256: &[u8; 32],
        bytes: Bytes,
    ) -> Result<(), Error> {
        let session = &draft.session;
        let cipher = self.keys.block_cipher(draft)?;
        let path = blob_layout::block(session.tenant, session.store_id, session.id, number, sha256)?;
        let sealed = run_blocking(move || cipher.encrypt(number, bytes.into())).await?;
        self.blobs.put(&path, sealed.into()).await?;
        Ok(())
    }
}

fn open_block(bytes: &[u8]) -> Result<Opened, Error> {
    let block = Block::open(bytes)?;
    Ok(Opened {
        header: block.header().clone(),
        rejected_count: block.rejected_count(),
        sha256: Sha256::digest(bytes).into(),
    })
}

/// A sound block may still be another session's.
fn check_origin(draft: &SessionDraft, header: &BlockHeader, number: u32) -> Result<(), Error> {
    let session = &draft.session;
    let foreign = if header.store_id != session.store_id {
        Foreign::Store
    } else if header.plan_digest != edm_block::plan_digest(&session.columns, session.tokens_max) {
        Foreign::Plan
    } else if header.key_id != session.key_id {
        Foreign::Key
    } else if header.number != number {
        Foreign::Number
    } else if header.operation == Operation::Delete && session.update_mode == UpdateMode::Replace {
        Foreign::Operation
    } else {
        return Ok(());
    };
    // Blocks of a delta that are made for the store's present columns are not foreign: the live
    // data has older columns.
    if foreign == Foreign::Plan
        && header.plan_digest == edm_block::plan_digest(&draft.store_columns, draft.store_tokens_max)
    {
        return Err(Error::of(ErrorKind::ColumnsChanged));
    }
    Err(Error::of(ErrorKind::ForeignBlock(foreign)))
}

/// Order is free; each column must be named once.
fn fields_match(session: &Session) -> bool {
    if session.fields.is_empty() {
        return true;
    }
    let mut positions: Vec<Option<usize>> =
        session.fields.iter().map(|field| session.columns.position(field)).collect();
    positions.sort_unstable();
    positions.dedup();
    let count = session.columns.as_slice().len();
    session.fields.len() == count && positions.len() == count && positions.iter().all(Option::is_some)
}

/// Returns whether the store's columns changed since the session was made, or the session has none.
/// A delta has the columns of the live data, so they never change.
pub(crate) fn columns_changed(draft: &SessionDraft) -> bool {
    let session = &draft.session;
    session.update_mode == UpdateMode::Replace
        && (session.columns.is_none()
            || session.columns != draft.store_columns
            || session.tokens_max != draft.store_tokens_max)
}
