//! Live data that cannot be read is a state of its own: nowhere is it taken for data that holds
//! nothing.

use std::path::{Path, PathBuf};

use edm_model::{JobOrigin, OnUnserved, SensitiveTypeId, SessionId, StoreId};
use edm_service::{
    DataState, ErrorKind, JobContent, ListQuery, LookupRequest, MatchOptions, MatchReport, Obstacle,
    OmissionReason, Replacement,
};

use crate::serving::files_of;
use crate::test_service::{TestService, account, people};

/// What can happen to a file.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Harm {
    /// One bit is another, at this share of the file in percent.
    Bit(usize),
    /// Its second half is gone.
    Cut,
    /// All its bytes are gone.
    Emptied,
    /// It is gone.
    Removed,
}

pub(crate) const HARMS: [Harm; 6] =
    [Harm::Bit(0), Harm::Bit(50), Harm::Bit(99), Harm::Cut, Harm::Emptied, Harm::Removed];

/// Does the harm under the file's name: the bytes before it may be mapped, and stay as they are.
pub(crate) fn harm(file: &Path, harm: Harm) {
    let mut bytes = std::fs::read(file).expect("readable");
    match harm {
        Harm::Bit(percent) => {
            let at = (bytes.len() * percent / 100).min(bytes.len() - 1);
            bytes[at] ^= 1;
        }
        Harm::Cut => bytes.truncate(bytes.len() / 2),
        Harm::Emptied => bytes.clear(),
        Harm::Removed => return std::fs::remove_file(file).expect("removable"),
    }
    let harmed = file.with_extension("harmed");
    std::fs::write(&harmed, bytes).expect("writable");
    std::fs::rename(&harmed, file).expect("writable");
}

/// Two stores with a table each, and the type of each.
struct Two {
    damaged: (StoreId, SensitiveTypeId, SessionId),
    whole: (StoreId, SensitiveTypeId),
}

async fn type_of(test: &TestService, store: StoreId) -> SensitiveTypeId {
    let types = test.service.list_types(&test.admin, &ListQuery::default()).await.expect("listed").items;
    let own = types.iter().find(|found| found.sensitive_type.rule.store_id == store);
    own.expect("a store has its default type").sensitive_type.id
}

async fn two(test: &TestService) -> Two {
    let (damaged, whole) = (test.create_store("damaged").await, test.create_store("whole").await);
    let session = test.upload(damaged, &people(0, 50)).await;
    test.upload(whole, &people(1_000, 50)).await;
    Two {
        damaged: (damaged, type_of(test, damaged).await, session),
        whole: (whole, type_of(test, whole).await),
    }
}

fn naming(types: &[SensitiveTypeId]) -> MatchOptions {
    MatchOptions { type_ids: types.iter().map(ToString::to_string).collect(), ..MatchOptions::default() }
}

async fn classify(test: &TestService, options: MatchOptions) -> Result<MatchReport, ErrorKind> {
    let text = format!("{} and {}", people(7, 1)[0].join(" "), people(1_007, 1)[0].join(" "));
    let report = test.service.classify(&test.admin, text, options).await;
    report.map_err(|error| error.kind().clone())
}

