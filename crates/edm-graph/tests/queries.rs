//! Query options: what they find, what they refuse, and that hostile ones are refused immediately.

use edm_graph::query::{
    Kind, Navigation, Place, Property, QueryErrorKind, QueryOptions, Shape, parse_filter, project,
};
use edm_graph::schema::matching::ERROR_PARTS;
use edm_graph::schema::stores::COLUMN_PARTS;
use edm_model::{Cursor, Direction, Literal, OrderKey, Timestamp};
use edm_testkit::lists::naive::Naive;
use serde_json::{Value, json};

const PROPERTIES: &[Property] = &[
    Property::new("id", Kind::Text),
    Property::new("state", Kind::Text),
    Property::new("dataStoreId", Kind::Text),
    Property::new("blocks", Kind::Number),
    Property::new("shrink", Kind::Boolean),
    Property::new("created", Kind::Moment),
    Property::new("error", Kind::Members(&ERROR_PARTS)),
    Property::new("fields", Kind::Texts),
    Property::new("columns", Kind::Elements(&COLUMN_PARTS)),
    Property::new("warnings", Kind::Complex),
    Property::new("salt", Kind::Secret),
];
const AGENT: Shape = Shape { properties: &[Property::new("id", Kind::Text)], expandable: &[] };
const SHAPE: Shape = Shape {
    properties: PROPERTIES,
    expandable: &[
        Navigation { name: "uploadAgent", shape: &AGENT, place: Place::Item },
        Navigation { name: "sessions", shape: &AGENT, place: Place::Nested },
    ],
};

fn elements() -> Vec<Value> {
    vec![
        json!({"id": "a", "state": "Completed", "blocks": 3, "shrink": true, "created": "2026-01-01T00:00:00Z", "error": null,
            "fields": ["SSN", "Größe"], "columns": [{"name": "ssn", "isSearchable": true}, {"name": "city", "isSearchable": false}]}),
        json!({"id": "b", "state": "Failed", "blocks": null, "shrink": false, "created": "2026-01-02T00:00:00.5Z", "error": {"code": "noData"}, "fields": []}),
        json!({"id": "c'd", "state": "UploadInProgress", "blocks": 12, "shrink": false, "created": "2026-01-03T00:00:00Z", "error": null}),
    ]
}

fn ids(elements: &[Value]) -> String {
    elements.iter().filter_map(|element| element["id"].as_str()).collect::<Vec<_>>().join(" ")
}

/// Checks which elements a query finds.
fn check(query: &str, expected: &str) {
    let options = QueryOptions::parse(Some(query), &SHAPE, Place::List).expect(query);
    let naive = Naive { properties: PROPERTIES };
    let mut found = elements();
    if let Some(filter) = &options.filter {
        found.retain(|element| naive.matches(filter, element));
    }
    found.sort_by(|left, right| naive.order(left, right, &options.order_by));
    assert_eq!(ids(&found), expected, "{query}");
}

/// Checks what is wrong with a query.
fn check_refused(query: &str, place: Place, expected: impl Fn(&QueryErrorKind) -> bool) {
    let error = QueryOptions::parse(Some(query), &SHAPE, place).expect_err(query);
    assert!(expected(error.kind()), "{query}: {error}");
}

#[test]
fn a_condition_may_be_compared_with_true_or_false() {
    check("$filter=startswith(state,'F') eq true", "b");
    check("$filter=startswith(state,'F') eq false", "a c'd");
    check("$filter=contains(state,'l') ne true and id ne 'a'", "");
    check("$filter=not endswith(state,'d') ne true", "a b");
    check("$filter=(state eq 'Failed') eq true or (blocks eq 3) ne false", "a b");
    for query in [
        "$filter=startswith(state,'F') eq 'true'",
        "$filter=(state eq 'Failed') eq",
        "$filter=(shrink) lt true",
    ] {
        check_refused(query, Place::List, |kind| matches!(kind, QueryErrorKind::Syntax { .. }));
    }
}

