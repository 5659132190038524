//! A service in a temporary folder, with a clock that stands still and randomness that repeats.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use bytes::Bytes;
use edm_block::{BlockHeader, Operation};
use edm_hash::{RecordHasher, Salt};
use edm_model::{Column, Columns, DataType, OnUnserved, Principal, SessionId, StoreId, TenantId, Timestamp};
use edm_service::{
    BlockAction, Clock, CreatedSession, ErrorKind, Expected, LookupRequest, MasterKey, NewSession, NewStore,
    Random, Service, ServiceConfig, ServiceLimits, SignedAddress, StoreChange, UploadGrant, UploadPermission,
};

pub(crate) const START: i64 = 1_780_000_000;
/// A clock that stands here tells the start, panics when it is asked again, and then is as it was
/// at the start.
pub(crate) const BREAKING: i64 = -2;
const BROKEN: i64 = -1;

/// A row of the sample table.
pub(crate) type Row = [String; 3];

pub(crate) struct TestService {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) clock: Arc<AtomicI64>,
    pub(crate) random: Arc<AtomicU64>,
    pub(crate) limits: ServiceLimits,
    pub(crate) service: Service,
    pub(crate) admin: Principal,
}

pub(crate) fn columns() -> Columns {
    Columns::new(vec![
        Column::text("account").searchable().typed(DataType::Digits { width: None }),
        Column::text("lastName"),
        Column::text("city"),
    ])
    .expect("valid columns")
}

pub(crate) fn keyed_columns() -> Columns {
    let mut columns = columns().as_slice().to_vec();
    columns[0].key = true;
    Columns::new(columns).expect("valid columns")
}

/// Distinct people from `first` on.
pub(crate) fn people(first: u32, count: u32) -> Vec<Row> {
    (first..first + count)
        .map(|number| {
            [account(number), format!("Name{}", letters(number)), format!("City{}", letters(number * 7))]
        })
        .collect()
}

pub(crate) fn account(number: u32) -> String {
    (7_000_000_000u64 + u64::from(number) * 7_919).to_string()
}

fn letters(number: u32) -> String {
    number.to_string().bytes().map(|digit| char::from(b'a' + digit - b'0')).collect()
}

impl TestService {
    pub(crate) async fn open() -> Self {
        Self::open_with(ServiceLimits::default()).await
    }

