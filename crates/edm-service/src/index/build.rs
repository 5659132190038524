//! Builds the files of an index. A worker that takes one build job takes the free ones of its group
//! along: they share one pass over the blocks, and each block is read and decrypted once for all of
//! them. Every job is finished as soon as its file is stored, so that a crash costs only the files
//! that were not ready.

use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};

use edm_block::{Block, Operation};
use edm_engine::build::{BuildJob, BuiltFile, Plan};
use edm_hash::Salt;
use edm_model::Session;
use edm_store::{Blobs, Catalog, JobKind, LeasedJob, SessionDraft};
use tokio::runtime::Handle;
use tokio::sync::{Semaphore, mpsc};

use crate::blob_layout;
use crate::deps::Deps;
use crate::error::{Error, ErrorKind};
use crate::index::plan::{PlannedSession, Step};
use crate::jobs::queue::{HEARTBEAT, JobQueue, LEASE_SECONDS, session_job, without_panic};
use crate::run_blocking::run_blocking;
use crate::secrets::block_cipher::BlockCipher;
use crate::secrets::key_ring::KeyRing;
use crate::secrets::salts::Salts;
use crate::serve::damage::{broken, lost};
use crate::service_limits::Limits;

const MEBIBYTE: u64 = 1024 * 1024;

/// What the build of a group reads.
struct BuildInput {
    planned: Arc<PlannedSession>,
    jobs: Vec<BuildJob>,
    salt: Salt,
    cipher: BlockCipher,
    session: Session,
    blobs: Blobs,
}

/// Jobs that were taken along and are not finished.
type Along = Mutex<Vec<(BuildJob, LeasedJob)>>;

/// The build job of a step, as a worker holds it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LeasedStep<'a> {
    pub(crate) build: BuildJob,
    /// The place of the step in the plan.
    pub(crate) index: u32,
    pub(crate) job: &'a LeasedJob,
}

/// Builds the files of indexes.
pub(crate) struct Builder {
    catalog: Catalog,
    blobs: Blobs,
    limits: Limits,
    keys: Arc<KeyRing>,
    salts: Arc<Salts>,
    jobs: Arc<JobQueue>,
    /// Mebibytes that build jobs may still take.
    build_memory: Semaphore,
}

impl Builder {
    pub(crate) fn new(deps: &Deps, keys: Arc<KeyRing>, salts: Arc<Salts>, jobs: Arc<JobQueue>) -> Self {
        let mebibytes = deps.limits.load().build_memory_bytes / MEBIBYTE;
        Self {
            catalog: deps.catalog.clone(),
            blobs: deps.blobs.clone(),
            limits: deps.limits.clone(),
            keys,
            salts,
            jobs,
            build_memory: Semaphore::new(usize::try_from(mebibytes).unwrap_or(1).max(1)),
        }
    }

    /// Builds the file of a job and those of the jobs that it takes along, which it finishes.
    pub(crate) async fn build_group(
        &self,
        draft: &SessionDraft,
        planned: &Arc<PlannedSession>,
        step: LeasedStep<'_>,
    ) -> Result<(), Error> {
        let taken = self.jobs.claim_builds_with(step.job, &planned.along(step.index)).await?;
        let taken = taken.into_iter().filter_map(|job| {
            let JobKind::Build { index } = job.kind else { return None };
            match planned.step(index) {
                Some(Step::Build(build)) => Some((*build, job)),
                _ => None,
            }
        });
        let along = Mutex::new(taken.collect());
        let result = without_panic(async {
            tokio::select! {
                result = self.build_files(draft, planned, step.build, &along) => result,
                never = self.keep_leases(&along) => match never? {},
            }
        });
        let result = result.await;
        if result.is_err() {
            // Which job is at fault is unknown. The failure counts for the first; the others go on
            // without it.
            for job in unfinished(&along) {
                if let Err(error) = self.catalog.postpone_job(&job, 0).await {
                    tracing::debug!(job = %job.dedup_key, %error, "a job of a group was not released");
                }
            }
        }
        result
    }

    async fn build_files(
        &self,
        draft: &SessionDraft,
        planned: &Arc<PlannedSession>,
        first: BuildJob,
        along: &Along,
    ) -> Result<(), Error> {
        let others =
            along.lock().unwrap_or_else(PoisonError::into_inner).iter().map(|(job, _)| *job).collect();
        let jobs: Vec<BuildJob> = [vec![first], others].concat();
        let memory = planned.plan.memory_bytes(&jobs);
        let input = BuildInput {
            planned: planned.clone(),
            jobs,
            salt: self.salts.by_id(draft.session.key_id).await?,
            cipher: self.keys.block_cipher(draft)?,
            session: draft.session.clone(),
            blobs: self.blobs.clone(),
        };
        // One file waits while one is stored: the plan counts them.
        let (sender, files) = mpsc::channel(1);
        let build = async move {
            let memory = self.reserve(memory).await?;
            let handle = Handle::current();
            run_blocking(move || build_files(&input, &handle, &sender)).await??;
            Ok::<_, Error>(memory)
        };
        let (built, stored) = tokio::join!(build, self.store_files(draft, files, along));
        // A file that could not be stored ends the build, so its error comes first.
        stored?;
        built.map(drop)
    }