#[test]
fn filters_find_what_they_say() {
    check("$filter=state eq 'Completed'", "a");
    check("%24filter=state+eq+%27Completed%27", "a");
    check("$filter='Completed' eq state", "a");
    check("$filter=state ne 'Completed'", "b c'd");
    check("$filter=id eq 'c''d'", "c'd");
    check("$filter=blocks gt 3", "c'd");
    check("$filter=3 lt blocks", "c'd");
    check("$filter=blocks le 12.5", "a c'd");
    check("$filter=blocks eq null", "b");
    check("$filter=blocks ne 3", "b c'd");
    check("$filter=not (blocks gt 3)", "a b");
    check("$filter=shrink", "a");
    check("$filter=not shrink and blocks ne null", "c'd");
    check("$filter=created ge 2026-01-02", "b c'd");
    check("$filter=created gt 2026-01-02T00:00:00Z and created lt 2026-01-02T03:00:00%2B02:00", "b");
    check("$filter=created eq '2026-01-03T00:00:00Z'", "c'd");
    check("$filter=state in ('Failed', 'Completed')", "a b");
    check("$filter=startswith(state,'Upload') or endswith(state,'ed')", "a b c'd");
    check("$filter=contains(tolower(state),'progress')", "c'd");
    check("$filter=error/code eq 'noData'", "b");
    check("$filter=datastoreId eq null", "a b c'd");
    check("$filter=error eq null", "a c'd");
    check("$filter=null ne error", "b");
    check("$filter=state gt id", "");
    check("$filter=id gt state", "a b c'd");
    check("$filter=1 eq 1.0 and 'a' lt 'b' and null eq null", "a b c'd");
    check("$filter=id eq A84D3F36-3f36-4b84-8d3f-363f4db8363f", "");
}

#[test]
fn any_looks_into_collections() {
    check("$filter=fields/any()", "a");
    check("$filter=not fields/any()", "b c'd");
    check("$filter=fields/any(f:f eq 'SSN')", "a");
    check("$filter=Fields/any(f: tolower(f) eq 'größe' and startswith(f,'G'))", "a");
    check("$filter=fields/any(f: f eq state)", "");
    check("$filter=columns/any(c: c/name eq 'ssn' and c/isSearchable eq true)", "a");
    check("$filter=columns/any(c: c/Name eq 'ssn' and not c/isSearchable)", "");
    check("$filter=columns/any(c:c/name eq 'city' and id eq 'a') or id eq 'b'", "a b");
    // A variable that has the name of a property is the variable.
    check("$filter=fields/any(state: state eq 'SSN')", "a");
}

#[test]
fn and_binds_before_or_and_not_before_and() {
    check("$filter=id eq 'a' or id eq 'b' and shrink", "a");
    check("$filter=(id eq 'a' or id eq 'b') and shrink", "a");
    check("$filter=shrink and id eq 'a' or id eq 'b'", "a b");
    check("$filter=shrink and (id eq 'b' or id eq 'a')", "a");
    check("$filter=not shrink or shrink", "a b c'd");
    check("$filter=not (shrink or id eq 'b')", "c'd");
    // A condition that is unknown because of a null is neither true nor false.
    check("$filter=not startswith(error/code,'x')", "b");
}

#[test]
fn orders_are_total() {
    check("$orderby=id desc", "c'd b a");
    check("$orderby=blocks", "b a c'd");
    check("$orderby=shrink asc,created desc", "c'd b a");
    check("$orderby=shrink desc", "a c'd b");
    check("$orderby=error/code desc,id", "b a c'd");
    let options = QueryOptions::parse(Some("$orderby=ID desc, error/CODE"), &SHAPE, Place::List);
    let key = |property: &str, direction| OrderKey { property: property.to_owned(), direction };
    let expected = [key("id", Direction::Descending), key("error/code", Direction::Ascending)];
    assert_eq!(options.expect("an order").order_by, expected);
}

