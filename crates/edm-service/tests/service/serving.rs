//! What is served is what the catalog says, whole: data and types together, whatever fails on the
//! way.

use std::path::PathBuf;

use edm_model::{SessionState, StoreId};
use edm_service::{ErrorKind, Expected, MatchOptions, NewSession, Service};

use crate::crash::at_most;
use crate::test_service::{Row, TestService, people, start_unloaded};

/// Returns the session whose data a text with the record is matched against, if it is found.
async fn matched(test: &TestService, row: &Row) -> Option<edm_model::SessionId> {
    let text = row.join(" ");
    let report = test.service.classify(&test.admin, text, MatchOptions::default()).await.expect("answered");
    Some(report.types.first()?.matches.first()?.rows.first()?.1)
}

async fn another_node(test: &TestService) -> Service {
    start_unloaded(test.folder.path(), &test.clock, &test.random, &test.limits).await
}

/// Returns the files of a session's generation whose names begin so.
pub(crate) fn files_of(test: &TestService, session: edm_model::SessionId, part: &str) -> Vec<PathBuf> {
    let mut folders = vec![test.folder.path().join("blobs")];
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("readable").map(|entry| entry.expect("readable").path())
        {
            if entry.is_dir() {
                folders.push(entry);
            } else if entry.to_string_lossy().contains(&format!("/generations/{session}/{part}")) {
                found.push(entry);
            }
        }
    }
    found
}

/// Flips a bit in the middle: nothing that opening a file looks at.
fn damage(test: &TestService, session: edm_model::SessionId) {
    let files = files_of(test, session, "rows-");
    assert!(!files.is_empty());
    for file in files {
        let mut bytes = std::fs::read(&file).expect("readable");
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        // Under the old name, the old bytes may be mapped.
        let damaged = file.with_extension("damaged");
        std::fs::write(&damaged, bytes).expect("writable");
        std::fs::rename(&damaged, &file).expect("writable");
    }
}

/// Data and types used to be swapped one after the other: a failure between them left texts matched
/// against the old table while the session was shown as completed, for ever.
#[tokio::test(flavor = "multi_thread")]
async fn a_session_is_completed_only_when_texts_are_matched_against_its_table() {
    let mut steps = 0;
    loop {
        let test = TestService::open().await;
        let store = test.create_store("people").await;
        test.upload(store, &people(0, 50)).await;
        let session = test.stage(store, &people(1_000, 50), NewSession::default()).await;
        test.commit(store, session).await;
        let remaining = async || {
            let session = test.service.get_session(&test.admin, store, session).await.expect("read");
            session.remaining_job_count
        };
        while remaining().await != Some(1) {
            assert!(test.service.run_next_job().await.expect("the queue answers"), "publication is last");
        }
        let ended = at_most(steps, test.run_jobs()).await;
        let check = async |moment: &str| {
            let shown = test.service.get_session(&test.admin, store, session).await.expect("read").state;
            let new = matched(&test, &people(1_007, 1)[0]).await == Some(session);
            assert_eq!(shown == SessionState::Completed, new, "{steps} steps, {moment}");
            assert_eq!(matched(&test, &people(7, 1)[0]).await.is_some(), !new, "{steps} steps, {moment}");
            new
        };
        let before = check("when it broke off").await;
        test.service.sweep().await.expect("swept");
        let after = check("after the sweep").await;
        assert!(after || !before);
        if ended {
            assert!(after);
            break;
        }
        steps += 1;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_another_node_removed_or_published_is_brought_in_by_the_sweep() {
    let test = TestService::open().await;
    let (gone, kept) = (test.create_store("gone").await, test.create_store("kept").await);
    test.upload(gone, &people(0, 50)).await;
    let first = test.upload(kept, &people(1_000, 50)).await;
    assert_eq!(matched(&test, &people(1_007, 1)[0]).await, Some(first));
    let other = another_node(&test).await;
    other.delete_store(&test.admin, gone, &Expected::ANYTHING).await.expect("removed");
    let second = test.stage(kept, &people(1_000, 60), NewSession::default()).await;
    test.commit(kept, second).await;
    while other.run_next_job().await.expect("the queue answers") {}
    let state = async |id| test.service.get_session(&test.admin, kept, id).await.expect("read").state;
    assert_eq!(state(second).await, SessionState::ProcessingInProgress, "this node does not serve it yet");
    test.service.sweep().await.expect("swept");
    assert_eq!(matched(&test, &people(7, 1)[0]).await, None, "a removed store matches no more");
    assert_eq!(matched(&test, &people(1_007, 1)[0]).await, Some(second));
    assert_eq!(state(second).await, SessionState::Completed);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removed_store_matches_nothing_from_then_on() {
    let test = TestService::open().await;
    let (gone, kept) = (test.create_store("gone").await, test.create_store("kept").await);
    test.upload(gone, &people(0, 50)).await;
    let live = test.upload(kept, &people(1_000, 50)).await;
    test.service.delete_store(&test.admin, gone, &Expected::ANYTHING).await.expect("removed");
    assert_eq!(matched(&test, &people(7, 1)[0]).await, None);
    assert_eq!(matched(&test, &people(1_007, 1)[0]).await, Some(live), "the other store is not touched");
}

#[tokio::test(flavor = "multi_thread")]
async fn damaged_data_is_neither_loaded_nor_rolled_back_to() {
    let test = TestService::open().await;
    let store = test.create_store("people").await;
    let sound = test.create_store("sound").await;
    let first = test.upload(store, &people(0, 50)).await;
    let second = test.upload(store, &people(100, 50)).await;
    let live = test.upload(sound, &people(1_000, 50)).await;
    damage(&test, first);
    let refused =
        test.service.rollback_store(&test.admin, store, &Expected::ANYTHING).await.expect_err("damaged");
    assert_eq!(refused.kind(), &ErrorKind::Corrupt);
    assert_eq!(matched(&test, &people(107, 1)[0]).await, Some(second), "what is live stays");
    damage(&test, second);
    let test = test.reopen().await;
    let summary = test.service.load().await.expect("loaded");
    let skipped: Vec<StoreId> = summary.skipped.iter().map(|(store, _)| *store).collect();
    assert_eq!((summary.generation_count, skipped), (1, vec![store]));
    assert_eq!(matched(&test, &people(107, 1)[0]).await, None);
    assert_eq!(matched(&test, &people(1_007, 1)[0]).await, Some(live), "the others are served");
}
