//! Whatever the moment of the crash: the data is what it was before or what it is after, and going
//! on completes it.
//!
//! A crash is a future that is dropped after so many steps. Work that is on another thread by then
//! still ends, as a write that was on its way to the disk does.

use std::future::Future;
use std::pin::pin;
use std::sync::atomic::Ordering;
use std::task::Poll;

use edm_model::{SessionId, SessionState, StoreId};
use edm_service::{NewSession, ServiceLimits};

use crate::test_service::{BREAKING, START, TestService, blocks, people};

/// Lets the work take this many steps; returns whether it ended within them.
pub(crate) async fn at_most(steps: usize, work: impl Future<Output = ()>) -> bool {
    let mut work = pin!(work);
    let mut taken = 0;
    std::future::poll_fn(move |context| {
        if work.as_mut().poll(context).is_ready() {
            return Poll::Ready(true);
        }
        taken += 1;
        if taken > steps { Poll::Ready(false) } else { Poll::Pending }
    })
    .await
}

pub(crate) async fn resume_leases(test: &TestService) {
    let workers = test.service.start_workers();
    workers.shutdown().await;
}

/// The live table is the old one or the new one, whole.
async fn is_new(test: &TestService, store: StoreId, session: SessionId) -> bool {
    let old = test.find(store, 7).await;
    let new = test.find(store, 1_007).await;
    let shown = test.service.get_session(&test.admin, store, session).await.expect("read").state;
    match (old, new) {
        (Some(8), None) => {
            assert_ne!(shown, SessionState::Completed, "Completed is shown only of what is live");
            false
        }
        (None, Some(8)) => {
            assert_eq!(shown, SessionState::Completed);
            true
        }
        other => panic!("neither the old table nor the new one: {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_while_indexing_leaves_the_old_table_or_the_new_one() {
    let limits = ServiceLimits { worker_count: 1, ..ServiceLimits::default() };
    let mut steps = 0;
    let mut seen_old = false;
    loop {
        let test = TestService::open_with(limits.clone()).await;
        let store = test.create_store("people").await;
        test.upload(store, &people(0, 50)).await;
        let session = test.stage(store, &people(1_000, 50), NewSession::default()).await;
        test.commit(store, session).await;
        let ended = at_most(steps, test.run_jobs()).await;
        let test = test.reopen().await;
        seen_old |= !is_new(&test, store, session).await;
        resume_leases(&test).await;
        test.run_jobs().await;
        assert!(is_new(&test, store, session).await, "going on completes it, {steps} steps");
        if ended {
            break;
        }
        steps += 1 + steps / 4;
    }
    assert!(seen_old, "some crash came before the swap");
}

/// A worker takes the jobs of a group together; each is finished by itself.
#[tokio::test(flavor = "multi_thread")]
async fn a_crash_in_the_middle_of_a_group_keeps_the_files_that_were_ready() {
    let limits = ServiceLimits { worker_count: 1, ..ServiceLimits::default() };
    let mut seen = false;
    for steps in 0.. {
        let test = TestService::open_with(limits.clone()).await;
        let store = test.create_store("people").await;
        let created = test.open_session(store, NewSession::default()).await;
        let id = created.session.id;
        for (number, block) in (0..).zip(blocks(&created, &people(0, 50), 10)) {
            test.put(&created, number, block).await.expect("taken");
        }
        test.commit_block_list(store, id, &[0, 1, 2, 3, 4]).await.expect("complete");
        test.commit(store, id).await;
        let remaining = async |test: &TestService| {
            let session = test.service.get_session(&test.admin, store, id).await.expect("read");
            session.remaining_job_count.expect("jobs are counted")
        };
        assert!(test.service.run_next_job().await.expect("the queue answers"), "planning");
        let all = remaining(&test).await;
        assert_eq!(all, 8, "entries, rules, five row files and publication");
        let group = async {
            assert!(test.service.run_next_job().await.expect("the queue answers"), "its first job is due");
        };
        let ended = at_most(steps, group).await;
        let test = test.reopen().await;
        let left = remaining(&test).await;
        assert!(!ended || left == 1, "one worker's group is every file, {left} jobs are left");
        seen |= (2..all).contains(&left);
        resume_leases(&test).await;
        test.run_jobs().await;
        assert_eq!((remaining(&test).await, test.find(store, 7).await), (0, Some(8)), "{steps} steps");
        if ended {
            break;
        }
    }
    assert!(seen, "some crash came between two files of the group");
}

/// The memory limit decides into how many files an index is cut, and jobs are numbered by them.
#[tokio::test(flavor = "multi_thread")]
async fn a_restart_with_another_memory_limit_completes_what_was_begun() {
    let limits = |build_memory_bytes| ServiceLimits {
        worker_count: 2,
        build_memory_bytes,
        ..ServiceLimits::default()
    };
    for (before, after) in [(2_000, 1 << 30), (1 << 30, 2_000)] {
        for jobs in [0, 1, 2, 4] {
            let test = TestService::open_with(limits(before)).await;
            let store = test.create_store("people").await;
            let session = test.stage(store, &people(0, 50), NewSession::default()).await;
            test.commit(store, session).await;
            for _ in 0..jobs {
                assert!(test.service.run_next_job().await.expect("the queue answers"));
            }
            let test = test.reopen_with(limits(after)).await;
            resume_leases(&test).await;
            test.run_jobs().await;
            assert_eq!(test.find(store, 7).await, Some(8), "{before} then {after}, after {jobs} jobs");
        }
    }
}

/// A panic in the asynchronous part of a job used to end its worker until the next start.
#[tokio::test(flavor = "multi_thread")]
async fn a_fault_of_the_program_in_a_job_is_a_failed_attempt() {
    let test = TestService::open().await;
    let store = test.create_store("people").await;
    let session = test.stage(store, &people(0, 50), NewSession::default()).await;
    test.commit(store, session).await;
    let remaining = async || {
        let session = test.service.get_session(&test.admin, store, session).await.expect("read");
        session.remaining_job_count
    };
    while remaining().await != Some(1) {
        assert!(test.service.run_next_job().await.expect("the queue answers"));
    }
    // The first look at the clock is the queue's.
    test.clock.store(BREAKING, Ordering::SeqCst);
    assert!(test.service.run_next_job().await.expect("the worker goes on"), "publication asks for the time");
    test.clock.store(START, Ordering::SeqCst);
    while remaining().await != Some(0) {
        // A job that failed waits a while.
        test.pass_seconds(1);
        test.service.run_next_job().await.expect("the queue answers");
    }
    assert_eq!(test.find(store, 7).await, Some(8), "the next attempt completes it");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_while_uploading_loses_no_block_that_was_acknowledged() {
    for steps in [0, 1, 2, 3, 5, 8, 13, 21, 34] {
        let test = TestService::open().await;
        let store = test.create_store("people").await;
        let created = test.open_session(store, NewSession::default()).await;
        let sealed = blocks(&created, &people(0, 50), 10);
        let mut acknowledged = 0u32;
        at_most(steps, async {
            for (number, block) in (0..).zip(&sealed) {
                test.put(&created, number, block.clone()).await.expect("taken");
                acknowledged += 1;
            }
        })
        .await;
        let test = test.reopen().await;
        let staged = test.block_list(store, created.session.id).await;
        assert!(staged.len() >= acknowledged as usize, "{steps} steps");
        for (number, block) in (0..).zip(&sealed) {
            test.put(&created, number, block.clone()).await.expect("a repeat is taken");
        }
        let all: Vec<u32> = (0..5).collect();
        test.commit_block_list(store, created.session.id, &all).await.expect("complete");
        test.commit(store, created.session.id).await;
        test.run_jobs().await;
        assert_eq!(test.find(store, 7).await, Some(8), "{steps} steps");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_a_later_commit_overtook_fails_and_changes_nothing() {
    let mut seen_superseded = false;
    for steps in (0..400).step_by(20) {
        let test = TestService::open().await;
        let store = test.create_store("people").await;
        let slow = test.stage(store, &people(0, 50), NewSession::default()).await;
        let fast = test.stage(store, &people(1_000, 50), NewSession::default()).await;
        test.commit(store, slow).await;
        // The worker of the first one dies; its lease holds the job back while the second one is
        // published.
        at_most(steps, test.run_jobs()).await;
        test.commit(store, fast).await;
        test.run_jobs().await;
        let test = test.reopen().await;
        resume_leases(&test).await;
        test.run_jobs().await;
        assert!(is_new(&test, store, fast).await, "the later commit is live, {steps} steps");
        let session = test.service.get_session(&test.admin, store, slow).await.expect("read");
        match session.failure {
            None => assert_eq!(session.state, SessionState::Completed, "{steps} steps"),
            Some(failure) => {
                assert_eq!((session.state, failure.code.as_str()), (SessionState::Failed, "superseded"));
                assert!(session.completed_at.is_some() && session.processing_completed_at.is_some());
                seen_superseded = true;
            }
        }
    }
    assert!(seen_superseded, "some worker died between the commits");
}
