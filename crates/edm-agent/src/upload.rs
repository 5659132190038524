//! One upload from end to end: read the store's columns, create a session or resume that of a
//! killed agent, run the pipeline, send the blocks, and commit.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use edm_graph::{SessionDraft, SessionResource};
use edm_hash::Salt;
use edm_model::{AgentId, KeyId};
use futures::{StreamExt, stream};
use serde_json::json;
use sha2::{Digest, Sha256};
use tokio::sync::mpsc;

use crate::block_wire::BlockWire;
use crate::client::GraphClient;
use crate::dry_run::judge;
use crate::error::{Error, ErrorKind};
use crate::file_identity::hex;
use crate::journal::{Journal, SentBlock, Start, file_name};
use crate::pipeline::{self, BlockPlan, Outcome, SealedBlock, Stopped};
use crate::progress::{Event, Progress};
use crate::rejections::Rejections;
use crate::source::Input;
use crate::table::{StoreShape, Table, TableMode, TableOptions, check_outcome, stat};
use crate::upload_report::UploadReport;

/// The location of the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JournalPlace {
    /// In this file.
    File(PathBuf),
    /// A file in this folder, named after server, store and table.
    Folder(PathBuf),
    /// No journal: a killed upload cannot be resumed.
    Nowhere,
}

/// When an upload returns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wait {
    /// After the commit.
    ForCommit,
    /// When the session has ended.
    ForLive,
}

/// The options of an upload.
#[derive(Debug, Clone)]
pub struct UploadOptions {
    /// The table.
    pub table: TableOptions,
    /// The data store's name or id.
    pub store: String,
    /// The upload agent: its id, or a description. An unknown description is registered.
    pub agent: Option<String>,
    /// Whether a generation may become live that has far fewer rows than the live one.
    pub allow_shrink: bool,
    /// The number of blocks sent in parallel.
    pub parallel_blocks: usize,
    /// The journal.
    pub journal: JournalPlace,
    /// When to return.
    pub wait: Wait,
}

/// Uploads the table. Resumes a killed run or creates a session, sends every block, then commits.
///
/// Does not commit if the table cannot be read to its end, changed meanwhile, or has more bad lines
/// than allowed. Needs a multi-threaded runtime.
pub async fn upload(
    client: &GraphClient,
    options: UploadOptions,
    progress: Arc<dyn Progress>,
) -> Result<UploadReport, Error> {
    let store = client.store(&options.store).await?;
    let shape = StoreShape::read(&store)?;
    // The server has answered once, so from here on a restart of it is worth waiting for.
    let client = client.patient(Arc::clone(&progress));
    let (table, shape, options) = blocking(move || {
        let table = Table::open(&options.table, &shape)?;
        Ok((table, shape, options))
    })
    .await?;
    let journal = open_journal(&client, &options, &shape).await?;
    let active_session = store.active_session_id;
    let mut run =
        Run { client: &client, options: &options, shape: &shape, progress, journal, active_session };
    let opened = run.open_session(&table).await?;
    let mut report = match opened {
        Opened::Uploading(session) => run.upload_blocks(session, table).await?,
        Opened::Committed(session_id) => {
            let read = run.read_again(table).await?;
            run.finish(session_id, Sent::default(), read).await?
        }
    };
    if options.table.mode != TableMode::Replace && store.must_upload_again == Some(true) {
        report.warnings.push(DELTA_ON_OTHER_TERMS.to_owned());
    }
    Ok(report)
}

async fn open_journal(
    client: &GraphClient,
    options: &UploadOptions,
    shape: &StoreShape,
) -> Result<Option<Journal>, Error> {
    let Input::File(table) = &options.table.input else { return Ok(None) };
    if !options.table.input.is_repeatable() {
        return Ok(None);
    }
    let path = match &options.journal {
        JournalPlace::Nowhere => return Ok(None),
        JournalPlace::File(path) => path.clone(),
        JournalPlace::Folder(folder) => {
            let table = std::fs::canonicalize(table).unwrap_or_else(|_| table.clone());
            folder.join(file_name(client.server(), &shape.id.to_string(), &table))
        }
    };
    blocking(move || Journal::open(&path)).await.map(Some)
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => Err(Error::caused(ErrorKind::Interrupted, error)),
    }
}

