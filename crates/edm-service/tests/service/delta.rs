//! Deltas: records added, changed and removed in what is live; in which order, on top of what, and
//! whatever fails.

use edm_block::Operation;
use edm_model::{Column, Columns, Principal, PrincipalId, SessionId, SessionState, StoreId, UpdateMode};
use edm_service::{
    CreatedSession, ErrorKind, Expected, MatchOptions, NewSession, SecretText, ServiceLimits, StoreChange,
};

use crate::crash::{at_most, resume_leases};
use crate::test_service::{Row, TestService, account, keyed_columns, people, sealed};

fn delta() -> NewSession {
    NewSession { update_mode: UpdateMode::Delta, ..NewSession::default() }
}

/// The person under another name.
fn renamed(number: u32) -> Row {
    let [account, _, city] = people(number, 1).remove(0);
    [account, "Renamed".to_owned(), city]
}

/// What an agent hashes of a record to be removed.
fn key_only(number: u32) -> Row {
    [account(number), String::new(), String::new()]
}

impl TestService {
    async fn put_all(&self, created: &CreatedSession, upserts: &[Row], removals: &[Row]) {
        let cut = [(Operation::Upsert, upserts), (Operation::Delete, removals)];
        let cut: Vec<(Operation, &[Row])> = cut.into_iter().filter(|(_, rows)| !rows.is_empty()).collect();
        let blocks = sealed(created, &cut);
        for (number, block) in (0..).zip(&blocks) {
            self.put(created, number, block.clone()).await.expect("the block is taken");
        }
        let numbers: Vec<u32> = (0..u32::try_from(blocks.len()).expect("few")).collect();
        let session = &created.session;
        self.commit_block_list(session.store_id, session.id, &numbers).await.expect("the list is right");
    }

    async fn stage_delta(&self, store: StoreId, upserts: &[Row], removals: &[Row]) -> SessionId {
        let created = self.open_session(store, delta()).await;
        self.put_all(&created, upserts, removals).await;
        created.session.id
    }

    /// Commits a delta without running a job.
    async fn commit_delta(&self, store: StoreId, upserts: &[Row], removals: &[Row]) -> SessionId {
        let id = self.stage_delta(store, upserts, removals).await;
        self.commit(store, id).await;
        id
    }

    async fn apply_delta(&self, store: StoreId, upserts: &[Row], removals: &[Row]) -> SessionId {
        let id = self.commit_delta(store, upserts, removals).await;
        self.run_jobs().await;
        assert_eq!(self.ended(store, id).await, (SessionState::Completed, None));
        id
    }

    async fn ended(&self, store: StoreId, id: SessionId) -> (SessionState, Option<String>) {
        let session = self.service.get_session(&self.admin, store, id).await.expect("read");
        (session.state, session.failure.map(|failure| failure.code))
    }

    async fn row_count(&self, store: StoreId) -> u64 {
        let view = self.service.get_store(&self.admin, store).await.expect("read");
        view.store.live.map_or(0, |live| live.row_count)
    }

    /// Returns confidence and rows of what is found in a text about the person.
    async fn matched(&self, person: &Row) -> Vec<(u8, Vec<(u64, SessionId)>)> {
        let text = person.join(" ");
        let report =
            self.service.classify(&self.admin, text, MatchOptions::default()).await.expect("answered");
        let found = report.types.iter().flat_map(|found| &found.matches);
        found.map(|matched| (matched.confidence, matched.rows.clone())).collect()
    }
}

async fn furnished() -> (TestService, StoreId, SessionId) {
    furnished_with(ServiceLimits::default()).await
}

async fn furnished_with(limits: ServiceLimits) -> (TestService, StoreId, SessionId) {
    let test = TestService::open_with(limits).await;
    let store = test.create_keyed_store("people").await;
    let base = test.upload(store, &people(0, 100)).await;
    (test, store, base)
}

