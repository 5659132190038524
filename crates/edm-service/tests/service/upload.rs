//! Blocks, block lists and commit: what is taken, what is refused, and with which kind.

use bytes::Bytes;
use edm_block::{BlockHeader, Operation};
use edm_hash::{RecordHasher, Salt};
use edm_model::{Column, ColumnsErrorKind, SessionState, StoreId, UpdateMode};
use edm_service::{
    BlockOutcome, BlockProblem, BlockRange, CreatedSession, ErrorKind, Expected, Foreign, NewSession,
    SecretText, ServiceLimits, SessionChange, StoreChange,
};
use sha2::{Digest, Sha256};

use crate::test_service::{TestService, blocks, columns, people};

/// Seals one row under a header that the case changes.
fn one_row(created: &CreatedSession, change: impl FnOnce(&mut BlockHeader)) -> Bytes {
    let session = &created.session;
    let salt = Salt::new(created.salt.expose_for_wire().to_owned()).expect("a salt");
    let mut hasher = RecordHasher::new(&salt, &session.columns, session.tokens_max);
    hasher.push(["7000000001", "Okafor", "Lagos"].into_iter());
    let mut header = BlockHeader {
        store_id: session.store_id,
        key_id: session.key_id,
        plan_digest: edm_block::plan_digest(&session.columns, session.tokens_max),
        operation: Operation::Upsert,
        number: 0,
        first_row: 0,
        row_count: 1,
    };
    change(&mut header);
    Bytes::from(edm_block::write(&header, &hasher.finish()))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_block_that_is_not_this_sessions_is_refused_and_nothing_kept() {
    let test = TestService::open().await;
    let store = test.create_store("people").await;
    let created = test.open_session(store, NewSession::default()).await;
    let good = one_row(&created, |_| {});
    let mut flipped = good.to_vec();
    let middle = flipped.len() / 2;
    flipped[middle] ^= 1;
    let malformed = |problem| ErrorKind::BlockMalformed(problem);
    let foreign = |foreign| ErrorKind::ForeignBlock(foreign);
    let cases: Vec<(&str, Bytes, ErrorKind)> = vec![
        ("empty", Bytes::new(), malformed(BlockProblem::Truncated)),
        ("text", Bytes::from_static(b"account,lastName\n"), malformed(BlockProblem::BadMagic)),
        ("cut", good.slice(..good.len() - 1), malformed(BlockProblem::Truncated)),
        ("flipped bit", Bytes::from(flipped), malformed(BlockProblem::BadChecksum)),
        ("oversized", Bytes::from(vec![0; 16 * 1024 * 1024 + 1]), malformed(BlockProblem::TooLarge)),
        (
            "store",
            one_row(&created, |header| header.store_id = StoreId::from_bytes([9; 16])),
            foreign(Foreign::Store),
        ),
        ("plan", one_row(&created, |header| header.plan_digest[0] ^= 1), foreign(Foreign::Plan)),
        (
            "key",
            one_row(&created, |header| header.key_id = edm_model::KeyId::from_bytes([9; 16])),
            foreign(Foreign::Key),
        ),
        ("number", one_row(&created, |header| header.number = 1), foreign(Foreign::Number)),
        (
            "delete",
            one_row(&created, |header| header.operation = Operation::Delete),
            foreign(Foreign::Operation),
        ),
    ];
    for (name, bytes, expected) in cases {
        assert_eq!(test.put(&created, 0, bytes).await.expect_err(name), expected, "{name}");
    }
    let listed = test.block_list(store, created.session.id).await;
    assert!(listed.is_empty(), "nothing was kept");
    assert_eq!(test.put(&created, 0, good).await.map(|accepted| accepted.outcome), Ok(BlockOutcome::Staged));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_bytes_are_taken_again_and_other_bytes_are_a_conflict() {
    let test = TestService::open().await;
    let store = test.create_store("people").await;
    let created =
        test.open_session(store, NewSession { total_block_count: Some(2), ..NewSession::default() }).await;
    let first = blocks(&created, &people(0, 3), 10).remove(0);
    let other = blocks(&created, &people(5, 3), 10).remove(0);
    let accepted = test.put(&created, 0, first.clone()).await.expect("taken");
    assert_eq!((accepted.outcome, accepted.remaining), (BlockOutcome::Staged, Some(1)));
    let again = test.put(&created, 0, first.clone()).await.expect("taken again");
    assert_eq!((again.outcome, again.remaining), (BlockOutcome::AlreadyStaged, Some(1)));
    assert_eq!(test.put(&created, 0, other).await, Err(ErrorKind::BlockConflict { number: 0 }));
    assert_eq!(
        test.put(&created, 0, first).await.map(|a| a.outcome),
        Ok(BlockOutcome::AlreadyStaged),
        "the first stays"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sessions_rules_refuse_its_first_block() {
    let named = |fields: &[&str]| NewSession {
        fields: fields.iter().map(|field| (*field).to_owned()).collect(),
        ..NewSession::default()
    };
    let agent = |id: &str| NewSession { upload_agent_id: Some(id.to_owned()), ..NewSession::default() };
    let salted =
        |salt: &str| NewSession { salt: Some(SecretText::new(salt.to_owned())), ..NewSession::default() };
    let test = TestService::open().await;
    let store = test.create_store("people").await;
    let known = test.service.create_agent(&test.admin, None).await.expect("registered").id.to_string();
    let strong = "abcdefghijklmnopqrstuvwxyz0123456789";
    let cases: Vec<(&str, NewSession, Option<ErrorKind>)> = vec![
        ("fields in another order", named(&["city", "account", "LASTNAME"]), None),
        ("a field too few", named(&["account", "lastName"]), Some(ErrorKind::FieldsMismatch)),
        ("a field twice", named(&["account", "lastName", "lastName"]), Some(ErrorKind::FieldsMismatch)),
        ("an unknown field", named(&["account", "lastName", "town"]), Some(ErrorKind::FieldsMismatch)),
        ("a registered agent", agent(&known), None),
        ("another agent", agent("22222222-2222-4222-8222-222222222222"), Some(ErrorKind::UnknownUploadAgent)),
        ("no id at all", agent("Upload agent id value"), Some(ErrorKind::UnknownUploadAgent)),
        ("a strong salt", salted(strong), None),
        ("a short salt", salted(&strong[..31]), Some(ErrorKind::WeakSalt)),
        ("a uniform salt", salted(&"abcdefghijklmno".repeat(4)), Some(ErrorKind::WeakSalt)),
    ];
    for (name, new, expected) in cases {
        let created = test.open_session(store, new).await;
        let put = test.put(&created, 0, one_row(&created, |_| {})).await;
        assert_eq!(put.err(), expected, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_block_out_of_range_or_out_of_step_is_refused() {
    let test = TestService::open().await;
    let store = test.create_store("people").await;
    let new = NewSession { total_block_count: Some(2), rows_per_block: Some(1), ..NewSession::default() };
    let created = test.open_session(store, new).await;
    let block = |number, first_row| {
        one_row(&created, |header| {
            header.number = number;
            header.first_row = first_row;
        })
    };
    let put = async |number, first_row| test.put(&created, number, block(number, first_row)).await.err();
    assert_eq!(put(2, 2).await, Some(ErrorKind::BlockOutOfRange { number: 2, total: 2 }));
    assert_eq!(put(1, 0).await, Some(ErrorKind::RowsNotContiguous { number: 1 }));
    assert_eq!(put(1, 1).await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn changed_columns_close_the_open_sessions_and_equal_ones_do_not() {
    let test = TestService::open().await;
    let store = test.create_store("people").await;
    let created = test.open_session(store, NewSession::default()).await;
    let staged = test.stage(store, &people(0, 3), NewSession::default()).await;
    let patch = async |columns| {
        let change = StoreChange { columns: Some(columns), ..StoreChange::default() };
        test.service.update_store(&test.admin, store, change).await.expect("changed");
    };
    patch(columns()).await;
    assert!(test.put(&created, 0, one_row(&created, |_| {})).await.is_ok(), "equal columns are no change");
    let mut other = columns().as_slice().to_vec();
    other.push(Column::text("street"));
    patch(edm_model::Columns::new(other).expect("valid")).await;
    let block = one_row(&created, |header| header.number = 1);
    assert_eq!(test.put(&created, 1, block).await, Err(ErrorKind::ColumnsChanged));
    let commit = test.service.commit_session(&test.admin, store, staged, &Expected::ANYTHING).await;
    assert_eq!(commit.expect_err("refused").kind(), &ErrorKind::ColumnsChanged);
    patch(columns()).await;
    test.commit(store, staged).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_block_list_names_every_block_in_order_and_may_be_repeated() {
    let test = TestService::open().await;
    let store = test.create_store("people").await;
    let created = test.open_session(store, NewSession::default()).await;
    let id = created.session.id;
    let sealed = blocks(&created, &people(0, 25), 10);
    let check = async |numbers: &[u32], expected: Option<u32>| {
        let listed = test.commit_block_list(store, id, numbers).await;
        let position = listed.err().map(|error| match error.kind() {
            ErrorKind::InvalidBlockList { position } => *position,
            other => panic!("{other:?}"),
        });
        assert_eq!(position, expected, "{numbers:?}");
    };
    check(&[0], Some(0)).await;
    for (number, block) in (0..).zip(&sealed).take(2) {
        test.put(&created, number, block.clone()).await.expect("taken");
    }
    check(&[], Some(0)).await;
    check(&[1, 0], Some(0)).await;
    check(&[0, 2], Some(1)).await;
    check(&[0, 1, 2], Some(2)).await;
    check(&[0], Some(1)).await;
    test.put(&created, 2, sealed[2].clone()).await.expect("taken");
    check(&[0, 1, 2], None).await;
    check(&[0, 1, 2], None).await;
    check(&[0, 1], Some(2)).await;
    let session = test.service.get_session(&test.admin, store, id).await.expect("read");
    assert_eq!((session.total_block_count, session.remaining_block_count()), (Some(3), Some(0)));
}

#[tokio::test(flavor = "multi_thread")]
async fn commit_wants_every_block_and_the_right_checksum() {
    let test = TestService::open().await;
    let store = test.create_store("people").await;
    let created = test.open_session(store, NewSession::default()).await;
    let id = created.session.id;
    let sealed = blocks(&created, &people(0, 45), 10);
    let commit =
        async || test.service.commit_session(&test.admin, store, id, &Expected::ANYTHING).await.err();
    let patch = async |change| test.service.update_session(&test.admin, store, id, change).await;
    for number in [1, 3] {
        test.put(&created, number, sealed[number as usize].clone()).await.expect("taken");
    }
    let unknown = ErrorKind::UploadIncomplete { total: None, missing: Vec::new() };
    assert_eq!(commit().await.map(|error| error.kind().clone()), Some(unknown));
    let total = |count| SessionChange { total_block_count: Some(Some(count)), ..SessionChange::default() };
    let too_low = patch(total(3)).await.expect_err("block 3 is there");
    assert_eq!(too_low.kind(), &ErrorKind::BlockOutOfRange { number: 3, total: 3 });
    patch(total(5)).await.expect("changed");
    let range = |first, last| BlockRange { first, last };
    let missing = vec![range(0, 0), range(2, 2), range(4, 4)];
    let incomplete = ErrorKind::UploadIncomplete { total: Some(5), missing };
    assert_eq!(commit().await.map(|error| error.kind().clone()), Some(incomplete));
    for number in [0, 2, 4] {
        test.put(&created, number, sealed[number as usize].clone()).await.expect("taken");
    }
    let checksum =
        |text: &str| SessionChange { checksum: Some(Some(text.to_owned())), ..SessionChange::default() };
    patch(checksum("Checksum value")).await.expect("changed");
    assert_eq!(commit().await.map(|error| error.kind().clone()), Some(ErrorKind::ChecksumMismatch));
    let digests: Vec<u8> = sealed.iter().flat_map(Sha256::digest).collect();
    let right: String = Sha256::digest(digests).iter().map(|byte| format!("{byte:02x}")).collect();
    patch(checksum(&right)).await.expect("the session stayed open");
    assert!(commit().await.is_none());
    assert!(commit().await.is_none(), "a repeated commit is no error");
    let same = patch(checksum(&right)).await.expect("equal values are taken after commit");
    assert_eq!(same.state, SessionState::ProcessingInProgress);
    let closed = patch(checksum("x")).await.expect_err("other values are not");
    assert_eq!(closed.kind(), &ErrorKind::SessionClosed { state: SessionState::ProcessingInProgress });
    let block = test.put(&created, 0, sealed[0].clone()).await;
    assert_eq!(block, Err(ErrorKind::SessionClosed { state: SessionState::ProcessingInProgress }));
}

#[tokio::test(flavor = "multi_thread")]
async fn blocks_that_leave_out_rows_are_refused_at_commit() {
    let test = TestService::open().await;
    let store = test.create_store("people").await;
    let created = test.open_session(store, NewSession::default()).await;
    for (number, first_row) in [(0, 0), (1, 2)] {
        let block = one_row(&created, |header| {
            header.number = number;
            header.first_row = first_row;
        });
        test.put(&created, number, block).await.expect("taken");
    }
    test.commit_block_list(store, created.session.id, &[0, 1]).await.expect("listed");
    let refused =
        test.service.commit_session(&test.admin, store, created.session.id, &Expected::ANYTHING).await;
    assert_eq!(refused.expect_err("refused").kind(), &ErrorKind::RowsNotContiguous { number: 1 });
}

#[tokio::test(flavor = "multi_thread")]
async fn blocks_at_rest_show_no_hash() {
    let test = TestService::open().await;
    let store = test.create_store("people").await;
    let created = test.open_session(store, NewSession::default()).await;
    let block = one_row(&created, |_| {});
    let opened = edm_block::Block::open(&block).expect("a block");
    let hash = opened.rows().columns[0].hashes[..16].to_vec();
    test.put(&created, 0, block.clone()).await.expect("taken");
    let mut file_count = 0;
    let mut folders = vec![test.folder.path().to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("readable").map(|entry| entry.expect("readable").path())
        {
            if entry.is_dir() {
                folders.push(entry);
                continue;
            }
            file_count += 1;
            let bytes = std::fs::read(&entry).expect("readable");
            assert!(!bytes.windows(16).any(|window| window == hash), "{}", entry.display());
            let salt = created.salt.expose_for_wire().as_bytes();
            assert!(!bytes.windows(salt.len()).any(|window| window == salt), "{}", entry.display());
        }
    }
    assert!(file_count >= 2, "the catalog and a block were searched");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_cannot_be_is_refused_when_it_is_made() {
    let test = TestService::open().await;
    let store = test.create_store("people").await;
    let long = "x".repeat(4_097);
    let salted = |salt: String| NewSession { salt: Some(SecretText::new(salt)), ..NewSession::default() };
    let cases: Vec<(NewSession, ErrorKind, Option<&str>)> = vec![
        (
            NewSession { update_mode: UpdateMode::Delta, ..NewSession::default() },
            ErrorKind::KeyColumnMissing,
            Some("updateMode"),
        ),
        (salted(String::new()), ErrorKind::InvalidSalt, Some("salt")),
        (salted("x".repeat(257)), ErrorKind::InvalidSalt, Some("salt")),
        (
            NewSession { total_block_count: Some(0), ..NewSession::default() },
            ErrorKind::InvalidArgument,
            Some("totalBlockCount"),
        ),
        (
            NewSession { total_block_count: Some(1_000_001), ..NewSession::default() },
            ErrorKind::InvalidArgument,
            Some("totalBlockCount"),
        ),
        (
            NewSession { rows_per_block: Some(0), ..NewSession::default() },
            ErrorKind::InvalidArgument,
            Some("rowsPerBlock"),
        ),
        (
            NewSession { file_name: Some(long), ..NewSession::default() },
            ErrorKind::InvalidArgument,
            Some("fileName"),
        ),
    ];
    for (new, kind, target) in cases {
        let error = test.service.create_session(&test.admin, store, new).await.expect_err("refused");
        assert_eq!((error.kind(), error.target()), (&kind, target));
    }
    let columns: edm_service::Error = edm_model::Columns::new(Vec::new()).expect_err("no columns").into();
    assert_eq!(columns.kind(), &ErrorKind::BadColumns(ColumnsErrorKind::Empty));
}

/// A block that comes while its session is deleted and collected is taken or told that the session
/// is gone, wherever the two meet: its folder used to go from under the write, which was a failure
/// of the server.
#[tokio::test(flavor = "multi_thread")]
async fn a_block_that_races_the_end_of_its_session_is_taken_or_refused() {
    let limits = ServiceLimits { collect_grace_seconds: 0, ..ServiceLimits::default() };
    let test = TestService::open_with(limits).await;
    let store = test.create_store("people").await;
    for steps in 0..60 {
        let created = test.open_session(store, NewSession::default()).await;
        let first = one_row(&created, |_| {});
        let second = one_row(&created, |header| (header.number, header.first_row) = (1, 1));
        test.put(&created, 0, first).await.expect("taken");
        let mut put = std::pin::pin!(test.put(&created, 1, second));
        let mut ended = None;
        for _ in 0..steps {
            if let std::task::Poll::Ready(result) = futures::poll!(&mut put) {
                ended = Some(result);
                break;
            }
            tokio::task::yield_now().await;
        }
        let id = created.session.id;
        let deleted = test.service.delete_session(&test.admin, store, id, &Expected::ANYTHING);
        deleted.await.expect("deleted");
        test.run_jobs().await;
        let result = match ended {
            Some(result) => result,
            None => put.await,
        };
        let fits = match &result {
            Ok(_) => true,
            Err(kind) => matches!(kind, ErrorKind::NotFound { .. } | ErrorKind::SessionClosed { .. }),
        };
        assert!(fits, "{steps} steps: {result:?}");
    }
}
