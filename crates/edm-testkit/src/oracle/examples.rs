//! The examples of `docs/matching.md` and scenarios of comparable products, as tables of cases.

use edm_model::{Pattern, ProximityUnit};

use super::{Asked, Question, Table};
use crate::sample::{columns, pattern, rows, summary, within};

const TOKENS_MAX: u32 = 64;

fn ask(table: &Table, question: &Question, expected: &[&str]) {
    let found = table.scan(question);
    let lines = summary(&question.text, table.columns(), found.as_ref());
    assert_eq!(lines.lines().collect::<Vec<_>>(), expected, "{:?}", question.text);
}

/// Checks a text against a type with these patterns.
fn check(definition: &[&str], lines: &[&str], patterns: &[Pattern], text: &str, expected: &[&str]) {
    let table = Table::new(columns(definition), &rows(lines), TOKENS_MAX);
    let question = Question { patterns: Asked::Own(patterns.to_vec()), ..Question::new(text) };
    ask(&table, &question, expected);
}

/// Checks whether and where one value of one searchable column is found without evidence.
fn alone(column: &str, cell: &str, text: &str, expected: &[&str]) {
    let name = column.split(['*', ' ']).next().unwrap_or_default();
    let table = Table::new(columns(&[column]), &rows(&[cell]), TOKENS_MAX);
    let question =
        Question { patterns: Asked::Own(vec![pattern(65, Some(name), 0, &[])]), ..Question::new(text) };
    let found = table.scan(&question);
    let spans: Vec<&str> = found
        .iter()
        .flat_map(|found| &found.matches)
        .map(|one| &text[one.span.start..one.span.end])
        .collect();
    assert_eq!(spans, expected, "{column}: {cell:?} in {text:?}");
}

#[test]
fn text_values() {
    let box_number = "a*";
    alone(box_number, "P.O. Box 255", "write to p.o.  box\n255, please", &["p.o.  box\n255"]);
    alone(box_number, "P.O. Box 255", "P.O. Box\n\n255", &[]);
    alone(box_number, "P.O. Box 255", "> P.O. Box\n> 255", &["P.O. Box\n> 255"]);
    alone(box_number, "P.O. Box 255", "PO Box 255", &[]);
    alone(box_number, "P.O. Box 255", "P.O. Box 2555", &[]);
    alone(box_number, "Wasco1982", "(wasco1982)", &["wasco1982"]);
    alone(box_number, "Wasco1982", "Wasco 1982", &[]);
    alone(box_number, "Wasco1982", "Wasco19823", &[]);
    alone(box_number, "1982", "Wasco1982", &[]);
    alone(box_number, "山田太郎", "社員の山田太郎です", &["山田太郎"]);
    alone(box_number, "Иванов", "г-н ИВАНОВ, да", &["ИВАНОВ"]);
    alone(box_number, "naïve", "a nai\u{308}ve one", &["nai\u{308}ve"]);
    alone(box_number, "Straße 5", "STRASSE 5", &["STRASSE 5"]);
    alone("a* case", "Straße 5", "STRASSE 5 Straße 5", &["Straße 5"]);
    alone("a* diacritics", "García Márquez", "garcia marquez", &["garcia marquez"]);
    alone(box_number, "García Márquez", "garcia marquez", &[]);
}

#[test]
fn ignored_delimiters() {
    let id = "a* ignore=-/*#^";
    alone(id, "FOO-1234", "fOo#1234", &["fOo#1234"]);
    alone(id, "fOo#1234", "FOO1234 and foo--1234", &["FOO1234", "foo--1234"]);
    alone(id, "FOO-1234", "foo 1234", &[]);
    alone(id, "FOO-1234", "foo----1234", &[]);
    let number = "a* ignore=- ";
    alone(number, "123456789", "123-45-6789 or 123 -456789, 123 - 456789", &["123-45-6789", "123 -456789"]);
    alone(number, "123456789", "123  456789", &[]);
    alone(number, "123456789", "123\n456789", &[]);
    // Only white space between digits: attached, and alone that is not enough.
    alone(number, "20192020", "2019 2020", &[]);
    alone(number, "20192020", "2019-2020", &["2019-2020"]);
}

