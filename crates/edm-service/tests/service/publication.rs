//! From commit to live data and back: order, guards, rollback, expiry, collection.

use edm_model::{SessionState, TypeOrigin};
use edm_service::{ErrorKind, Expected, ListQuery, NewSession, ServiceLimits};

use crate::test_service::{TestService, people};

async fn state(
    test: &TestService,
    store: edm_model::StoreId,
    id: edm_model::SessionId,
) -> (SessionState, Option<String>) {
    let session = test.service.get_session(&test.admin, store, id).await.expect("read");
    (session.state, session.failure.map(|failure| failure.code))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_committed_table_becomes_live_and_says_how_far_it_is() {
    let test = TestService::open().await;
    let store = test.create_store("people").await;
    assert_eq!(test.find(store, 7).await, None);
    let told = NewSession { row_count: Some(999), rejected_row_count: Some(3), ..NewSession::default() };
    let id = test.stage(store, &people(0, 100), told).await;
    test.pass_seconds(5);
    test.commit(store, id).await;
    let mut remaining = Vec::new();
    loop {
        let session = test.service.get_session(&test.admin, store, id).await.expect("read");
        remaining.push(session.remaining_job_count.expect("known from commit on"));
        let live = test.find(store, 7).await;
        assert_eq!(live.is_some(), session.state == SessionState::Completed, "live and Completed are one");
        test.pass_seconds(1);
        if !test.service.run_next_job().await.expect("the queue answers") {
            break;
        }
    }
    // Whoever takes a build job takes others along, how many depends on the cores.
    assert!(remaining.is_sorted_by(|before, after| before > after), "fewer jobs each time: {remaining:?}");
    assert!(remaining.ends_with(&[1, 0]), "publication is the last one: {remaining:?}");
    let session = test.service.get_session(&test.admin, store, id).await.expect("read");
    assert_eq!((session.row_count, session.rejected_row_count), (Some(100), Some(0)), "what the blocks hold");
    let moments = [
        Some(session.created_at),
        session.started_at,
        session.upload_completed_at,
        session.processing_completed_at,
        session.completed_at,
    ];
    assert!(moments.iter().all(Option::is_some) && moments.is_sorted(), "{moments:?}");
    let view = test.service.get_store(&test.admin, store).await.expect("read");
    let live = view.store.live.expect("live");
    assert_eq!((live.number, live.session_id, live.row_count), (1, id, 100));
    assert!(view.columns.iter().all(|column| column.class.is_some()));
    assert_eq!(test.find(store, 7).await, Some(8), "the first row below the header is 1");
    let types = test.service.list_types(&test.admin, &ListQuery::default()).await.expect("listed").items;
    assert_eq!(types.len(), 1);
    assert_eq!(types[0].sensitive_type.origin, TypeOrigin::StoreDefault);
    assert!(!types[0].sensitive_type.rule.patterns.is_empty(), "resolved at the first generation");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_table_replaces_the_whole_and_rollback_brings_it_back() {
    let test = TestService::open().await;
    let store = test.create_store("people").await;
    let first = test.upload(store, &people(0, 50)).await;
    let nothing = test
        .service
        .rollback_store(&test.admin, store, &Expected::ANYTHING)
        .await
        .expect_err("nothing to go back to");
    assert_eq!(nothing.kind(), &ErrorKind::NothingToRollBack);
    let second = test.upload(store, &people(30, 50)).await;
    assert_eq!((test.find(store, 7).await, test.find(store, 60).await), (None, Some(31)));
    let view =
        test.service.rollback_store(&test.admin, store, &Expected::ANYTHING).await.expect("rolled back");
    assert_eq!(view.store.live.map(|live| (live.number, live.session_id)), Some((1, first)));
    assert!(!view.can_roll_back);
    assert_eq!((test.find(store, 7).await, test.find(store, 60).await), (Some(8), None));
    assert_eq!(state(&test, store, second).await.0, SessionState::Completed, "history stays");
    let third = test.upload(store, &people(40, 50)).await;
    let view = test.service.get_store(&test.admin, store).await.expect("read");
    assert_eq!(view.store.live.map(|live| (live.number, live.session_id)), Some((3, third)));
    let view =
        test.service.rollback_store(&test.admin, store, &Expected::ANYTHING).await.expect("rolled back");
    assert_eq!(
        view.store.live.map(|live| live.session_id),
        Some(first),
        "what was live before, not what was left"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_lost_most_of_its_rows_needs_leave_to_be_published() {
    let test = TestService::open().await;
    let store = test.create_store("people").await;
    test.upload(store, &people(0, 100)).await;
    let check = async |rows: u32, allow_shrink: bool, expected: (SessionState, Option<&str>)| {
        let new = NewSession { allow_shrink, ..NewSession::default() };
        let id = test.stage(store, &people(0, rows), new).await;
        test.commit(store, id).await;
        test.run_jobs().await;
        let (state, code) = state(&test, store, id).await;
        assert_eq!((state, code.as_deref()), expected, "{rows} {allow_shrink}");
    };
    check(79, false, (SessionState::Failed, Some("shrinkRefused"))).await;
    assert_eq!(test.find(store, 90).await, Some(91), "a failed session changes nothing");
    check(80, false, (SessionState::Completed, None)).await;
    check(10, true, (SessionState::Completed, None)).await;
    assert_eq!(test.find(store, 90).await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn publication_follows_the_order_of_commits() {
    let test = TestService::open().await;
    let store = test.create_store("people").await;
    let early = test.stage(store, &people(0, 50), NewSession::default()).await;
    let late = test.stage(store, &people(100, 50), NewSession::default()).await;
    // Opened last, committed first: the order of commits counts.
    test.commit(store, late).await;
    test.commit(store, early).await;
    test.run_jobs().await;
    assert_eq!(state(&test, store, early).await, (SessionState::Completed, None));
    assert_eq!((test.find(store, 7).await, test.find(store, 107).await), (Some(8), None));
    let cancelled = test.stage(store, &people(200, 50), NewSession::default()).await;
    test.commit(store, cancelled).await;
    test.service
        .cancel_session(&test.admin, store, cancelled, &Expected::ANYTHING)
        .await
        .expect("cancelled while processing");
    test.run_jobs().await;
    assert_eq!(state(&test, store, cancelled).await, (SessionState::Cancelled, None));
    assert_eq!(test.find(store, 7).await, Some(8), "what was cancelled in time never becomes live");
}

#[tokio::test(flavor = "multi_thread")]
async fn cancel_and_delete_follow_the_state() {
    let test = TestService::open().await;
    let store = test.create_store("people").await;
    let live = test.upload(store, &people(0, 50)).await;
    let open = test.stage(store, &people(0, 50), NewSession::default()).await;
    let cancel = async |id| {
        let cancelled = test.service.cancel_session(&test.admin, store, id, &Expected::ANYTHING).await;
        cancelled.err().map(|error| error.kind().clone())
    };
    let delete = async |id| {
        let deleted = test.service.delete_session(&test.admin, store, id, &Expected::ANYTHING).await;
        deleted.err().map(|error| error.kind().clone())
    };
    assert_eq!(cancel(open).await, None);
    assert_eq!(cancel(open).await, None, "twice is fine");
    assert_eq!(cancel(live).await, Some(ErrorKind::SessionClosed { state: SessionState::Completed }));
    let commit = test
        .service
        .commit_session(&test.admin, store, open, &Expected::ANYTHING)
        .await
        .expect_err("refused");
    assert_eq!(commit.kind(), &ErrorKind::SessionClosed { state: SessionState::Cancelled });
    assert_eq!(delete(live).await, Some(ErrorKind::LiveSession));
    assert_eq!(delete(open).await, None);
    assert!(matches!(delete(open).await, Some(ErrorKind::NotFound { .. })));
    let kept = live;
    test.upload(store, &people(0, 50)).await;
    assert_eq!(delete(kept).await, None, "its data is kept, only its history goes");
    test.service
        .rollback_store(&test.admin, store, &Expected::ANYTHING)
        .await
        .expect("the data is still there");
    assert_eq!(test.find(store, 7).await, Some(8));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_session_expires_and_renew_keeps_it() {
    const DAY: i64 = 24 * 3_600;
    let test = TestService::open().await;
    let store = test.create_store("people").await;
    let silent = test.stage(store, &people(0, 3), NewSession::default()).await;
    let renewed = test.stage(store, &people(0, 3), NewSession::default()).await;
    test.pass_seconds(6 * DAY);
    let session =
        test.service.renew_session(&test.admin, store, renewed, &Expected::ANYTHING).await.expect("renewed");
    assert_eq!(session.upload_expires_at, test.service.clock().now().plus_seconds(3_600));
    test.pass_seconds(DAY);
    assert_eq!(state(&test, store, silent).await.0, SessionState::Expired, "shown before any sweep");
    let refused = test
        .service
        .renew_session(&test.admin, store, silent, &Expected::ANYTHING)
        .await
        .expect_err("refused");
    assert_eq!(refused.kind(), &ErrorKind::SessionClosed { state: SessionState::Expired });
    test.service.sweep().await.expect("swept");
    assert_eq!(state(&test, store, silent).await.0, SessionState::Expired);
    assert_eq!(state(&test, store, renewed).await.0, SessionState::UploadInProgress);
    test.commit(store, renewed).await;
    test.run_jobs().await;
    assert_eq!(state(&test, store, renewed).await.0, SessionState::Completed);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_needed_no_more_is_collected_and_nothing_else() {
    let limits = ServiceLimits { collect_grace_seconds: 0, ..ServiceLimits::default() };
    let test = TestService::open_with(limits).await;
    let store = test.create_store("people").await;
    let count = |part: &str| {
        let mut found = 0;
        let mut folders = vec![test.folder.path().join("blobs")];
        while let Some(folder) = folders.pop() {
            for entry in
                std::fs::read_dir(folder).expect("readable").map(|entry| entry.expect("readable").path())
            {
                if entry.is_dir() {
                    folders.push(entry);
                } else if entry.to_string_lossy().contains(part) {
                    found += 1;
                }
            }
        }
        found
    };
    test.upload(store, &people(0, 50)).await;
    assert_eq!(count("/blocks/"), 0, "the blocks go when the data is live");
    let one_generation = count("/generations/");
    for first in [1, 2, 3] {
        test.upload(store, &people(first, 50)).await;
    }
    assert_eq!(count("/generations/"), 2 * one_generation, "the live one and the one before");
    assert_eq!(test.find(store, 7).await, Some(5));
    let open = test.stage(store, &people(0, 50), NewSession::default()).await;
    test.service.cancel_session(&test.admin, store, open, &Expected::ANYTHING).await.expect("cancelled");
    test.run_jobs().await;
    assert_eq!(count("/blocks/"), 0, "a cancelled session leaves nothing");
    test.service.delete_store(&test.admin, store, &Expected::ANYTHING).await.expect("removed");
    test.run_jobs().await;
    assert_eq!(count("/stores/"), 0, "a removed store leaves nothing");
    assert!(
        test.service.list_types(&test.admin, &ListQuery::default()).await.expect("listed").items.is_empty()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_of_one_tenant_share_its_salt_and_own_salts_are_their_own() {
    let test = TestService::open().await;
    let store = test.create_store("people").await;
    let first = test.open_session(store, NewSession::default()).await;
    let second = test.open_session(store, NewSession::default()).await;
    assert_eq!(first.session.key_id, second.session.key_id);
    assert_eq!(first.salt.expose_for_wire(), second.salt.expose_for_wire());
    assert_eq!(first.salt.expose_for_wire().len(), 64);
    let text = "an own salt 0123456789 that is long enough";
    let salt = Some(edm_service::SecretText::new(text.to_owned()));
    let own = test.open_session(store, NewSession { salt, ..NewSession::default() }).await;
    assert_ne!(own.session.key_id, first.session.key_id);
    assert_eq!(own.salt.expose_for_wire(), text);
    let shown =
        test.service.reveal_salt(&test.admin, store, own.session.id).await.expect("shown to its creator");
    assert_eq!(shown.expose_for_wire(), text);
}

#[tokio::test(flavor = "multi_thread")]
async fn live_data_survives_a_restart() {
    let test = TestService::open().await;
    let store = test.create_store("people").await;
    let id = test.upload(store, &people(0, 50)).await;
    let test = test.reopen().await;
    assert_eq!(test.find(store, 7).await, Some(8));
    assert_eq!(state(&test, store, id).await.0, SessionState::Completed);
}

#[tokio::test(flavor = "multi_thread")]
async fn data_is_served_where_no_file_can_be_mapped() {
    let test = TestService::open_without_files().await;
    let store = test.create_store("people").await;
    test.upload(store, &people(0, 50)).await;
    assert_eq!(test.find(store, 7).await, Some(8));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_server_or_another_master_key_is_refused() {
    let test = TestService::open().await;
    let open = async |key: u8| {
        let key = edm_service::MasterKey::generate(&move |bytes: &mut [u8]| bytes.fill(key));
        let config = edm_service::ServiceConfig::new(test.folder.path(), key);
        let now = std::sync::Arc::new(|| edm_model::Timestamp::from_micros(0));
        edm_service::Service::open(config, now, std::sync::Arc::new(|bytes: &mut [u8]| bytes.fill(3))).await
    };
    let wrong = open(1).await.err().expect("another key");
    assert_eq!(wrong.kind(), &ErrorKind::WrongMasterKey);
    let second = open(0x5a).await.expect("the right key");
    let locked = second.load().await.expect_err("the folder is in use");
    assert_eq!(locked.kind(), &ErrorKind::DataDirectory);
}

/// `edm token` beside a running server used to migrate the tables under it.
#[tokio::test(flavor = "multi_thread")]
async fn tables_are_migrated_only_by_who_is_alone_with_them() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let open = async || {
        let key = edm_service::MasterKey::generate(&|bytes: &mut [u8]| bytes.fill(1));
        let config = edm_service::ServiceConfig::new(folder.path(), key);
        let now = std::sync::Arc::new(|| edm_model::Timestamp::from_micros(0));
        edm_service::Service::open(config, now, std::sync::Arc::new(|bytes: &mut [u8]| bytes.fill(3))).await
    };
    let server = std::fs::File::create(folder.path().join("lock")).expect("a lock");
    server.try_lock().expect("held by a server");
    let refused = open().await.err().expect("the tables are not those of this version");
    assert_eq!(refused.kind(), &ErrorKind::DataDirectory);
    assert!(refused.to_string().contains("another version"), "{refused}");
    drop(server);
    let alone = open().await.expect("migrated");
    alone.load().await.expect("the lock is free again");
    open().await.expect("the tables are right: a second program may read them");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_key_of_collected_blocks_is_forgotten() {
    let limits = ServiceLimits { collect_grace_seconds: 0, ..ServiceLimits::default() };
    let test = TestService::open_with(limits).await;
    let store = test.create_store("people").await;
    let open = test.stage(store, &people(0, 50), NewSession::default()).await;
    let published = test.upload(store, &people(0, 50)).await;
    let cancelled = test.stage(store, &people(0, 50), NewSession::default()).await;
    test.service.cancel_session(&test.admin, store, cancelled, &Expected::ANYTHING).await.expect("cancelled");
    test.run_jobs().await;
    let catalog = test.catalog().await;
    for (id, kept) in [(open, true), (published, false), (cancelled, false)] {
        let key = catalog.session(id).await.expect("read").sealed_block_key;
        assert_eq!(key.is_some(), kept, "{id}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn patterns_that_later_data_would_have_otherwise_are_told() {
    let test = TestService::open().await;
    let store = test.create_store("people").await;
    let warnings = async || {
        let types = test.service.list_types(&test.admin, &ListQuery::default()).await.expect("listed").items;
        let view = test.service.get_store(&test.admin, store).await.expect("read");
        let columns: Vec<bool> = view
            .columns
            .iter()
            .map(|column| column.warnings.iter().any(|sentence| sentence.starts_with("pinnedPatterns")))
            .collect();
        (types[0].warnings.clone(), columns)
    };
    // Everybody lives in one city, so that it says nothing of anyone.
    let mut small = people(0, 40);
    small.iter_mut().for_each(|row| row[2] = "Springfield".to_owned());
    test.upload(store, &small).await;
    assert_eq!(warnings().await, (Vec::new(), vec![false; 3]));
    test.upload(store, &people(0, 400)).await;
    let (of_type, of_columns) = warnings().await;
    let [sentence] = of_type.as_slice() else { panic!("one sentence: {of_type:?}") };
    for part in
        ["pinnedPatterns", "city is taken as weak where it is evidence now", "define a sensitive type"]
    {
        assert!(sentence.contains(part), "{sentence}");
    }
    assert_eq!(of_columns, [false, false, true], "the column that changed says so too");
    test.service.rollback_store(&test.admin, store, &Expected::ANYTHING).await.expect("rolled back");
    assert_eq!(warnings().await, (Vec::new(), vec![false; 3]), "the first data again");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_block_fails_the_session_and_changes_nothing() {
    let test = TestService::open().await;
    let store = test.create_store("people").await;
    test.upload(store, &people(0, 50)).await;
    let id = test.stage(store, &people(100, 50), NewSession::default()).await;
    let mut folders = vec![test.folder.path().join("blobs")];
    let mut damaged = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("readable").map(|entry| entry.expect("readable").path())
        {
            if entry.is_dir() {
                folders.push(entry);
            } else if entry.to_string_lossy().contains(&format!("/blocks/{id}/")) {
                let mut bytes = std::fs::read(&entry).expect("readable");
                bytes[100] ^= 1;
                std::fs::write(&entry, bytes).expect("writable");
                damaged += 1;
            }
        }
    }
    assert_eq!(damaged, 2);
    test.commit(store, id).await;
    test.run_jobs().await;
    assert_eq!(state(&test, store, id).await, (SessionState::Failed, Some("processingFailed".to_owned())));
    assert_eq!(test.find(store, 7).await, Some(8));
}
