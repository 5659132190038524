//! Compares the catalog with the blobs and both with their checksums: `edm verify` and its
//! `--repair`.
//!
//! ```text
//! catalog: store ──► live and kept generations ──► manifest ──► files, each chunk with its tag
//!                └─► unfinished sessions ──► blocks, each with its SHA-256
//! blobs:   a blob that nothing above names is left over
//! ```
//!
//! A repair removes what can be made again: left-over blobs, blocks of an open session (its agent
//! sends them again), and a damaged generation that is only kept to roll back to, where the live
//! one of its store is whole. It touches nothing else: the report says what must be restored from a
//! backup or uploaded again.
//!
//! If no blob exists at all, their volume is probably not mounted. A repair then refuses, since it
//! would forget data that comes back.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use edm_model::{SessionId, SessionState, StoreId, TenantId};
use edm_store::{BlobPath, Blobs, Catalog, GenerationRow};
use sha2::{Digest, Sha256};

use crate::blob_layout;
use crate::data_directory::DataDirectory;
use crate::deps::Deps;
use crate::error::{Error, ErrorKind};
use crate::jobs::queue::JobQueue;
use crate::secrets::key_ring::KeyRing;
use crate::serve::damage::lost;
use crate::serve::file_checks::{Pace, check_files};
use crate::serve::generations::Generations;

/// What was read of a data directory, and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Verification {
    /// Stores that have published data.
    pub stores: u64,
    /// Generations whose files were read.
    pub generations: u64,
    /// Files of generations that were read.
    pub files: u64,
    /// Blocks that were read.
    pub blocks: u64,
    /// Bytes that were read.
    pub bytes: u64,
    /// Whether left-over blobs were searched for: not while a server runs, because it makes new
    /// ones.
    pub leftovers_looked_for: bool,
    /// What is wrong, in the order of the stores.
    pub findings: Vec<Finding>,
    /// Stores that have a whole generation to roll back to.
    whole_before: HashSet<StoreId>,
}

/// Something that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What is wrong.
    pub kind: FindingKind,
    /// The tenant that it belongs to; `None` for a blob whose name no version makes.
    pub tenant: Option<TenantId>,
    /// The store that it belongs to.
    pub store_id: Option<StoreId>,
    /// The session that it belongs to.
    pub session_id: Option<SessionId>,
    /// The block that it is about.
    pub block: Option<u32>,
    /// The file or name, and the reason.
    pub detail: String,
    /// Whether a repair fixed it.
    pub repaired: bool,
}

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FindingKind {
    /// The catalog has lost a store's live generation.
    LiveLost,
    /// A file of a live generation is damaged, cut or gone.
    LiveDamaged,
    /// A file of a generation that is kept to roll back to is damaged, cut or gone.
    KeptDamaged,
    /// A staged block of an open session is damaged or gone.
    BlockDamaged,
    /// A block of a session that is being indexed is damaged or gone.
    CommittedBlockDamaged,
    /// Blobs that nothing names.
    Leftover,
}

impl FindingKind {
    /// Returns the code that a program may rely on.
    pub const fn code(self) -> &'static str {
        match self {
            FindingKind::LiveLost => "liveLost",
            FindingKind::LiveDamaged => "liveDamaged",
            FindingKind::KeptDamaged => "keptDamaged",
            FindingKind::BlockDamaged => "blockDamaged",
            FindingKind::CommittedBlockDamaged => "committedBlockDamaged",
            FindingKind::Leftover => "leftover",
        }
    }

    /// Returns whether it is damage: left-over blobs are only space.
    pub const fn is_damage(self) -> bool {
        !matches!(self, FindingKind::Leftover)
    }
}

impl Verification {
    /// Returns whether a repair fixes the finding by removing what can be made again. A generation
    /// to roll back to cannot be where the live one of its store is damaged.
    pub fn is_repairable(&self, finding: &Finding) -> bool {
        match finding.kind {
            FindingKind::BlockDamaged | FindingKind::Leftover => true,
            FindingKind::KeptDamaged => !self.live_is_damaged(finding.store_id),
            FindingKind::LiveLost | FindingKind::LiveDamaged | FindingKind::CommittedBlockDamaged => false,
        }
    }

    /// Returns what to do about one of the findings.
    pub fn advice(&self, finding: &Finding) -> &'static str {
        let can_roll_back = finding.store_id.is_some_and(|store| self.whole_before.contains(&store));
        match finding.kind {
            FindingKind::LiveLost => "restore the data directory from a backup, or upload the table again",
            FindingKind::LiveDamaged if can_roll_back => {
                "restore its files from a backup, roll back (edm store rollback), or upload the table again"
            }
            FindingKind::LiveDamaged => {
                "restore its files from a backup, or upload the table again: there is no whole generation to roll back to"
            }
            FindingKind::KeptDamaged if self.is_repairable(finding) => {
                "restore its files from a backup, or let --repair forget it: the live data is whole, but there is no way \
                 back to this"
            }
            FindingKind::KeptDamaged => {
                "restore its files from a backup; --repair leaves it, since the live data is damaged as well"
            }
            FindingKind::BlockDamaged => {
                "--repair forgets it: run the same `edm upload` again, which sends it again"
            }
            FindingKind::CommittedBlockDamaged => "its session will fail: upload the table again",
            FindingKind::Leftover => "--repair removes it",
        }
    }

    fn live_is_damaged(&self, store: Option<StoreId>) -> bool {
        let of_live = |kind| matches!(kind, FindingKind::LiveLost | FindingKind::LiveDamaged);
        self.findings.iter().any(|finding| finding.store_id == store && of_live(finding.kind))
    }
}