#[test]
fn a_page_token_brings_back_the_place_of_its_own_list_alone() {
    let parse = |query: &str| QueryOptions::parse(Some(query), &SHAPE, Place::List);
    let query = "$top=2&%24orderby=state,blocks desc,created&$filter=shrink";
    let options = parse(query).expect(query);
    let keys = vec![
        Literal::Text("it's ü".to_owned()),
        Literal::Integer(-3),
        Literal::Moment(Timestamp::from_micros(7)),
    ];
    let place = Cursor { keys, id: [9; 16] };
    let next = options.next_query(Some(query), &place, 70_000).expect("short keys");
    let (front, token) = next.split_once("&$skiptoken=").expect("a token");
    assert_eq!(front, query);
    let page = parse(&next).expect("its own token");
    assert_eq!((page.after.as_ref(), page.served), (Some(&place), 70_000));
    // Again with the options the other way round, and percent-encoded.
    let page = parse(&format!("%24skiptoken={token}&$filter=%73hrink&$orderby=state,blocks+desc,created"));
    assert_eq!(page.expect("the same list").after, Some(place.clone()));
    assert_eq!(options.next_query(Some(&next), &place, 70_000).expect("short keys"), next);

    let refused =
        |query: &str| check_refused(query, Place::List, |kind| *kind == QueryErrorKind::BadSkipToken);
    refused(&format!("$skiptoken={token}"));
    refused(&format!("$filter=shrink&$orderby=state,blocks,created&$skiptoken={token}"));
    refused(&format!("$filter=not shrink&$orderby=state,blocks desc,created&$skiptoken={token}"));
    let characters: Vec<char> = token.chars().collect();
    for position in 0..characters.len() {
        let mut mangled = characters.clone();
        mangled[position] = if mangled[position] == 'A' { 'B' } else { 'A' };
        refused(&format!("{query}&$skiptoken={}", mangled.iter().collect::<String>()));
        refused(&format!("{query}&$skiptoken={}", characters[..position].iter().collect::<String>()));
    }
    let other = Cursor { keys: vec![Literal::Null], ..place.clone() };
    let next = options.next_query(Some(query), &other, 1).expect("short keys");
    refused(&next);
    let nulls = Cursor { keys: vec![Literal::Null; 3], ..place };
    let next = options.next_query(Some(query), &nulls, 1).expect("short keys");
    assert_eq!(parse(&next).expect("nulls fit any key").after, Some(nulls));
    let long =
        Cursor { keys: vec![Literal::Text("x".repeat(40_000)), Literal::Null, Literal::Null], id: [1; 16] };
    let error = options.next_query(Some(query), &long, 1).expect_err("too long");
    assert_eq!(*error.kind(), QueryErrorKind::KeysTooLong);
}

#[test]
fn select_and_expand_leave_what_they_name() {
    let query =
        "$select=State,dataStoreId&$expand=uploadAgent($select=id),sessions($top=1;$filter=id eq 'a %26 b')";
    let options = QueryOptions::parse(Some(query), &SHAPE, Place::Item).expect(query);
    let mut element = json!({"@odata.type": "x", "id": "a", "state": "s", "uploadAgent": null, "blocks": 1,
        "sessions": [], "sessions@odata.count": 1, "blocks@odata.type": "#Int64"});
    project(&mut element, &options);
    let left = json!({"@odata.type": "x", "state": "s", "uploadAgent": null, "sessions": [], "sessions@odata.count": 1});
    assert_eq!(element, left);
    assert!(options.selects("state") && !options.selects("salt"));
    assert_eq!(options.expand[1].options.top, Some(1));
    assert_eq!(options.expand[1].query, "$top=1&$filter=id%20eq%20%27a%20%26%20b%27");
    let again = QueryOptions::parse(Some(&options.expand[1].query), &AGENT, Place::List);
    assert_eq!(again.expect("its own query").filter, options.expand[1].options.filter);
}