#[test]
fn edges_and_continued_numbers() {
    let number = "a* ignore=-";
    alone(number, "123456789", "123-45-6789-0001", &[]);
    alone(number, "123456789", "001-123-45-6789", &[]);
    alone(number, "123456789", "123-45-6789 0001", &["123-45-6789"]);
    alone(number, "123456789", "123-45-6789-", &["123-45-6789"]);
    // A soft edge requires evidence.
    alone(number, "12345678", "MRN12345678", &[]);
    let table = (&["mrn*", "lastName"], &["12345678|Langer"]);
    let patterns = [pattern(75, Some("mrn"), 1, &["lastName"]), pattern(65, Some("mrn"), 0, &[])];
    check(table.0, table.1, &patterns, "MRN12345678 of Langer", &["75 mrn=12345678 @1 +lastName=Langer"]);
    check(table.0, table.1, &patterns, "MRN12345678", &[]);
    check(table.0, table.1, &patterns, "MRN 12345678", &["65 mrn=12345678 @1"]);
    // Five digits are too few for a soft edge.
    check(table.0, &["12345|Langer"], &patterns, "MRN12345 of Langer", &[]);
    // Of overlapping matches, the longest wins.
    alone("a*", "12 34", "12 34", &["12 34"]);
    let both = [pattern(65, Some("a"), 0, &[])];
    check(&["a*"], &["12", "12 34", "34"], &both, "12 34 12", &["65 a=12 34 @2", "65 a=12 @1"]);
}

#[test]
fn digits_names_and_emails() {
    alone("a* digits ignore=-. ", "123-45-6789", "123.45-6789", &["123.45-6789"]);
    alone("a* digits ignore=-", "12345678.0", "12345678.0 12345678", &[]);
    alone("a* digits=8", "1234567", "01234567 1234567 0001234567", &["01234567", "0001234567"]);
    alone("a* digits=5", "123456", "123456", &[]);
    alone("a* digits", "000-000", "000-000", &[]);
    let name = "a* name";
    alone(name, "O'Neil", "Mr O\u{2019}Neil, O Neil and O-Neil", &["O\u{2019}Neil", "O Neil", "O-Neil"]);
    alone(name, "Neil", "O'Neil", &[]);
    alone(name, "Smith", "Smith-Jones, Jones-Smith, Smith", &["Smith"]);
    alone(name, "Smith Jones", "Smith-Jones", &["Smith-Jones"]);
    alone(name, "Okafor", "Okafor's SSN", &["Okafor"]);
    alone(name, "van der Berg", "van der\nBerg", &["van der\nBerg"]);
    alone(name, "van der Berg", "Van\n> der Berg", &["Van\n> der Berg"]);
    alone(name, "Isaiah Langer", "Langer, Isaiah", &["Langer, Isaiah"]);
    alone(name, "Langer, Isaiah", "isaiah langer", &["isaiah langer"]);
    alone(name, "Isaiah_Langer", "Isaiah Langer", &["Isaiah Langer"]);
    alone(name, "Isaiah Langer Jr.", "Isaiah Langer; Isaiah Langer Sr.", &["Isaiah Langer"]);
    let email = "a* email";
    let cell = "<mailto:Isaiah.Langer@Example.org>";
    alone(email, cell, "to isaiah.langer@example.org.", &["isaiah.langer@example.org"]);
    alone(email, cell, "<isaiah.langer@example.org>,", &["isaiah.langer@example.org"]);
    alone(email, cell, "isaiah.langer%40example.org", &["isaiah.langer%40example.org"]);
    alone(email, cell, "u=isaiah.langer@example.org&x", &["isaiah.langer@example.org"]);
    alone(email, cell, "xisaiah.langer@example.org", &[]);
    alone(email, "jane@bücher.example", "jane@xn--bcher-kva.example", &["jane@xn--bcher-kva.example"]);
    alone(email, "jane@xn--bcher-kva.example", "Jane@BÜCHER.example", &["Jane@BÜCHER.example"]);
    alone(email, "jane@xn--abc-.example", "jane@abc.example", &[]);
    // Joined to a word: attached, and nothing else is there.
    alone(email, cell, "isaiah.langer@example.orgSent", &[]);
    alone(email, cell, "isaiah.langer@example.org.uk", &["isaiah.langer@example.org"]);
}

#[test]
fn absent_cells() {
    for cell in
        ["", " ", "--", "NULL", "n/a", "Unknown", "#N/A", "000-00-0000", "99", "1900-01-01", "01/01/1900"]
    {
        let text = format!("here: {cell} .");
        alone("a*", cell, &text, &[]);
    }
    alone("a*", "9", "9", &["9"]);
    alone("a*", "unknown person", "unknown person", &["unknown person"]);
    let table = Table::new(columns(&["id* key", "b"]), &rows(&["1234|x", "|y", "5678|z"]), TOKENS_MAX);
    assert_eq!((table.row_count(), table.lookup(0, "5678")), (2, vec![3]));
}