    pub(crate) async fn open_with(limits: ServiceLimits) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let clock = Arc::new(AtomicI64::new(START));
        let random = Arc::new(AtomicU64::new(1));
        let service = start(folder.path(), &clock, &random, &limits).await;
        Self { folder, clock, random, limits, service, admin: Principal::operator(TenantId::DEFAULT) }
    }

    /// Keeps the blobs where no file can be mapped, as an object store would.
    pub(crate) async fn open_without_files() -> Self {
        let test = Self::open().await;
        let (config, now, fill) =
            config_and_deps(test.folder.path(), &test.clock, &test.random, &test.limits);
        let other = tempfile::tempdir().expect("a temporary folder");
        let config = ServiceConfig { data_dir: other.path().to_owned(), ..config };
        let service = Service::open_with_blobs(config, edm_store::Blobs::in_memory(), now, fill).await;
        let service = service.expect("the folder opens");
        service.load().await.expect("nothing to load");
        Self { folder: other, service, ..test }
    }

    /// Ends the service as a crash would, nothing said to anyone, and opens the folder again.
    pub(crate) async fn reopen(self) -> Self {
        let limits = self.limits.clone();
        self.reopen_with(limits).await
    }

    /// As `reopen`, with other limits.
    pub(crate) async fn reopen_with(self, limits: ServiceLimits) -> Self {
        let Self { folder, clock, random, limits: _, service, admin } = self;
        service.close().await;
        let service = start(folder.path(), &clock, &random, &limits).await;
        Self { folder, clock, random, limits, service, admin }
    }

    pub(crate) fn pass_seconds(&self, seconds: i64) {
        self.clock.fetch_add(seconds, Ordering::SeqCst);
    }

    pub(crate) async fn create_store(&self, name: &str) -> StoreId {
        self.create_store_of(name, columns()).await
    }

    /// Makes a store whose accounts are the key.
    pub(crate) async fn create_keyed_store(&self, name: &str) -> StoreId {
        self.create_store_of(name, keyed_columns()).await
    }

    async fn create_store_of(&self, name: &str, columns: Columns) -> StoreId {
        let new = NewStore {
            name: name.to_owned(),
            description: None,
            columns,
            tokens_max: None,
            placeholders: None,
            on_unserved: OnUnserved::Refuse,
        };
        self.service.create_store(&self.admin, new).await.expect("the store is made").store.id
    }

    /// Says whether the store wants the generation before where its live data cannot be read.
    pub(crate) async fn want_unserved(&self, store: StoreId, wanted: OnUnserved) {
        let change = StoreChange { on_unserved: Some(wanted), ..StoreChange::default() };
        self.service.update_store(&self.admin, store, change).await.expect("the store is changed");
    }

    pub(crate) async fn open_session(&self, store: StoreId, new: NewSession) -> CreatedSession {
        self.service.create_session(&self.admin, store, new).await.expect("the session is opened")
    }

    /// Opens a session and stages every block of the table.
    pub(crate) async fn stage(&self, store: StoreId, rows: &[Row], new: NewSession) -> SessionId {
        let created = self.open_session(store, new).await;
        let blocks = blocks(&created, rows, 40);
        for (number, block) in (0..).zip(&blocks) {
            self.put(&created, number, block.clone()).await.expect("the block is taken");
        }
        let numbers: Vec<u32> = (0..u32::try_from(blocks.len()).expect("few blocks")).collect();
        self.commit_block_list(store, created.session.id, &numbers).await.expect("the list is right");
        created.session.id
    }

    pub(crate) async fn put(
        &self,
        created: &CreatedSession,
        number: u32,
        block: Bytes,
    ) -> Result<edm_service::BlockAccepted, ErrorKind> {
        let session = &created.session;
        let grant = self.upload_grant(session.store_id, session.id);
        let put = self.service.put_block(&grant, number, block).await;
        put.map_err(|error| error.kind().clone())
    }

    pub(crate) async fn commit_block_list(
        &self,
        store: StoreId,
        session: SessionId,
        numbers: &[u32],
    ) -> Result<(), edm_service::Error> {
        self.service.commit_block_list(&self.upload_grant(store, session), numbers).await
    }

    pub(crate) async fn block_list(
        &self,
        store: StoreId,
        session: SessionId,
    ) -> Vec<edm_service::StagedBlock> {
        self.service.block_list(&self.upload_grant(store, session)).await.expect("listed")
    }

    /// Signs an address of the session, as the wire does, and has it granted.
    fn upload_grant<A: BlockAction>(&self, store: StoreId, session: SessionId) -> UploadGrant<A> {
        let string_to_sign = format!("rw\n{store}/{session}");
        let address = SignedAddress {
            store_id: store,
            session_id: session,
            signature: self.service.upload_signer().sign(&string_to_sign).to_vec(),
            string_to_sign,
            starts_at: None,
            expires_at: Timestamp::from_micros(i64::MAX),
            permissions: vec![UploadPermission::Read, UploadPermission::Write],
        };
        self.service.authorise_upload(&address).expect("signed with the key of the service")
    }

    pub(crate) async fn commit(&self, store: StoreId, session: SessionId) {
        self.service
            .commit_session(&self.admin, store, session, &Expected::ANYTHING)
            .await
            .expect("the session is committed");
    }

    /// Uploads a table to the end.
    pub(crate) async fn upload(&self, store: StoreId, rows: &[Row]) -> SessionId {
        let session = self.stage(store, rows, NewSession::default()).await;
        self.commit(store, session).await;
        self.run_jobs().await;
        session
    }

    /// Opens the catalog beside the service.
    pub(crate) async fn catalog(&self) -> edm_store::Catalog {
        let clock = self.clock.clone();
        let now = move || Timestamp::from_micros(0).plus_seconds(clock.load(Ordering::SeqCst));
        let options = edm_store::CatalogOptions::new(edm_store::CatalogClock::new(now));
        edm_store::Catalog::open(&self.folder.path().join("catalog.db"), options).await.expect("opens")
    }

    /// Lists the files of the blobs.
    pub(crate) fn files(&self) -> Vec<std::path::PathBuf> {
        let mut folders = vec![self.folder.path().join("blobs")];
        let mut files = Vec::new();
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).expect("a folder") {
                let path = entry.expect("an entry").path();
                if path.is_dir() { folders.push(path) } else { files.push(path) }
            }
        }
        files.sort();
        files
    }

    /// Runs every job that is due.
    pub(crate) async fn run_jobs(&self) {
        while self.service.run_next_job().await.expect("the queue answers") {}
    }

    /// Returns in which row the person is found, if at all.
    pub(crate) async fn find(&self, store: StoreId, number: u32) -> Option<u64> {
        self.origin(store, number).await.map(|(row, _)| row)
    }

    /// Returns in which row of which session's file the person is found, if at all.
    pub(crate) async fn origin(&self, store: StoreId, number: u32) -> Option<(u64, SessionId)> {
        let request = LookupRequest {
            key: "account".to_owned(),
            values: vec![account(number)],
            result_columns: Vec::new(),
        };
        let rows = match self.service.lookup(&self.admin, store, request).await {
            Err(error) if *error.kind() == ErrorKind::NoLiveData => return None,
            rows => rows.expect("the lookup is answered"),
        };
        assert!(rows.len() < 2, "one record a person");
        rows.first().map(|row| (row.row, row.session_id))
    }
}