#[test]
fn wrong_queries_are_refused() {
    use QueryErrorKind as Kind;
    let unknown = |kind: &Kind| matches!(kind, Kind::UnknownProperty { .. });
    let syntax = |kind: &Kind| matches!(kind, Kind::Syntax { .. });
    check_refused("$search=a", Place::List, |kind| *kind == Kind::SearchNotServed);
    check_refused("$search=a", Place::Count, |kind| *kind == Kind::SearchNotServed);
    check_refused("$apply=a", Place::List, |kind| *kind == Kind::UnknownOption);
    check_refused("$top=1", Place::Item, |kind| *kind == Kind::UnknownOption);
    check_refused("$top=1&%24Top=2", Place::List, |kind| *kind == Kind::Repeated);
    check_refused("$top=-1", Place::List, |kind| *kind == Kind::NotANumber);
    check_refused("$top=", Place::List, |kind| *kind == Kind::NotANumber);
    check_refused("$skip=99999999999999999999", Place::List, |kind| *kind == Kind::NotANumber);
    check_refused("$count=yes", Place::List, |kind| *kind == Kind::NotABoolean);
    check_refused("$skiptoken=zz", Place::List, |kind| *kind == Kind::BadSkipToken);
    check_refused("$skiptoken=", Place::List, |kind| *kind == Kind::BadSkipToken);
    check_refused("$expand=sessions($skiptoken=AA)", Place::List, |kind| *kind == Kind::UnknownOption);
    check_refused("$expand=uploadAgent($top=1)", Place::List, |kind| *kind == Kind::UnknownOption);
    check_refused("$select=nothing", Place::List, unknown);
    check_refused("$orderby=nothing", Place::List, unknown);
    check_refused("$orderby=id upwards", Place::List, syntax);
    check_refused("$orderby=salt", Place::List, |kind| matches!(kind, Kind::NotComparable { .. }));
    check_refused("$filter=startswith(salt,'a')", Place::List, |kind| {
        matches!(kind, Kind::NotComparable { .. })
    });
    check_refused("$filter=nothing eq 1", Place::List, unknown);
    check_refused("$filter=state/code eq 'x'", Place::List, unknown);
    check_refused("$filter=state eq 1", Place::List, |kind| matches!(kind, Kind::TypesDiffer { .. }));
    check_refused("$filter=blocks eq 'x'", Place::List, |kind| matches!(kind, Kind::TypesDiffer { .. }));
    check_refused("$filter=created eq 'x'", Place::List, |kind| matches!(kind, Kind::TypesDiffer { .. }));
    for query in [
        "startswith(blocks,'1')",
        "startswith(error,'1')",
        "tolower(blocks) eq '1'",
        "error eq 'x'",
        "error gt null",
        "error in (null)",
        "state eq blocks",
        "created lt state",
        "'a' eq 1",
        "1 in ('a')",
        "state in ('a', 1)",
    ] {
        check_refused(&format!("$filter={query}"), Place::List, |kind| {
            matches!(kind, Kind::TypesDiffer { .. })
        });
    }
    for query in [
        "warnings eq null",
        "error/details eq null",
        "columns/any(c: c/class eq 'weak')",
        "columns/any(c: c eq null)",
        "salt in ('a')",
    ] {
        check_refused(&format!("$filter={query}"), Place::List, |kind| {
            matches!(kind, Kind::NotComparable { .. })
        });
    }
    for (query, expected) in [
        ("fields eq null", Kind::Collection { name: "fields".to_owned() }),
        ("contains(columns,'a')", Kind::Collection { name: "columns".to_owned() }),
        ("state/any()", Kind::NotACollection { name: "state".to_owned() }),
        ("error/any(e: e eq null)", Kind::NotACollection { name: "error".to_owned() }),
        ("fields/any(f: f/name eq 'a')", Kind::UnknownProperty { name: "f/name".to_owned() }),
        ("fields/any(f: g eq 'a')", Kind::UnknownProperty { name: "g".to_owned() }),
        ("f eq 'a'", Kind::UnknownProperty { name: "f".to_owned() }),
    ] {
        check_refused(&format!("$filter={query}"), Place::List, |kind| *kind == expected);
    }
    let keys: Vec<String> = (0..9).map(|number| format!("key{number}")).collect();
    check_refused(&format!("$orderby={}", keys.join(",")), Place::List, unknown);
    check_refused("$orderby=fields", Place::List, |kind| matches!(kind, Kind::NotComparable { .. }));
    check_refused("$orderby=warnings", Place::List, |kind| matches!(kind, Kind::NotComparable { .. }));
    for broken in [
        "",
        "state",
        "state eq",
        "eq 'a'",
        "state eq 'a",
        "(state eq 'a'",
        "state eq 'a')",
        "state eq 'a' state",
        "state in ()",
        "state in ('a'",
        "not",
        "startswith(state)",
        "length(state) eq 1",
        "state eq 'a' and",
        "fields/any(",
        "fields/any(f",
        "fields/any(f)",
        "fields/any(f:)",
        "fields/any('f':f eq 'a')",
        "fields/any(f: fields/any(g: g eq f))",
        "fields/all(f: f eq 'a')",
        "state in (id)",
        ":",
        ",",
    ] {
        let error = parse_filter(broken, PROPERTIES).expect_err(broken);
        assert!(matches!(error, Kind::Syntax { .. } | Kind::UnknownProperty { .. }), "{broken}: {error:?}");
    }
    check_refused("$expand=nothing", Place::List, |kind| matches!(kind, Kind::NotExpandable { .. }));
    check_refused("$expand=uploadAgent(", Place::List, syntax);
    check_refused("$expand=uploadAgent)", Place::List, syntax);
    check_refused("$expand=uploadAgent($select=x)", Place::List, unknown);
    check_refused("$filter=%FF", Place::List, |kind| *kind == Kind::NotText);
}

