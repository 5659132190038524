//! The acceptance scenarios of `tests/scenarios/`: tables, stores, types and texts as people write
//! them, with the expected findings. Stores and types are parsed as on the wire.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use edm_engine::{
    ActiveType, Exclusion, Generation, PreparedTypes, Query, Report, Scanner, Scratch, TypeReport, scan,
};
use edm_graph::{DataStoreDraft, FromBody, SensitiveTypeDraft};
use edm_model::{Columns, SensitiveTypeId, limits};
use edm_testkit::in_memory::generation;
use serde_json::{Value, json};

const ROWS_PER_BLOCK: usize = 7;
/// Longer texts are not cut at every byte.
const CUT_BYTES_MAX: usize = 4_096;

/// A folder of `tests/scenarios/`.
struct Scenario {
    folder: PathBuf,
    generations: HashMap<String, Arc<Generation>>,
}

/// The request of a case.
struct Request {
    text: String,
    minimum_confidence: u8,
    exempt: Vec<Exclusion>,
}

/// A difference between expected and actual findings, as text.
struct Difference {
    covers: String,
    expected: String,
    found: String,
}

impl Scenario {
    fn new(name: &str) -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/scenarios").join(name);
        Self { folder, generations: HashMap::new() }
    }

    fn json(&self, file: &str) -> Value {
        let bytes = std::fs::read(self.folder.join(file)).expect("the scenario has this file");
        serde_json::from_slice(&bytes).unwrap_or_else(|error| panic!("{file}: {error}"))
    }

    fn columns(&self, store: &str) -> Columns {
        let draft = taken::<DataStoreDraft>(&self.json(store));
        draft.columns
    }

    /// Returns the table's records, with cells in the order of the columns.
    fn rows(&self, columns: &Columns) -> Vec<Vec<String>> {
        let mut reader = csv::Reader::from_path(self.folder.join("table.csv")).expect("a table");
        let header = reader.headers().expect("a header").clone();
        let position =
            |name: &str| header.iter().position(|own| own == name).expect("the table has every column");
        let order: Vec<usize> = columns.as_slice().iter().map(|column| position(&column.name)).collect();
        let cells = |record: csv::StringRecord| order.iter().map(|at| record[*at].to_owned()).collect();
        reader.records().map(|record| cells(record.expect("a whole record"))).collect()
    }

    fn generation(&mut self, store: &str) -> Arc<Generation> {
        if let Some(known) = self.generations.get(store) {
            return known.clone();
        }
        let columns = self.columns(store);
        let tokens_max = limits::TOKENS_DEFAULT;
        let made = Arc::new(generation(&columns, &self.rows(&columns), tokens_max, ROWS_PER_BLOCK));
        self.generations.insert(store.to_owned(), made.clone());
        made
    }

    fn active_type(&mut self, case: &Value) -> Arc<ActiveType> {
        let generation = self.generation(case["store"].as_str().unwrap_or("store.json"));
        let types = self.json("types.json");
        let mut types = types.as_array().expect("a list of types").iter();
        let rule = match case["type"].as_str() {
            Some(name) => types.find(|own| own["name"] == name),
            None => types.next(),
        };
        let mut rule = rule.expect("the scenario has this type").clone();
        let name = rule["name"].as_str().expect("a name").to_owned();
        rule["dataStoreId"] = json!("00000000-0000-0000-0000-000000000001");
        // In a scenario, the name is next to the rule.
        let draft: SensitiveTypeDraft = taken(&json!({"name": name, "exactMatch": rule}));
        Arc::new(ActiveType {
            id: SensitiveTypeId::from_bytes([4; 16]),
            name,
            recommended_confidence: draft.rule.recommended_confidence,
            redact_confidence: draft.rule.recommended_confidence,
            default_type: false,
            patterns: draft.rule.patterns,
            generation,
        })
    }

    /// Runs a case and returns the difference. A case marked as pending must differ.
    fn difference(&mut self, case: &Value) -> Option<Difference> {
        let types = PreparedTypes::prepare([self.active_type(case)]);
        let request = request(case);
        let columns = types.types()[0].generation.columns().clone();
        let expected = expected(case);
        // All ways to scan a text, so that each finds the same.
        let mut found = vec![whole(&request, &types)];
        found.extend(in_pieces(&request, &types));
        found.dedup();
        let covers = case["covers"].as_str().expect("a case says what it covers").to_owned();
        let pending = case["pending"].as_str();
        for report in &found {
            let found = described(case, &request.text, &columns, report.types.first());
            match pending {
                None if found != expected => return Some(Difference { covers, expected, found }),
                Some(_) if found == expected => {
                    let expected = "a difference: the case is marked as pending and holds now".to_owned();
                    return Some(Difference { covers, expected, found });
                }
                _ => {}
            }
        }
        None
    }
}

/// Scans the text as a whole.
fn whole(request: &Request, types: &PreparedTypes) -> Report {
    let mut query = Query::new(&request.text, types);
    query.minimum_confidence = request.minimum_confidence;
    query.exclusions = &request.exempt;
    scan(&query, &mut Scratch::new())
}