    /// Stores files as they are made and finishes the jobs that were taken along for them.
    async fn store_files(
        &self,
        draft: &SessionDraft,
        mut files: mpsc::Receiver<BuiltFile>,
        along: &Along,
    ) -> Result<(), Error> {
        let session = &draft.session;
        let folder = blob_layout::generation(session.tenant, session.store_id, session.id)?;
        let publish = session_job(session, JobKind::Publish);
        while let Some(file) = files.recv().await {
            self.blobs.put(&folder.join(Plan::file_name(file.job))?, file.bytes.into()).await?;
            let found = {
                let along = along.lock().unwrap_or_else(PoisonError::into_inner);
                along.iter().find(|(job, _)| *job == file.job).map(|(_, leased)| leased.clone())
            };
            if let Some(leased) = found {
                self.catalog.finish_job(&leased, &[], Some(&publish)).await?;
                along.lock().unwrap_or_else(PoisonError::into_inner).retain(|(job, _)| *job != file.job);
            }
        }
        Ok(())
    }

    /// Renews the leases of the jobs that were taken along, until it is dropped. A lost lease is
    /// noticed when its job is finished; the job may have been finished just now.
    async fn keep_leases(&self, along: &Along) -> Result<Infallible, Error> {
        loop {
            tokio::time::sleep(HEARTBEAT).await;
            for job in unfinished(along) {
                match self.catalog.heartbeat(&job, LEASE_SECONDS).await {
                    Err(error) if error.kind() != edm_store::ErrorKind::Fenced => return Err(error.into()),
                    _ => {}
                }
            }
        }
    }

    /// Reserves memory for a group. One that needs more than there is gets all of it, and runs
    /// alone.
    async fn reserve(&self, bytes: u64) -> Result<tokio::sync::SemaphorePermit<'_>, Error> {
        let all = (self.limits.load().build_memory_bytes / MEBIBYTE).max(1);
        let wanted = u32::try_from(bytes.div_ceil(MEBIBYTE).min(all)).unwrap_or(u32::MAX);
        let permit = self.build_memory.acquire_many(wanted).await;
        permit.map_err(|source| Error::of(ErrorKind::Internal).because(source))
    }
}

fn unfinished(along: &Along) -> Vec<LeasedJob> {
    let along = along.lock().unwrap_or_else(PoisonError::into_inner);
    along.iter().map(|(_, leased)| leased.clone()).collect()
}

/// Reads the blocks that the jobs need, one at a time, and sends their files. Ends early when the
/// receiver is gone. Blocks its thread.
fn build_files(input: &BuildInput, handle: &Handle, files: &mpsc::Sender<BuiltFile>) -> Result<(), Error> {
    let plan = &input.planned.plan;
    let send = |file| files.blocking_send(file).map_err(|_| Error::of(ErrorKind::Internal));
    let mut builder = edm_engine::build::Builder::new(plan, &input.jobs, &input.salt);
    for number in plan.required_blocks(&input.jobs) {
        if files.is_closed() {
            return Err(Error::of(ErrorKind::Internal));
        }
        let bytes = block_bytes(input, number, handle)?;
        // What was encrypted had been opened with its checksum, and decryption has just proved
        // every byte of it.
        let block = Block::reopen(&bytes).map_err(|source| Error::of(ErrorKind::Corrupt).because(source))?;
        let taken = match block.header().operation {
            Operation::Upsert => builder.add(number, block.rows()),
            Operation::Delete => builder.remove(number, block.rows()),
        };
        taken.map_err(broken)?.map_or(Ok(()), send)?;
    }
    builder.finish().try_for_each(send)
}

/// Reads and decrypts a block.
fn block_bytes(input: &BuildInput, number: u32, handle: &Handle) -> Result<Vec<u8>, Error> {
    let digest = usize::try_from(number).ok().and_then(|index| input.planned.digests.get(index));
    let digest = digest.ok_or_else(|| Error::of(ErrorKind::Corrupt))?;
    let session = &input.session;
    let path = blob_layout::block(session.tenant, session.store_id, session.id, number, digest)?;
    let sealed = handle.block_on(input.blobs.get(&path)).map_err(lost)?;
    input.cipher.decrypt(number, sealed.into())
}
