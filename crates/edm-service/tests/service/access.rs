//! Tokens, roles and the wall between tenants; stores and types that people write.

use edm_model::{
    EvidenceGroup, OnUnserved, Pattern, Principal, Proximity, Right, Role, Roles, RuleDraft, SessionState,
    StoreId, TenantId,
};
use edm_service::{
    ErrorKind, Expected, ListQuery, LookupRequest, MatchOptions, NewSession, NewStore, NewToken, NewType,
    Resource, ServiceLimits, StoreChange, TypeChange,
};

use crate::test_service::{TestService, account, columns, people, start_unloaded};

fn with_roles(roles: &[Role]) -> Principal {
    let mut principal = Principal::operator(TenantId::DEFAULT);
    principal.roles = Roles::new(roles.iter().copied());
    principal
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_works_until_it_is_revoked_or_expires() {
    let test = TestService::open().await;
    let new = |seconds: Option<i64>| NewToken {
        name: "agent".to_owned(),
        roles: Roles::new([Role::Upload]),
        expires_at: seconds.map(|seconds| test.service.clock().now().plus_seconds(seconds)),
    };
    let created = test.service.create_token(&test.admin, new(None)).await.expect("made");
    let secret = created.secret.expose_for_wire();
    let principal = test.service.authenticate(secret).await.expect("known");
    assert!(principal.may(Right::Upload) && !principal.may(Right::Administer));
    for wrong in ["", "edm_", &secret[..secret.len() - 1], &secret.to_uppercase(), &"x".repeat(10_000)] {
        let refused = test.service.authenticate(wrong).await.expect_err("unknown");
        assert_eq!(refused.kind(), &ErrorKind::Unauthenticated);
    }
    test.service.revoke_token(&test.admin, created.record.id).await.expect("revoked");
    assert!(test.service.authenticate(secret).await.is_err());
    let short = test.service.create_token(&test.admin, new(Some(60))).await.expect("made");
    assert!(test.service.authenticate(short.secret.expose_for_wire()).await.is_ok());
    test.pass_seconds(60);
    assert!(test.service.authenticate(short.secret.expose_for_wire()).await.is_err());
    let listed = test.service.list_tokens(&test.admin).await;
    assert_eq!(listed.expect("listed").len(), 1);
}

/// `edm token revoke` works on the data directory beside a server that has just seen the token.
#[tokio::test(flavor = "multi_thread")]
async fn a_token_in_use_stops_working_when_it_is_revoked_from_elsewhere() {
    let test = TestService::open().await;
    let beside = start_unloaded(test.folder.path(), &test.clock, &test.random, &test.limits).await;
    for _ in 0..3 {
        let new = NewToken { name: "gate".to_owned(), roles: Roles::new([Role::Classify]), expires_at: None };
        let created = beside.create_token(&test.admin, new).await.expect("made");
        let secret = created.secret.expose_for_wire();
        for _ in 0..3 {
            let principal = test.service.authenticate(secret).await.expect("known");
            assert_eq!(principal.name, "gate");
        }
        beside.revoke_token(&test.admin, created.record.id).await.expect("revoked");
        let refused = test.service.authenticate(secret).await.expect_err("revoked");
        assert_eq!(refused.kind(), &ErrorKind::Unauthenticated);
    }
    beside.close().await;
}

/// A store and the time of the idlest session are kept while nobody writes, from wherever.
#[tokio::test(flavor = "multi_thread")]
async fn a_store_in_use_is_read_anew_when_it_is_changed_from_elsewhere() {
    let test = TestService::open().await;
    let beside = start_unloaded(test.folder.path(), &test.clock, &test.random, &test.limits).await;
    let store = test.create_store("people").await;
    for name in ["one", "two", "three"] {
        let change = StoreChange { name: Some(name.to_owned()), ..StoreChange::default() };
        beside.update_store(&test.admin, store, change).await.expect("changed");
        for _ in 0..3 {
            let view = test.service.get_store(&test.admin, store).await.expect("read");
            assert_eq!(view.store.name, name);
        }
    }
    let foreign = Principal::operator(TenantId::from_bytes([9; 16]));
    assert!(test.service.get_store(&foreign, store).await.is_err(), "known for its tenant alone");
    let states = async || {
        let listed = test.service.list_sessions(&test.admin, store, &ListQuery::default()).await;
        listed.expect("listed").items.iter().map(|session| session.state).collect::<Vec<_>>()
    };
    assert_eq!(states().await, [], "nothing is open");
    beside.create_session(&test.admin, store, NewSession::default()).await.expect("opened");
    assert_eq!(states().await, [SessionState::UploadInProgress]);
    test.pass_seconds(test.limits.session_idle_seconds - 1);
    assert_eq!(states().await, [SessionState::UploadInProgress], "just before");
    test.pass_seconds(2);
    assert_eq!(states().await, [SessionState::Expired], "nobody wrote, but time has passed");
    beside.delete_store(&test.admin, store, &Expected::ANYTHING).await.expect("removed");
    assert!(test.service.get_store(&test.admin, store).await.is_err());
    beside.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_admin_is_made_once_and_nagged_about() {
    let test = TestService::open().await;
    let failing = test.service.bootstrap_admin(|_| Err(std::io::Error::other("disk full"))).await;
    assert_eq!(failing.expect_err("not written").kind(), &ErrorKind::DataDirectory);
    let mut written = String::new();
    assert!(
        test.service
            .bootstrap_admin(|token| {
                written.push_str(token);
                Ok(())
            })
            .await
            .expect("made")
    );
    assert!(!test.service.bootstrap_admin(|_| Ok(())).await.expect("nothing to do"));
    let admin = test.service.authenticate(&written).await.expect("it works");
    assert!(admin.may(Right::Administer));
    assert!(test.service.only_bootstrap_admin(TenantId::DEFAULT).await.expect("asked"));
    let new = NewToken { name: "ops".to_owned(), roles: Roles::new([Role::Admin]), expires_at: None };
    test.service.create_token(&admin, new).await.expect("made");
    assert!(!test.service.only_bootstrap_admin(TenantId::DEFAULT).await.expect("asked"));
}

#[tokio::test(flavor = "multi_thread")]
async fn each_role_may_what_the_contract_says() {
    let test = TestService::open().await;
    let store = test.create_store("people").await;
    test.upload(store, &people(0, 50)).await;
    let service = &test.service;
    for (role, allowed) in [
        (Role::Admin, "classify types read upload lookup store"),
        (Role::Upload, "types read upload"),
        (Role::Classify, "classify types"),
        (Role::Read, "types read"),
        (Role::Lookup, "lookup"),
    ] {
        let caller = with_roles(&[role]);
        let lookup =
            LookupRequest { key: "account".to_owned(), values: vec![account(1)], result_columns: Vec::new() };
        let new = NewStore {
            name: format!("{role:?}"),
            description: None,
            columns: columns(),
            tokens_max: None,
            placeholders: None,
            on_unserved: OnUnserved::Refuse,
        };
        let answers = [
            ("classify", service.classify(&caller, "text", MatchOptions::default()).await.err()),
            ("types", service.list_types(&caller, &ListQuery::default()).await.err()),
            ("read", service.get_store(&caller, store).await.err()),
            ("upload", service.create_session(&caller, store, NewSession::default()).await.err()),
            ("lookup", service.lookup(&caller, store, lookup).await.err()),
            ("store", service.create_store(&caller, new).await.err()),
        ];
        for (call, error) in answers {
            let refused = matches!(error.as_ref().map(|e| e.kind()), Some(ErrorKind::Forbidden { .. }));
            assert_eq!(!refused, allowed.contains(call), "{role:?} {call}");
            assert!(refused || error.is_none(), "{role:?} {call}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_tenants_things_are_not_there() {
    let test = TestService::open().await;
    let store = test.create_store("people").await;
    let session = test.upload(store, &people(0, 50)).await;
    let mut other = test.admin.clone();
    other.tenant = TenantId::from_bytes([7; 16]);
    let service = &test.service;
    let sensitive_type =
        service.list_types(&test.admin, &ListQuery::default()).await.expect("listed").items.remove(0);
    let answers = [
        service.get_store(&other, store).await.err(),
        service.update_store(&other, store, StoreChange::default()).await.err(),
        service.delete_store(&other, store, &Expected::ANYTHING).await.err(),
        service.rollback_store(&other, store, &Expected::ANYTHING).await.err(),
        service.get_session(&other, store, session).await.err(),
        service.list_sessions(&other, store, &ListQuery::default()).await.err(),
        service.create_session(&other, store, NewSession::default()).await.err(),
        service.get_type(&other, sensitive_type.sensitive_type.id).await.err(),
    ];
    for (number, error) in answers.into_iter().enumerate() {
        let kind = error.map(|error| error.kind().clone());
        assert!(matches!(kind, Some(ErrorKind::NotFound { .. })), "{number}: {kind:?}");
    }
    let mut creator = test.admin.clone();
    creator.id = edm_model::PrincipalId::new("token:another");
    let salt = service.reveal_salt(&creator, store, session).await.expect_err("not its creator");
    assert_eq!(salt.kind(), &ErrorKind::SaltNotVisible);
    let text = format!("account {} of Nameh", account(7));
    let found = service.classify(&other, text, MatchOptions::default()).await.expect("answered");
    assert!(found.types.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn names_are_unique_and_checked() {
    let test = TestService::open().await;
    test.create_store("People").await;
    let other = test.create_store("accounts").await;
    let new = |name: &str| NewStore {
        name: name.to_owned(),
        description: None,
        columns: columns(),
        tokens_max: None,
        placeholders: None,
        on_unserved: OnUnserved::Refuse,
    };
    for (name, kind) in [
        ("pEOPLE", ErrorKind::DuplicateName),
        (" people ", ErrorKind::DuplicateName),
        ("", ErrorKind::InvalidArgument),
        ("a\nb", ErrorKind::InvalidArgument),
        (&"x".repeat(129), ErrorKind::InvalidArgument),
    ] {
        let error = test.service.create_store(&test.admin, new(name)).await.expect_err(name);
        assert_eq!(error.kind(), &kind, "{name:?}");
    }
    let rename = StoreChange { name: Some("people".to_owned()), ..StoreChange::default() };
    let error = test.service.update_store(&test.admin, other, rename).await.expect_err("taken");
    assert_eq!(error.kind(), &ErrorKind::DuplicateName);
    let tokens = NewStore { tokens_max: Some(1_025), ..new("long") };
    let error = test.service.create_store(&test.admin, tokens).await.expect_err("too long");
    assert_eq!(error.target(), Some("maximumNumberOfTokens"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pattern_names_columns_of_its_store() {
    let test = TestService::open().await;
    let store = test.create_store("people").await;
    let pattern = |primary: Option<&str>, columns: &[&str]| Pattern {
        confidence: 85,
        primary: primary.map(str::to_owned),
        proximity: Proximity::default(),
        supporting: vec![EvidenceGroup {
            min_matches: 1,
            max_matches: None,
            columns: columns.iter().map(|column| (*column).to_owned()).collect(),
        }],
        not_counted: Vec::new(),
        void_if: Vec::new(),
    };
    let new = |name: &str, store_id: StoreId, pattern: Pattern| NewType {
        name: name.to_owned(),
        description: None,
        publisher: None,
        rule: RuleDraft {
            store_id,
            recommended_confidence: 75,
            redact_confidence: None,
            patterns: vec![pattern],
        },
    };
    let unknown_store = StoreId::from_bytes([9; 16]);
    let cases = [
        (new("a", store, pattern(Some("ssn"), &["city"])), ErrorKind::UnknownColumn, "patterns/0/primary"),
        (
            new("a", store, pattern(Some("city"), &["city"])),
            ErrorKind::ColumnNotSearchable,
            "patterns/0/primary",
        ),
        (
            new("a", store, pattern(None, &["town"])),
            ErrorKind::UnknownColumn,
            "patterns/0/supporting/0/columns/0",
        ),
        (new("a", store, pattern(None, &[])), ErrorKind::InvalidArgument, "patterns/0/supporting/0/columns"),
        (
            new("a", unknown_store, pattern(None, &["city"])),
            ErrorKind::NotFound { what: Resource::DataStore },
            "dataStoreId",
        ),
    ];
    for (new, kind, target) in cases {
        let error = test.service.create_type(&test.admin, new).await.expect_err(target);
        assert_eq!((error.kind(), error.target()), (&kind, Some(&*format!("exactMatch/{target}"))));
    }
    let made =
        test.service.create_type(&test.admin, new("Mine", store, pattern(Some("ACCOUNT"), &["City"]))).await;
    let made = made.expect("made").sensitive_type;
    assert_eq!(made.rule.patterns[0].primary.as_deref(), Some("account"), "spelt as the store does");
    let again = test.service.create_type(&test.admin, new("mine", store, pattern(None, &["city"]))).await;
    assert_eq!(again.expect_err("taken").kind(), &ErrorKind::DuplicateName);
    let types = test.service.list_types(&test.admin, &ListQuery::default()).await.expect("listed").items;
    let default = types.iter().find(|view| view.sensitive_type.id != made.id).expect("the default type");
    let change = TypeChange { rule: Some(made.rule.clone().into()), ..TypeChange::default() };
    let fixed = test.service.update_type(&test.admin, default.sensitive_type.id, change).await;
    assert_eq!(fixed.expect_err("fixed").kind(), &ErrorKind::DefaultTypeFixed);
    let fixed = test.service.delete_type(&test.admin, default.sensitive_type.id, &Expected::ANYTHING).await;
    assert_eq!(fixed.expect_err("fixed").kind(), &ErrorKind::DefaultTypeFixed);
    test.service.delete_type(&test.admin, made.id, &Expected::ANYTHING).await.expect("removed");
}

#[tokio::test(flavor = "multi_thread")]
async fn lookup_is_metered_and_checks_its_columns() {
    let test =
        TestService::open_with(ServiceLimits { lookups_per_minute: 3, ..ServiceLimits::default() }).await;
    let store = test.create_store("people").await;
    test.upload(store, &people(0, 50)).await;
    let ask = async |key: &str, numbers: &[u32], columns: &[&str]| {
        let request = LookupRequest {
            key: key.to_owned(),
            values: numbers.iter().map(|number| account(*number)).collect(),
            result_columns: columns.iter().map(|column| (*column).to_owned()).collect(),
        };
        test.service.lookup(&test.admin, store, request).await
    };
    assert_eq!(ask("town", &[1], &[]).await.expect_err("unknown").kind(), &ErrorKind::UnknownColumn);
    assert_eq!(
        ask("city", &[1], &[]).await.expect_err("evidence only").kind(),
        &ErrorKind::ColumnNotSearchable
    );
    assert_eq!(
        ask("account", &[1], &["x"]).await.expect_err("unknown").target(),
        Some("resultColumnNames/0")
    );
    let rows = ask("account", &[9, 4, 999], &["city", "account"]).await.expect("answered");
    let shape: Vec<(u64, Vec<&str>)> =
        rows.iter().map(|row| (row.row, row.columns.iter().map(|(name, _)| &**name).collect())).collect();
    assert_eq!(shape, [(5, vec!["city", "account"]), (10, vec!["city", "account"])]);
    assert!(rows.iter().all(|row| row.columns.iter().all(|(_, token)| token.is_some())));
    let limited = ask("account", &[1], &[]).await.expect_err("used up");
    assert!(matches!(limited.kind(), ErrorKind::RateLimited { .. }));
    test.pass_seconds(60);
    assert_eq!(ask("account", &[1], &[]).await.expect("a fresh minute").len(), 1);
}
