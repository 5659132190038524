//! What `edm verify` finds, what its repair removes, and what it leaves.

use edm_model::SessionId;
use edm_service::{Expected, FindingKind, NewSession, Verification};

use crate::serving::files_of;
use crate::test_service::{TestService, blocks, people};
use crate::unserved::{HARMS, Harm, harm};

async fn verify(test: &TestService) -> Verification {
    test.service.verify(|_| {}).await.expect("the catalog is whole")
}

fn kinds(found: &Verification) -> Vec<FindingKind> {
    found.findings.iter().map(|finding| finding.kind).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_file_of_what_is_kept_is_read() {
    let test = TestService::open().await;
    let store = test.create_store("people").await;
    let before = test.upload(store, &people(0, 50)).await;
    let live = test.upload(store, &people(20, 50)).await;
    let mut heard = 0;
    let whole = test.service.verify(|_| heard += 1).await.expect("verified");
    assert_eq!((whole.stores, whole.generations, heard), (1, 2, 2));
    assert!(whole.files > 6 && whole.leftovers_looked_for && whole.findings.is_empty(), "{whole:?}");
    let check = async |session: SessionId, kind: FindingKind| {
        for file in files_of(&test, session, "") {
            let saved = std::fs::read(&file).expect("readable");
            for how in HARMS {
                harm(&file, how);
                let found = verify(&test).await;
                assert_eq!(kinds(&found), [kind], "{how:?} {}", file.display());
                assert_eq!(found.findings[0].session_id, Some(session));
                let detail = &found.findings[0].detail;
                assert!(!detail.contains("log"), "there need be no server: {detail}");
                std::fs::write(&file, &saved).expect("restored");
            }
        }
    };
    check(live, FindingKind::LiveDamaged).await;
    check(before, FindingKind::KeptDamaged).await;
    assert!(verify(&test).await.findings.is_empty(), "all restored");
}

/// What can be made anew goes; what cannot stays as it is and is named.
#[tokio::test(flavor = "multi_thread")]
async fn a_repair_removes_what_can_be_made_anew() {
    let test = TestService::open().await;
    let store = test.create_store("people").await;
    let before = test.upload(store, &people(0, 50)).await;
    let live = test.upload(store, &people(20, 50)).await;
    let rows = people(50, 100);
    let open = test.open_session(store, NewSession::default()).await;
    let sealed = blocks(&open, &rows, 40);
    for (number, block) in (0..).zip(&sealed) {
        test.put(&open, number, block.clone()).await.expect("taken");
    }
    let blobs = test.folder.path().join("blobs");
    let of_session = std::fs::read_dir(
        blobs.join(format!("tenants/{}/stores/{store}/blocks/{}", test.admin.tenant, open.session.id)),
    );
    let mut block_files: Vec<_> =
        of_session.expect("readable").map(|entry| entry.expect("readable").path()).collect();
    block_files.sort();
    harm(&block_files[0], Harm::Bit(50));
    harm(&block_files[2], Harm::Removed);
    harm(&files_of(&test, before, "rules").remove(0), Harm::Cut);
    let stray = blobs.join("tenants/x/stores/y/generations/z");
    std::fs::create_dir_all(&stray).expect("writable");
    std::fs::write(stray.join("rules"), "left over").expect("writable");
    let mut found = verify(&test).await;
    use FindingKind::{BlockDamaged, KeptDamaged, Leftover};
    assert_eq!(kinds(&found), [KeptDamaged, BlockDamaged, BlockDamaged, Leftover]);
    test.service.repair(&mut found).await.expect("repaired");
    assert!(found.findings.iter().all(|finding| finding.repaired));
    assert!(verify(&test).await.findings.is_empty(), "{:?}", verify(&test).await.findings);
    // The agent sends again what was lost, and the upload goes on.
    let session = test.service.get_session(&test.admin, store, open.session.id).await.expect("read");
    assert_eq!(session.staged_block_count, 1);
    for (number, block) in (0..).zip(&sealed) {
        test.put(&open, number, block.clone()).await.expect("taken");
    }
    let numbers: Vec<u32> = (0..3).collect();
    test.commit_block_list(store, open.session.id, &numbers).await.expect("all there");
    test.commit(store, open.session.id).await;
    let refused = test.service.rollback_store(&test.admin, store, &Expected::ANYTHING).await;
    assert!(refused.is_err(), "there is no way back to what was forgotten");
    test.run_jobs().await;
    assert_eq!(test.find(store, 50).await, Some(1));
    // Live data is never touched.
    let rows_file = files_of(&test, open.session.id, "rows-").remove(0);
    harm(&rows_file, Harm::Bit(50));
    let mut found = verify(&test).await;
    test.service.repair(&mut found).await.expect("repaired what it can");
    let left: Vec<_> =
        found.findings.iter().filter(|finding| !finding.repaired).map(|found| found.kind).collect();
    assert_eq!(left, [FindingKind::LiveDamaged]);
    assert!(rows_file.exists());
    assert_ne!(live, open.session.id);
}

/// Blobs that were away for a moment, as of a volume that is not mounted, once cost the way back:
/// `--repair` forgot every kept generation while the live ones could not be read either.
#[tokio::test(flavor = "multi_thread")]
async fn the_way_back_is_not_forgotten_while_the_live_data_is_damaged() {
    let test = TestService::open().await;
    let store = test.create_store("people").await;
    let before = test.upload(store, &people(0, 50)).await;
    let live = test.upload(store, &people(20, 50)).await;
    let blobs = test.folder.path().join("blobs");
    let away = test.folder.path().join("away");
    std::fs::rename(&blobs, &away).expect("moved");
    std::fs::create_dir(&blobs).expect("made");
    let mut found = verify(&test).await;
    let refused = test.service.repair(&mut found).await.expect_err("nothing is there");
    assert!(refused.to_string().contains("mount its volume"), "{refused}");
    std::fs::remove_dir(&blobs).expect("removed");
    std::fs::rename(&away, &blobs).expect("moved back");
    assert!(verify(&test).await.findings.is_empty(), "nothing was forgotten");

    let advice_of = |found: &Verification, kind: FindingKind| {
        let finding = found.findings.iter().find(|finding| finding.kind == kind).expect("is found");
        found.advice(finding)
    };
    let (of_live, of_kept) =
        (files_of(&test, live, "rules").remove(0), files_of(&test, before, "rules").remove(0));
    let saved = std::fs::read(&of_kept).expect("readable");
    harm(&of_live, Harm::Cut);
    assert!(advice_of(&verify(&test).await, FindingKind::LiveDamaged).contains("roll back"));
    harm(&of_kept, Harm::Removed);
    let mut found = verify(&test).await;
    assert!(!advice_of(&found, FindingKind::LiveDamaged).contains("edm store rollback"));
    assert!(!advice_of(&found, FindingKind::KeptDamaged).contains("the live data is whole"));
    test.service.repair(&mut found).await.expect("repairs what it can");
    assert!(found.findings.iter().all(|finding| !finding.repaired), "{found:?}");
    std::fs::write(&of_kept, saved).expect("restored");
    let rolled_back = test.service.rollback_store(&test.admin, store, &Expected::ANYTHING).await;
    rolled_back.expect("the way back is still there");
}
