//! Texts against live data, through the whole service.

use edm_model::{EvidenceGroup, LimitKind, Pattern, Proximity, RuleDraft};
use edm_service::{ErrorKind, ListQuery, MatchOptions, NewType, RedactionGap, Replacement};

use crate::test_service::{TestService, people};

async fn furnished() -> (TestService, edm_model::StoreId) {
    let test = TestService::open().await;
    let store = test.create_store("people").await;
    test.upload(store, &people(0, 200)).await;
    (test, store)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_is_found_with_its_row_columns_and_places() {
    let (test, store) = furnished().await;
    let [number, name, city] = &people(17, 1)[0];
    let text = format!("𝔘nser Kunde {name} aus {city} hat das Konto {number}.");
    let report =
        test.service.classify(&test.admin, text.as_str(), MatchOptions::default()).await.expect("answered");
    let [found] = report.types.as_slice() else { panic!("one type matches: {:?}", report.types) };
    assert_eq!((found.name.as_str(), found.confidence, found.unique_count), ("people", 85, 1));
    let matched = &found.matches[0];
    let live = test.service.get_store(&test.admin, store).await.expect("read").store.live.expect("live");
    assert_eq!(
        (matched.column.as_str(), matched.rows.as_slice()),
        ("account", [(18, live.session_id)].as_slice())
    );
    assert_eq!(matched.place.text, *number);
    let offset = text[..matched.place.start].encode_utf16().count() as u64;
    assert_eq!((matched.place.offset, matched.place.length), (offset, number.len() as u64));
    let evidences: Vec<(&str, &str)> =
        matched.evidences.iter().map(|found| (found.column.as_str(), found.place.text.as_str())).collect();
    assert_eq!(evidences, [("lastName", name.as_str()), ("city", city.as_str())]);
}

#[tokio::test(flavor = "multi_thread")]
async fn named_types_are_looked_for_and_unknown_ones_reported() {
    let (test, _) = furnished().await;
    let [number, name, city] = &people(17, 1)[0];
    let text = format!("{name} {city} {number}");
    let listed = test.service.list_types(&test.admin, &ListQuery::default()).await.expect("listed").items;
    let known = listed[0].sensitive_type.id.to_string();
    let unknown = "22222222-2222-4222-8222-222222222222";
    for (ids, type_count, reported) in [
        (vec![], 1, vec![]),
        (vec![known.as_str(), known.as_str()], 1, vec![]),
        (vec![unknown], 0, vec![unknown]),
        (vec![known.as_str(), "ssn"], 1, vec!["ssn"]),
    ] {
        let type_ids = ids.iter().map(|id| (*id).to_owned()).collect();
        let options = MatchOptions { type_ids, ..MatchOptions::default() };
        let report = test.service.classify(&test.admin, text.as_str(), options).await.expect("answered");
        assert_eq!(report.types.len(), type_count, "{ids:?}");
        assert_eq!(report.unknown_type_ids, reported, "{ids:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redacted_text_shows_nothing_and_one_value_has_one_pseudonym() {
    let (test, _) = furnished().await;
    let [number, name, city] = &people(17, 1)[0];
    let escaped: String = number.chars().map(|c| format!("\\u{:04x}", u32::from(c))).collect();
    let text = format!("{name}, {city}: {number}; again {name}, {city}: {escaped} .");
    for (replacement, marker) in
        [(Replacement::Mask, "█"), (Replacement::Label, "[account]"), (Replacement::Token, "[account:")]
    {
        let options = MatchOptions { minimum_confidence: Some(75), ..MatchOptions::default() };
        let redacted = test.service.redact(&test.admin, text.as_str(), options, replacement).await;
        let redacted = redacted.expect("redacted").text;
        for value in [number, name, city] {
            assert!(!redacted.contains(value.as_str()), "{redacted}");
        }
        assert!(redacted.contains(marker), "{redacted}");
        if replacement == Replacement::Token {
            let tokens: Vec<&str> = redacted.split("[account:").skip(1).map(|rest| &rest[..16]).collect();
            assert_eq!(tokens.len(), 2);
            assert_eq!(tokens[0], tokens[1]);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_cannot_be_is_refused() {
    let (test, _) = furnished().await;
    let options = |change: fn(&mut MatchOptions)| {
        let mut options = MatchOptions::default();
        change(&mut options);
        options
    };
    let cases = [
        (options(|o| o.minimum_confidence = Some(0)), "minimumConfidence"),
        (options(|o| o.minimum_confidence = Some(101)), "minimumConfidence"),
        (options(|o| o.timeout_ms = Some(0)), "timeoutInMs"),
        (options(|o| o.type_ids = vec![String::new(); 10_001]), "sensitiveTypeIds"),
        (options(|o| o.exempt = vec![("a".into(), vec![String::new(); 10_000])]), "exempt"),
    ];
    for (options, target) in cases {
        let error = test.service.classify(&test.admin, "text", options).await.expect_err(target);
        assert_eq!(error.target(), Some(target));
        assert!(matches!(error.kind(), ErrorKind::InvalidArgument | ErrorKind::TooMany { .. }));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_with_more_matches_than_are_listed_is_not_redacted_in_half() {
    let (test, _) = furnished().await;
    let [number, name, city] = &people(17, 1)[0];
    let text = format!("{name}, {city}: {number}.\n").repeat(10_001);
    // More than 16 rounds of replacing 10,000 matches can cover: the limit is the reason, not the
    // time.
    let many = format!("{number}\n").repeat(170_001);
    for (text, minimum_confidence) in [(&text, None), (&many, Some(60))] {
        let options = MatchOptions { minimum_confidence, ..MatchOptions::default() };
        let refused = test.service.redact(&test.admin, text.as_str(), options, Replacement::Mask).await;
        let refused = refused.expect_err("a match would be left");
        let cause = RedactionGap::Limit(LimitKind::Matches);
        assert_eq!(refused.kind(), &ErrorKind::RedactionIncomplete { cause });
        assert!(!refused.to_string().contains(number.as_str()), "{refused}");
    }
    let counted = test.service.classify(&test.admin, text, MatchOptions::default()).await.expect("answered");
    assert!(counted.types[0].truncated, "classify tells what is left out");
}

/// Anchors of one record are one match where any column anchors; each of them is covered all the
/// same.
#[tokio::test(flavor = "multi_thread")]
async fn every_place_of_a_record_is_redacted_where_any_column_anchors() {
    let (test, store) = furnished().await;
    let pattern = Pattern {
        confidence: 80,
        primary: None,
        proximity: Proximity::default(),
        supporting: vec![EvidenceGroup {
            min_matches: 1,
            max_matches: None,
            columns: vec!["lastName".to_owned(), "city".to_owned()],
        }],
        not_counted: Vec::new(),
        void_if: Vec::new(),
    };
    let rule = RuleDraft {
        store_id: store,
        recommended_confidence: 75,
        redact_confidence: None,
        patterns: vec![pattern],
    };
    let new = NewType { name: "anyone".to_owned(), description: None, publisher: None, rule };
    let made = test.service.create_type(&test.admin, new).await.expect("the type is made");
    let [number, name, city] = &people(17, 1)[0];
    let sentence = format!("{name}, {city}: {number}.");
    let text = format!("{sentence}\n{}\n{sentence}", "and so on and on ".repeat(100));
    let type_ids = vec![made.sensitive_type.id.to_string()];
    let options = MatchOptions { type_ids, ..MatchOptions::default() };
    let listed = test.service.classify(&test.admin, text.as_str(), options.clone()).await.expect("answered");
    assert_eq!(listed.types[0].matches.len(), 1, "one record is one match");
    let redacted =
        test.service.redact(&test.admin, text, options, Replacement::Label).await.expect("redacted");
    assert!(!redacted.text.contains(number.as_str()), "{}", redacted.text);
}

/// Each type says from where on its matches are covered, unless the request does; what is left is
/// told.
#[tokio::test(flavor = "multi_thread")]
async fn a_redaction_goes_by_the_types_own_confidence_and_tells_what_it_leaves() {
    let (test, store) = furnished().await;
    let pattern = Pattern {
        confidence: 60,
        primary: Some("account".to_owned()),
        proximity: Proximity::default(),
        supporting: Vec::new(),
        not_counted: Vec::new(),
        void_if: Vec::new(),
    };
    let draft = |redact_confidence| RuleDraft {
        store_id: store,
        recommended_confidence: 75,
        redact_confidence,
        patterns: vec![pattern.clone()],
    };
    let mut ids = Vec::new();
    for (name, redact_confidence, kept) in [("own", Some(60), 60), ("left out", None, 75)] {
        let rule = draft(redact_confidence);
        let new = NewType { name: name.to_owned(), description: None, publisher: None, rule };
        let made = test.service.create_type(&test.admin, new).await.expect("made").sensitive_type;
        assert_eq!(made.rule.redact_confidence, kept, "{name}: digits are no identifier by their type");
        ids.push(made.id.to_string());
    }
    for wrong in [0, 101] {
        let new = NewType {
            name: "wrong".to_owned(),
            description: None,
            publisher: None,
            rule: draft(Some(wrong)),
        };
        let refused = test.service.create_type(&test.admin, new).await.expect_err("refused");
        assert_eq!(refused.target(), Some("exactMatch/redactConfidence"), "{wrong}");
    }
    let [number, name, city] = &people(17, 1)[0];
    let (alone, whole) = (format!("account {number} only"), format!("{name}, {city}: {number}"));
    let check = async |text: &str, ids: &[&String], minimum: Option<u8>, expected: (bool, u32)| {
        let options = MatchOptions {
            type_ids: ids.iter().map(|id| (*id).clone()).collect(),
            minimum_confidence: minimum,
            ..MatchOptions::default()
        };
        let redacted = test.service.redact(&test.admin, text, options, Replacement::Mask).await;
        let redacted = redacted.expect("redacted");
        let covered = !redacted.text.contains(number.as_str());
        assert_eq!((covered, redacted.below_threshold_count), expected, "{text} {ids:?} {minimum:?}");
    };
    let [low, high] = &ids[..] else { panic!("two types") };
    check(&alone, &[low], None, (true, 0)).await;
    check(&alone, &[high], None, (false, 1)).await;
    check(&alone, &[high], Some(60), (true, 0)).await;
    check(&alone, &[low], Some(61), (false, 1)).await;
    // What one type covers is not left by the other; both may leave it.
    check(&alone, &[high, low], None, (true, 0)).await;
    check(&alone, &[high, low], Some(90), (false, 2)).await;
    // The default type finds the number alone at 65, and the record at 85.
    check(&alone, &[], Some(70), (false, 3)).await;
    check(&whole, &[], Some(70), (true, 0)).await;
}