/// Asks everything that could answer from the damaged store, and from the one beside it.
async fn check_told(test: &TestService, stores: &Two, moment: &str) {
    let service = &test.service;
    let (store, named, _) = stores.damaged;
    let report = classify(test, MatchOptions::default()).await.expect("answered");
    let told: Vec<_> = report.omissions.iter().map(|omission| (omission.type_id, omission.reason)).collect();
    assert_eq!(told, [(Some(named), OmissionReason::DataUnavailable)], "{moment}");
    let found: Vec<SensitiveTypeId> = report.types.iter().map(|found| found.id).collect();
    assert_eq!(found, [stores.whole.1], "{moment}: the other table is searched");
    assert!(!report.is_empty(), "{moment}");
    let unavailable = Err(ErrorKind::DataUnavailable);
    assert_eq!(classify(test, naming(&[named])).await, unavailable, "{moment}: named");
    assert_eq!(classify(test, naming(&[stores.whole.1, named])).await, unavailable, "{moment}: named beside");
    assert!(classify(test, naming(&[stores.whole.1])).await.expect("answered").omissions.is_empty());
    let redact = async |options: MatchOptions| {
        let redacted = service.redact(&test.admin, account(1_007), options, Replacement::Mask).await;
        redacted.map(|_| ()).map_err(|error| error.kind().clone())
    };
    assert_eq!(redact(MatchOptions::default()).await, Err(ErrorKind::DataUnavailable), "{moment}");
    assert_eq!(redact(naming(&[stores.whole.1])).await, Ok(()), "{moment}: types that can be read");
    let job = service
        .classify_as_job(&test.admin, JobOrigin::Text, JobContent::Text(account(7)), MatchOptions::default())
        .await;
    assert_eq!(job.expect_err("refused").kind(), &ErrorKind::DataUnavailable, "{moment}");
    let stream = service.classify_stream(&test.admin, naming(&[named])).await;
    assert_eq!(stream.err().map(|error| error.kind().clone()), Some(ErrorKind::DataUnavailable), "{moment}");
    let request =
        LookupRequest { key: "account".to_owned(), values: vec![account(7)], result_columns: Vec::new() };
    let looked_up = service.lookup(&test.admin, store, request).await.expect_err("refused");
    assert_eq!(looked_up.kind(), &ErrorKind::DataUnavailable, "{moment}");
    assert!(looked_up.to_string().contains("\"damaged\""), "{moment}: {looked_up}");
    let view = service.get_store(&test.admin, store).await.expect("read");
    assert_eq!(view.data_state, DataState::Unserved, "{moment}");
    let readiness = service.readiness().await.expect("answered");
    assert_eq!(readiness.obstacle, None, "{moment}: one damaged table takes no node off");
    let names: Vec<_> = readiness.unserved.iter().map(|store| store.name.as_deref()).collect();
    assert_eq!(names, [Some("damaged")], "{moment}");
}

