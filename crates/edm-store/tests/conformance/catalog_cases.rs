//! Cases for the catalog's rows.

use edm_model::{
    Column, Columns, DataStore, ExactMatchRule, KeyId, ListQuery, OnUnserved, PrincipalId, Role, Roles,
    SensitiveType, SensitiveTypeId, Session, SessionFailure, SessionId, SessionState, StoreId, TenantId,
    Timestamp, TokenId, TypeOrigin, UpdateMode,
};
use edm_store::{
    Catalog, Error, ErrorKind, LiveData, NewBlock, NewSessionRow, NewToken, SaltRow, Schema, StageOutcome,
    TokenRow,
};

use crate::backends::Backend;

pub(crate) const TENANT: TenantId = TenantId::from_bytes([1; 16]);
pub(crate) const STORE: StoreId = StoreId::from_bytes([2; 16]);
pub(crate) const KEY: KeyId = KeyId::from_bytes([3; 16]);

pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_micros(0).plus_seconds(seconds)
}

pub(crate) fn salt(key: KeyId, live: bool) -> SaltRow {
    SaltRow { key_id: key, tenant: TENANT, sealed: vec![1, 2, 3], own: !live, live, created_at: at(0) }
}

fn columns() -> Columns {
    Columns::new(vec![Column::text("ssn").searchable(), Column::text("name")]).expect("valid columns")
}

pub(crate) fn store(id: StoreId, name: &str) -> (DataStore, SensitiveType) {
    let store = DataStore {
        id,
        tenant: TENANT,
        name: name.to_owned(),
        description: None,
        columns: columns(),
        tokens_max: 64,
        placeholders: None,
        on_unserved: OnUnserved::Refuse,
        created_at: at(i64::from(id.as_bytes()[0])),
        updated_at: at(0),
        data_updated_at: None,
        live: None,
    };
    let default_type = SensitiveType {
        id: SensitiveTypeId::from_bytes(*id.as_bytes()),
        name: name.to_owned(),
        description: None,
        publisher: None,
        origin: TypeOrigin::StoreDefault,
        rule: ExactMatchRule {
            store_id: id,
            recommended_confidence: 75,
            redact_confidence: 75,
            patterns: Vec::new(),
        },
        created_at: at(0),
        modified_at: at(0),
    };
    (store, default_type)
}

/// Adds a store and the salt that every session needs.
pub(crate) async fn furnish(catalog: &Catalog) {
    catalog.insert_salt(&salt(KEY, true)).await.expect("salt");
    let (store, default_type) = store(STORE, "people");
    catalog.insert_store(&store, &default_type).await.expect("store");
}

pub(crate) async fn add_session(catalog: &Catalog, number: u8) -> Session {
    add_session_of(catalog, number, columns()).await
}

/// Adds a session of a table with these columns.
pub(crate) async fn add_session_of(catalog: &Catalog, number: u8, columns: Columns) -> Session {
    let session = Session {
        id: SessionId::from_bytes([number; 16]),
        tenant: TENANT,
        store_id: STORE,
        state: SessionState::UploadInProgress,
        update_mode: UpdateMode::Replace,
        columns,
        tokens_max: 64,
        key_id: KEY,
        created_by: PrincipalId::new("token:1"),
        upload_agent_id: Some("an agent".to_owned()),
        fields: vec!["ssn".to_owned(), "name".to_owned()],
        file_name: Some("people.csv".to_owned()),
        checksum: Some("c".to_owned()),
        rows_per_block: Some(7),
        total_block_count: Some(9),
        staged_block_count: 0,
        row_count: Some(5_000_000_000),
        rejected_row_count: Some(3),
        allow_shrink: true,
        total_job_count: None,
        remaining_job_count: None,
        created_at: at(i64::from(number)),
        started_at: None,
        updated_at: at(i64::from(number)),
        upload_expires_at: at(3_600),
        upload_completed_at: None,
        processing_completed_at: None,
        completed_at: None,
        failure: None,
    };
    let row = NewSessionRow { session: session.clone(), sealed_block_key: vec![4, 5] };
    catalog.insert_session(&row).await.expect("session");
    session
}