#[test]
fn escapes_are_a_second_reading() {
    alone("a*", "Smith Jones", r#"{"n":"Smith\nJones"}"#, &[r"Smith\nJones"]);
    alone("a*", "María", r"Mar\u00eda", &[r"Mar\u00eda"]);
    alone("a*", "O'Neil 7", "O&#39;Neil 7", &["O&#39;Neil 7"]);
    alone("a*", "12345678", "acct=12345678", &["12345678"]);
    alone("a*", "Mária", "M=C3=A1ria", &["M=C3=A1ria"]);
    alone("a*", "Hospital", "Hosp=\r\nital", &["Hosp=\r\nital"]);
    alone("a*", "12345678", r"id\n12345678", &["12345678"]);
    alone("a* name", "Orla Fenwick", "a=b&name=Orla+Fenwick", &["Orla+Fenwick"]);
    alone("a* name", "Orla Fenwick", "name=Orla+Fenwick", &[]);
}

const PATIENTS: [&str; 5] = ["ssn* ignore=-", "firstName", "lastName", "dob", "email* email"];
const PATIENT_ROWS: [&str; 3] = [
    "123-45-6789|Isaiah|Langer|1960-05-05|isaiah.langer@contoso.example",
    "987-65-4321|Ada|Okafor|1971-01-02|ada@contoso.example",
    "555-44-3333|Maria|van der Berg|1980-12-24|m.berg@contoso.example",
];

fn patient_patterns() -> Vec<Pattern> {
    vec![
        pattern(85, Some("ssn"), 2, &["firstName", "lastName", "dob", "email"]),
        pattern(75, Some("ssn"), 1, &["firstName", "lastName", "dob", "email"]),
        pattern(65, Some("ssn"), 0, &[]),
    ]
}

#[test]
fn facts_are_of_one_row() {
    let patterns = patient_patterns();
    let patient = |text: &str, expected: &[&str]| check(&PATIENTS, &PATIENT_ROWS, &patterns, text, expected);
    patient(
        "Isaiah Langer, born 1960-05-05, SSN 123-45-6789",
        &["85 ssn=123-45-6789 @1 +firstName=Isaiah +lastName=Langer +dob=1960-05-05"],
    );
    patient("Ada van der Berg 123-45-6789", &["65 ssn=123-45-6789 @1"]);
    patient("123-45-6788 Langer", &[]);
    patient(
        "123-45-6789 Okafor 987-65-4321",
        &["65 ssn=123-45-6789 @1", "75 ssn=987-65-4321 @2 +lastName=Okafor"],
    );
    // An address satisfies only one column.
    patient(
        "123-45-6789 isaiah.langer@contoso.example",
        &["75 ssn=123-45-6789 @1 +email=isaiah.langer@contoso.example"],
    );
    patient("123-45-6789 isaiah.langer@gmail.example", &["75 ssn=123-45-6789 @1 +firstName=isaiah"]);
    // A value in the same segment of an unbreakable run as the primary is not evidence.
    patient("https://x.example/Langer.123-45-6789", &["65 ssn=123-45-6789 @1"]);
    patient("https://x.example/Langer/123-45-6789", &["75 ssn=123-45-6789 @1 +lastName=Langer"]);
    // A repeated value is not a second fact.
    patient("Langer Langer 123-45-6789", &["75 ssn=123-45-6789 @1 +lastName=Langer +lastName=Langer"]);
    // A value with fewer than three letters never counts.
    let mut short = [pattern(75, Some("ssn"), 1, &["lastName"]), pattern(65, Some("ssn"), 0, &[])];
    short[1].not_counted = vec!["lastName".to_owned()];
    check(
        &["ssn*", "lastName"],
        &["123456789|Wu"],
        &short,
        "Wu 123456789",
        &["65 ssn=123456789 @1 -lastName=Wu"],
    );
    check(
        &["ssn*", "lastName"],
        &["123456789|山田"],
        &short,
        "山田 123456789",
        &["75 ssn=123456789 @1 +lastName=山田"],
    );
}

#[test]
fn one_value_in_two_columns_is_one_fact() {
    let phones = ["id*", "homePhone", "mobilePhone", "lastName"];
    let all = ["homePhone", "mobilePhone", "lastName"];
    let patterns = [pattern(85, Some("id"), 2, &all), pattern(75, Some("id"), 1, &all)];
    let line = ["A-10077|5550100|5550100|Langer"];
    check(
        &phones,
        &line,
        &patterns,
        "A-10077: 5550100, 5550100",
        &["75 id=A-10077 @1 +homePhone=5550100 +homePhone=5550100"],
    );
    check(
        &phones,
        &line,
        &patterns,
        "A-10077: 5550100, Langer",
        &["85 id=A-10077 @1 +homePhone=5550100 +lastName=Langer"],
    );
    // A value equal to the primary is not evidence for it.
    let own = ["5550100|5550100||Wu"];
    check(&phones, &own, &patterns, "5550100 5550100", &[]);
}

#[test]
fn distances() {
    let near = |text: &str, unit, distance, or_same_row, expected: &[&str]| {
        let mut one = pattern(75, Some("ssn"), 1, &["lastName"]);
        one.proximity = within(unit, distance, or_same_row);
        check(&PATIENTS, &PATIENT_ROWS, &[one], text, expected);
    };
    use ProximityUnit::{Characters, Document, Row, Words};
    let hit: &[&str] = &["75 ssn=123-45-6789 @1 +lastName=Langer"];
    near("123-45-6789, abc   😀 Langer", Characters, 9, false, hit);
    near("123-45-6789, abc   😀 Langer", Characters, 8, false, &[]);
    near("Langer one two 123-45-6789", Words, 2, false, hit);
    near("Langer one two 123-45-6789", Words, 1, false, &[]);
    let table = "id\tname\tx\n123-45-6789\tLanger\t1\n987-65-4321\tOkafor\t2\n";
    near(table, Row, 0, false, hit_rows());
    near(table, Characters, 0, true, hit_rows());
    near("123-45-6789\tOkafor\n987-65-4321\tLanger", Row, 0, false, &[]);
    near("<tr><td>123-45-6789</td><td>Langer</td></tr>", Row, 0, false, hit);
    let far = format!("123-45-6789{} Langer", " word".repeat(400));
    near(&far, Document, 0, false, hit);
    near(&far, Characters, 300, true, &[]);
}

const fn hit_rows() -> &'static [&'static str] {
    &["75 ssn=123-45-6789 @1 +lastName=Langer", "75 ssn=987-65-4321 @2 +lastName=Okafor"]
}