/// Scans the text in two pieces, cut at each of its bytes, and byte by byte in small zones. A long
/// text is only scanned byte by byte, which also cuts it at every byte.
fn in_pieces(request: &Request, types: &PreparedTypes) -> Vec<Report> {
    let query = Query {
        minimum_confidence: request.minimum_confidence,
        exclusions: &request.exempt,
        ..Query::new("", types)
    };
    let bytes = request.text.as_bytes();
    let cuts = if bytes.len() <= CUT_BYTES_MAX { 1..bytes.len().max(1) } else { 0..0 };
    let cut = |at: usize| {
        let mut scanner = Scanner::new(&query);
        let (front, rest) = bytes.split_at(at.min(bytes.len()));
        scanner.push(front).and_then(|()| scanner.push(rest)).expect("a text of Rust is UTF-8");
        scanner.finish().expect("a text of Rust is UTF-8")
    };
    let mut single = Scanner::in_zones_of(&query, 50);
    bytes.iter().for_each(|byte| single.push(&[*byte]).expect("a text of Rust is UTF-8"));
    cuts.map(cut).chain([single.finish().expect("a text of Rust is UTF-8")]).collect()
}

/// Parses a body as on the wire.
fn taken<T: FromBody>(body: &Value) -> T {
    T::parse(body.to_string().as_bytes(), None).expect("a body as Graph takes it").0
}

fn request(case: &Value) -> Request {
    let own = &case["request"];
    let exempt = own["exempt"].as_object().into_iter().flatten();
    Request {
        text: text(&case["text"]),
        minimum_confidence: own["minimumConfidence"]
            .as_u64()
            .map_or(1, |own| own.try_into().expect("at most 100")),
        exempt: exempt
            .map(|(column, values)| Exclusion { column: column.clone(), values: strings(values) })
            .collect(),
    }
}

/// Returns a text, given as a string or as pieces with repetitions.
fn text(value: &Value) -> String {
    let piece = |piece: &Value| match piece.as_str() {
        Some(plain) => plain.to_owned(),
        None => {
            let count = piece["count"].as_u64().expect("how often a piece is repeated");
            piece["fill"].as_str().expect("what is repeated").repeat(usize::try_from(count).expect("small"))
        }
    };
    match value.as_array() {
        Some(pieces) => pieces.iter().map(piece).collect(),
        None => piece(value),
    }
}

/// Formats the expectations of a case, one match per line.
fn expected(case: &Value) -> String {
    let mut lines = String::new();
    for one in case["matches"].as_array().expect("a case has matches") {
        let rows: Vec<String> = strings(&one["rows"]);
        let column = one["column"].as_str().expect("a column");
        let value = one["value"].as_str().expect("a value");
        let evidence = strings(&one["evidence"]).join(" ");
        let _ = writeln!(lines, "{} {column}={value} @{} {evidence}", one["confidence"], rows.join(","));
    }
    if !case["uniqueCount"].is_null() {
        let _ = writeln!(lines, "unique {}", case["uniqueCount"]);
    }
    for count in case["counts"].as_array().into_iter().flatten() {
        let _ = writeln!(lines, "count {}", strings(count).join(" "));
    }
    lines
}

fn strings(list: &Value) -> Vec<String> {
    let one = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    list.as_array().expect("a list").iter().map(one).collect()
}

/// Formats the findings, as far as the case mentions them.
fn described(case: &Value, text: &str, columns: &Columns, report: Option<&TypeReport>) -> String {
    let name = |column: usize| columns.as_slice()[column].name.as_str();
    let utf16 = |end: usize| text[..end].encode_utf16().count() as u64;
    let mut lines = String::new();
    for one in report.iter().flat_map(|report| &report.matches) {
        let span = one.span;
        let expected = (utf16(span.start), utf16(span.end));
        assert_eq!((span.start_units, span.end_units), expected, "both units say the same");
        let rows: Vec<String> = one.rows.iter().map(|row| row.record.to_string()).collect();
        let evidence: Vec<String> = one
            .evidences
            .iter()
            .map(|evidence| {
                let sign = if evidence.counted { '+' } else { '-' };
                format!("{sign}{}={}", name(evidence.column), &text[evidence.span.start..evidence.span.end])
            })
            .collect();
        let value = &text[span.start..span.end];
        let (column, rows) = (name(one.column), rows.join(","));
        let _ = writeln!(lines, "{} {column}={value} @{rows} {}", one.confidence, evidence.join(" "));
    }
    if !case["uniqueCount"].is_null() {
        let _ = writeln!(lines, "unique {}", report.map_or(0, |report| report.unique_count));
    }
    if !case["counts"].is_null() {
        for count in report.iter().flat_map(|report| &report.counts) {
            let _ =
                writeln!(lines, "count {} {} {}", count.confidence, count.unique_count, count.match_count);
        }
    }
    lines
}

/// Runs the scenario's cases and shows every one that differs.
fn check(name: &str) {
    let mut scenario = Scenario::new(name);
    let cases = scenario.json("cases.json");
    let cases = cases.as_array().expect("a list of cases");
    let mut differences = String::new();
    for case in cases {
        if let Some(difference) = scenario.difference(case) {
            let Difference { covers, expected, found } = difference;
            let _ = write!(differences, "\n{covers}\n  expected\n{expected}  found\n{found}");
        }
    }
    assert!(!cases.is_empty(), "{name} has cases");
    assert!(differences.is_empty(), "{name}:{differences}");
}

#[test]
fn hospital() {
    check("hospital");
}

#[test]
fn bank() {
    check("bank");
}

#[test]
fn employees() {
    check("employees");
}