/// A failure at the end rolls back everything before it.
pub(crate) async fn a_store_comes_with_all_of_its_sessions_or_not_at_all(backend: &Backend<Catalog>) {
    let catalog = &backend.store;
    furnish(catalog).await;
    let known = add_session(catalog, 50).await;
    let (id, key) = (StoreId::from_bytes([60; 16]), KeyId::from_bytes([61; 16]));
    let (store, default_type) = store(id, "others");
    let row = |number: u8| {
        let session =
            Session { id: SessionId::from_bytes([number; 16]), store_id: id, key_id: key, ..known.clone() };
        NewSessionRow { session, sealed_block_key: vec![4, 5] }
    };
    let salts = [salt(key, false)];
    let insert = async |rows: &[NewSessionRow]| {
        catalog.insert_store_with(&store, &default_type, &salts, rows).await.map_err(|error| error.kind())
    };
    assert_eq!(insert(&[row(62), row(50)]).await, Err(ErrorKind::NameTaken), "the second id is taken");
    assert_eq!(catalog.store(TENANT, id).await.expect_err("not made").kind(), ErrorKind::NotFound);
    assert_eq!(catalog.salt(key).await.expect_err("not kept").kind(), ErrorKind::NotFound);
    assert_eq!(catalog.session(row(62).session.id).await.expect_err("none").kind(), ErrorKind::NotFound);
    assert_eq!(catalog.types(TENANT).await.expect("listed").len(), 1);
    insert(&[row(62), row(63)]).await.expect("made");
    for number in [62, 63] {
        let read = catalog.session(row(number).session.id).await.expect("made").session;
        assert_eq!((read.store_id, read.key_id), (id, key));
    }
    assert_eq!(catalog.types(TENANT).await.expect("listed").len(), 2);
}

pub(crate) async fn settings_are_written_once(backend: &Backend<Catalog>) {
    let catalog = &backend.store;
    assert_eq!(catalog.setting("a").await.expect("read"), None);
    assert!(catalog.set_once("a", b"first").await.expect("written"));
    assert!(!catalog.set_once("a", b"second").await.expect("left"));
    assert_eq!(catalog.setting("a").await.expect("read"), Some(b"first".to_vec()));
}

pub(crate) async fn one_live_salt_a_tenant(backend: &Backend<Catalog>) {
    let catalog = &backend.store;
    catalog.insert_salt(&salt(KEY, true)).await.expect("the first");
    let second =
        catalog.insert_salt(&salt(KeyId::from_bytes([8; 16]), true)).await.expect_err("a second live one");
    assert_eq!(second.kind(), ErrorKind::NameTaken);
    catalog.insert_salt(&salt(KeyId::from_bytes([9; 16]), false)).await.expect("an own one");
    assert_eq!(catalog.live_salt(TENANT).await.expect("read"), Some(salt(KEY, true)));
    assert_eq!(catalog.live_salt(TenantId::DEFAULT).await.expect("read"), None);
}

pub(crate) async fn salts_in_use_stay(backend: &Backend<Catalog>) {
    let catalog = &backend.store;
    furnish(catalog).await;
    let (used, unused) = (KeyId::from_bytes([8; 16]), KeyId::from_bytes([9; 16]));
    for key in [used, unused] {
        catalog.insert_salt(&salt(key, false)).await.expect("added");
    }
    let mut session = add_session(catalog, 50).await;
    (session.id, session.key_id) = (SessionId::from_bytes([51; 16]), used);
    catalog.insert_session(&NewSessionRow { session, sealed_block_key: Vec::new() }).await.expect("added");
    assert_eq!(catalog.delete_unused_salts(at(0)).await.expect("swept"), 0, "a young one is left");
    assert_eq!(catalog.delete_unused_salts(at(1)).await.expect("swept"), 1);
    assert!(catalog.salt(used).await.is_ok() && catalog.salt(KEY).await.is_ok());
    assert_eq!(catalog.salt(unused).await.expect_err("gone").kind(), ErrorKind::NotFound);
}

pub(crate) async fn names_are_unique_in_a_tenant(backend: &Backend<Catalog>) {
    let catalog = &backend.store;
    furnish(catalog).await;
    let other = StoreId::from_bytes([4; 16]);
    let (taken, default_type) = store(other, "PEOPLE");
    let error = catalog.insert_store(&taken, &default_type).await.expect_err("taken");
    assert_eq!(error.kind(), ErrorKind::NameTaken);
    let types = catalog.types(TENANT).await.expect("listed");
    assert_eq!(types.len(), 1, "a refused store leaves no type");
    let (mut elsewhere, default_type) = store(other, "people");
    elsewhere.tenant = TenantId::DEFAULT;
    catalog.insert_store(&elsewhere, &default_type).await.expect("another tenant's name is no matter");
    assert_eq!(catalog.store(TENANT, other).await.expect_err("another tenant's").kind(), ErrorKind::NotFound);
}

