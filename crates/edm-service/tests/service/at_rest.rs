//! Generations at rest: nothing readable, nothing that can be changed or put in another's place.

use std::path::Path;

use edm_model::SessionId;
use edm_service::{FindingKind, Verification};

use crate::serving::files_of;
use crate::test_service::{TestService, people};

async fn verify(test: &TestService) -> Verification {
    test.service.verify(|_| {}).await.expect("the catalog is whole")
}

/// Puts bytes in the place of a file, whose bytes before may be mapped.
fn put(file: &Path, bytes: &[u8]) {
    let other = file.with_extension("other");
    std::fs::write(&other, bytes).expect("writable");
    std::fs::rename(&other, file).expect("writable");
}

fn name(file: &Path) -> String {
    file.file_name().expect("a file").to_string_lossy().into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_a_generation_is_readable() {
    let test = TestService::open().await;
    let store = test.create_store("people").await;
    let session = test.upload(store, &people(0, 50)).await;
    let files = files_of(&test, session, "");
    assert!(files.len() >= 4, "{files:?}");
    let mut seen = Vec::new();
    for file in files {
        let bytes = std::fs::read(&file).expect("readable");
        // The names of columns, the magic of every content, and rows of zeros.
        for clear in [b"account".as_slice(), b"name", b"EDM", &[0; 8], store.as_bytes(), session.as_bytes()] {
            assert!(!bytes.windows(clear.len()).any(|window| window == clear), "{} in clear", name(&file));
        }
        seen.push(bytes);
    }
    // The same table again: other bytes, whose like is found nowhere.
    let again = test.upload(store, &people(0, 50)).await;
    for file in files_of(&test, again, "") {
        let bytes = std::fs::read(&file).expect("readable");
        for window in bytes.windows(8) {
            let same = seen.iter().any(|seen| seen.windows(8).any(|before| before == window));
            assert!(!same, "eight bytes of {} are those of the upload before", name(&file));
        }
    }
}

/// One bit of every byte of the sealed manifest; of the files the engine's tests change all.
#[tokio::test(flavor = "multi_thread")]
async fn a_changed_manifest_is_refused() {
    let test = TestService::open().await;
    let store = test.create_store("people").await;
    let session = test.upload(store, &people(0, 5)).await;
    let manifest = files_of(&test, session, "manifest").remove(0);
    let whole = std::fs::read(&manifest).expect("readable");
    for at in 0..whole.len() {
        let mut changed = whole.clone();
        changed[at] ^= 1 << (at % 8);
        put(&manifest, &changed);
        let found = verify(&test).await;
        assert_eq!(found.findings.len(), 1, "byte {at}");
        assert_eq!(found.findings[0].kind, FindingKind::LiveDamaged, "byte {at}");
    }
    put(&manifest, &whole);
    assert!(verify(&test).await.findings.is_empty());
}

/// Whole files of another generation, of another store, and older ones of this store: each alone,
/// and all of them with their manifest.
#[tokio::test(flavor = "multi_thread")]
async fn a_generation_in_the_place_of_another_is_refused() {
    let test = TestService::open().await;
    let (store, other) = (test.create_store("people").await, test.create_store("others").await);
    let older = test.upload(store, &people(0, 50)).await;
    let live = test.upload(store, &people(0, 50)).await;
    let foreign = test.upload(other, &people(0, 50)).await;
    let kept: Vec<_> = files_of(&test, live, "")
        .into_iter()
        .map(|file| {
            let bytes = std::fs::read(&file).expect("readable");
            (file, bytes)
        })
        .collect();
    let theirs = |session: SessionId, file: &Path| {
        std::fs::read(files_of(&test, session, &name(file)).remove(0)).expect("the same table")
    };
    let damaged = async |what: &str| {
        let found = verify(&test).await;
        let kinds: Vec<_> = found.findings.iter().map(|finding| (finding.kind, finding.session_id)).collect();
        assert_eq!(kinds, [(FindingKind::LiveDamaged, Some(live))], "{what}");
    };
    for session in [older, foreign] {
        for (file, bytes) in &kept {
            put(file, &theirs(session, file));
            damaged(&name(file)).await;
            put(file, bytes);
        }
        for (file, _) in &kept {
            put(file, &theirs(session, file));
        }
        damaged("all files").await;
        for (file, bytes) in &kept {
            put(file, bytes);
        }
    }
    for (file, bytes) in &kept {
        for (another, of_another) in kept.iter().filter(|(another, _)| another != file) {
            put(file, of_another);
            damaged(&format!("{} as {}", name(another), name(file))).await;
        }
        put(file, bytes);
    }
    assert!(verify(&test).await.findings.is_empty(), "all is as it was");
    let test = test.reopen().await;
    assert_eq!(test.find(store, 7).await, Some(8));
}