#[test]
fn row_sets_exemptions_and_voids() {
    let accounts = ["account* ignore=-", "lastName name", "recipient email"];
    let lines = ["10077-889|Wagner|a@bank.example", "10077889|Schmidt|b@bank.example"];
    let one = [pattern(75, Some("account"), 1, &["lastName"])];
    check(&accounts, &lines, &one, "10077889 Schmidt", &["75 account=10077889 @2 +lastName=Schmidt"]);
    check(&accounts, &lines, &one, "Wagner 10077889 Schmidt", &["75 account=10077889 @1,2 +lastName=Wagner"]);
    check(&accounts, &lines, &one, "10077889 Meier", &[]);
    let table = Table::new(columns(&accounts), &rows(&lines), TOKENS_MAX);
    let exempt = |values: &[&str], expected: &[&str]| {
        let values = values.iter().map(|value| (*value).to_owned()).collect();
        let question = Question {
            patterns: Asked::Own(one.to_vec()),
            exempt: vec![("recipient".to_owned(), values)],
            ..Question::new("10077889 Schmidt")
        };
        ask(&table, &question, expected);
    };
    exempt(&["A@bank.example"], &["75 account=10077889 @2 +lastName=Schmidt"]);
    exempt(&["a@bank.example", "B@bank.example"], &[]);
    let mut void = one[0].clone();
    void.void_if = vec!["recipient".to_owned()];
    check(&accounts, &lines, &[void.clone()], "10077889 Schmidt b@bank.example", &[]);
    check(
        &accounts,
        &lines,
        &[void],
        "10077889 Schmidt a@bank.example",
        &["75 account=10077889 @2 +lastName=Schmidt"],
    );
    let mut most = pattern(75, Some("account"), 1, &["lastName", "recipient"]);
    most.supporting[0].max_matches = Some(1);
    check(&accounts, &lines, &[most], "10077889 Schmidt b@bank.example", &[]);
}