/// Compares the catalog with the blobs, and repairs.
pub(crate) struct Verifier {
    catalog: Catalog,
    blobs: Blobs,
    keys: Arc<KeyRing>,
    generations: Arc<Generations>,
    directory: Arc<DataDirectory>,
    jobs: Arc<JobQueue>,
}

impl Verifier {
    pub(crate) fn new(
        deps: &Deps,
        keys: Arc<KeyRing>,
        generations: Arc<Generations>,
        directory: Arc<DataDirectory>,
        jobs: Arc<JobQueue>,
    ) -> Self {
        Self { catalog: deps.catalog.clone(), blobs: deps.blobs.clone(), keys, generations, directory, jobs }
    }

    /// Compares the catalog with the blobs and both with their checksums. Calls `each` with the
    /// interim result after every generation and session. Fails where the catalog itself cannot be
    /// read.
    pub(crate) async fn verify(&self, mut each: impl FnMut(&Verification)) -> Result<Verification, Error> {
        let mut found = Verification::default();
        for live in self.catalog.live_stores().await? {
            found.stores += 1;
            if live.generation.is_none() {
                found.findings.push(Finding {
                    kind: FindingKind::LiveLost,
                    tenant: Some(live.tenant),
                    store_id: Some(live.store_id),
                    session_id: live.session_id,
                    block: None,
                    detail: "the catalog does not have its live generation".to_owned(),
                    repaired: false,
                });
            }
        }
        let live: HashMap<StoreId, GenerationRow> = self
            .catalog
            .live_stores()
            .await?
            .into_iter()
            .filter_map(|store| Some((store.store_id, store.generation?)))
            .collect();
        for row in self.catalog.all_generations().await?.iter().filter(|row| row.kept) {
            self.verify_generation(row, live.get(&row.store_id), &mut found).await?;
            each(&found);
        }
        for session in self.catalog.unfinished_sessions().await? {
            self.verify_blocks(session, &mut found).await?;
            each(&found);
        }
        // A server of this directory writes blobs before the catalog names them.
        if self.directory.is_taken() {
            self.find_leftovers(&mut found).await?;
            found.leftovers_looked_for = true;
        }
        Ok(found)
    }

    async fn verify_generation(
        &self,
        row: &GenerationRow,
        live: Option<&GenerationRow>,
        found: &mut Verification,
    ) -> Result<(), Error> {
        found.generations += 1;
        // Whole files may still contradict one another or the salt: it must open as well.
        let checked = match check_files(&self.blobs, &self.keys, row, Pace::Full).await {
            Ok(read) => {
                found.files += read.files;
                found.bytes += read.bytes;
                self.generations.open(row).await.map(drop)
            }
            Err(error) => Err(error),
        };
        let Err(error) = checked else {
            // A rollback goes back only: a generation after the live one is kept and cannot be
            // reached.
            if live.is_some_and(|live| row.number < live.number) {
                found.whole_before.insert(row.store_id);
            }
            return Ok(());
        };
        passing(&error)?;
        let is_live = live.is_some_and(|live| live.session_id == row.session_id);
        let kind = if is_live { FindingKind::LiveDamaged } else { FindingKind::KeptDamaged };
        found.findings.push(Finding {
            kind,
            tenant: Some(row.tenant),
            store_id: Some(row.store_id),
            session_id: Some(row.session_id),
            block: None,
            detail: format!("generation {}: {}", row.number, with_cause(&error)),
            repaired: false,
        });
        Ok(())
    }