pub(crate) async fn sessions_come_back_as_they_were_written(backend: &Backend<Catalog>) {
    let catalog = &backend.store;
    furnish(catalog).await;
    let session = add_session(catalog, 50).await;
    let read = catalog.session(session.id).await.expect("read");
    assert_eq!(read.session, session);
    assert_eq!(
        (read.sealed_block_key.as_deref(), read.last_activity_at),
        (Some([4, 5].as_slice()), session.created_at)
    );
    let failure =
        SessionFailure { code: "c".into(), message: "m".into(), target: Some("t".into()), at: at(9) };
    let changed = catalog.change_session(session.id, |draft| {
        draft.session.state = SessionState::Failed;
        draft.session.failure = Some(failure.clone());
        draft.session.started_at = Some(at(60));
        draft.session.checksum = None;
        draft.session.completed_at = Some(at(70));
        draft.block_list_given = true;
        Ok::<_, Error>(draft.clone())
    });
    let changed = changed.await.expect("changed");
    assert_eq!(catalog.session(session.id).await.expect("read"), changed);
}

pub(crate) async fn a_refused_change_writes_nothing(backend: &Backend<Catalog>) {
    let catalog = &backend.store;
    furnish(catalog).await;
    let session = add_session(catalog, 50).await;
    let before = catalog.session(session.id).await.expect("read");
    let refused = catalog.change_session(session.id, |draft| {
        draft.session.state = SessionState::Cancelled;
        Err::<(), Error>(
            edm_model::transition(SessionState::Failed, edm_model::SessionEvent::Commit)
                .expect_err("refused")
                .into(),
        )
    });
    assert!(refused.await.is_err());
    assert_eq!(catalog.session(session.id).await.expect("read"), before);
    let unknown = catalog.change_session(SessionId::from_bytes([0; 16]), |_| Ok::<(), Error>(())).await;
    assert_eq!(unknown.expect_err("unknown").kind(), ErrorKind::NotFound);
}

pub(crate) fn block(number: u32, digest: u8) -> NewBlock {
    NewBlock {
        number,
        sha256: [digest; 32],
        byte_count: 100,
        first_row: u64::from(number) * 10,
        row_count: 10,
        rejected_count: 1,
        stored_at: at(5),
    }
}

pub(crate) async fn blocks_are_staged_once(backend: &Backend<Catalog>) {
    let catalog = &backend.store;
    furnish(catalog).await;
    let id = add_session(catalog, 50).await.id;
    let stage = async |block: NewBlock| {
        catalog.stage_block(id, &block, |_| Ok::<(), Error>(())).await.expect("asked")
    };
    assert_eq!(stage(block(1, 1)).await, StageOutcome::Staged);
    assert_eq!(stage(block(0, 2)).await, StageOutcome::Staged);
    assert_eq!(stage(block(1, 1)).await, StageOutcome::SameBytes);
    assert_eq!(stage(block(1, 9)).await, StageOutcome::OtherBytes);
    assert_eq!(catalog.blocks(id).await.expect("listed"), [block(0, 2), block(1, 1)]);
    assert_eq!(catalog.session(id).await.expect("read").session.staged_block_count, 2);
    assert_eq!(catalog.highest_block(id).await.expect("read"), Some(1));
}

pub(crate) async fn the_key_of_blocks_is_forgotten(backend: &Backend<Catalog>) {
    let catalog = &backend.store;
    furnish(catalog).await;
    let id = add_session(catalog, 50).await.id;
    catalog.forget_keys(id).await.expect("forgotten");
    assert_eq!(catalog.session(id).await.expect("read").sealed_block_key, None);
    catalog.forget_keys(SessionId::from_bytes([0; 16])).await.expect("no session, no key");
}

pub(crate) async fn a_type_is_changed_whole_or_not_at_all(backend: &Backend<Catalog>) {
    let catalog = &backend.store;
    furnish(catalog).await;
    let id = SensitiveTypeId::from_bytes(*STORE.as_bytes());
    let refused = catalog.change_type(TENANT, id, |draft| {
        draft.name = "refused".to_owned();
        Err::<(), Error>(
            edm_model::transition(SessionState::Failed, edm_model::SessionEvent::Commit)
                .expect_err("refused")
                .into(),
        )
    });
    assert!(refused.await.is_err());
    assert_eq!(catalog.sensitive_type(TENANT, id).await.expect("read").name, "people");
    // Each task appends to what the other wrote. If the read were outside the transaction, letters
    // would be lost.
    let add = async |letter: char| {
        for _ in 0..8 {
            let changed = catalog.change_type(TENANT, id, |draft| {
                draft.description.get_or_insert_default().push(letter);
                Ok::<(), Error>(())
            });
            changed.await.expect("changed");
        }
    };
    futures::future::join(add('a'), add('b')).await;
    let written = catalog.sensitive_type(TENANT, id).await.expect("read").description.expect("written");
    assert_eq!((written.matches('a').count(), written.matches('b').count()), (8, 8));
    let elsewhere = catalog.change_type(TenantId::DEFAULT, id, |_| Ok::<(), Error>(())).await;
    assert_eq!(elsewhere.expect_err("another tenant's").kind(), ErrorKind::NotFound);
}