#[tokio::test(flavor = "multi_thread")]
async fn records_are_added_changed_and_removed() {
    let (test, store, base) = furnished().await;
    let upserts = [renamed(7), people(200, 1).remove(0)];
    let first = test.apply_delta(store, &upserts, &[key_only(8), key_only(999)]).await;
    assert_eq!(test.origin(store, 6).await, Some((7, base)), "as it was");
    assert_eq!(test.origin(store, 7).await, Some((1, first)), "changed");
    assert_eq!(test.origin(store, 200).await, Some((2, first)), "added");
    assert_eq!(test.origin(store, 8).await, None, "removed");
    assert_eq!(test.row_count(store).await, 100);
    assert_eq!(test.matched(&renamed(7)).await, [(85, vec![(1, first)])]);
    assert_eq!(test.matched(&people(7, 1)[0]).await, [(75, vec![(1, first)])], "the old name is gone");
    assert_eq!(test.matched(&people(8, 1)[0]).await, []);
    assert_eq!(test.matched(&people(6, 1)[0]).await, [(85, vec![(7, base)])]);
    let second = test.apply_delta(store, &[people(8, 1).remove(0)], &[key_only(200)]).await;
    assert_eq!(test.origin(store, 8).await, Some((1, second)), "back again");
    assert_eq!(test.origin(store, 200).await, None);
    assert_eq!(test.origin(store, 7).await, Some((1, first)), "an earlier delta's row stays");
    let test = test.reopen().await;
    assert_eq!(test.origin(store, 7).await, Some((1, first)), "after a restart too");
    // Larger than half of the table: everything becomes one again.
    let third = test.apply_delta(store, &people(300, 90), &[key_only(7)]).await;
    assert_eq!(test.origin(store, 389).await, Some((90, third)));
    assert_eq!((test.find(store, 7).await, test.find(store, 6).await), (None, Some(7)));
    assert_eq!(test.row_count(store).await, 189);
    let view = test.service.get_store(&test.admin, store).await.expect("read");
    assert_eq!(view.store.live.map(|live| (live.number, live.session_id)), Some((4, third)));
}

