//! Failures are atomic. Each case injects an error before each statement and at the end of every
//! write operation; nothing of the operation may remain, and the next write must work. A full disk
//! once left the only writer in a transaction that SQLite had ended, and nothing could be written
//! until a restart.

use edm_model::{AgentId, PrincipalId, Role, Roles, SessionState, TokenId, TypeOrigin, UploadAgent};
use edm_store::{
    AuditEntry, Catalog, Error, ErrorKind, JobBounds, JobKind, LeasedJob, NewGeneration, NewSessionRow,
    NewToken, TokenRow,
};
use futures::future::BoxFuture;

use crate::backends::Backend;
use crate::catalog_cases::{KEY, STORE, TENANT, add_session, at, block, furnish, salt, store};
use crate::classification_job_cases::job;
use crate::job_cases::{LEASE, claim, collect, committed, of_session, publish};

/// Result codes of SQLite and the resulting error kinds.
const CODES: [(i32, ErrorKind); 4] = [
    (5, ErrorKind::Unavailable),
    (11, ErrorKind::Corrupt),
    (13, ErrorKind::Full),
    // IOERR_WRITE
    (778, ErrorKind::Unavailable),
];
/// An upper bound on the statements of one operation.
const STATEMENTS_MAX: u32 = 40;

/// The jobs leased before the operations start.
pub(crate) struct Leased {
    ingest: LeasedJob,
    publish: LeasedJob,
    build: LeasedJob,
}

type Operation = for<'c> fn(&'c Catalog, &'c Leased) -> BoxFuture<'c, Result<(), Error>>;

/// Adds something of every kind that operations change.
pub(crate) async fn furnish_for_all(catalog: &Catalog) -> Leased {
    furnish(catalog).await;
    catalog.insert_salt(&salt(edm_model::KeyId::from_bytes([9; 16]), false)).await.expect("a salt");
    for number in [52, 53, 55] {
        let id = committed(catalog, number, Vec::new()).await;
        publish(catalog, id).await.expect("published");
    }
    let open = add_session(catalog, 50).await.id;
    catalog.stage_block(open, &block(0, 1), |_| Ok::<(), Error>(())).await.expect("staged");
    let mut leased = Vec::new();
    for (number, kind) in [(51, JobKind::Ingest), (54, JobKind::Publish), (56, JobKind::Build { index: 0 })] {
        let id = edm_model::SessionId::from_bytes([number; 16]);
        committed(catalog, number, vec![of_session(id, kind)]).await;
        leased.push(claim(catalog, "a", LEASE).await.expect("taken"));
    }
    let builds = [1, 2].map(|index| of_session(session(56), JobKind::Build { index }));
    catalog.enqueue(&builds).await.expect("enqueued");
    let mut later = collect("later");
    later.delay_seconds = 7_200;
    catalog.enqueue(&[later]).await.expect("enqueued");
    catalog.insert_agent(TENANT, &agent(1)).await.expect("an agent");
    catalog.insert_token(&token(1)).await.expect("a token");
    catalog.insert_classification_job(&job(1), 10).await.expect("a classification");
    catalog.insert_type(TENANT, &own_type(70)).await.expect("a type");
    let [ingest, publish, build] = leased.try_into().expect("three were taken");
    Leased { ingest, publish, build }
}

fn session(number: u8) -> edm_model::SessionId {
    edm_model::SessionId::from_bytes([number; 16])
}

fn agent(number: u8) -> UploadAgent {
    let description = Some("a".to_owned());
    UploadAgent { id: AgentId::from_bytes([number; 16]), description, created_at: at(1) }
}

fn token(number: u8) -> NewToken {
    let row = TokenRow {
        id: TokenId::from_bytes([number; 16]),
        tenant: TENANT,
        name: "t".to_owned(),
        roles: Roles::new([Role::Read]),
        bootstrap: false,
        created_at: at(1),
        expires_at: None,
    };
    NewToken { row, hash: [number; 32] }
}

fn own_type(number: u8) -> edm_model::SensitiveType {
    let (_, mut own) = store(STORE, "people");
    own.id = edm_model::SensitiveTypeId::from_bytes([number; 16]);
    own.origin = TypeOrigin::Own;
    own.name = format!("own {number}");
    own
}

macro_rules! operations {
    ($(($name:literal, |$catalog:ident, $leased:ident| $work:expr)),+ $(,)?) => {
        [$(($name, (|$catalog, $leased| Box::pin(async move { $work.await.map(drop) })) as Operation)),+]
    };
}

/// Every write operation. Add new operations of the catalog here.
fn operations() -> Vec<(&'static str, Operation)> {
    let mut all = of_sessions().to_vec();
    all.extend(of_jobs());
    all.extend(of_the_rest());
    all
}