/// Cuts a table into sealed blocks, as an agent would.
pub(crate) fn blocks(created: &CreatedSession, rows: &[Row], rows_per_block: usize) -> Vec<Bytes> {
    let cut: Vec<(Operation, &[Row])> =
        rows.chunks(rows_per_block).map(|chunk| (Operation::Upsert, chunk)).collect();
    sealed(created, &cut)
}

/// Seals blocks of these rows.
pub(crate) fn sealed(created: &CreatedSession, cut: &[(Operation, &[Row])]) -> Vec<Bytes> {
    let session = &created.session;
    let salt = Salt::new(created.salt.expose_for_wire().to_owned()).expect("a session's salt is a salt");
    let mut hasher = RecordHasher::new(&salt, &session.columns, session.tokens_max);
    let mut blocks = Vec::new();
    let mut first_row = 0;
    for (number, (operation, chunk)) in (0..).zip(cut) {
        for row in *chunk {
            hasher.push(row.iter().map(String::as_str));
        }
        let hashed = hasher.finish();
        let header = BlockHeader {
            store_id: session.store_id,
            key_id: session.key_id,
            plan_digest: edm_block::plan_digest(&session.columns, session.tokens_max),
            operation: *operation,
            number,
            first_row,
            row_count: hashed.row_count,
        };
        first_row += u64::from(hashed.row_count);
        blocks.push(Bytes::from(edm_block::write(&header, &hashed)));
    }
    blocks
}

pub(crate) async fn start(
    folder: &Path,
    clock: &Arc<AtomicI64>,
    random: &Arc<AtomicU64>,
    limits: &ServiceLimits,
) -> Service {
    let service = start_unloaded(folder, clock, random, limits).await;
    service.load().await.expect("the generations load");
    service
}

/// Opens the folder as another node does that leaves it to the first one.
pub(crate) async fn start_unloaded(
    folder: &Path,
    clock: &Arc<AtomicI64>,
    random: &Arc<AtomicU64>,
    limits: &ServiceLimits,
) -> Service {
    let (config, now, fill) = config_and_deps(folder, clock, random, limits);
    Service::open(config, now, fill).await.expect("the folder opens")
}

fn config_and_deps(
    folder: &Path,
    clock: &Arc<AtomicI64>,
    random: &Arc<AtomicU64>,
    limits: &ServiceLimits,
) -> (ServiceConfig, Arc<dyn Clock>, Arc<dyn Random>) {
    let (clock, random) = (clock.clone(), random.clone());
    let now = Arc::new(move || {
        let seconds = match clock.load(Ordering::SeqCst) {
            BREAKING => {
                clock.store(BROKEN, Ordering::SeqCst);
                START
            }
            BROKEN => {
                clock.store(START, Ordering::SeqCst);
                panic!("the clock is broken")
            }
            seconds => seconds,
        };
        Timestamp::from_micros(0).plus_seconds(seconds)
    });
    let fill = Arc::new(move |bytes: &mut [u8]| {
        for byte in bytes {
            *byte = (mixed(random.fetch_add(1, Ordering::SeqCst)) & 255) as u8;
        }
    });
    let key = MasterKey::from_file_bytes("5a".repeat(32).as_bytes()).expect("a key file");
    let mut config = ServiceConfig::new(folder, key);
    config.limits = limits.clone();
    (config, now, fill)
}

/// SplitMix64: good enough for ids and salts that only have to differ.
fn mixed(seed: u64) -> u64 {
    let mut z = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    z = (z ^ z >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ z >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ z >> 31
}