    async fn verify_blocks(&self, id: SessionId, found: &mut Verification) -> Result<(), Error> {
        let draft = match self.catalog.session(id).await {
            Ok(draft) => draft,
            Err(gone) if gone.kind() == edm_store::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        let session = &draft.session;
        let cipher = self.keys.block_cipher(&draft)?;
        for block in self.catalog.blocks(id).await? {
            let path = blob_layout::block(session.tenant, session.store_id, id, block.number, &block.sha256)?;
            let read = match self.blobs.get(&path).await.map_err(lost) {
                Ok(sealed) => cipher.decrypt(block.number, sealed.into()),
                Err(error) => Err(error),
            };
            found.blocks += 1;
            found.bytes += block.byte_count;
            let why = match read {
                Ok(bytes) if <[u8; 32]>::from(Sha256::digest(&bytes)) == block.sha256 => continue,
                Ok(_) => "other bytes than were received".to_owned(),
                Err(error) => {
                    passing(&error)?;
                    with_cause(&error)
                }
            };
            let open = session.state == SessionState::UploadInProgress;
            found.findings.push(Finding {
                kind: if open { FindingKind::BlockDamaged } else { FindingKind::CommittedBlockDamaged },
                tenant: Some(session.tenant),
                store_id: Some(session.store_id),
                session_id: Some(id),
                block: Some(block.number),
                detail: format!("block {}: {why}", block.number),
                repaired: false,
            });
        }
        Ok(())
    }

    /// Finds the folders of blobs that neither a generation, nor a session that is not over, nor a
    /// job that deletes them names.
    async fn find_leftovers(&self, found: &mut Verification) -> Result<(), Error> {
        let mut named: HashSet<BlobPath> = self.catalog.pending_collections().await?.into_iter().collect();
        for row in self.catalog.all_generations().await? {
            named.insert(blob_layout::generation(row.tenant, row.store_id, row.session_id)?);
        }
        for id in self.catalog.unfinished_sessions().await? {
            let session = self.catalog.session(id).await?.session;
            named.insert(blob_layout::generation(session.tenant, session.store_id, id)?);
            named.insert(blob_layout::blocks(session.tenant, session.store_id, id)?);
        }
        let mut reported = HashSet::new();
        for blob in self.blobs.list(&BlobPath::new(blob_layout::ROOT)?).await? {
            let folder = blob_layout::folder_of(&blob);
            let is_named = std::iter::successors(Some(folder.clone()), blob_layout::above)
                .any(|name| named.contains(&name));
            if !is_named && reported.insert(folder.clone()) {
                found.findings.push(Finding {
                    kind: FindingKind::Leftover,
                    tenant: None,
                    store_id: None,
                    session_id: None,
                    block: None,
                    detail: folder.to_string(),
                    repaired: false,
                });
            }
        }
        Ok(())
    }

    /// Repairs what [`Verifier::verify`] found and can be made again, and marks it. Needs the data
    /// directory for this process alone.
    pub(crate) async fn repair(&self, found: &mut Verification) -> Result<(), Error> {
        if !self.directory.is_taken() {
            return Err(Error::with_message(
                ErrorKind::DataDirectory,
                "a server works on the data directory: stop it before a repair",
            ));
        }
        self.refuse_missing_blobs(found).await?;
        let repairable: Vec<bool> =
            found.findings.iter().map(|finding| found.is_repairable(finding)).collect();
        for (finding, _) in found.findings.iter_mut().zip(repairable).filter(|(_, repairable)| *repairable) {
            match (finding.kind, finding.session_id, finding.block) {
                (FindingKind::Leftover, ..) => {
                    self.blobs.delete_below(&BlobPath::new(finding.detail.clone())?).await?;
                }
                (FindingKind::KeptDamaged, Some(session), _) => {
                    self.catalog.forget_generation(session).await?;
                }
                (FindingKind::BlockDamaged, Some(session), Some(block)) => {
                    self.forget_block(session, block).await?;
                }
                _ => continue,
            }
            finding.repaired = true;
        }
        self.jobs.collect_retired().await
    }

    /// Fails where files are missed and there is no blob at all: they are elsewhere, and may come
    /// back.
    async fn refuse_missing_blobs(&self, found: &Verification) -> Result<(), Error> {
        let is_damaged = found.findings.iter().any(|finding| finding.kind.is_damage());
        if is_damaged && self.blobs.list(&BlobPath::new(blob_layout::ROOT)?).await?.is_empty() {
            return Err(Error::with_message(
                ErrorKind::DataDirectory,
                "the folder of the blobs holds nothing, and a repair would forget what belongs there: mount its volume, or \
                 restore it from a backup",
            ));
        }
        Ok(())
    }

    /// Forgets a damaged block and deletes what is left of it.
    async fn forget_block(&self, session: SessionId, number: u32) -> Result<(), Error> {
        let draft = self.catalog.session(session).await?;
        let Some(block) = self.catalog.block(session, number).await? else { return Ok(()) };
        self.catalog.forget_blocks(session, &[number]).await?;
        let of = &draft.session;
        let path = blob_layout::block(of.tenant, of.store_id, session, number, &block.sha256)?;
        Ok(self.blobs.delete(&path).await?)
    }
}

/// Returns success for damage. Any other error ends the verification: storage that does not answer
/// would hide the rest.
fn passing(error: &Error) -> Result<(), Error> {
    match error.kind() {
        ErrorKind::Corrupt | ErrorKind::NotFound { .. } => Ok(()),
        kind => Err(Error::with_message(kind.clone(), with_cause(error))),
    }
}

fn with_cause(error: &Error) -> String {
    match (error.kind(), std::error::Error::source(error)) {
        // The sentence of `Corrupt` points to the log of a server, which may not exist here.
        (ErrorKind::Corrupt, Some(cause)) => format!("it cannot be read back: {cause}"),
        (ErrorKind::Corrupt, None) => "it cannot be read back".to_owned(),
        (_, Some(cause)) => format!("{error}: {cause}"),
        (_, None) => error.to_string(),
    }
}