#[test]
fn hostile_filters_are_refused_at_once() {
    let deep = format!("{}shrink{}", "(".repeat(10_000), ")".repeat(10_000));
    let negated = format!("{}shrink", "not ".repeat(100_000));
    let lowered = format!("{}state{} eq 'a'", "tolower(".repeat(10_000), ")".repeat(10_000));
    for text in [&deep, &negated, &lowered] {
        assert_eq!(parse_filter(text, PROPERTIES), Err(QueryErrorKind::TooDeep));
        let short: String = text.chars().take(15_000).collect();
        check_refused(&format!("$filter={short}"), Place::List, |kind| *kind == QueryErrorKind::TooDeep);
        check_refused(&format!("$filter={text}"), Place::List, |kind| *kind == QueryErrorKind::TooLong);
    }
    // A long chain is not deeply nested.
    let chain = vec!["shrink"; 1_000].join(" and ");
    check(&format!("$filter={chain}"), "a");
    let chain = |terms: usize| vec!["shrink"; terms].join(" or ");
    assert!(parse_filter(&chain(2_000), PROPERTIES).is_ok());
    assert_eq!(parse_filter(&chain(2_001), PROPERTIES), Err(QueryErrorKind::TooManyTerms));
    let listed = |values: usize| format!("blocks in ({})", vec!["1"; values].join(","));
    assert!(parse_filter(&listed(1_999), PROPERTIES).is_ok());
    assert_eq!(parse_filter(&listed(2_000), PROPERTIES), Err(QueryErrorKind::TooManyTerms));
    let looks = |times: usize| vec!["fields/any()"; times].join(" or ");
    assert!(parse_filter(&looks(16), PROPERTIES).is_ok());
    assert_eq!(parse_filter(&looks(17), PROPERTIES), Err(QueryErrorKind::TooManyCollections));
    // A token may be longer than a query, but not longer than its bound.
    let token = |bytes: usize| format!("$skiptoken={}", "A".repeat(bytes));
    check_refused(&token(30_000), Place::List, |kind| *kind == QueryErrorKind::BadSkipToken);
    check_refused(&token(40_000), Place::List, |kind| *kind == QueryErrorKind::BadSkipToken);
    check_refused(&token(100_000), Place::List, |kind| *kind == QueryErrorKind::TooLong);
}