/// A delta is hashed with the store's current settings. Rows that it does not name keep those they
/// were made with.
const DELTA_ON_OTHER_TERMS: &str = "the data store's columns, placeholders or salt changed since the whole table was uploaded, and a delta \
     changes only the rows that it names: upload the whole table again";

/// A session that accepts blocks.
struct OpenSession {
    id: String,
    upload_uri: String,
    key_id: KeyId,
    salt: Salt,
    rows_per_block: u32,
    resumed: bool,
}

enum Opened {
    Uploading(OpenSession),
    /// A killed run had committed it already.
    Committed(String),
}

/// What the server has.
#[derive(Default)]
struct Sent {
    /// The digest of every block, by number.
    digests: BTreeMap<u32, [u8; 32]>,
    rejections: Rejections,
    blocks: u32,
    bytes: u64,
}

/// The result of reading and hashing the whole table.
#[derive(Default)]
struct Read {
    records: u64,
    rejections: Rejections,
    warnings: Vec<String>,
    unfilled: BTreeMap<String, u64>,
}

struct Run<'a> {
    client: &'a GraphClient,
    options: &'a UploadOptions,
    shape: &'a StoreShape,
    progress: Arc<dyn Progress>,
    journal: Option<Journal>,
    /// The session whose table was live when this run started.
    active_session: Option<String>,
}