pub(crate) async fn tables_of_another_version_are_told(backend: &Backend<Catalog>) {
    assert_eq!(backend.store.schema().await.expect("read"), Schema::Current);
    let fresh = crate::backends::empty_sqlite().await;
    let fresh = &fresh.store;
    assert_eq!(fresh.schema().await.expect("read"), Schema::Other, "opening alone makes no tables");
    fresh.migrate().await.expect("migrated");
    assert_eq!(fresh.schema().await.expect("read"), Schema::Current);
    fresh.migrate().await.expect("twice is fine");
}

pub(crate) async fn commits_are_numbered_in_order(backend: &Backend<Catalog>) {
    let catalog = &backend.store;
    furnish(catalog).await;
    let mut numbers = Vec::new();
    for number in [50, 51, 52] {
        let id = add_session(catalog, number).await.id;
        let commit = catalog.change_session(id, |draft| {
            draft.session.state = SessionState::ProcessingInProgress;
            Ok::<(), Error>(())
        });
        commit.await.expect("committed");
        numbers.push(catalog.session(id).await.expect("read").commit_number);
    }
    assert_eq!(numbers, [Some(1), Some(2), Some(3)]);
}

pub(crate) async fn a_store_goes_with_everything_of_it(backend: &Backend<Catalog>) {
    let catalog = &backend.store;
    furnish(catalog).await;
    let id = add_session(catalog, 50).await.id;
    catalog.stage_block(id, &block(0, 1), |_| Ok::<(), Error>(())).await.expect("staged");
    catalog.delete_store(TENANT, STORE, &[], |_| Ok::<(), Error>(())).await.expect("removed");
    assert_eq!(catalog.session(id).await.expect_err("gone").kind(), ErrorKind::NotFound);
    assert!(catalog.blocks(id).await.expect("listed").is_empty());
    assert!(catalog.types(TENANT).await.expect("listed").is_empty());
    let again = catalog.delete_store(TENANT, STORE, &[], |_| Ok::<(), Error>(())).await.expect_err("gone");
    assert_eq!(again.kind(), ErrorKind::NotFound);
}

pub(crate) async fn pages_part_a_list(backend: &Backend<Catalog>) {
    let catalog = &backend.store;
    furnish(catalog).await;
    for number in [50, 51, 52, 53] {
        add_session(catalog, number).await;
    }
    let list = async |tenant, query: &ListQuery| {
        catalog.list_sessions(tenant, STORE, LiveData::Served, query).await.expect("listed")
    };
    let check = async |skip: u64, top: Option<u32>, expected: &[u8]| {
        let page = list(TENANT, &ListQuery { skip, top, ..ListQuery::default() }).await;
        let ids: Vec<u8> = page.items.iter().map(|draft| draft.session.id.as_bytes()[0]).collect();
        assert_eq!(ids, expected, "{skip} {top:?}");
    };
    check(0, None, &[50, 51, 52, 53]).await;
    check(1, Some(2), &[51, 52]).await;
    check(3, Some(9), &[53]).await;
    check(u64::MAX, None, &[]).await;
    check(0, Some(0), &[]).await;
    let count = ListQuery { top: Some(0), with_total: true, ..ListQuery::default() };
    assert_eq!(list(TENANT, &count).await.total, Some(4));
    assert_eq!(list(TenantId::DEFAULT, &count).await.total, Some(0));
}

pub(crate) async fn tokens_are_found_by_their_digest(backend: &Backend<Catalog>) {
    let catalog = &backend.store;
    let row = TokenRow {
        id: TokenId::from_bytes([6; 16]),
        tenant: TENANT,
        name: "ops".to_owned(),
        roles: Roles::new([Role::Admin, Role::Lookup]),
        bootstrap: true,
        created_at: at(1),
        expires_at: Some(at(2)),
    };
    catalog.insert_token(&NewToken { row: row.clone(), hash: [7; 32] }).await.expect("added");
    assert_eq!(catalog.token_by_hash(&[7; 32]).await.expect("read"), Some(row.clone()));
    assert_eq!(catalog.token_by_hash(&[8; 32]).await.expect("read"), None);
    let elsewhere = catalog.delete_token(TenantId::DEFAULT, row.id).await.expect_err("another tenant's");
    assert_eq!(elsewhere.kind(), ErrorKind::NotFound);
    catalog.delete_token(TENANT, row.id).await.expect("removed");
    assert_eq!(catalog.token_by_hash(&[7; 32]).await.expect("read"), None);
}