fn of_sessions() -> [(&'static str, Operation); 9] {
    operations![
        ("insert_session", |catalog, _leased| async {
            let session = catalog.session(session(50)).await?.session;
            let session = edm_model::Session { id: self::session(80), ..session };
            catalog.insert_session(&NewSessionRow { session, sealed_block_key: vec![1] }).await
        }),
        ("stage_block", |catalog, _leased| catalog.stage_block(session(50), &block(1, 2), |draft| {
            draft.last_activity_at = at(9);
            Ok::<(), Error>(())
        })),
        ("change_session to be processed", |catalog, _leased| catalog.change_session(session(50), |draft| {
            draft.session.state = SessionState::ProcessingInProgress;
            draft.enqueue = vec![of_session(session(50), JobKind::Ingest), collect("x")];
            Ok::<(), Error>(())
        })),
        ("change_session to its end", |catalog, _leased| catalog.change_session(session(56), |draft| {
            draft.session.state = SessionState::Cancelled;
            draft.enqueue = vec![collect("x")];
            Ok::<(), Error>(())
        })),
        ("change_session_with_blocks", |catalog, _leased| catalog.change_session_with_blocks(
            session(50),
            |draft, blocks| {
                draft.session.total_block_count = u32::try_from(blocks.len()).ok();
                draft.block_list_given = true;
                Ok::<(), Error>(())
            }
        )),
        ("finish_job_with_session", |catalog, leased| catalog.finish_job_with_session(
            &leased.ingest,
            |draft| {
                draft.base_session_id = Some(session(53));
                draft.enqueue = vec![of_session(session(51), JobKind::Build { index: 0 })];
                Ok::<(), Error>(())
            }
        )),
        ("forget_keys", |catalog, _leased| catalog.forget_keys(session(50))),
        ("delete_session", |catalog, _leased| catalog.delete_session(session(50), |draft| {
            draft.enqueue = vec![collect("x")];
            Ok::<(), Error>(())
        })),
        ("publish", |catalog, leased| catalog.publish(&leased.publish, |draft, _| {
            draft.session.state = SessionState::Completed;
            let pattern = Vec::new();
            Ok::<_, Error>(Some(NewGeneration {
                row_count: 7,
                manifest_sha256: [5; 32],
                default_patterns: pattern,
                at: at(100),
            }))
        })),
    ]
}

fn of_jobs() -> [(&'static str, Operation); 11] {
    operations![
        ("enqueue", |catalog, _leased| async { catalog.enqueue(&[collect("x"), collect("z")]).await }),
        ("claim_job", |catalog, _leased| catalog.claim_job("b", LEASE)),
        ("claim_builds_with", |catalog, leased| catalog.claim_builds_with(
            &leased.build,
            &[1, 2],
            "a",
            LEASE
        )),
        ("heartbeat", |catalog, leased| catalog.heartbeat(&leased.build, 2 * LEASE)),
        ("finish_job", |catalog, leased| async {
            let next = of_session(session(51), JobKind::Publish);
            catalog.finish_job(&leased.ingest, &[collect("x")], Some(&next)).await
        }),
        ("retry_job", |catalog, leased| catalog.retry_job(&leased.ingest, 500, "failed")),
        ("postpone_job", |catalog, leased| catalog.postpone_job(&leased.ingest, 500)),
        ("bury_job", |catalog, leased| catalog.bury_job(&leased.ingest, "failed")),
        ("release_leases_of_others", |catalog, _leased| catalog.release_leases_of_others("b")),
        ("bound_jobs", |catalog, _leased| async {
            let bounds = JobBounds { wait_seconds_max: 0, collect_seconds_max: 10, lease_seconds_max: 10 };
            catalog.bound_jobs(&bounds).await
        }),
        ("postpone_collections", |catalog, _leased| catalog.postpone_collections(at(10_000))),
    ]
}

fn of_the_rest() -> [(&'static str, Operation); 22] {
    operations![
        ("set_once", |catalog, _leased| catalog.set_once("a", b"1")),
        ("set_clock_mark", |catalog, _leased| catalog.set_clock_mark(at(7))),
        ("insert_salt", |catalog, _leased| async {
            catalog.insert_salt(&salt(edm_model::KeyId::from_bytes([8; 16]), false)).await
        }),
        ("delete_unused_salts", |catalog, _leased| catalog.delete_unused_salts(at(1))),
        ("insert_store", |catalog, _leased| async {
            let (other, default_type) = store(edm_model::StoreId::from_bytes([81; 16]), "others");
            let mut session = catalog.session(session(50)).await?.session;
            (session.id, session.store_id) = (self::session(81), other.id);
            session.key_id = edm_model::KeyId::from_bytes([82; 16]);
            let salts = [salt(session.key_id, false)];
            let rows = [NewSessionRow { session, sealed_block_key: vec![1] }];
            catalog.insert_store_with(&other, &default_type, &salts, &rows).await
        }),
        ("change_store", |catalog, _leased| catalog.change_store(TENANT, STORE, at(9), |_, draft| {
            draft.name = "persons".to_owned();
            Ok::<(), Error>(())
        })),
        ("delete_store", |catalog, _leased| async {
            catalog.delete_store(TENANT, STORE, &[collect("x")], |_| Ok::<(), Error>(())).await
        }),
        ("roll_back", |catalog, _leased| async {
            let columns = edm_model::Columns::none();
            catalog.roll_back(TENANT, STORE, at(9), &columns, &[], |_| Ok::<(), Error>(())).await
        }),
        ("delete_generation", |catalog, _leased| catalog.delete_generation(session(52))),
        ("insert_agent", |catalog, _leased| async { catalog.insert_agent(TENANT, &agent(2)).await }),
        ("change_agent", |catalog, _leased| catalog.change_agent(TENANT, agent(1).id, |agent| {
            agent.description = None;
            Ok::<(), Error>(())
        })),
        ("delete_agent", |catalog, _leased| catalog
            .delete_agent(TENANT, agent(1).id, |_| Ok::<(), Error>(()))),
        ("insert_type", |catalog, _leased| async { catalog.insert_type(TENANT, &own_type(71)).await }),
        ("change_type", |catalog, _leased| catalog.change_type(TENANT, own_type(70).id, |found| {
            found.description = Some("d".to_owned());
            Ok::<(), Error>(())
        })),
        ("delete_type", |catalog, _leased| catalog.delete_type(
            TENANT,
            own_type(70).id,
            |_| Ok::<(), Error>(())
        )),
        ("insert_token", |catalog, _leased| async { catalog.insert_token(&token(2)).await }),
        ("delete_token", |catalog, _leased| catalog.delete_token(TENANT, TokenId::from_bytes([1; 16]))),
        ("audit", |catalog, _leased| async {
            let entry = AuditEntry {
                tenant: TENANT,
                principal: PrincipalId::new("token:1"),
                action: "lookup".to_owned(),
                store_id: Some(STORE),
                item_count: 3,
                at: at(3),
            };
            catalog.audit(&entry).await
        }),
        ("insert_classification_job", |catalog, _leased| async {
            catalog.insert_classification_job(&job(2), 1).await
        }),
        ("delete_classification_job", |catalog, _leased| async {
            catalog.delete_classification_job(TENANT, job(1).id, |_| Ok::<(), Error>(())).await
        }),
        ("insert_store alone", |catalog, _leased| async {
            let (other, default_type) = store(edm_model::StoreId::from_bytes([82; 16]), "more");
            catalog.insert_store(&other, &default_type).await
        }),
        ("change_session that renews", |catalog, _leased| catalog.change_session(session(50), |draft| {
            (draft.last_activity_at, draft.session.key_id) = (at(11), KEY);
            Ok::<(), Error>(())
        })),
    ]
}

/// Makes each statement of an operation fail in turn, and finally lets it succeed.
pub(crate) async fn every_write_fails_whole_and_the_next_one_works(backend: &Backend<Catalog>) {
    let leased = furnish_for_all(&backend.store).await;
    for (name, operation) in operations() {
        for (code, kind) in CODES {
            let fresh = backend.copied().await;
            let mut statements = 0;
            loop {
                let (before, told) = (fresh.content().await, format!("{name}, {code}, {statements}"));
                statements += 1;
                fresh.faults.fail(statements, code);
                let result = operation(&fresh.store, &leased).await;
                if fresh.faults.disarm() {
                    result.unwrap_or_else(|error| panic!("{told}: works in the end: {error}"));
                    assert_ne!(fresh.content().await, before, "{told}: it did something");
                    break;
                }
                assert_eq!(result.expect_err(&told).kind(), kind, "{told}");
                assert_eq!(fresh.content().await, before, "{told}: nothing of it is seen");
                let next = fresh.store.set_once(&told, b"1").await;
                assert!(next.unwrap_or_else(|error| panic!("{told}: the next write: {error:?}")), "{told}");
                assert!(statements < STATEMENTS_MAX, "{told}");
            }
        }
    }
}

/// Operations that need new pages, each after statements that need none.
fn large_operations() -> [(&'static str, Operation); 6] {
    const LARGE: usize = 100_000;
    operations![
        ("insert_store with a large session", |catalog, _leased| async {
            let (other, default_type) = store(edm_model::StoreId::from_bytes([81; 16]), "others");
            let mut session = catalog.session(session(50)).await?.session;
            (session.id, session.store_id) = (self::session(81), other.id);
            session.file_name = Some("x".repeat(LARGE));
            let rows = [NewSessionRow { session, sealed_block_key: vec![1] }];
            catalog.insert_store_with(&other, &default_type, &[], &rows).await
        }),
        ("change_session", |catalog, _leased| catalog.change_session(session(50), |draft| {
            draft.session.checksum = Some("x".repeat(LARGE));
            Ok::<(), Error>(())
        })),
        ("finish_job_with_session", |catalog, leased| catalog.finish_job_with_session(
            &leased.ingest,
            |draft| {
                draft.session.checksum = Some("x".repeat(LARGE));
                Ok::<(), Error>(())
            }
        )),
        ("enqueue", |catalog, _leased| async {
            let jobs: Vec<_> = (0..1_000).map(|number| collect(&format!("x/{number}"))).collect();
            catalog.enqueue(&jobs).await
        }),
        ("change_type", |catalog, _leased| catalog.change_type(TENANT, own_type(70).id, |found| {
            found.description = Some("x".repeat(LARGE));
            Ok::<(), Error>(())
        })),
        ("set_once", |catalog, _leased| catalog.set_once("large", &[7; LARGE])),
    ]
}

/// SQLite itself finds no space for another page, rolls back, and reports it.
pub(crate) async fn a_full_disk_is_over_when_there_is_room(backend: &Backend<Catalog>) {
    let leased = furnish_for_all(&backend.store).await;
    for (name, operation) in large_operations() {
        let fresh = backend.copied().await;
        let before = fresh.content().await;
        fresh.faults.fill_disk();
        for _ in 0..2 {
            let refused = operation(&fresh.store, &leased).await.expect_err(name);
            assert_eq!(refused.kind(), ErrorKind::Full, "{name}: {refused:?}");
        }
        assert_eq!(fresh.content().await, before, "{name}: nothing of it is seen");
        fresh.faults.free_disk();
        fresh.store.enqueue(&[collect("after")]).await.expect("transactions begin again");
        operation(&fresh.store, &leased).await.unwrap_or_else(|error| panic!("{name}: {error:?}"));
    }
}

/// The health check reports the result of a real write, and many callers share it.
pub(crate) async fn a_writer_that_cannot_write_is_told(backend: &Backend<Catalog>) {
    let patient = backend.copied_with(|options| options.writer_known_for = std::time::Duration::MAX).await;
    patient.faults.fail(3, 13);
    let check =
        async |fresh: &Backend<Catalog>| fresh.store.check_writer().await.map_err(|error| error.kind());
    assert_eq!(check(&patient).await, Err(ErrorKind::Full), "at the end of the transaction");
    patient.faults.fail(1, 13);
    assert_eq!(check(&patient).await, Err(ErrorKind::Full), "what was found is known for a while");
    assert!(patient.faults.disarm(), "nothing was written to say so");
    let eager = backend.copied_with(|options| options.writer_known_for = std::time::Duration::ZERO).await;
    for (statement, code, expected) in
        [(1, 778, Err(ErrorKind::Unavailable)), (2, 11, Err(ErrorKind::Corrupt)), (9, 13, Ok(()))]
    {
        eager.faults.fail(statement, code);
        assert_eq!(check(&eager).await, expected, "{statement}");
        eager.faults.disarm();
        assert_eq!(check(&eager).await, Ok(()), "after {statement}");
    }
    // When other rows no longer fit, the single row of the check would still find space.
    let leased = eager.copied_with(|options| options.writer_known_for = std::time::Duration::ZERO).await;
    leased.faults.fill_disk();
    assert_eq!(check(&leased).await, Ok(()), "nobody knows yet");
    leased.faults.fail(2, 13);
    leased.store.enqueue(&[collect("refused")]).await.expect_err("no room");
    assert_eq!(
        check(&leased).await,
        Err(ErrorKind::Full),
        "what is asked of the disk is what a request needs"
    );
    assert_eq!(check(&leased).await, Err(ErrorKind::Full), "until it has it");
    leased.faults.free_disk();
    assert_eq!(check(&leased).await, Ok(()), "with room");
    assert_eq!(check(&leased).await, Ok(()), "and again");
    let before = eager.content().await;
    eager.store.check_writer().await.expect("it writes");
    assert_ne!(eager.content().await, before, "a page is written");
}