impl Run<'_> {
    async fn open_session(&mut self, table: &Table) -> Result<Opened, Error> {
        if let Some(start) = self.journal.as_ref().and_then(|journal| journal.start().cloned()) {
            match self.resume(&start, table).await? {
                Ok(opened) => return Ok(opened),
                Err(reason) => {
                    self.progress.event(&Event::ResumeRefused { session_id: start.session_id, reason });
                }
            }
        }
        self.create_session(table).await.map(Opened::Uploading)
    }

    /// Returns the session of the journal, or the reason why it cannot be resumed.
    async fn resume(&self, start: &Start, table: &Table) -> Result<Result<Opened, String>, Error> {
        let store_id = self.shape.id.to_string();
        // Everything that decides how bytes become blocks must be equal. Otherwise a resumed upload
        // mixes blocks of two kinds.
        let asked = self.options.table.rows_per_block;
        let differs = [
            (start.store_id != store_id, "it was for another data store"),
            (Some(&start.file) != table.identity.as_ref(), "the file changed since"),
            (start.mode != self.options.table.mode.word(), "the table was to be uploaded in another mode"),
            (
                start.reading != self.options.table.reading(self.shape),
                "the table was read with other options, or other words meant an empty cell",
            ),
            (start.plan_digest != hex(&self.shape.plan_digest()), "the data store's columns changed since"),
            (
                asked.is_some() && start.rows_per_block != self.shape.rows_per_block(&self.options.table),
                "it was cut into blocks of another size",
            ),
        ];
        if let Some((_, reason)) = differs.iter().find(|(differs, _)| *differs) {
            return Ok(Err((*reason).to_owned()));
        }
        let session = match self.client.session_with_salt(&store_id, &start.session_id).await {
            Ok(session) => session,
            // The session was deleted, or belongs to another principal: start a new one.
            Err(error) if matches!(error.kind(), ErrorKind::Refused { status: 403 | 404, .. }) => {
                return Ok(Err(error.to_string()));
            }
            Err(error) => return Err(error),
        };
        match session.state.as_deref() {
            Some("UploadInProgress") => {}
            // The journal survived a crash after the commit, but another upload has become live
            // since. Reporting success would be wrong.
            Some("Completed") if self.active_session.as_deref() != Some(&start.session_id) => {
                return Ok(Err("its table was live, and another one is now".to_owned()));
            }
            Some("ProcessingInProgress" | "Completed") => {
                return Ok(Ok(Opened::Committed(start.session_id.clone())));
            }
            state => return Ok(Err(format!("the session is {}", state.unwrap_or("gone")))),
        }
        let opened = OpenSession { resumed: true, ..read_session(session, start.rows_per_block)? };
        Ok(Ok(Opened::Uploading(opened)))
    }

    async fn create_session(&mut self, table: &Table) -> Result<OpenSession, Error> {
        let store_id = self.shape.id.to_string();
        let rows_per_block = self.shape.rows_per_block(&self.options.table);
        let names = self.shape.columns.as_slice().iter().map(|column| column.name.clone()).collect();
        let base_name = table.path.as_ref().and_then(|path| path.file_name());
        let draft = SessionDraft {
            upload_agent_id: self.agent_id().await?,
            fields: Some(names),
            file_name: base_name.map(|name| name.to_string_lossy().into_owned()),
            rows_per_block: Some(rows_per_block),
            update_mode: Some(self.options.table.mode.update_mode().to_owned()),
            allow_shrink: Some(self.options.allow_shrink),
            ..SessionDraft::default()
        };
        let session = self.client.create_session(&store_id, &draft).await?;
        let session = read_session(session, rows_per_block)?;
        if let (Some(mut journal), Some(identity)) = (self.journal.take(), table.identity.clone()) {
            let start = Start::new(&session.id, identity, self.shape, &self.options.table);
            self.journal = Some(blocking(move || journal.begin(start).map(|()| journal)).await?);
        }
        self.progress.event(&Event::SessionCreated { session_id: session.id.clone(), rows_per_block });
        Ok(session)
    }

    async fn agent_id(&self) -> Result<Option<String>, Error> {
        let Some(name) = &self.options.agent else { return Ok(None) };
        let agents = self.client.agents().await?;
        let known = agents
            .iter()
            .find(|agent| agent.id.eq_ignore_ascii_case(name) || agent.description.as_ref() == Some(name));
        match known {
            Some(agent) => Ok(Some(agent.id.clone())),
            // An id is never meant as a description. Registering it would hide the mistake.
            None if name.parse::<AgentId>().is_ok() => Err(Error::new(ErrorKind::NotFound {
                name: format!(
                    "upload agent of the id {name}: name one that is registered, or give a description to register"
                ),
            })),
            None => Ok(Some(self.client.create_agent(name).await?.id)),
        }
    }

    async fn upload_blocks(&mut self, session: OpenSession, table: Table) -> Result<UploadReport, Error> {
        let store_id = self.shape.id.to_string();
        let progress = Arc::clone(&self.progress);
        let wire = BlockWire::new(self.client, &store_id, &session.id, &session.upload_uri, &*progress)?;
        let mut sent = Sent::default();
        if session.resumed {
            self.take_over(&wire, &session, &mut sent).await?;
        }
        let skip = sent.digests.keys().copied().collect();
        let (key_id, salt) = (session.key_id, session.salt);
        let options = &self.options.table;
        let plan = self.shape.plan(key_id, salt, session.rows_per_block, skip, &table, options);
        let identity = table.identity.clone();
        let path = table.path.clone();
        let notes = table.empty_words.notes.clone();
        let mut outcome = self.run_pipeline(plan, table, &wire, &mut sent).await?;
        outcome.warnings.extend(notes);
        let mut rejections = outcome.rejections.clone();
        rejections.merge(&sent.rejections);
        if let (Some(path), Some(identity)) = (path, identity)
            // The blocks describe the file as it was when it was opened. If it changed while it was
            // read, they mix two versions.
            && blocking(move || stat(&path)).await? != (identity.size, identity.modified_ns)
        {
            return Err(Error::new(ErrorKind::FileChanged));
        }
        // Nothing can be committed, and an open session would only expire later.
        if outcome.records == 0 {
            self.client.cancel_session(&store_id, &session.id).await?;
            self.forget_journal().await?;
        }
        check_outcome(&outcome, &rejections, &self.options.table).map_err(Error::new)?;
        let blocks =
            Event::BlocksUploaded { blocks: outcome.blocks, sent: sent.blocks, sent_bytes: sent.bytes };
        self.progress.event(&blocks);
        // The commit comes last: the server checks the blocks against the list and the totals, and
        // accepts no change afterwards.
        wire.put_list(outcome.blocks).await?;
        self.progress.event(&Event::BlockListPut);
        let totals = json!({
            "totalBlockCount": outcome.blocks,
            "checksum": checksum(&sent.digests),
            "rowCount": outcome.records - rejections.rejected_records,
            "rejectedRowCount": rejections.rejected_records,
        });
        self.client.patch_session(&store_id, &session.id, &totals).await?;
        self.client.commit_session(&store_id, &session.id).await?;
        self.finish(
            session.id,
            sent,
            Read {
                records: outcome.records,
                rejections,
                warnings: outcome.warnings,
                unfilled: outcome.unfilled,
            },
        )
        .await
    }

    /// Computes the report of a run that was killed after its commit.
    async fn read_again(&self, mut table: Table) -> Result<Read, Error> {
        let (shape, options) = (self.shape.clone(), self.options.table.clone());
        let progress = Arc::clone(&self.progress);
        blocking(move || {
            let (outcome, rejections) = judge(&mut table, &shape, &options, &*progress)?;
            let Outcome { records, warnings, unfilled, .. } = outcome;
            Ok(Read { records, rejections, warnings, unfilled })
        })
        .await
    }

    /// Learns what an earlier run left on the server. A block that is missing in the journal is
    /// made again.
    async fn take_over(
        &mut self,
        wire: &BlockWire<'_>,
        session: &OpenSession,
        sent: &mut Sent,
    ) -> Result<(), Error> {
        let present = wire.list().await?;
        if let Some(mut journal) = self.journal.take() {
            for number in &present {
                // The checksum at the commit needs the digest of every block. The server does not
                // return digests, so a block without one is hashed and sent again.
                let Some(known) = journal.block(*number) else { continue };
                if let Some(digest) = known.digest() {
                    sent.digests.insert(*number, digest);
                    sent.rejections.merge(&known.rejections());
                }
            }
            self.journal = Some(blocking(move || journal.resume().map(|()| journal)).await?);
        }
        let blocks_present = u32::try_from(present.len()).unwrap_or(u32::MAX);
        self.progress.event(&Event::SessionResumed { session_id: session.id.clone(), blocks_present });
        Ok(())
    }

    /// Hashes on separate threads and sends several blocks in parallel. Each block enters the
    /// journal after its acknowledgement, never before.
    async fn run_pipeline(
        &mut self,
        plan: BlockPlan,
        mut table: Table,
        wire: &BlockWire<'_>,
        sent: &mut Sent,
    ) -> Result<Outcome, Error> {
        let parallel = self.options.parallel_blocks.max(1);
        let (sender, receiver) = mpsc::channel::<SealedBlock>(1);
        let progress = Arc::clone(&self.progress);
        let hashing = tokio::task::spawn_blocking(move || {
            let sink = |block| sender.blocking_send(block).map_err(|_| Stopped);
            pipeline::run(&mut table.reader, &plan, &sink, &*progress, table.bytes_total)
        });
        let blocks = stream::unfold(receiver, async |mut receiver| {
            receiver.recv().await.map(|block| (block, receiver))
        });
        let sending = blocks.map(|block| async move {
            let bytes = Bytes::from_owner(block.bytes);
            let length = bytes.len() as u64;
            wire.put(block.number, bytes).await?;
            Ok::<_, Error>((block.number, block.sha256, block.rejections, length))
        });
        let mut sending = Box::pin(sending.buffer_unordered(parallel));
        let mut failure = None;
        while let Some(result) = sending.next().await {
            let noted = match result {
                Ok((number, sha256, rejections, length)) => {
                    sent.blocks += 1;
                    sent.bytes += length;
                    sent.digests.insert(number, sha256);
                    sent.rejections.merge(&rejections);
                    self.note(SentBlock::new(number, sha256, &rejections)).await
                }
                Err(error) => Err(error),
            };
            if let Err(error) = noted {
                failure = Some(error);
                break;
            }
        }
        // Closes the channel, so that a hashing thread that waits to send gives up.
        drop(sending);
        let outcome = hashing.await.map_err(|error| Error::caused(ErrorKind::Interrupted, error))?;
        match failure {
            Some(error) => Err(error),
            None => outcome,
        }
    }

    async fn note(&mut self, block: SentBlock) -> Result<(), Error> {
        if let Some(mut journal) = self.journal.take() {
            self.journal = Some(blocking(move || journal.acknowledge(block).map(|()| journal)).await?);
        }
        Ok(())
    }

    async fn forget_journal(&mut self) -> Result<(), Error> {
        match self.journal.take() {
            Some(journal) => blocking(move || journal.remove()).await,
            None => Ok(()),
        }
    }

    /// Adds the refusals of the table to the error if the session ended, because they may be the
    /// cause.
    async fn told_with(&mut self, error: Error, refused: Rejections) -> Result<Error, Error> {
        let ErrorKind::SessionEnded { state, code, message, .. } = error.kind() else { return Ok(error) };
        let (state, code, message) = (state.clone(), code.clone(), message.clone());
        self.forget_journal().await?;
        let rejections = Box::new(refused);
        Ok(Error::new(ErrorKind::SessionEnded { state, code, message, rejections }))
    }

    async fn finish(&mut self, session_id: String, sent: Sent, read: Read) -> Result<UploadReport, Error> {
        self.progress.event(&Event::Committed);
        let store_id = self.shape.id.to_string();
        let state = match self.options.wait {
            Wait::ForCommit => "ProcessingInProgress".to_owned(),
            Wait::ForLive => {
                match wait_until_live(self.client, &store_id, &session_id, &*self.progress).await {
                    Ok(()) => "Completed".to_owned(),
                    Err(error) => return Err(self.told_with(error, read.rejections).await?),
                }
            }
        };
        self.forget_journal().await?;
        let blocks = u32::try_from(sent.digests.len()).unwrap_or(u32::MAX);
        let mode = self.options.table.mode;
        let Read { records, rejections, warnings, unfilled } = read;
        Ok(UploadReport {
            session_id,
            state,
            records,
            rejections,
            warnings,
            unfilled,
            blocks,
            blocks_sent: sent.blocks,
            mode,
        })
    }
}

