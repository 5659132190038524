//! What the time alone does, and what a clock that jumps does not do.

use edm_model::{SessionId, SessionState, StoreId};
use edm_service::NewSession;

use crate::test_service::{TestService, blocks, people};

const HOUR: i64 = 3_600;
const DAY: i64 = 24 * HOUR;

async fn state(test: &TestService, store: StoreId, id: SessionId) -> SessionState {
    test.service.get_session(&test.admin, store, id).await.expect("read").state
}

/// Where a job is when the clock goes back.
#[derive(Debug, Clone, Copy)]
enum Job {
    Ready,
    Leased,
    Failed,
}

/// The clock goes back an hour between two processes. Jobs used to wait until it had come there
/// again.
#[tokio::test(flavor = "multi_thread")]
async fn jobs_run_after_the_clock_went_back() {
    for job in [Job::Ready, Job::Leased, Job::Failed] {
        let test = TestService::open().await;
        let store = test.create_store("people").await;
        let session = test.stage(store, &people(0, 50), NewSession::default()).await;
        test.pass_seconds(HOUR);
        test.commit(store, session).await;
        let catalog = test.catalog().await;
        let taken =
            async || catalog.claim_job("a process that died", 60).await.expect("asked").expect("a job");
        match job {
            Job::Ready => {}
            Job::Leased => drop(taken().await),
            Job::Failed => catalog.retry_job(&taken().await, 30_000, "failed").await.expect("given back"),
        }
        catalog.close().await;
        test.pass_seconds(-HOUR);
        let test = test.reopen().await;
        crate::crash::resume_leases(&test).await;
        test.run_jobs().await;
        assert_eq!(state(&test, store, session).await, SessionState::Completed, "{job:?}");
    }
}

/// The clock shows another week at a start, and the right one at the next: a session that is open
/// stays so, and nothing that was replaced is collected. A server that was really away gives them
/// up an hour later.
#[tokio::test(flavor = "multi_thread")]
async fn a_start_in_another_week_gives_nothing_up_at_once() {
    let test = TestService::open().await;
    let store = test.create_store("people").await;
    test.upload(store, &people(0, 50)).await;
    test.upload(store, &people(0, 60)).await;
    test.upload(store, &people(0, 70)).await;
    let created = test.open_session(store, NewSession::default()).await;
    let (session, blocks) = (created.session.id, blocks(&created, &people(0, 50), 40));
    test.put(&created, 0, blocks[0].clone()).await.expect("taken");
    test.service.sweep().await.expect("swept");
    let files = test.files();
    let quiet = async |test: &TestService| {
        test.service.sweep().await.expect("swept");
        test.run_jobs().await;
        assert_eq!(state(test, store, session).await, SessionState::UploadInProgress);
        assert_eq!(test.files(), files, "nothing is collected");
    };

    test.pass_seconds(8 * DAY);
    let test = test.reopen().await;
    quiet(&test).await;
    test.pass_seconds(HOUR / 2);
    let test = test.reopen().await;
    quiet(&test).await;

    test.pass_seconds(-8 * DAY);
    let test = test.reopen().await;
    quiet(&test).await;
    test.put(&created, 1, blocks[1].clone()).await.expect("the session takes blocks");
    test.service.sweep().await.expect("swept");

    test.pass_seconds(30 * DAY);
    let test = test.reopen().await;
    assert_eq!(state(&test, store, session).await, SessionState::UploadInProgress);
    test.pass_seconds(HOUR);
    test.service.sweep().await.expect("swept");
    test.pass_seconds(HOUR);
    test.run_jobs().await;
    assert_eq!(state(&test, store, session).await, SessionState::Expired);
    assert!(test.files().len() < files.len(), "what is needed no more is collected");
}

/// A clock that is a minute off, and one that stands where the last server went, are believed.
#[tokio::test(flavor = "multi_thread")]
async fn an_ordinary_restart_lets_time_pass() {
    for away in [-30, 0, HOUR, 23 * HOUR] {
        let test = TestService::open().await;
        let store = test.create_store("people").await;
        let session = test.open_session(store, NewSession::default()).await.session.id;
        test.pass_seconds(6 * DAY + 23 * HOUR + 100);
        test.service.sweep().await.expect("swept");
        test.pass_seconds(away);
        let test = test.reopen().await;
        let expected = if away >= HOUR { SessionState::Expired } else { SessionState::UploadInProgress };
        assert_eq!(state(&test, store, session).await, expected, "{away} s");
    }
}
