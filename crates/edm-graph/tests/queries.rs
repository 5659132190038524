//! Query options: what they find, what they refuse, and that hostile ones are refused at once.

use edm_graph::query::{
    Filter, Kind, PAGE_COUNT_DEFAULT, Place, Property, QueryErrorKind, QueryOptions, Shape, apply, project,
};
use serde_json::{Value, json};

const PROPERTIES: &[Property] = &[
    Property::new("id", Kind::Text),
    Property::new("state", Kind::Text),
    Property::new("dataStoreId", Kind::Text),
    Property::new("blocks", Kind::Number),
    Property::new("shrink", Kind::Boolean),
    Property::new("created", Kind::Moment),
    Property::new("error", Kind::Complex),
    Property::new("salt", Kind::Secret),
];
const AGENT: Shape = Shape { properties: &[Property::new("id", Kind::Text)], expandable: &[] };
const SHAPE: Shape = Shape { properties: PROPERTIES, expandable: &[("uploadAgent", &AGENT)] };

fn elements() -> Vec<Value> {
    vec![
        json!({"id": "a", "state": "Completed", "blocks": 3, "shrink": true, "created": "2026-01-01T00:00:00Z", "error": null}),
        json!({"id": "b", "state": "Failed", "blocks": null, "shrink": false, "created": "2026-01-02T00:00:00.5Z", "error": {"code": "noData"}}),
        json!({"id": "c'd", "state": "UploadInProgress", "blocks": 12, "shrink": false, "created": "2026-01-03T00:00:00Z", "error": null}),
    ]
}

fn ids(elements: &[Value]) -> String {
    elements.iter().filter_map(|element| element["id"].as_str()).collect::<Vec<_>>().join(" ")
}

/// Checks which elements a query finds.
fn check(query: &str, expected: &str) {
    let options = QueryOptions::parse(Some(query), &SHAPE, Place::List).expect(query);
    assert_eq!(ids(&apply(elements(), &options, PAGE_COUNT_DEFAULT).elements), expected, "{query}");
}

/// Checks what is wrong with a query.
fn check_refused(query: &str, place: Place, expected: impl Fn(&QueryErrorKind) -> bool) {
    let error = QueryOptions::parse(Some(query), &SHAPE, place).expect_err(query);
    assert!(expected(error.kind()), "{query}: {error}");
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
}

#[test]
fn and_binds_before_or_and_not_before_and() {
    check("$filter=id eq 'a' or id eq 'b' and shrink", "a");
    check("$filter=(id eq 'a' or id eq 'b') and shrink", "a");
    check("$filter=shrink and id eq 'a' or id eq 'b'", "a b");
    check("$filter=shrink and (id eq 'b' or id eq 'a')", "a");
    check("$filter=not shrink or shrink", "a b c'd");
    check("$filter=not (shrink or id eq 'b')", "c'd");
    // What is unknown because of a null is neither true nor false.
    check("$filter=not startswith(error/code,'x')", "b");
}

#[test]
fn order_and_pages() {
    check("$orderby=id desc", "c'd b a");
    check("$orderby=blocks", "b a c'd");
    check("$orderby=shrink asc,created desc", "c'd b a");
    check("$skip=1&$top=1", "b");
    check("$top=0", "");
    check("$skip=99", "");
    let query = "$top=2&$count=true&%24orderby=id";
    let options = QueryOptions::parse(Some(query), &SHAPE, Place::List).expect(query);
    let first = apply(elements(), &options, 1);
    assert_eq!((ids(&first.elements).as_str(), first.total, first.next), ("a", 3, Some(1)));
    let next = QueryOptions::next_query(Some(query), 1);
    assert_eq!(next, "$top=2&$count=true&%24orderby=id&$skiptoken=s1");
    let options = QueryOptions::parse(Some(&next), &SHAPE, Place::List).expect("our own token");
    let second = apply(elements(), &options, 1);
    assert_eq!((ids(&second.elements).as_str(), second.next), ("b", None));
    assert_eq!(QueryOptions::next_query(Some(&next), 2), "$top=2&$count=true&%24orderby=id&$skiptoken=s2");
}

#[test]
fn select_and_expand_leave_what_they_name() {
    let query = "$select=State,dataStoreId&$expand=uploadAgent($select=id;$top=1)";
    let options = QueryOptions::parse(Some(query), &SHAPE, Place::Item).expect(query);
    let mut element = json!({"@odata.type": "x", "id": "a", "state": "s", "uploadAgent": null, "blocks": 1});
    project(&mut element, &options);
    assert_eq!(element, json!({"@odata.type": "x", "state": "s", "uploadAgent": null}));
    assert!(options.selects("state") && !options.selects("salt"));
    assert_eq!(options.expand[0].options.top, Some(1));
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
    check_refused("$skiptoken=sffffffffffffffff", Place::List, |kind| *kind == Kind::BadSkipToken);
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
    check_refused("$filter=startswith(blocks,'1')", Place::List, |kind| {
        matches!(kind, Kind::TypesDiffer { .. })
    });
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
        ",",
    ] {
        let error = Filter::parse(broken, PROPERTIES).expect_err(broken);
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
        assert_eq!(Filter::parse(text, PROPERTIES), Err(QueryErrorKind::TooDeep));
        check_refused(&format!("$filter={text}"), Place::List, |kind| *kind == QueryErrorKind::TooLong);
    }
    // A long chain is no deep one.
    let chain = vec!["shrink"; 1_000].join(" and ");
    check(&format!("$filter={chain}"), "a");
}