/// Waits until the session is completed. Fails if it ends in another state.
pub async fn wait_until_live(
    client: &GraphClient,
    store_id: &str,
    session_id: &str,
    progress: &dyn Progress,
) -> Result<(), Error> {
    let mut pause = Duration::from_millis(50);
    loop {
        let session = client.session(store_id, session_id).await?;
        match session.state.as_deref() {
            Some("Completed") => {
                progress.event(&Event::Live);
                return Ok(());
            }
            Some("ProcessingInProgress" | "UploadInProgress") => {}
            state => {
                let error = session.error.unwrap_or_default();
                return Err(Error::new(ErrorKind::SessionEnded {
                    state: state.unwrap_or("without a state").to_owned(),
                    code: error.code,
                    message: error.message,
                    rejections: Box::default(),
                }));
            }
        }
        if let (Some(jobs), Some(remaining)) = (session.total_job_count, session.remaining_job_count) {
            progress.event(&Event::Processing { jobs, remaining });
        }
        tokio::time::sleep(pause).await;
        // Short pauses for small tables, longer ones for large tables.
        pause = (pause * 5 / 4).min(Duration::from_secs(2));
    }
}

fn read_session(session: SessionResource, rows_per_block: u32) -> Result<OpenSession, Error> {
    let lacks = || Error::new(ErrorKind::BadAnswer);
    let salt = session.salt.as_ref().ok_or_else(lacks)?.expose_secret().to_owned();
    Ok(OpenSession {
        upload_uri: session.data_upload_uri.ok_or_else(lacks)?,
        key_id: session.key_id.as_deref().ok_or_else(lacks)?.parse().map_err(|_| lacks())?,
        salt: Salt::new(salt).map_err(|_| lacks())?,
        rows_per_block,
        id: session.id,
        resumed: false,
    })
}

/// Returns the checksum of a session: SHA-256 over the digests of its blocks in order, in
/// lower-case hex.
fn checksum(digests: &BTreeMap<u32, [u8; 32]>) -> String {
    let mut whole = Sha256::new();
    for digest in digests.values() {
        whole.update(digest);
    }
    hex(&whole.finalize())
}
