//! Jobs that build the files of an index. Whoever takes one takes the free ones of its group along: they share one pass
//! over the blocks, of which each is read and decrypted once for all of them. Every job is finished by itself as soon as
//! its file is stored, so that a crash costs the files that were not ready.

use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};

use edm_block::{Block, Operation};
use edm_engine::build::{BuildJob, BuiltFile, Plan};
use edm_hash::Salt;
use edm_model::{Session, SessionId};
use edm_store::{Blobs, JobKind, LeasedJob, SessionDraft};
use tokio::runtime::Handle;
use tokio::sync::mpsc;

use crate::blob_layout;
use crate::error::{Error, ErrorKind};
use crate::index::plan::{PlannedSession, Step};
use crate::index::publish::of_session;
use crate::secrets::key_ring::BlockCipher;
use crate::serve::serving::broken;
use crate::service::{Service, off_thread};
use crate::upkeep::workers::{HEARTBEAT, LEASE_SECONDS, without_panic};

const MEBIBYTE: u64 = 1024 * 1024;

/// Everything that a group reads.
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

impl Service {
    /// Takes one step of building the index, and the steps that go with it.
    pub(crate) async fn run_build(
        &self,
        job: &LeasedJob,
        session_id: SessionId,
        index: u32,
    ) -> Result<(), Error> {
        let draft = self.inner.catalog.session(session_id).await?;
        if let Some(failure) = self.superseded(&draft) {
            return self.fail_session(session_id, failure).await;
        }
        let planned = self.planned(&draft).await?;
        match planned.step(index).ok_or_else(|| Error::of(ErrorKind::Corrupt))? {
            Step::Build(own) => self.build_group(&draft, &planned, (*own, index, job)).await?,
            Step::Carry(names) => self.carry_over(&draft, names).await?,
        }
        // Last of its group, since its lease is what the worker keeps alive.
        let publish = of_session(&draft.session, JobKind::Publish);
        self.inner.catalog.finish_job(job, &[], Some(&publish)).await?;
        Ok(())
    }

    /// Builds the file of a job and those of the jobs that it takes along, which it finishes.
    async fn build_group(
        &self,
        draft: &SessionDraft,
        planned: &Arc<PlannedSession>,
        (own, index, job): (BuildJob, u32, &LeasedJob),
    ) -> Result<(), Error> {
        let (catalog, owner) = (&self.inner.catalog, &self.inner.owner);
        let taken = catalog.claim_builds_with(job, &planned.along(index), owner, LEASE_SECONDS).await?;
        let taken = taken.into_iter().filter_map(|job| {
            let JobKind::Build { index } = job.kind else { return None };
            match planned.step(index) {
                Some(Step::Build(own)) => Some((*own, job)),
                _ => None,
            }
        });
        let along = Mutex::new(taken.collect());
        let result = without_panic(async {
            tokio::select! {
                result = self.build_files(draft, planned, own, &along) => result,
                never = self.keep_leases(&along) => match never? {},
            }
        });
        let result = result.await;
        if result.is_err() {
            // Whose fault it was nobody knows: each goes on without the one that the failure counts for.
            for job in unfinished(&along) {
                if let Err(error) = catalog.postpone_job(&job, 0).await {
                    tracing::debug!(job = %job.dedup_key, %error, "a job of a group was not given back");
                }
            }
        }
        result
    }

    async fn build_files(
        &self,
        draft: &SessionDraft,
        planned: &Arc<PlannedSession>,
        own: BuildJob,
        along: &Along,
    ) -> Result<(), Error> {
        let others =
            along.lock().unwrap_or_else(PoisonError::into_inner).iter().map(|(job, _)| *job).collect();
        let jobs: Vec<BuildJob> = [vec![own], others].concat();
        let memory = planned.plan.memory_bytes(&jobs);
        let input = BuildInput {
            planned: planned.clone(),
            jobs,
            salt: self.salt(draft.session.key_id).await?,
            cipher: self.block_cipher(draft)?,
            session: draft.session.clone(),
            blobs: self.inner.blobs.clone(),
        };
        // One file waits while one is stored: the plan counts them.
        let (sender, files) = mpsc::channel(1);
        let build = async move {
            let memory = self.reserve(memory).await?;
            let handle = Handle::current();
            off_thread(move || build_files(&input, &handle, &sender)).await??;
            Ok::<_, Error>(memory)
        };
        let (built, stored) = tokio::join!(build, self.store_files(draft, files, along));
        // What could not be stored ends the build: its error comes first.
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
        let publish = of_session(session, JobKind::Publish);
        while let Some(file) = files.recv().await {
            self.inner.blobs.put(&folder.join(Plan::file_name(file.job))?, file.bytes.into()).await?;
            let found = {
                let along = along.lock().unwrap_or_else(PoisonError::into_inner);
                along.iter().find(|(job, _)| *job == file.job).map(|(_, leased)| leased.clone())
            };
            if let Some(leased) = found {
                self.inner.catalog.finish_job(&leased, &[], Some(&publish)).await?;
                along.lock().unwrap_or_else(PoisonError::into_inner).retain(|(job, _)| *job != file.job);
            }
        }
        Ok(())
    }

    /// Prolongs the leases of the jobs that were taken along, until it is dropped. Who lost one hears of it when it is
    /// finished; it may have been finished just now.
    async fn keep_leases(&self, along: &Along) -> Result<Infallible, Error> {
        loop {
            tokio::time::sleep(HEARTBEAT).await;
            for job in unfinished(along) {
                match self.inner.catalog.heartbeat(&job, LEASE_SECONDS).await {
                    Err(error) if error.kind() != edm_store::ErrorKind::Fenced => return Err(error.into()),
                    _ => {}
                }
            }
        }
    }

    /// A group that wants more than there is gets all of it: alone, it is the best that can be done.
    async fn reserve(&self, bytes: u64) -> Result<tokio::sync::SemaphorePermit<'_>, Error> {
        let all = (self.limits().build_memory_bytes / MEBIBYTE).max(1);
        let wanted = u32::try_from(bytes.div_ceil(MEBIBYTE).min(all)).unwrap_or(u32::MAX);
        let permit = self.inner.build_memory.acquire_many(wanted).await;
        permit.map_err(|source| Error::of(ErrorKind::Internal).because(source))
    }
}

fn unfinished(along: &Along) -> Vec<LeasedJob> {
    let along = along.lock().unwrap_or_else(PoisonError::into_inner);
    along.iter().map(|(_, leased)| leased.clone()).collect()
}

/// Reads the blocks that the jobs need, one at a time, and sends their files. Ends early when nobody takes them. Blocks
/// its thread.
fn build_files(input: &BuildInput, handle: &Handle, files: &mpsc::Sender<BuiltFile>) -> Result<(), Error> {
    let plan = &input.planned.plan;
    let send = |file| files.blocking_send(file).map_err(|_| Error::of(ErrorKind::Internal));
    let mut builder = plan.builder(&input.jobs, &input.salt);
    for number in plan.required_blocks(&input.jobs) {
        if files.is_closed() {
            return Err(Error::of(ErrorKind::Internal));
        }
        let bytes = block_bytes(input, number, handle)?;
        // What was encrypted had been opened with its checksum, and decryption has just proved every byte of it.
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
    // A block that the catalog names and that is not there is damage: trying again would not bring it back.
    let sealed = handle.block_on(input.blobs.get(&path)).map_err(|error| match error.kind() {
        edm_store::ErrorKind::NotFound => Error::of(ErrorKind::Corrupt).because(error),
        _ => error.into(),
    })?;
    input.cipher.decrypt(number, sealed.into())
}