#[tokio::test(flavor = "multi_thread")]
async fn progress_is_told_once_it_is_known() {
    let (test, store, _) = furnished().await;
    let id = test.commit_delta(store, &[renamed(7)], &[]).await;
    let counts = async || {
        let session = test.service.get_session(&test.admin, store, id).await.expect("read");
        (session.total_job_count, session.remaining_job_count)
    };
    assert_eq!(counts().await, (None, None), "until it is known what it builds on");
    test.service.run_next_job().await.expect("the queue answers");
    let (Some(total), Some(mut before)) = counts().await else { panic!("known from ingest on") };
    assert_eq!(before, total - 1);
    while test.service.run_next_job().await.expect("the queue answers") {
        let (now, Some(left)) = counts().await else { panic!("known to the end") };
        assert_eq!(now, Some(total));
        assert!(left < before, "whoever takes a build job may take others along: {left} after {before}");
        before = left;
        if test.ended(store, id).await.0 == SessionState::Completed {
            break;
        }
    }
    assert_eq!(before, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_delta_needs_is_said_when_it_is_opened() {
    let test = TestService::open().await;
    let store = test.create_keyed_store("people").await;
    let plain = test.create_store("plain").await;
    let salted = |text: &str| NewSession { salt: Some(SecretText::new(text.to_owned())), ..delta() };
    let check = async |store, new, expected: Option<(ErrorKind, &str)>| {
        let opened = test.service.create_session(&test.admin, store, new).await;
        let refused =
            opened.err().map(|error| (error.kind().clone(), error.target().unwrap_or("").to_owned()));
        assert_eq!(refused, expected.map(|(kind, target)| (kind, target.to_owned())));
    };
    check(plain, delta(), Some((ErrorKind::KeyColumnMissing, "updateMode"))).await;
    check(store, delta(), Some((ErrorKind::NoLiveData, "updateMode"))).await;
    test.upload(plain, &people(0, 10)).await;
    check(plain, delta(), Some((ErrorKind::KeyColumnMissing, "updateMode"))).await;
    test.upload(store, &people(0, 10)).await;
    check(store, salted("another salt 0123456789 that is long"), Some((ErrorKind::SaltMismatch, "salt")))
        .await;
    check(store, salted(""), Some((ErrorKind::SaltMismatch, "salt"))).await;
    let live = test.open_session(store, delta()).await;
    check(store, salted(live.salt.expose_for_wire()), None).await;
    assert_eq!(live.session.update_mode, UpdateMode::Delta);
}

/// A session's own salt keeps its store apart from other uploaders: a delta is no way to be told
/// it.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_did_not_bring_the_salt_must_know_it() {
    let test = TestService::open().await;
    let store = test.create_keyed_store("people").await;
    let salt = "a salt of its own 0123456789 abcdefghij";
    let salted = |base: NewSession| NewSession { salt: Some(SecretText::new(salt.to_owned())), ..base };
    let session = test.stage(store, &people(0, 10), salted(NewSession::default())).await;
    test.commit(store, session).await;
    test.run_jobs().await;
    let mut other = test.admin.clone();
    other.id = PrincipalId::new("another");
    let opened = async |caller: &Principal, new: NewSession| {
        let created = test.service.create_session(caller, store, new).await;
        created.map(|created| created.salt.expose_for_wire().to_owned()).map_err(|error| error.kind().clone())
    };
    assert_eq!(opened(&test.admin, delta()).await, Ok(salt.to_owned()));
    assert_eq!(opened(&other, delta()).await, Err(ErrorKind::SaltMismatch));
    assert_eq!(opened(&other, salted(delta())).await, Ok(salt.to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delta_has_the_columns_and_salt_of_the_live_data() {
    let (test, store, _) = furnished().await;
    let mut columns = keyed_columns().as_slice().to_vec();
    columns.push(Column::text("street"));
    let columns = Columns::new(columns).expect("columns");
    let change = StoreChange { columns: Some(columns), ..StoreChange::default() };
    let open = test.open_session(store, delta()).await;
    test.service.update_store(&test.admin, store, change).await.expect("changed");
    test.put_all(&open, &[renamed(7)], &[]).await;
    test.commit(store, open.session.id).await;
    test.run_jobs().await;
    assert_eq!(
        test.ended(store, open.session.id).await,
        (SessionState::Completed, None),
        "for the next table only"
    );
    let later = test.open_session(store, delta()).await;
    assert_eq!(later.session.columns, keyed_columns());
    assert_eq!(later.session.key_id, open.session.key_id);
    // Whoever hashes for the store as it is now is told why that does not fit.
    let change =
        StoreChange { columns: Some(keyed_columns()), tokens_max: Some(63), ..StoreChange::default() };
    test.service.update_store(&test.admin, store, change).await.expect("changed");
    let mut newer = test.open_session(store, delta()).await;
    newer.session.tokens_max = 63;
    let blocks = sealed(&newer, &[(Operation::Upsert, &[renamed(8)])]);
    let refused = test.put(&newer, 0, blocks[0].clone()).await;
    assert_eq!(refused.err(), Some(ErrorKind::ColumnsChanged));
}

#[tokio::test(flavor = "multi_thread")]
async fn data_with_another_salt_or_other_columns_overtakes_a_delta() {
    for other_salt in [true, false] {
        let (test, store, _) = furnished().await;
        let open = test.open_session(store, delta()).await;
        test.put_all(&open, &[renamed(7)], &[]).await;
        let mut new = NewSession::default();
        if other_salt {
            new.salt = Some(SecretText::new("an own salt 0123456789 that is long enough".to_owned()));
        } else {
            let change = StoreChange { tokens_max: Some(63), ..StoreChange::default() };
            test.service.update_store(&test.admin, store, change).await.expect("changed");
        }
        let replace = test.stage(store, &people(0, 100), new).await;
        test.commit(store, replace).await;
        test.commit(store, open.session.id).await;
        test.run_jobs().await;
        assert_eq!(test.ended(store, replace).await.0, SessionState::Completed);
        let superseded = (SessionState::Failed, Some("superseded".to_owned()));
        assert_eq!(test.ended(store, open.session.id).await, superseded, "{other_salt}");
        assert_eq!(test.origin(store, 7).await, Some((8, replace)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn deltas_follow_the_order_of_commits() {
    let (test, store, _) = furnished().await;
    let late = test.stage_delta(store, &[renamed(7)], &[key_only(8)]).await;
    let early = test.stage_delta(store, &[people(200, 1).remove(0)], &[key_only(7)]).await;
    let replace = test.stage(store, &people(0, 90), NewSession::default()).await;
    // All three wait at once; each builds on what the one before made live.
    for id in [replace, early, late] {
        test.commit(store, id).await;
    }
    test.run_jobs().await;
    for id in [replace, early, late] {
        assert_eq!(test.ended(store, id).await, (SessionState::Completed, None));
    }
    assert_eq!(test.origin(store, 7).await, Some((1, late)), "removed, then added");
    assert_eq!((test.find(store, 8).await, test.origin(store, 200).await), (None, Some((1, early))));
    assert_eq!((test.find(store, 95).await, test.row_count(store).await), (None, 90));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delta_waits_no_longer_than_what_it_waits_for() {
    let (test, store, base) = furnished().await;
    let replace = test.stage(store, &people(300, 100), NewSession::default()).await;
    test.commit(store, replace).await;
    let waiting = test.commit_delta(store, &[renamed(7)], &[]).await;
    test.service.cancel_session(&test.admin, store, replace, &Expected::ANYTHING).await.expect("cancelled");
    test.run_jobs().await;
    assert_eq!(test.ended(store, waiting).await, (SessionState::Completed, None));
    assert_eq!(test.origin(store, 6).await, Some((7, base)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replace_that_was_committed_later_may_overtake_a_delta() {
    let mut seen = false;
    // How many steps a worker gets to the delta's end depends on the machine: look closer until one
    // died on the way.
    for steps in [0, 12, 6, 18, 3, 9, 15, 21].into_iter().flat_map(|first| (first..400).step_by(25)) {
        if seen && steps % 25 != 0 {
            break;
        }
        let (test, store, _) = furnished().await;
        let slow = test.commit_delta(store, &[renamed(7)], &[]).await;
        let fast = test.stage(store, &people(0, 100), NewSession::default()).await;
        // The delta's worker dies; its lease holds the job back while the table is published.
        at_most(steps, test.run_jobs()).await;
        test.commit(store, fast).await;
        test.run_jobs().await;
        let test = test.reopen().await;
        resume_leases(&test).await;
        test.run_jobs().await;
        assert_eq!(test.origin(store, 7).await, Some((8, fast)), "{steps} steps");
        match test.ended(store, slow).await {
            (SessionState::Completed, None) => {}
            (SessionState::Failed, Some(code)) if code == "superseded" => seen = true,
            other => panic!("{steps} steps: {other:?}"),
        }
    }
    assert!(seen, "some worker died before the delta was live");
}

#[tokio::test(flavor = "multi_thread")]
async fn rollback_and_deltas_follow_one_another() {
    let (test, store, base) = furnished().await;
    test.apply_delta(store, &[renamed(7)], &[key_only(8)]).await;
    let view =
        test.service.rollback_store(&test.admin, store, &Expected::ANYTHING).await.expect("rolled back");
    assert_eq!(view.store.live.map(|live| live.session_id), Some(base));
    assert_eq!(
        (test.origin(store, 7).await, test.origin(store, 8).await),
        (Some((8, base)), Some((9, base)))
    );
    let next = test.apply_delta(store, &[renamed(9)], &[]).await;
    assert_eq!(test.origin(store, 9).await, Some((1, next)), "built on what was rolled back to");
    assert_eq!(test.origin(store, 7).await, Some((8, base)));
    // A rollback while a delta is being built takes its ground away.
    let id = test.commit_delta(store, &[renamed(10)], &[]).await;
    test.service.run_next_job().await.expect("the base is fixed");
    test.service.rollback_store(&test.admin, store, &Expected::ANYTHING).await.expect("rolled back");
    test.run_jobs().await;
    assert_eq!(test.ended(store, id).await, (SessionState::Failed, Some("superseded".to_owned())));
    assert_eq!(test.origin(store, 10).await, Some((11, base)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delta_may_remove_much_but_not_everything() {
    let (test, store, base) = furnished().await;
    let most: Vec<Row> = (0..99).map(key_only).collect();
    test.apply_delta(store, &[], &most).await;
    assert_eq!((test.row_count(store).await, test.origin(store, 99).await), (1, Some((100, base))));
    let id = test.commit_delta(store, &[], &[key_only(99)]).await;
    test.run_jobs().await;
    assert_eq!(test.ended(store, id).await, (SessionState::Failed, Some("noData".to_owned())));
    assert_eq!(test.find(store, 99).await, Some(100), "a failed session changes nothing");
}

/// Files are carried over as second names: collecting the first must not take the bytes away.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_carried_over_outlives_its_base() {
    let limits = ServiceLimits { collect_grace_seconds: 0, ..ServiceLimits::default() };
    let (test, store, base) = furnished_with(limits).await;
    for number in [1, 2, 3] {
        test.apply_delta(store, &[renamed(number)], &[]).await;
    }
    test.service.sweep().await.expect("swept");
    test.run_jobs().await;
    let folder = test.folder.path().join("blobs");
    let generations = walk(&folder).into_iter().filter(|path| path.ends_with("manifest")).count();
    assert_eq!(generations, 2, "the live one and the one before");
    assert!(!walk(&folder).iter().any(|path| path.to_string_lossy().contains(&base.to_string())));
    let test = test.reopen().await;
    assert_eq!(test.origin(store, 50).await, Some((51, base)));
    assert_eq!(test.row_count(store).await, 100);
}

fn walk(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).expect("readable").map(|entry| entry.expect("readable").path());
    entries.flat_map(|path| if path.is_dir() { walk(&path) } else { vec![path] }).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn deltas_work_where_no_file_can_be_mapped() {
    let test = TestService::open_without_files().await;
    let store = test.create_keyed_store("people").await;
    test.upload(store, &people(0, 50)).await;
    let id = test.apply_delta(store, &[renamed(7)], &[key_only(8)]).await;
    assert_eq!((test.origin(store, 7).await, test.find(store, 8).await), (Some((1, id)), None));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_while_a_delta_is_built_leaves_all_of_it_or_nothing() {
    let limits = ServiceLimits { worker_count: 1, ..ServiceLimits::default() };
    let mut steps = 0;
    let mut seen_old = false;
    loop {
        let (test, store, base) = furnished_with(limits.clone()).await;
        let first = test.commit_delta(store, &[renamed(7)], &[key_only(8)]).await;
        // The second one waits for the first: waiting must survive too.
        let second = test.commit_delta(store, &[renamed(9)], &[key_only(7)]).await;
        let ended = at_most(steps, test.run_jobs()).await;
        let test = test.reopen().await;
        let seven = test.origin(store, 7).await;
        let eight = test.origin(store, 8).await;
        match (seven, eight) {
            (Some((8, of)), Some((9, _))) if of == base => seen_old = true,
            (Some((1, of)), None) if of == first => {}
            (None, None) => assert_eq!(test.origin(store, 9).await, Some((1, second))),
            other => panic!("{steps} steps: half a delta: {other:?}"),
        }
        resume_leases(&test).await;
        test.run_jobs().await;
        for id in [first, second] {
            assert_eq!(test.ended(store, id).await, (SessionState::Completed, None), "{steps} steps");
        }
        assert_eq!((test.find(store, 7).await, test.find(store, 8).await), (None, None), "{steps} steps");
        assert_eq!(test.origin(store, 9).await, Some((1, second)), "{steps} steps");
        assert_eq!(test.row_count(store).await, 98);
        if ended {
            break;
        }
        steps += 1 + steps / 3;
    }
    assert!(seen_old, "some crash came before the swap");
}