/// Damaged data once was "nothing found" with status 200, a text that was not redacted, and a
/// server that said ready.
#[tokio::test(flavor = "multi_thread")]
async fn data_damaged_at_rest_is_told_to_whoever_asks_for_it() {
    for part in ["manifest", "rows-", "entries-", "rules"] {
        for how in HARMS {
            let test = TestService::open().await;
            let stores = two(&test).await;
            for file in files_of(&test, stores.damaged.2, part) {
                harm(&file, how);
            }
            let test = test.reopen().await;
            check_told(&test, &stores, &format!("{part} {how:?}")).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn data_damaged_while_it_is_served_is_noticed_and_comes_back_with_its_files() {
    for part in ["manifest", "rows-", "entries-", "rules"] {
        for how in HARMS {
            let test = TestService::open_with(edm_service::ServiceLimits {
                scrub_bytes_per_second: u64::MAX,
                ..edm_service::ServiceLimits::default()
            })
            .await;
            let stores = two(&test).await;
            let whole = test.service.scrub().await.expect("scrubbed");
            assert!(whole.damaged == 0 && whole.files > 6 && whole.bytes > 1_000, "{whole:?}");
            let file: PathBuf = files_of(&test, stores.damaged.2, part).remove(0);
            let saved = std::fs::read(&file).expect("readable");
            harm(&file, how);
            let scrubbed = test.service.scrub().await.expect("scrubbed");
            assert_eq!(scrubbed.damaged, 1, "{part} {how:?}");
            check_told(&test, &stores, &format!("{part} {how:?}, while served")).await;
            test.service.sweep().await.expect("swept");
            check_told(&test, &stores, &format!("{part} {how:?}, after a sweep")).await;
            std::fs::write(&file, saved).expect("restored");
            test.service.sweep().await.expect("swept");
            assert_eq!(test.find(stores.damaged.0, 7).await, Some(8), "{part} {how:?}, restored");
            assert_eq!(test.service.readiness().await.expect("answered").unserved, []);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_may_want_the_table_before_and_is_told_that_it_is_stale() {
    let test = TestService::open().await;
    let store = test.create_store("people").await;
    test.upload(store, &people(0, 50)).await;
    let live = test.upload(store, &people(1_000, 50)).await;
    test.want_unserved(store, OnUnserved::Previous).await;
    harm(&files_of(&test, live, "rows-").remove(0), Harm::Bit(50));
    let test = test.reopen().await;
    let own = type_of(&test, store).await;
    for options in [MatchOptions::default(), naming(&[own])] {
        let report = classify(&test, options).await.expect("answered");
        let told: Vec<_> =
            report.omissions.iter().map(|omission| (omission.type_id, omission.reason)).collect();
        assert_eq!(told, [(Some(own), OmissionReason::DataStale)]);
        assert_eq!(
            report.types.iter().map(|found| found.matches.len()).sum::<usize>(),
            1,
            "the table before"
        );
    }
    assert_eq!((test.find(store, 7).await, test.find(store, 1_007).await), (Some(8), None));
    let view = test.service.get_store(&test.admin, store).await.expect("read");
    assert_eq!(view.data_state, DataState::Stale);
    let readiness = test.service.readiness().await.expect("answered");
    assert_eq!((readiness.obstacle, readiness.unserved.len()), (None, 1));
    // Asked for nothing else, it is refused again.
    test.want_unserved(store, OnUnserved::Refuse).await;
    assert_eq!(test.service.readiness().await.expect("answered").obstacle, Some(Obstacle::NothingServable));
    // The next table mends it.
    test.upload(store, &people(2_000, 50)).await;
    assert_eq!(test.find(store, 2_007).await, Some(8));
    assert_eq!(test.service.readiness().await.expect("answered").obstacle, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn where_nothing_is_looked_for_it_is_said() {
    let test = TestService::open().await;
    let check = async |options: MatchOptions, expected: &[(Option<SensitiveTypeId>, OmissionReason)]| {
        let report = classify(&test, options).await.expect("answered");
        let told: Vec<_> =
            report.omissions.iter().map(|omission| (omission.type_id, omission.reason)).collect();
        assert_eq!(told, expected);
    };
    check(MatchOptions::default(), &[(None, OmissionReason::NoData)]).await;
    // A text that nobody looked at does not come back as a redacted one.
    let redact = async |options: MatchOptions| {
        let text = people(7, 1)[0].join(" ");
        let redacted = test.service.redact(&test.admin, text.clone(), options, Replacement::Mask).await;
        redacted.map(|redacted| redacted.text == text).map_err(|error| error.kind().clone())
    };
    assert_eq!(redact(MatchOptions::default()).await, Err(ErrorKind::NothingLookedFor));
    let empty = test.create_store("empty").await;
    let own = type_of(&test, empty).await;
    check(MatchOptions::default(), &[(None, OmissionReason::NoData)]).await;
    check(naming(&[own]), &[(Some(own), OmissionReason::NoData)]).await;
    let full = test.create_store("full").await;
    test.upload(full, &people(0, 50)).await;
    check(MatchOptions::default(), &[]).await;
    check(naming(&[own]), &[(Some(own), OmissionReason::NoData)]).await;
    check(naming(&[type_of(&test, full).await]), &[]).await;
    assert_eq!(redact(MatchOptions::default()).await, Ok(false), "redacted");
    assert_eq!(redact(naming(&[own])).await, Err(ErrorKind::NothingLookedFor));
    let unknown = SensitiveTypeId::from_random_bytes([9; 16]);
    assert_eq!(redact(naming(&[unknown])).await, Err(ErrorKind::InvalidArgument));
    // A fresh server is ready: it can take a table.
    assert_eq!(TestService::open().await.service.readiness().await.expect("answered").obstacle, None);
}