#[test]
fn groups_that_name_the_same_columns() {
    let people = ["id*", "home digits", "mobile digits", "last"];
    let lines = ["A-10001|5550100|5550101|Langer", "A-10002|5550200|5550200|Wu Chen"];
    let bounds = |groups: &[(u32, Option<u32>, &[&str])]| {
        let mut one = pattern(80, Some("id"), 1, &["last"]);
        one.supporting = groups
            .iter()
            .map(|(least, most, names)| {
                let mut group = pattern(80, None, *least, names).supporting.remove(0);
                group.max_matches = *most;
                group
            })
            .collect();
        [one]
    };
    let either = ["home", "mobile"];
    // A greedy assignment in order would give the first group the only value that the second can
    // use.
    let two = bounds(&[(1, None, &["home", "last"]), (1, None, &["home"])]);
    let found = ["80 id=A-10001 @1 +home=5550100 +last=Langer"];
    check(&people, &lines, &two, "A-10001 5550100 Langer", &found);
    check(&people, &lines, &two, "A-10001 5550100", &[]);
    // A fact beyond the maximum of the first group counts for the second.
    let most = bounds(&[(1, Some(1), &either), (0, Some(1), &["mobile"])]);
    let found = ["80 id=A-10001 @1 +home=5550100 +mobile=5550101"];
    check(&people, &lines, &most, "A-10001 5550100 5550101", &found);
    let most = bounds(&[(1, Some(1), &either), (0, Some(0), &["mobile"])]);
    check(&people, &lines, &most, "A-10001 5550100 5550101", &[]);
    // A number in two columns is one fact, shown for the first column that counts it.
    let both = bounds(&[(1, None, &["mobile"]), (0, None, &["home"])]);
    check(&people, &lines, &both, "A-10002 5550200", &["80 id=A-10002 @2 +mobile=5550200"]);
    let both = bounds(&[(1, None, &["mobile"]), (1, None, &["home"])]);
    check(&people, &lines, &both, "A-10002 5550200 5550200", &[]);
}

#[test]
fn a_record_without_a_fixed_primary() {
    let people = ["first*", "last*", "ssn*", "city"];
    let lines = ["John|Doe|123-45-6789|Los Angeles", "John|Doe|987-65-4321|Boston"];
    let mut one = pattern(80, None, 2, &["first", "last", "ssn"]);
    one.proximity = within(ProximityUnit::Words, 6, false);
    one.void_if = vec!["city".to_owned()];
    check(
        &people,
        &lines,
        &[one.clone()],
        "John Doe, 123-45-6789",
        &["80 first=John @1 +last=Doe +ssn=123-45-6789"],
    );
    check(&people, &lines, &[one], "Mr John Doe lives in Los Angeles", &[]);
}

#[test]
fn counts_of_values() {
    let table = Table::new(columns(&["id*"]), &rows(&["A-10001", "A-10002", "A-10003"]), TOKENS_MAX);
    let question = Question {
        patterns: Asked::Own(vec![pattern(65, Some("id"), 0, &[])]),
        ..Question::new("A-10001 A-10002, A-10001; A-10004")
    };
    let found = table.scan(&question).expect("two values stand there");
    assert_eq!((found.unique_count, found.matches.len(), found.confidence), (2, 3, 65));
    assert_eq!((found.counts[0].unique_count, found.counts[0].match_count), (2, 3));
    let spans = Question { candidates: vec![(9, 2)], ..question.clone() };
    ask(&table, &spans, &["65 id=A-10002 @2"]);
    assert_eq!(table.scan(&Question { minimum_confidence: 66, ..question }), None);
}

#[test]
fn classes_and_the_default_type() {
    let lines: Vec<String> = (0..40u32)
        .map(|row| {
            format!(
                "{}|Name{}|{}|1970-01-{:02}",
                100_000_000 + row * 7_919,
                letters(row),
                row % 3,
                row % 28 + 1
            )
        })
        .collect();
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let table = Table::new(columns(&["ssn*", "last", "kind", "born*"]), &rows(&lines), TOKENS_MAX);
    let words: Vec<&str> = table.classes().iter().map(|class| class.as_str()).collect();
    assert_eq!(words, ["standalone", "evidence", "weak", "evidence"]);
    let text = format!("{} is {}", rows(&lines)[7][0], rows(&lines)[7][1]);
    assert_eq!(table.scan(&Question::new(text)).map(|found| found.confidence), Some(75));
}

fn letters(row: u32) -> String {
    [row / 26, row % 26].iter().filter_map(|letter| char::from_u32(u32::from('a') + letter)).collect()
}
